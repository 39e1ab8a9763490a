/** What tests inside workerd find in `env`: the Worker's bindings, its secrets, and the migrations (vitest.config.ts). */
declare namespace Cloudflare {
  interface Env extends WorkerEnv {
    API_TOKEN: string;
    ENCODER_TOKEN: string;
    SESSION_SECRET: string;
    LINK_SIGNING_KEY: string;
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
  }
}

type WorkerEnv = import('../../src/env.ts').Env;
