/** What wrangler.toml says of caching: a session or a refusal from a cache would be everybody's. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';

const config = readConfig({ config: fileURLToPath(new URL('../wrangler.toml', import.meta.url)) });

test('the platform caches in front of the media origin and of nobody else', () => {
  // What is not listed, an entrypoint of the future, is not cached.
  expect(config.cache).toEqual({ enabled: false, cross_version_cache: true });
  expect(config.exports).toEqual({
    default: { type: 'worker', cache: { enabled: false } },
    MediaOrigin: { type: 'worker', cache: { enabled: true } },
  });
  expect(config.vars).toMatchObject({ EDGE_CACHE: 'both' });
});

test('what the Worker logs is kept, without a line for each invocation, which would hold tokens and cost more than it', () => {
  expect(config.observability).toEqual({ enabled: true, logs: { enabled: true, invocation_logs: false } });
});

test('the collection of garbage is started by the time that the Worker knows it by', () => {
  const source = readFileSync(fileURLToPath(new URL('../src/control/gc/schedule.ts', import.meta.url)), 'utf8');
  const cron = /COLLECTION_CRON = '([^']+)'/.exec(source)?.[1];
  expect(config.triggers.crons).toContain(cron);
});
