/**
 * Erases from the counters of views: all of an asset that was deleted, or what ties sessions to a viewer. The call that
 * asks for it begins, and the sweep of each minute goes on until it is done. Each step may be repeated.
 */
import type { ConcurrencyEnv } from '../../access/concurrency/concurrency-limiter.ts';
import { fingerprint } from '../../access/revocations.ts';
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { inGroups } from '../../platform/at-once.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { sql } from '../../platform/sql.ts';
import type { CountersEnv } from '../counters-env.ts';
import { FORGET_AFTER_MS, IN_CATALOG_MS } from '../facts.ts';
import { activeAssets, rootCounter } from '../read/asset-views.ts';
import { type ViewerHashConfig, ViewerHasher } from '../viewer-hash.ts';

export type ErasureEnv = Pick<Bindings, 'CATALOG'> & CountersEnv;

/** Counters called by one request or one sweep: half of the calls that a Worker may make. */
const MAX_CALLS = 500;
/** A Worker may wait for six answers at a time; D1 is one of them. */
const CALLS_AT_ONCE = 5;
const SWEEP_LIMIT = 100;
/** An asset that the catalog has not heard of for so long has nothing of a viewer any more. */
const ACTIVE_MS = MAX_SESSION_SECONDS * 1000 + 2 * FORGET_AFTER_MS + IN_CATALOG_MS;

/** A request to erase: made in the transaction that asks for it and deleted after its last pass. */
type ErasureRow = {
  id: string;
  kind: 'asset' | 'viewer';
  subject: string;
  cursor: string;
  passes: number;
  due_at: number;
};

/** Facts that wait in an isolate may arrive this late. */
const LATE_MS = FORGET_AFTER_MS + 2 * 60_000;
/** By then every token that a beacon could be sent with has ended. A request due later was noted by a clock since set back. */
const SESSIONS_OVER_MS = MAX_SESSION_SECONDS * 1000 + FORGET_AFTER_MS;
/** How long after each pass the next one follows. */
const PASS_DELAYS_MS: Readonly<Record<ErasureRow['kind'], readonly number[]>> = {
  asset: [LATE_MS, SESSIONS_OVER_MS],
  viewer: [LATE_MS],
};
/** A run that has not finished by then has failed: the next sweep tries again. */
const CLAIM_MS = 2 * 60_000;

export const assetErasureId = (assetId: string): string => `asset:${assetId}`;

/** Asking again continues a first pass that is under way, and starts over after it. */
export const requestErasure = (
  db: D1Database,
  { id, kind, subject }: Pick<ErasureRow, 'id' | 'kind' | 'subject'>,
  nowMs: number,
): D1PreparedStatement =>
  sql`INSERT INTO view_erasures (id, kind, subject, due_at) VALUES (${id}, ${kind}, ${subject}, ${nowMs})
    ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, due_at = excluded.due_at,
      cursor = iif(passes = 0, cursor, ''), passes = 0`.on(db);

/** With an asset's deletion: deletes its rows at once, and asks for its counters to be cleared. */
export const eraseAsset = (db: D1Database, assetId: string, nowMs: number): D1PreparedStatement[] => [
  sql`DELETE FROM asset_views WHERE asset_id = ${assetId}`.on(db),
  requestErasure(db, { id: assetErasureId(assetId), kind: 'asset', subject: assetId }, nowMs),
];

const isDue = (nowMs: number) => sql`(due_at <= ${nowMs} OR due_at > ${nowMs + SESSIONS_OVER_MS})`;

/** Null if it is done or another run has it. Two runs of the same one do no harm. */
const claimErasure = (db: D1Database, id: string, nowMs: number): Promise<ErasureRow | null> =>
  sql`UPDATE view_erasures SET due_at = ${nowMs + CLAIM_MS} WHERE id = ${id} AND ${isDue(nowMs)} RETURNING *`
    .on(db)
    .first<ErasureRow>();

/** Part of a pass is done; the rest is due at once. */
async function noteProgress(db: D1Database, row: ErasureRow, cursor: string, nowMs: number): Promise<void> {
  const change = sql`UPDATE view_erasures SET cursor = max(cursor, ${cursor}), due_at = ${nowMs}`;
  await sql`${change} WHERE id = ${row.id} AND passes = ${row.passes}`.on(db).run();
}

async function notePass(db: D1Database, row: ErasureRow, nowMs: number): Promise<void> {
  const delayMs = PASS_DELAYS_MS[row.kind][row.passes];
  const change =
    delayMs === undefined
      ? sql`DELETE FROM view_erasures`
      : sql`UPDATE view_erasures SET passes = passes + 1, cursor = '', due_at = ${nowMs + delayMs}`;
  await sql`${change} WHERE id = ${row.id} AND passes = ${row.passes}`.on(db).run();
}

