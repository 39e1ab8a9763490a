/**
 * Erases from the counters of views: all of an asset that was deleted, or what ties sessions to a viewer. The call that
 * asks for it begins, and the sweep of each minute goes on until it is done. Each step may be repeated.
 */

import { MAX_SESSION_SECONDS } from '../../config.ts';
import { inGroups } from '../../platform/at-once.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import type { CountersEnv } from '../counters-env.ts';
import { FORGET_AFTER_MS, IN_CATALOG_MS } from '../facts.ts';
import { activeAssets } from '../read/asset-views.ts';
import { rootCounter } from '../read/root-counter.ts';
import { claimErasure, dueErasures, type ErasureRow, notePass, noteProgress } from './erasure-store.ts';

export type ErasureEnv = Pick<Bindings, 'CATALOG'> & CountersEnv;

/** Counters called by one request or one sweep: half of the calls that a Worker may make. */
const MAX_CALLS = 500;
/** A Worker may wait for six answers at a time; D1 is one of them. */
const CALLS_AT_ONCE = 5;
const SWEEP_LIMIT = 100;
/** An asset that the catalog has not heard of for so long has nothing of a viewer any more. */
const ACTIVE_MS = MAX_SESSION_SECONDS * 1000 + 2 * FORGET_AFTER_MS + IN_CATALOG_MS;

/** Of one run: assets whose counters were asked, and sessions that were tied to the viewer. */
export type ErasureProgress = { assets: number; sessions: number; complete: boolean };

/** Asks `maxCalls` counters. If one fails, the others are still asked; it and those after it are due again, and this throws. */
async function eraseViewer(
  env: ErasureEnv,
  row: ErasureRow,
  maxCalls: number,
  nowMs: number,
): Promise<ErasureProgress> {
  const hashes: string[] = JSON.parse(row.subject);
  const page = await activeAssets(env.CATALOG, { sinceMs: nowMs - ACTIVE_MS, after: row.cursor, limit: maxCalls });
  const answers = await inGroups(page, CALLS_AT_ONCE, (assetId) =>
    rootCounter(env, assetId)
      .forgetViewer(hashes)
      .then(
        (sessions) => ({ sessions }),
        (failure: unknown) => ({ sessions: 0, failure }),
      ),
  );
  const failed = answers.find((answer) => 'failure' in answer);
  const done = failed === undefined ? page.length : answers.indexOf(failed);
  const complete = failed === undefined && page.length < maxCalls;
  if (complete) {
    await notePass(env.CATALOG, row, nowMs);
  } else {
    await noteProgress(env.CATALOG, row, page[done - 1] ?? row.cursor, nowMs);
  }
  if (failed !== undefined) {
    throw failed.failure;
  }
  return { assets: page.length, sessions: answers.reduce((sum, { sessions }) => sum + sessions, 0), complete };
}

/** One pass of one request, or a part of it. Null: there is nothing to do. Throws what a counter throws. */
export async function runErasure(
  env: ErasureEnv,
  id: string,
  nowMs: number,
  maxCalls = MAX_CALLS,
): Promise<ErasureProgress | null> {
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
export async function tryErasure(
  env: ErasureEnv,
  id: string,
  nowMs: number,
  maxCalls = MAX_CALLS,
): Promise<ErasureProgress | null> {
  try {
    return await runErasure(env, id, nowMs, maxCalls);
  } catch (error) {
    log.error({ event: 'view_erasure_failed', id, reason: String(error) });
    return null;
  }
}

/** Each minute. */
export async function sweepErasures(env: ErasureEnv, nowMs: number): Promise<void> {
  let calls = MAX_CALLS;
  for (const id of await dueErasures(env.CATALOG, nowMs, SWEEP_LIMIT)) {
    if (calls <= 0) {
      return;
    }
    const progress = await tryErasure(env, id, nowMs, calls);
    calls -= Math.max(1, progress?.assets ?? 1);
  }
}
