/** Counters of assets that no other test has, batches for them, and a way to restart them. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Batch, counterName, type Run, type SessionFacts } from '../../../../src/analytics/facts.ts';
import type { Measure } from '../../../../src/media/measure.ts';

/** Ten segments of 4 s and one of 2 s. */
export const MEASURE: Measure = { segmentMs: 4_000, segments: 11, durationMs: 42_000 };
export const TRACKS = ['v1080', 'v360'];

let assets = 0;
export const newAssetId = (): string => {
  assets += 1;
  return `asset-${assets}-${crypto.randomUUID().slice(0, 8)}`;
};

export async function addAsset(assetId: string): Promise<void> {
  await env.CATALOG.prepare(
    `INSERT INTO assets (id, title, policy, status, source_key, created_at, updated_at)
     VALUES (?, 'A', 'public', 'ready', 'k', 0, 0)`,
  )
    .bind(assetId)
    .run();
}

export const counterOf = (assetId: string, shard = 0) =>
  env.VIEWS.get(env.VIEWS.idFromName(counterName(assetId, shard)));
export type Counter = ReturnType<typeof counterOf>;
/** Out of memory, as after ten quiet seconds or a deployment; what is stored stays. */
export async function restart(counter: Counter): Promise<void> {
  // Only what runs can be evicted.
  await counter.pull();
  await evictDurableObject(counter);
}

/** All that it stored is lost, as where Durable Objects are restored from nothing. */
export async function lose(counter: Counter): Promise<void> {
  await runInDurableObject(counter, async (_, { storage }) => {
    await storage.deleteAlarm();
    await storage.deleteAll();
  });
  await evictDurableObject(counter);
}

export type Facts = {
  id: string;
  runs: Run[];
  expiresAt?: number;
  viewer?: string;
  country?: string;
  device?: number;
};

const factsOf = ({ id, runs, expiresAt, viewer = '', country = 'DE', device = 0 }: Facts): SessionFacts => [
  id,
  expiresAt ?? Math.floor(Date.now() / 1000) + 3600,
  viewer,
  country,
  device,
  runs,
];

export const batchOf = (
  assetId: string,
  facts: Facts[],
  { shard = 0, version = 'v1', measure = MEASURE, tracks = TRACKS } = {},
): Batch => ({
  ...{ schema: 1, assetId, shard },
  versions: [{ version, measure, tracks, sessions: facts.map(factsOf) }],
});

export const textOf = (...parameters: Parameters<typeof batchOf>): string => JSON.stringify(batchOf(...parameters));

/** Rows that all statements within `use` wrote: of SQL, not the alarm's. */
export const rowsWritten = (counter: Counter, use: (inside: Counter) => Promise<unknown>): Promise<number> =>
  runInDurableObject(counter, async (instance, { storage }) => {
    const prototype = Object.getPrototypeOf(storage.sql) as SqlStorage;
    const { exec } = prototype;
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    prototype.exec = function counted(this: SqlStorage, ...parameters: Parameters<SqlStorage['exec']>) {
      const cursor = exec.apply(this, parameters);
      // Objects of one isolate share the prototype, and others may be reporting meanwhile.
      if (this === storage.sql) {
        cursors.push(cursor);
      }
      return cursor;
    } as SqlStorage['exec'];
    try {
      await use(instance as unknown as Counter);
    } finally {
      prototype.exec = exec;
    }
    return cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0);
  });

export const sizeOf = (counter: Counter, table: string): Promise<number> =>
  runInDurableObject(counter, (_, { storage }) => {
    const isThere = storage.sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', table).toArray().length > 0;
    return isThere ? storage.sql.exec(`SELECT 1 FROM ${table}`).toArray().length : 0;
  });