/** Of one run: assets whose counters were asked, and sessions that were tied to the viewer. */
export type Erased = { assets: number; sessions: number; complete: boolean };

/** Asks `maxCalls` counters. If one fails, the others are still asked; it and those after it are due again, and this throws. */
async function eraseViewer(env: ErasureEnv, row: ErasureRow, maxCalls: number, nowMs: number): Promise<Erased> {
  const hashes: string[] = JSON.parse(row.subject);
  const page = await activeAssets(env.CATALOG, { sinceMs: nowMs - ACTIVE_MS, after: row.cursor, limit: maxCalls });
  const groups = await inGroups(page, CALLS_AT_ONCE, (assetId) =>
    Promise.allSettled([rootCounter(env, assetId).forgetViewer(hashes)]),
  );
  const answers = groups.flat();
  const failed = answers.find((answer) => answer.status === 'rejected');
  const done = failed === undefined ? page.length : answers.indexOf(failed);
  const complete = failed === undefined && page.length < maxCalls;
  if (complete) {
    await notePass(env.CATALOG, row, nowMs);
  } else {
    await noteProgress(env.CATALOG, row, page[done - 1] ?? row.cursor, nowMs);
  }
  if (failed !== undefined) {
    throw failed.reason;
  }
  const sessions = answers.reduce((sum, answer) => sum + (answer.status === 'fulfilled' ? answer.value : 0), 0);
  return { assets: page.length, sessions, complete };
}

/** One pass of one request, or a part of it. Null: there is nothing to do. Throws what a counter throws. */
export async function runErasure(
  env: ErasureEnv,
  id: string,
  nowMs: number,
  maxCalls = MAX_CALLS,
): Promise<Erased | null> {
  const row = await claimErasure(env.CATALOG, id, nowMs);
  if (row === null) {
    return null;
  }
  if (row.kind === 'viewer') {
    return eraseViewer(env, row, maxCalls, nowMs);
  }
  await rootCounter(env, row.subject).clear();
  await notePass(env.CATALOG, row, nowMs);
  return { assets: 1, sessions: 0, complete: true };
}

/** What failed is logged and stays due; it is never given up. Never rejects for a counter. */
export const tryErasure = (...call: Parameters<typeof runErasure>): Promise<Erased | null> =>
  runErasure(...call).catch((error) => {
    log.error({ event: 'view_erasure_failed', id: call[1], reason: String(error) });
    return null;
  });

export async function sweepErasures(env: ErasureEnv, nowMs: number): Promise<void> {
  let calls = MAX_CALLS;
  const due = sql`SELECT id FROM view_erasures WHERE ${isDue(nowMs)} ORDER BY due_at LIMIT ${SWEEP_LIMIT}`;
  for (const { id } of (await due.on(env.CATALOG).all<{ id: string }>()).results) {
    const erased = calls > 0 ? await tryErasure(env, id, nowMs, calls) : null;
    calls -= Math.max(1, erased?.assets ?? 1);
  }
}

/**
 * Erases what is kept of a viewer. Throws what an object throws; by then the request stands, and the sweep continues it. A
 * second pass twelve minutes later removes what the viewer's players have on its way now.
 */
export async function forgetViewer(
  env: ErasureEnv & ConcurrencyEnv,
  viewer: string,
  config: ViewerHashConfig,
  nowMs: number,
): Promise<Erased & { streams: number }> {
  // A new one: one that stays would remember the viewer.
  const hasher = new ViewerHasher(config);
  const nowSeconds = nowMs / 1000;
  const viewerFingerprint = await fingerprint('viewer', viewer);
  // By the id itself, too: tokens of earlier versions showed it, and counters hashed it.
  const hashes = [...(await hasher.allOf(viewerFingerprint, nowSeconds)), ...(await hasher.allOf(viewer, nowSeconds))];
  const id = `viewer:${await hasher.hash(viewerFingerprint, nowSeconds)}`;
  await requestErasure(env.CATALOG, { id, kind: 'viewer', subject: JSON.stringify(hashes) }, nowMs).run();
  const limiter = env.CONCURRENCY.get(env.CONCURRENCY.idFromName(viewerFingerprint));
  const streams = Number(await limiter.clear());
  // Null: a sweep is at it at this moment.
  const progress = (await runErasure(env, id, nowMs)) ?? { assets: 0, sessions: 0, complete: false };
  return { ...progress, streams };
}
