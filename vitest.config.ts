/**
 * Kinds of test: inside workerd with the Worker's bindings, in Node, and against the whole running system. Files of the
 * first two share a runtime per worker, since starting one takes longer than most of them run: they leave no fake timers,
 * spies or settings behind, and take nothing for granted of a module's state (`vi.resetModules` makes it new).
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { makeSecrets, workerSecrets } from './scripts/secrets.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// wrangler.toml names it as the assets' directory; tests of the Worker do not need what is in it.
mkdirSync(path('console/dist'), { recursive: true });

/** A browser that plays, an encode on a loaded machine: minutes, not seconds. */
const E2E_TIMEOUT_MS = 5 * 60_000;
/** Far more than a test needs on a quiet machine: real ffmpeg on short clips, and neighbours that use every core. */
const UNIT_TIMEOUT_MS = 60_000;

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
        // Each counted call is one of a Durable Object here; rate limits have tests of their own.
        RATE_LIMITS: 'off',
        PUBLIC_URL: 'https://sluice.example',
        // URLs are signed for it. Nobody is there.
        S3_ENDPOINT: 'https://account.r2.example',
        S3_BUCKET: 'sluice-media',
        S3_ACCESS_KEY_ID: 'access-key-of-tests',
        S3_SECRET_ACCESS_KEY: 'secret-access-key-of-tests-0123456789',
        TEST_MIGRATIONS: await readD1Migrations(path('src/catalog/migrations')),
      },
    },
  }));

/** What imports `cloudflare:…`, directly or not, or means workerd's streams and caches. All other tests run in Node. */
const NEEDS_WORKERD = 'test/src/**/*.workerd.test.ts';
/** Models that many histories are compared with: `npm test` has no time for them. */
const SLOW_IN_WORKERD = 'test/src/**/*.slow.workerd.test.ts';
/** Real programs, whole runtimes: minutes together. */
const SLOW_IN_NODE = 'test/{bench,encoder}/**/*.slow.test.ts';
const units = { ...properties, isolate: false, testTimeout: UNIT_TIMEOUT_MS, hookTimeout: UNIT_TIMEOUT_MS };

/** Two files at a time, and of those tests of a file that say `concurrent` two: most of their time they wait for a player. */
const endToEnd = {
  maxWorkers: 2,
  maxConcurrency: 2,
  testTimeout: E2E_TIMEOUT_MS,
  hookTimeout: E2E_TIMEOUT_MS,
};

/** By default large files begin first. The players' tests are short to read and take the longest. */
class PlayersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isPlayers = ({ moduleId }: TestSpecification) => moduleId.endsWith('/e2e/players.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isPlayers), ...sorted.filter((file) => !isPlayers(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: PlayersFirst },
    // More than there are cores: many tests wait, for an alarm or a retry.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    projects: [
      {
        plugins: [inWorkerd()],
        test: {
          ...units,
          name: 'workerd',
          include: [NEEDS_WORKERD],
          exclude: [SLOW_IN_WORKERD],
          setupFiles: [path('test/system/worker-setup.ts'), ...units.setupFiles],
        },
      },
      {
        test: {
          ...units,
          name: 'node',
          include: ['test/*.test.ts', 'test/{bench,client,encoder,scripts,src,console,deploy,docs}/**/*.test.ts'],
          exclude: [NEEDS_WORKERD, SLOW_IN_NODE],
        },
      },
      {
        plugins: [inWorkerd()],
        test: {
          ...units,
          name: 'slow-workerd',
          maxWorkers: 2,
          include: [SLOW_IN_WORKERD],
          setupFiles: [path('test/system/worker-setup.ts'), ...units.setupFiles],
        },
      },
      { test: { ...units, name: 'slow-encodes', maxWorkers: 2, include: [SLOW_IN_NODE] } },
      {
        test: {
          ...endToEnd,
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          globalSetup: path('test/e2e/browser/shared-system.ts'),
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'e2e-own-system',
          // They wait for processes more than for players.
          maxWorkers: 3,
          include: ['test/e2e/own-system/*.test.ts'],
        },
      },
      { test: { ...endToEnd, name: 'slow', include: ['test/slow/*.test.ts'] } },
    ],
  },
});
