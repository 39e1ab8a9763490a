/**
 * Brings a job's workflow and its tasks in line with its row in the catalog, which is the truth: starts a workflow that is
 * missing, ends what has been cancelled or deleted, and ends a job whose workflow is gone. The transaction that changes the
 * row notes that this is to be done (triggers of migration 0010). The caller does it at once; a sweep each minute does the rest.
 */

import { isPublishedWhole, jobRefOf } from '../../../catalog/assets.ts';
import { type JobRef, markFailed, markReady, writeCurrent } from '../../../catalog/job-progress.ts';
import { type AssetRow, isActive, type JobRow } from '../../../catalog/rows.ts';
import { sweepDue } from '../../../catalog/sweep.ts';
import { isInstanceKnown, isInstanceMissing } from '../../../platform/binding-errors.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';
import { sql } from '../../../platform/sql.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import type { PrewarmEnv } from '../publish/prewarm-asset.ts';

/** `track`: the job adds it to a version, and the source is not read. */
export type EncodeParams = JobRef & { source: { key: string; url: string | null }; track?: string };
export type WorkflowEnv = { ENCODE_WORKFLOW: Workflow<EncodeParams> };
export type SettleEnv = Bindings & BoardEnv & WorkflowEnv & PrewarmEnv;

/**
 * How often an active job is looked at: its workflow may have ended without telling the catalog, or stand still after a local
 * restart.
 */
export const LOOK_EVERY_MS = 2 * 60_000;

/** No step waits for it. */
const WAKE_EVENT = 'wake';

const ENDED = new Set<InstanceStatus['status']>(['complete', 'errored', 'terminated']);

/** Each minute; at a local start with a time at which every job is due, since all workflows stand still then. */
export const sweepJobs = (env: SettleEnv, nowMs: number): Promise<void> =>
  sweepDue(env.CATALOG, sql`SELECT job_id AS key, due_at AS at FROM unsettled_jobs`, LOOK_EVERY_MS, nowMs, (jobId) =>
    trySettleJob(env, jobId),
  );

/** For the call that changed the job. Never rejects: a failure is logged, and the job stays noted. */
export async function trySettleJob(env: SettleEnv, jobId: string): Promise<void> {
  try {
    await settleJob(env, jobId);
  } catch (error) {
    log.warn({ event: 'job_unsettled', job: jobId, reason: String(error) });
  }
}

/** Whether the job is still to be settled. */
export const isUnsettled = async (db: D1Database, jobId: string): Promise<boolean> =>
  (await sql`SELECT 1 FROM unsettled_jobs WHERE job_id = ${jobId}`.on(db).first()) !== null;

async function settleJob(env: SettleEnv, jobId: string): Promise<void> {
  const { CATALOG } = env;
  const { note, job, asset } = await readJob(CATALOG, jobId);
  if (note === undefined) {
    return;
  }
  const sameNote = sql`WHERE job_id = ${jobId} AND due_at = ${note.due_at}`;
  if (job !== undefined && asset !== undefined && isActive(job)) {
    await keepGoing(env, job, asset);
    await sql`UPDATE unsettled_jobs SET due_at = ${Date.now() + LOOK_EVERY_MS} ${sameNote}`.on(CATALOG).run();
    return;
  }
  await stop(env, jobId, job?.status === 'done');
  await sql`DELETE FROM unsettled_jobs ${sameNote}`.on(CATALOG).run();
}

/** The note, and what it is of, in one call: the one that made the job waits for it. */
async function readJob(db: D1Database, jobId: string) {
  const [notes, jobs, assets] = await db.batch([
    sql`SELECT due_at FROM unsettled_jobs WHERE job_id = ${jobId}`.on(db),
    sql`SELECT * FROM jobs WHERE id = ${jobId}`.on(db),
    sql`SELECT * FROM assets WHERE id = (SELECT asset_id FROM jobs WHERE id = ${jobId})`.on(db),
  ]);
  return {
    note: notes?.results[0] as { due_at: number } | undefined,
    job: jobs?.results[0] as JobRow | undefined,
    asset: assets?.results[0] as AssetRow | undefined,
  };
}

/** The instance with the job's id; null where there is none. */
async function workflowOf(env: SettleEnv, jobId: string): Promise<WorkflowInstance | null> {
  try {
    return await env.ENCODE_WORKFLOW.get(jobId);
  } catch (error) {
    if (isInstanceMissing(error)) {
      return null;
    }
    throw error;
  }
}

async function keepGoing(env: SettleEnv, job: JobRow, asset: AssetRow): Promise<void> {
  // A new job has no workflow to look for. The local engine logs a failed look as an error.
  if (job.status === 'queued' && (await start(env, job, asset))) {
    return;
  }
  const workflow = await workflowOf(env, job.id);
  if (workflow === null) {
    // The platform has forgotten it.
    await start(env, job, asset);
  } else if (ENDED.has((await workflow.status()).status)) {
    await end(env, job);
  } else {
    await taskBoard(env).setPriority(job.id, job.priority);
    // The local engine has no alarms: after a restart of workerd an instance goes on when it gets any event.
    await workflow.sendEvent({ type: WAKE_EVENT, payload: {} });
  }
}

/** False where its workflow exists already. */
async function start(env: SettleEnv, job: JobRow, asset: AssetRow): Promise<boolean> {
  const ref = jobRefOf(job);
  const { priority, retry_of, track } = job;
  const options = retry_of === null ? { priority } : { priority, retryOf: retry_of };
  if (!(await taskBoard(env).openJob(job.id, options))) {
    const error = { code: 'unavailable', message: 'The tasks of the job that this one retries are no longer known' };
    await markFailed(env.CATALOG, ref, error, Date.now());
    return true;
  }
  try {
    const { source_key: key, source_url: url } = job;
    const source = key === null ? { key: asset.source_key, url: asset.source_url } : { key, url };
    const params = { ...ref, source, ...(track === null ? {} : { track }) };
    await env.ENCODE_WORKFLOW.create({ id: job.id, params });
    return true;
  } catch (error) {
    if (isInstanceKnown(error)) {
      return false;
    }
    throw error;
  }
}

/** The workflow has ended and could not tell the catalog, which was away for longer than a step is retried. */
async function end(env: SettleEnv, job: JobRow): Promise<void> {
  const { CATALOG, MEDIA } = env;
  const ref = jobRefOf(job);
  if (await isPublishedWhole(CATALOG, job)) {
    await writeCurrent(CATALOG, MEDIA, job.asset_id);
    await markReady(CATALOG, ref, Date.now());
    return;
  }
  log.error({ event: 'job_lost', job: job.id, asset: job.asset_id });
  const error = { code: 'internal', message: 'The job stopped for a reason of ours; the log has it' };
  await markFailed(CATALOG, ref, error, Date.now());
}

/** Nothing more of the job is encoded. The workflow of a job that is done ends by itself. */
async function stop(env: SettleEnv, jobId: string, isDone: boolean): Promise<void> {
  await taskBoard(env).closeJob(jobId);
  const workflow = isDone ? null : await workflowOf(env, jobId);
  if (workflow !== null && !ENDED.has((await workflow.status()).status)) {
    await workflow.terminate();
  }
}
