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

test('garbage collection is started by the time that the Worker knows it by', () => {
  const source = readFileSync(
    fileURLToPath(new URL('../src/control/gc/garbage-collector.ts', import.meta.url)),
    'utf8',
  );
  const cron = /GC_CRON = '([^']+)'/.exec(source)?.[1];
  expect(config.triggers.crons).toContain(cron);
});

test('a Durable Object class that was renamed keeps its objects: the migrations lead from what was deployed to what is bound', () => {
  const classes = new Set<string>();
  // wrangler's declarations take these from a package that is not published, which leaves them untyped.
  const bound: { class_name: string }[] = config.durable_objects.bindings;
  for (const { new_sqlite_classes: added = [], renamed_classes: renamed = [] } of config.migrations) {
    for (const name of added) {
      classes.add(name);
    }
    for (const { from, to } of renamed) {
      expect(classes.delete(from), from).toBe(true);
      classes.add(to);
    }
  }
  expect([...classes].sort()).toEqual(bound.map(({ class_name }) => class_name).sort());
});
