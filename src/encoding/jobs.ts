/** Starting, cancelling and watching a job: the catalog, the workflow and the board together. */
import { createAsset, createRetryJob, findJob, type JobRow, type NewAsset, type NewJob } from '../catalog/assets.ts';
import { markCancelled, markFailed } from '../catalog/progress.ts';
import { newJobId, newVersionId } from '../contract/ids.ts';
import { type Env, taskBoard } from '../env.ts';
import { AppError } from '../errors.ts';
import type { JobSummary } from './task-board.ts';

type ControlEnv = Pick<Env, 'CATALOG' | 'TASK_BOARD' | 'ENCODE_WORKFLOW'>;
type JobSource = { key: string; url: string | null };

/** The workflow instance bears the job's id. What cannot be started is shown as failed, not left waiting for ever. */
async function startWorkflow(env: ControlEnv, job: NewJob, source: JobSource): Promise<void> {
  const ref = { jobId: job.id, assetId: job.assetId, version: job.version };
  try {
    await env.ENCODE_WORKFLOW.create({ id: job.id, params: { ...ref, source } });
  } catch (error) {
    await markFailed(env.CATALOG, ref, { code: 'unavailable', message: 'The job could not be started' }, Date.now());
    throw new AppError('unavailable', { cause: error });
  }
}

const jobFor = (assetId: string): NewJob => ({ id: newJobId(), assetId, version: newVersionId() });

/** Writes the asset and its job, then starts the job. When this returns, the job is durable. */
export async function startAsset(env: ControlEnv, asset: NewAsset): Promise<NewJob> {
  const job = jobFor(asset.id);
  await createAsset(env.CATALOG, asset, job, Date.now());
  await startWorkflow(env, job, { key: asset.sourceKey, url: asset.sourceUrl });
  return job;
}

/** A new job, encoding a new version of the same asset. */
export async function retryJob(env: ControlEnv, assetId: string, source: JobSource): Promise<NewJob> {
  const job = jobFor(assetId);
  await createRetryJob(env.CATALOG, job, Date.now());
  await startWorkflow(env, job, source);
  return job;
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
