/**
 * Starts the job of a track of sound that was added to an asset: at most one job of an asset is under way. What cannot be
 * started now is noted again when it can (migration 0019): when the asset has a whole version, or its job has ended.
 */

import { clearDueDubs, dueDubsMark, insertDubRetry, insertNextDubJob, SELECT_DUE_DUBS } from '../../../catalog/dubs.ts';
import type { JobRow } from '../../../catalog/rows.ts';
import { sweepDue } from '../../../catalog/sweep.ts';
import { newJobId } from '../../../media/ids.ts';
import { log } from '../../../platform/log.ts';
import { type SettleEnv, trySettleJob } from './settle-jobs.ts';

/** Notes are a minute ahead at most. */
const LONGEST_MS = 2 * 60_000;

/** Each minute: what the call that added a track, or the job before, has not started. */
export const sweepDubs = (env: SettleEnv, nowMs: number): Promise<void> =>
  sweepDue(env.CATALOG, SELECT_DUE_DUBS, LONGEST_MS, nowMs, (assetId) => startDub(env, assetId));

/** The next track of the asset that waits, if it can be encoded now. Never rejects: a failure is logged, and the note stays. */
export async function startDub(env: SettleEnv, assetId: string): Promise<void> {
  const { CATALOG } = env;
  try {
    const mark = await dueDubsMark(CATALOG, assetId);
    if (mark === null) {
      return;
    }
    const job = await insertNextDubJob(CATALOG, assetId, newJobId(), Date.now());
    await clearDueDubs(CATALOG, assetId, mark);
    if (job !== null) {
      await trySettleJob(env, job.id);
    }
  } catch (error) {
    log.warn({ event: 'dub_unstarted', asset: assetId, reason: String(error) });
  }
}

/**
 * A new job for a track whose job has failed or was cancelled. It begins anew: sound is quickly encoded. Null while another job of
 * the asset is active, and where there is nothing to retry: the track was deleted, or the asset has it by now.
 */
export async function retryDub(env: SettleEnv, failed: JobRow): Promise<JobRow | null> {
  const job = await insertDubRetry(env.CATALOG, failed, newJobId(), Date.now());
  if (job !== null) {
    await trySettleJob(env, job.id);
  }
  return job;
}
