/** Starting, cancelling and watching a job: the catalog, the workflow and the board together. */

import {
  changeJobPriority,
  createAsset,
  createRetryJob,
  DEFAULT_PRIORITY,
  findJob,
  isPublished,
  jobRefOf,
  type NewAsset,
  type NewJob,
} from '../../catalog/assets.ts';
import { markCancelled } from '../../catalog/job-progress.ts';
import { type AssetRow, isAborted, type JobRow } from '../../catalog/rows.ts';
import { AppError } from '../../errors.ts';
import { newJobId, newVersionId } from '../../media/ids.ts';
import { DAY_MS } from '../../platform/days.ts';
import { type BoardEnv, taskBoard } from '../encoding/board/board-stub.ts';
import type { JobSummary } from '../encoding/board/task-views.ts';
import { isUnsettled, type SettleEnv, trySettleJob } from '../encoding/workflow/settle-jobs.ts';

const jobFor = (assetId: string): NewJob => ({ id: newJobId(), assetId, version: newVersionId() });

/** Writes the asset and its job, then starts the job. When this returns, the job is durable: a sweep starts it where this failed. */
export async function startAsset(env: SettleEnv, asset: NewAsset, priority = DEFAULT_PRIORITY): Promise<NewJob> {
  const job = { ...jobFor(asset.id), priority };
  await createAsset(env.CATALOG, asset, job, Date.now());
  await trySettleJob(env, job.id);
  return job;
}

/**
 * A new job for a failed or cancelled one. It goes on with the same version where that can be: then the board takes over
 * every finished task, and only what is missing is encoded. Throws `job_active` while another job is under way.
 */
export async function retryJob(env: SettleEnv, failed: JobRow, asset: AssetRow): Promise<NewJob> {
  const fresh: NewJob = { ...jobFor(asset.id), priority: failed.priority };
  const resumed: NewJob = { ...fresh, version: failed.version, retryOf: failed.id };
  const announce = { priority: failed.priority, retryOf: failed.id };
  const canResume = (await keepsResults(env, failed, asset)) && (await taskBoard(env).openJob(resumed.id, announce));
  const job = canResume && (await insertUnlessSealed(env, resumed)) ? resumed : fresh;
  if (job === fresh) {
    // Under a name of its own: the board may know the other by now, as a retry.
    job.id = newJobId();
    await insertRetry(env, job);
  }
  await trySettleJob(env, job.id);
  return job;
}

async function insertRetry(env: SettleEnv, job: NewJob): Promise<void> {
  if (!(await createRetryJob(env.CATALOG, job, Date.now()))) {
    throw new AppError('job_active');
  }
}

/** False where what the version had written is being collected; the database refuses a job of it. */
async function insertUnlessSealed(env: SettleEnv, job: NewJob): Promise<boolean> {
  try {
    await insertRetry(env, job);
    return true;
  } catch (error) {
    if (isAborted(error, 'version_sealed')) {
      return false;
    }
    throw error;
  }
}

/** What the same segments, or the same plan, would fail of again. */
const FRESH_AFTER = new Set(['check_failed', 'init_mismatch', 'plan_outdated']);

/**
 * How long after its end a job is taken up again: well before the board forgets its tasks (KEEP_CLOSED_MS), without which
 * nobody knows which attempts of the version there have been.
 */
const RESUME_WITHIN_MS = 7 * DAY_MS;

/** Never a version that is whole: its objects are what sessions play. An early part of it stays as it is. */
async function keepsResults(env: SettleEnv, failed: JobRow, asset: AssetRow): Promise<boolean> {
  if (FRESH_AFTER.has(failed.error_code ?? '') || Date.now() - failed.updated_at > RESUME_WITHIN_MS) {
    return false;
  }
  const isEarlyPart = asset.ready === 'partial' && asset.current_version === failed.version;
  return isEarlyPart || !(await isPublished(env.CATALOG, asset.id, failed.version));
}

/** Throws `job_not_active` when the job has ended. */
export async function prioritiseJob(env: SettleEnv, job: JobRow, priority: number): Promise<JobRow> {
  const changed = await changeJobPriority(env.CATALOG, job, priority, Date.now());
  if (changed === null) {
    throw new AppError('job_not_active');
  }
  await trySettleJob(env, job.id);
  return changed;
}

/** Throws `job_not_active` when the job has already ended, unless that was by a call which could not stop its tasks. */
export async function cancelJob(env: SettleEnv, job: JobRow): Promise<void> {
  const isCancelled = await markCancelled(env.CATALOG, jobRefOf(job), Date.now());
  if (!isCancelled && !(job.status === 'cancelled' && (await isUnsettled(env.CATALOG, job.id)))) {
    throw new AppError('job_not_active');
  }
  await trySettleJob(env, job.id);
}

export async function findJobOrThrow(db: D1Database, id: string): Promise<JobRow> {
  const job = await findJob(db, id);
  if (job === null) {
    throw new AppError('job_not_found');
  }
  return job;
}

/** Live state of a job's tasks. */
export const jobSummary = async (env: BoardEnv, jobId: string): Promise<JobSummary> =>
  await taskBoard(env).jobSummary(jobId);
