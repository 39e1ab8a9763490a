/** Sessions that watch, straight into an asset's real counter; roll-ups as they stand in the catalog; and what is stored. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import {
  type Batch,
  counterName,
  type Run,
  type SeriesQuery,
  type SessionFacts,
} from '../../../../src/analytics/facts.ts';
import type { Env } from '../../../../src/env.ts';
import type { Measure } from '../../../../src/media/measure.ts';
import { weekOf } from '../../../../src/platform/days.ts';

/** One second each, and three are a view: so that a session can be one that is none yet. */
const MEASURE: Measure = { segmentMs: 1_000, segments: 60, durationMs: 60_000 };
const TRACKS = ['v1080', 'v720'];

export const counterOf = (assetId: string, shard = 0) =>
  env.VIEWS.get(env.VIEWS.idFromName(counterName(assetId, shard)));

type Watched = { session: string; viewer?: string; country?: string; device?: number; runs: Run[] };

const factsOf = ({ session, viewer = '', country = 'DE', device = 0, runs }: Watched): SessionFacts => [
  session,
  Math.floor(Date.now() / 1000) + 3_600,
  viewer,
  country,
  device,
  runs,
];

/** Throws where the counter did not take it. */
export async function watch(assetId: string, ...watched: Watched[]): Promise<void> {
  const sessions = watched.map(factsOf);
  const batch: Batch = {
    schema: 1,
    assetId,
    shard: 0,
    versions: [{ version: 'ver1', measure: MEASURE, tracks: TRACKS, sessions }],
  };
  const answer = await counterOf(assetId).record(JSON.stringify(batch));
  if (answer.outcome !== 'recorded') {
    throw new Error(`not recorded: ${JSON.stringify(answer)}`);
  }
}

/** So many that the counter keeps its batches, which name viewers; that of a small audience names none. */
export const crowd = (assetId: string): Promise<void> =>
  watch(assetId, ...Array.from({ length: 300 }, (_, at): Watched => ({ session: `crowd${at}`, runs: [[0, 1, 1]] })));

type RollUp = { views?: number; viewers?: number; watchSeconds?: number; watching?: number; dayViews?: number };

/** As an asset's root writes it, at this time. */
export async function putRollUp(assetId: string, rollUp: RollUp = {}, atMs = Date.now()): Promise<void> {
  const { views = 0, viewers = 0, watchSeconds = 0, watching = 0, dayViews = 0 } = rollUp;
  const day = new Date(atMs).toISOString().slice(0, 10);
  await env.CATALOG.prepare(
    `INSERT OR REPLACE INTO asset_views
       (asset_id, views, viewers, watch_seconds, watching, updated_at, day, day_views, week, digits)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
  )
    .bind(assetId, views, viewers, watchSeconds, watching, atMs, day, dayViews, weekOf(atMs), String(views).length)
    .run();
}

/** An asset that nobody encodes. */
export async function putAssetRow(assetId: string, title = assetId): Promise<void> {
  await env.CATALOG.prepare(
    `INSERT OR REPLACE INTO assets (id, title, policy, status, source_key, created_at, updated_at)
     VALUES (?1, ?2, 'public', 'ready', 'sources/x/x.mp4', 0, 0)`,
  )
    .bind(assetId, title)
    .run();
}

/** Bytes as the characters they may be text of, and as hex digits. */
const shown = (value: unknown): unknown => {
  if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) {
    return value;
  }
  const bytes = Array.from(value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer));
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${bytes.map((byte) => String.fromCharCode(byte)).join('')} ${hex}`;
};

/** All rows of all tables that an object stores, as text. */
export const storedIn = (object: DurableObjectStub<undefined>): Promise<string> =>
  runInDurableObject(object, (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`).toArray();
    const rows = tables.flatMap(({ name }) =>
      name.startsWith('_cf_') ? [] : storage.sql.exec(`SELECT * FROM "${name}"`).toArray(),
    );
    const values = [...rows.flatMap((row) => Object.values(row).map(shown)), ...storage.kv.list()];
    return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n');
  });

/** All rows of all tables of the catalog, as text. */
export async function storedInCatalog(): Promise<string> {
  const tables = await env.CATALOG.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
  ).all<{ name: string }>();
  const all = await Promise.all(tables.results.map(({ name }) => env.CATALOG.prepare(`SELECT * FROM "${name}"`).all()));
  return JSON.stringify(all.map(({ results }) => results));
}

type Calls = { atOnce: number; most: number; names: string[] };

/** The real counters, of which some cannot be reached; and what was asked of them. */
export function brokenCounters(isBroken: (name: string) => boolean) {
  const calls: Calls = { atOnce: 0, most: 0, names: [] };
  const noted = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    calls.names.push(name);
    calls.atOnce += 1;
    calls.most = Math.max(calls.most, calls.atOnce);
    try {
      if (isBroken(name)) {
        throw new Error('the object cannot be reached');
      }
      return await call();
    } finally {
      calls.atOnce -= 1;
    }
  };
  const VIEWS = {
    idFromName: (name: string) => name,
    get: (name: string) => {
      const real = env.VIEWS.get(env.VIEWS.idFromName(name));
      return {
        live: () => noted(name, async () => await real.live()),
        series: (query: SeriesQuery) => noted(name, async () => await real.series(query)),
        forgetViewer: (hashes: string[]) => noted(name, async () => await real.forgetViewer(hashes)),
        clear: () => noted(name, async () => await real.clear()),
      };
    },
  };
  return { calls, env: { ...env, VIEWS: VIEWS as unknown as Env['VIEWS'] } };
}
