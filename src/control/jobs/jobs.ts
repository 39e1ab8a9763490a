/** Starting, cancelling and watching a job: the catalog, the workflow and the board together. */

import {
  changeJobPriority,
  createAsset,
  createNextJob,
  DEFAULT_PRIORITY,
  findJob,
  hasActiveJob,
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
import type { JobSummary } from '../encoding/board/task-store.ts';
import { isUnsettled, type SettleEnv, trySettleJob } from '../encoding/workflow/settle-jobs.ts';
import { retryDub } from '../encoding/workflow/start-dub.ts';
import { tryLookAtSource } from '../source-playback/look-at-source.ts';

type SourceJob = Required<Pick<NewJob, 'version' | 'priority' | 'source' | 'mode'>>;

const jobFor = (assetId: string): NewJob => ({ id: newJobId(), assetId, version: newVersionId() });

/**
 * Writes the asset and its job, then starts the job. If the start fails, a sweep repeats it: the job is durable. `along`:
 * further statements of the transaction.
 */
export async function startAsset(
  env: SettleEnv,
  asset: NewAsset,
  priority = DEFAULT_PRIORITY,
  along: readonly D1PreparedStatement[] = [],
): Promise<NewJob> {
  const job = { ...jobFor(asset.id), priority };
  await createAsset(env.CATALOG, asset, job, Date.now(), along);
  await lookAndSettle(env, job, asset.sourceUrl);
  return job;
}

/** A file that is pulled is not there yet: the workflow looks at it. */
async function lookAndSettle(env: SettleEnv, job: NewJob, sourceUrl: string | null): Promise<void> {
  if (sourceUrl === null) {
    await tryLookAtSource(env, { ...job, jobId: job.id });
  }
  await trySettleJob(env, job.id);
}

/**
 * The next version of an asset, of another source; the one that plays goes on until it is published. Throws `job_active` while
 * another job of the asset is active, or `source_not_found`.
 */
export async function replaceSource(env: SettleEnv, assetId: string, wanted: SourceJob): Promise<void> {
  const job = { ...jobFor(assetId), ...wanted };
  const status = wanted.source.source_url === null ? 'queued' : 'waiting';
  if (!(await createNextJob(env.CATALOG, job, Date.now(), status))) {
    throw new AppError('job_active');
  }
  await lookAndSettle(env, job, wanted.source.source_url);
}

/**
 * A new job for a failed or cancelled one. Where possible it goes on with the same version: the board takes over every
 * finished task, and only the others are encoded. Throws `job_active` while another job of the asset is active.
 */
export async function retryJob(env: SettleEnv, failed: JobRow, asset: AssetRow): Promise<Pick<JobRow, 'id'>> {
  if (failed.track !== null) {
    return await retryTrackJob(env, failed);
  }
  const fresh: NewJob = { ...jobFor(asset.id), priority: failed.priority, source: failed };
  const job = (await resume(env, failed, asset)) ?? (await insertRetry(env, fresh));
  await lookAndSettle(env, job, failed.source_url);
  return job;
}

/** Throws `job_active`, or `job_not_failed` where the track is not one that has failed. */
async function retryTrackJob(env: SettleEnv, failed: JobRow): Promise<JobRow> {
  const job = await retryDub(env, failed);
  if (job === null) {
    const isActive = await hasActiveJob(env.CATALOG, failed.asset_id);
    throw isActive
      ? new AppError('job_active')
      : new AppError('job_not_failed', {
          detail: 'Its track was deleted or has been added since, or the film plays from its source',
        });
  }
  return job;
}

async function insertRetry(env: SettleEnv, job: NewJob): Promise<NewJob> {
  if (!(await createNextJob(env.CATALOG, job, Date.now()))) {
    throw new AppError('job_active');
  }
  return job;
}

/** A job that goes on with the version of the failed one. Null where that is not possible. */
async function resume(env: SettleEnv, failed: JobRow, asset: AssetRow): Promise<NewJob | null> {
  const retry = { priority: failed.priority, retryOf: failed.id };
  const job: NewJob = { ...jobFor(asset.id), ...retry, version: failed.version, source: failed };
  if (!(await keepsResults(env, failed, asset)) || !(await taskBoard(env).openJob(job.id, retry))) {
    return null;
  }
  try {
    return await insertRetry(env, job);
  } catch (error) {
    // The objects of the version are being collected: the database refuses a job of it.
    if (isAborted(error, 'version_sealed')) {
      return null;
    }
    throw error;
  }
}

/** With the same segments, or the same facts and plan, the job would fail of these again. */
const FRESH_AFTER = new Set(['check_failed', 'init_mismatch', 'plan_outdated', 'decode_failed', 'output_mismatch']);

/**
 * A job is resumed until so long after its end: well before the board forgets its tasks (KEEP_CLOSED_MS), which say what
 * attempts of the version there have been.
 */
const RESUME_WITHIN_MS = 7 * DAY_MS;

/**
 * A version that is published whole is never resumed: sessions play its objects. An early part of one, or its source, stays as it
 * is.
 */
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

/** Throws `job_not_active` when the job has already ended, unless an earlier call cancelled it and could not stop its tasks. */
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

export const jobSummary = async (env: BoardEnv, jobId: string): Promise<JobSummary> =>
  await taskBoard(env).jobSummary(jobId);
