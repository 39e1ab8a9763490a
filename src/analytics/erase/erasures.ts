/**
 * Erasing from the counters of views: all of an asset that was deleted, or what ties sessions to a viewer. Begun by the
 * call that asks for it, taken up by the sweep of each minute until it is done; each step may be repeated.
 */

import { z } from 'zod';
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
/** A counter has nothing of a viewer any more when the catalog has heard nothing of it for so long. */
const ACTIVE_MS = MAX_SESSION_SECONDS * 1000 + 2 * FORGET_AFTER_MS + IN_CATALOG_MS;

/** Of one run: assets whose counters have answered, and sessions that were tied to the viewer. */
export type ErasureProgress = { assets: number; sessions: number; complete: boolean };

const hashesSchema = z.array(z.string().regex(/^[0-9a-f]{16}$/)).min(1);

/** Asks each of these counters, whatever becomes of the others. `done`: how many of the first ones have answered. */
async function forgetIn(env: ErasureEnv, assetIds: readonly string[], hashes: string[]) {
  const answers = await inGroups(assetIds, CALLS_AT_ONCE, async (assetId) => {
    const [answer] = await Promise.allSettled([rootCounter(env, assetId).forgetViewer(hashes)]);
    return answer;
  });
  const failedAt = answers.findIndex(({ status }) => status === 'rejected');
  const failed = answers[failedAt];
  return {
    sessions: answers.reduce((sum, answer) => sum + (answer.status === 'fulfilled' ? answer.value : 0), 0),
    done: failedAt === -1 ? answers.length : failedAt,
    failure: failed?.status === 'rejected' ? failed : null,
  };
}

/** As far as `maxCalls` go. Where a counter fails, it and what comes after it are due again, and its failure is thrown. */
async function eraseViewer(
  env: ErasureEnv,
  row: ErasureRow,
  maxCalls: number,
  nowMs: number,
): Promise<ErasureProgress> {
  const hashes = hashesSchema.parse(JSON.parse(row.subject));
  const page = await activeAssets(env.CATALOG, { sinceMs: nowMs - ACTIVE_MS, after: row.cursor, limit: maxCalls });
  const { sessions, done, failure } = await forgetIn(env, page, hashes);
  const complete = failure === null && page.length < maxCalls;
  if (complete) {
    await notePass(env.CATALOG, row, nowMs);
  } else {
    await noteProgress(env.CATALOG, row, page[done - 1] ?? row.cursor, nowMs);
  }
  if (failure !== null) {
    throw failure.reason;
  }
  return { assets: page.length, sessions, complete };
}

async function eraseAssetCounters(env: ErasureEnv, row: ErasureRow, nowMs: number): Promise<ErasureProgress> {
  await rootCounter(env, row.subject).clear();
  await notePass(env.CATALOG, row, nowMs);
  return { assets: 1, sessions: 0, complete: true };
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
  return row.kind === 'asset' ? eraseAssetCounters(env, row, nowMs) : eraseViewer(env, row, maxCalls, nowMs);
}

/** What failed stays due and says so each time; it is never given up. Never rejects for a counter. */
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
