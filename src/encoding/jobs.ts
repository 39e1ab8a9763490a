/** Starting, cancelling and watching a job: the catalog, the workflow and the board together. */
import {
  type AssetRow,
  changeJobPriority,
  createAsset,
  createRetryJob,
  DEFAULT_PRIORITY,
  findJob,
  isPublished,
  type JobRow,
  type NewAsset,
  type NewJob,
} from '../catalog/assets.ts';
import { markCancelled, markFailed } from '../catalog/progress.ts';
import { newJobId, newVersionId } from '../contract/ids.ts';
import { type Env, taskBoard } from '../env.ts';
import { AppError } from '../errors.ts';
import type { JobSummary } from './task-views.ts';

type ControlEnv = Pick<Env, 'CATALOG' | 'TASK_BOARD' | 'ENCODE_WORKFLOW'>;
type JobSource = { key: string; url: string | null };

/** The workflow instance bears the job's id. What cannot be started is shown as failed, not left waiting for ever. */
async function startWorkflow(env: ControlEnv, job: NewJob, source: JobSource): Promise<void> {
  const ref = { jobId: job.id, assetId: job.assetId, version: job.version };
  try {
    const { priority = DEFAULT_PRIORITY } = job;
    await taskBoard(env).openJob(job.id, { priority });
    await env.ENCODE_WORKFLOW.create({ id: job.id, params: { ...ref, source } });
  } catch (error) {
    await markFailed(env.CATALOG, ref, { code: 'unavailable', message: 'The job could not be started' }, Date.now());
    throw new AppError('unavailable', { cause: error });
  }
}

const jobFor = (assetId: string): NewJob => ({ id: newJobId(), assetId, version: newVersionId() });

/** Writes the asset and its job, then starts the job. When this returns, the job is durable. */
export async function startAsset(env: ControlEnv, asset: NewAsset, priority = DEFAULT_PRIORITY): Promise<NewJob> {
  const job = { ...jobFor(asset.id), priority };
  await createAsset(env.CATALOG, asset, job, Date.now());
  await startWorkflow(env, job, { key: asset.sourceKey, url: asset.sourceUrl });
  return job;
}

/**
 * A new job for a failed or cancelled one. It goes on with the same version where that can be: then the board takes over
 * every finished task, and only what is missing is encoded. Throws `job_active` while another job is under way.
 */
export async function retryJob(env: ControlEnv, failed: JobRow, asset: AssetRow): Promise<NewJob> {
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
  await startWorkflow(env, job, { key: asset.source_key, url: asset.source_url });
  return job;
}

async function insertRetry(env: ControlEnv, job: NewJob): Promise<void> {
  if (!(await createRetryJob(env.CATALOG, job, Date.now()))) {
    throw new AppError('job_active');
  }
}

/** False where what the version had written is being collected; the database refuses a job of it. */
async function insertUnlessSealed(env: ControlEnv, job: NewJob): Promise<boolean> {
  try {
    await insertRetry(env, job);
    return true;
  } catch (error) {
    if (String(error).includes('version_sealed')) {
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
const RESUME_WITHIN_MS = 7 * 86_400_000;

/** Never a version that is whole: its objects are what sessions play. An early part of it stays as it is. */
async function keepsResults(env: ControlEnv, failed: JobRow, asset: AssetRow): Promise<boolean> {
  if (FRESH_AFTER.has(failed.error_code ?? '') || Date.now() - failed.updated_at > RESUME_WITHIN_MS) {
    return false;
  }
  const isEarlyPart = asset.ready === 'partial' && asset.current_version === failed.version;
  return isEarlyPart || !(await isPublished(env.CATALOG, asset.id, failed.version));
}

/** Throws `job_not_active` when the job has ended. */
export async function prioritiseJob(env: ControlEnv, job: JobRow, priority: number): Promise<JobRow> {
  const changed = await changeJobPriority(env.CATALOG, job, priority, Date.now());
  if (changed === null) {
    throw new AppError('job_not_active');
  }
  await taskBoard(env).setPriority(job.id, priority);
  return changed;
}

/** Throws `job_not_active` when the job has already ended. */
export async function cancelJob(env: ControlEnv, job: JobRow): Promise<void> {
  const ref = { jobId: job.id, assetId: job.asset_id, version: job.version };
  if (!(await markCancelled(env.CATALOG, ref, Date.now()))) {
    throw new AppError('job_not_active');
  }
  await stopJob(env, job.id);
}

/** Nothing more of the job is encoded. Its catalog rows are the caller's. */
export async function stopJob(env: ControlEnv, jobId: string): Promise<void> {
  await taskBoard(env).closeJob(jobId);
  try {
    const workflow = await env.ENCODE_WORKFLOW.get(jobId);
    await workflow.terminate();
  } catch (error) {
    // It may have ended meanwhile; without tasks it does nothing more either way.
    console.warn(JSON.stringify({ event: 'workflow_not_terminated', job: jobId, reason: String(error) }));
  }
}

export async function findJobOrThrow(db: D1Database, id: string): Promise<JobRow> {
  const job = await findJob(db, id);
  if (job === null) {
    throw new AppError('job_not_found');
  }
  return job;
}

/** Live state of a job's tasks. */
export const jobSummary = async (env: Pick<Env, 'TASK_BOARD'>, jobId: string): Promise<JobSummary> =>
  await taskBoard(env).jobSummary(jobId);
