/** Kinds of test: inside workerd with the Worker's bindings, in Node, and against the whole running system. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { makeSecrets, workerSecrets } from './scripts/secrets.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// wrangler.toml names it as the assets' directory; tests of the Worker do not need what is in it.
mkdirSync(path('console/dist'), { recursive: true });

/** A browser that plays, an encode on a loaded machine: minutes, not seconds. */
const E2E_TIMEOUT_MS = 5 * 60_000;
/** Real ffmpeg on short clips. */
const NODE_TIMEOUT_MS = 60_000;

/** Of property tests: see test/system/property-setup.ts. */
const { PROPERTY_SEED = '20261120', PROPERTY_RUNS } = process.env;
const properties = {
  setupFiles: [path('test/system/property-setup.ts')],
  provide: {
    propertySeed: PROPERTY_SEED === 'random' ? Date.now() % 2 ** 31 : Number(PROPERTY_SEED),
    propertyRuns: PROPERTY_RUNS === undefined ? null : Number(PROPERTY_RUNS),
  },
};

const inWorkerd = () =>
  cloudflareTest(async () => ({
    wrangler: { configPath: path('wrangler.toml') },
    miniflare: {
      cf: false,
      bindings: {
        ...workerSecrets(await makeSecrets()),
        // As on a laptop; what is deployed has a test of its own.
        EDGE_CACHE: 'on',
        PUBLIC_URL: 'https://sluice.example',
        TEST_MIGRATIONS: await readD1Migrations(path('src/catalog/migrations')),
      },
    },
  }));
const workerTests = {
  ...properties,
  setupFiles: [path('test/system/worker-setup.ts'), ...properties.setupFiles],
};

/**
 * Tests that take nothing for granted of the catalog, the board or the isolate: they share one runtime, since starting
 * one for each file takes longer than most of them run.
 */
const SHARING = 'test/src/{access,analytics,control/views,delivery,media,platform,protocol}/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [inWorkerd()],
        test: { ...workerTests, name: 'worker', include: ['test/src/**/*.test.ts'], exclude: [SHARING] },
      },
      {
        plugins: [inWorkerd()],
        test: { ...workerTests, name: 'worker-shared', include: [SHARING], isolate: false },
      },
      {
        test: {
          ...properties,
          name: 'node',
          include: ['test/*.test.ts', 'test/{bench,client,encoder,scripts,console,deploy,docs}/**/*.test.ts'],
          testTimeout: NODE_TIMEOUT_MS,
          hookTimeout: NODE_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'bench',
          include: ['test/slow/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: E2E_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
    ],
  },
});
