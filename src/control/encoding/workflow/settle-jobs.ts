/**
 * Brings a job's workflow and its tasks in line with its row in the catalog, which is the truth: starts what has no workflow,
 * ends what has been cancelled or deleted, and ends a job whose workflow is gone. The transaction that changes the row notes
 * that this is to be done (triggers of migration 0010). The caller does it at once; a sweep each minute does what is left.
 */

import { findAsset, findJob, isPublishedWhole, jobRefOf } from '../../../catalog/assets.ts';
import { markFailed, markReady, writeCurrent } from '../../../catalog/job-progress.ts';
import { type AssetRow, isActive, type JobRow } from '../../../catalog/rows.ts';
import { inGroups } from '../../../platform/at-once.ts';
import { isInstanceKnown, isInstanceMissing } from '../../../platform/binding-errors.ts';
import type { Bindings } from '../../../platform/bindings.ts';
import { log } from '../../../platform/log.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import type { WorkflowEnv } from './params.ts';

export type SettleEnv = Bindings & BoardEnv & WorkflowEnv;

/**
 * How often a job that is under way is looked at: one whose workflow ended and could not tell, and locally one whose
 * workflow stands still.
 */
export const LOOK_EVERY_MS = 2 * 60_000;
/** Six calls each, of the 10,000 that one run of a Worker may make. Of more than 2,000 jobs each is looked at less often. */
const SWEEP_LIMIT = 1_000;
/** A Worker waits for six answers at a time. */
const AT_ONCE = 5;
/** The next sweep goes on. */
const SWEEP_MS = 50_000;

/** Nothing waits for it. */
const WAKE_EVENT = 'wake';

const ENDED = new Set<InstanceStatus['status']>(['complete', 'errored', 'terminated']);

/** A time that is too far ahead was written by a clock that has been set back. */
async function dueJobs(db: D1Database, nowMs: number): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT job_id FROM unsettled_jobs WHERE due_at <= ?1 OR due_at > ?2 ORDER BY due_at LIMIT ?3')
    .bind(nowMs, nowMs + LOOK_EVERY_MS, SWEEP_LIMIT)
    .all<{ job_id: string }>();
  return results.map(({ job_id }) => job_id);
}

/** Each minute; at a local start with a time at which every job is due, since all workflows stand still then. */
export async function sweepJobs(env: SettleEnv, nowMs: number): Promise<void> {
  const due = await dueJobs(env.CATALOG, nowMs);
  const startedMs = Date.now();
  const goesOn = () => Date.now() - startedMs < SWEEP_MS;
  await inGroups(due, AT_ONCE, (jobId) => trySettleJob(env, jobId), goesOn);
}

/** For the call that changed the job. Never rejects: what fails stays noted, and says so each time. */
export async function trySettleJob(env: SettleEnv, jobId: string): Promise<void> {
  try {
    await settleJob(env, jobId);
  } catch (error) {
    log.warn({ event: 'job_unsettled', job: jobId, reason: String(error) });
  }
}

/** Whether something of the job is still to be settled. */
export const isUnsettled = async (db: D1Database, jobId: string): Promise<boolean> =>
  (await noteOf(db, jobId)) !== null;

const noteOf = (db: D1Database, jobId: string): Promise<{ due_at: number } | null> =>
  db.prepare('SELECT due_at FROM unsettled_jobs WHERE job_id = ?1').bind(jobId).first<{ due_at: number }>();

async function settleJob(env: SettleEnv, jobId: string): Promise<void> {
  const { CATALOG } = env;
  const note = await noteOf(CATALOG, jobId);
  if (note === null) {
    return;
  }
  const job = await findJob(CATALOG, jobId);
  const asset = job === null ? null : await findAsset(CATALOG, job.asset_id);
  if (job !== null && asset !== null && isActive(job)) {
    await keepGoing(env, job, asset);
    await CATALOG.prepare('UPDATE unsettled_jobs SET due_at = ?3 WHERE job_id = ?1 AND due_at = ?2')
      .bind(jobId, note.due_at, Date.now() + LOOK_EVERY_MS)
      .run();
    return;
  }
  await stop(env, jobId, job?.status === 'done');
  await CATALOG.prepare('DELETE FROM unsettled_jobs WHERE job_id = ?1 AND due_at = ?2').bind(jobId, note.due_at).run();
}

/** The instance bears the job's id. Null: there is none. */
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
  // A job that waits may never have been started, one whose workflow the platform has forgotten is started anew.
  if (job.status === 'queued' && (await start(env, job, asset))) {
    return;
  }
  const workflow = await workflowOf(env, job.id);
  if (workflow === null) {
    await start(env, job, asset);
  } else if (ENDED.has((await workflow.status()).status)) {
    await end(env, job);
  } else {
    await taskBoard(env).setPriority(job.id, job.priority);
    // The local engine has no alarms: after a restart of workerd an instance goes on when it gets an event, whichever.
    await workflow.sendEvent({ type: WAKE_EVENT, payload: {} });
  }
}

/** False where its workflow is there already. */
async function start(env: SettleEnv, job: JobRow, asset: AssetRow): Promise<boolean> {
  const ref = jobRefOf(job);
  const { priority, retry_of } = job;
  const announced = await taskBoard(env).openJob(job.id, {
    priority,
    ...(retry_of === null ? {} : { retryOf: retry_of }),
  });
  if (!announced) {
    const error = { code: 'unavailable', message: 'The tasks of the job that this one retries are no longer known' };
    await markFailed(env.CATALOG, ref, error, Date.now());
    return true;
  }
  try {
    const params = { ...ref, source: { key: asset.source_key, url: asset.source_url } };
    await env.ENCODE_WORKFLOW.create({ id: job.id, params });
    return true;
  } catch (error) {
    if (isInstanceKnown(error)) {
      return false;
    }
    throw error;
  }
}

/** Its workflow has ended without having told the catalog: the catalog was away for longer than a step is tried. */
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

/** Nothing more of the job is encoded. One that went well ends by itself. */
async function stop(env: SettleEnv, jobId: string, isDone: boolean): Promise<void> {
  await taskBoard(env).closeJob(jobId);
  const workflow = isDone ? null : await workflowOf(env, jobId);
  if (workflow !== null && !ENDED.has((await workflow.status()).status)) {
    await workflow.terminate();
  }
}
