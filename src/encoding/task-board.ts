/**
 * TaskBoard: the Durable Object that hands encode tasks to encoders under time-limited leases and tells the job's
 * workflow how each one ended. A thin shell over task-state.ts; every method may safely arrive twice.
 */
import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../config.ts';
import { randomId } from '../contract/ids.ts';
import {
  type Encoder,
  type Lease,
  MAX_TASKS_PER_JOB,
  TASK_RESULT_SCHEMAS,
  type TaskError,
  taskInputSchema,
} from '../contract/tasks.ts';
import type { Env } from '../env.ts';
import { type TaskEnd, taskEventType } from './task-events.ts';
import * as state from './task-state.ts';
import { type NewTask, TaskStore } from './task-store.ts';

/** Workflow events sent per alarm; the rest follow in the next one. */
const NOTIFY_BATCH = 50;
/** An event that could not be sent is tried again after this. */
const NOTIFY_RETRY_MS = 5_000;

/** How long the tasks of an ended job can still be looked at. */
const KEEP_CLOSED_MS = 30 * 86_400_000;

export type TaskSummary = {
  id: string;
  kind: string;
  state: state.TaskState;
  attempt: number;
  progress: number;
  encoder: string | null;
  error: TaskError | null;
};
export type JobSummary = { progress: number; tasks: TaskSummary[] };

/** How a report was taken. Values, not exceptions: RPC flattens error classes. */
export type ReportOutcome = 'accepted' | 'task_not_found' | 'lease_lost' | 'invalid_result';

export class TaskBoard extends DurableObject<Env> {
  readonly #store: TaskStore;
  readonly #leaseMs: number;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#store = new TaskStore(context.storage.sql);
    this.#leaseMs = configOf(env).LEASE_SECONDS * 1000;
  }

  /** Adds tasks to a job; to one that is over, none: its workflow may still be running when it is cancelled. */
  submit(jobId: string, priority: number, tasks: NewTask[]): void {
    if (this.#store.tasksOf(jobId).length + tasks.length > 2 * MAX_TASKS_PER_JOB) {
      throw new RangeError(`job ${jobId} has too many tasks`);
    }
    this.#store.addJob(jobId, priority, Date.now());
    if (this.#store.isClosed(jobId)) {
      return;
    }
    for (const task of tasks) {
      this.#store.addTask(jobId, task);
    }
  }

  /** Hands out the next task, or null. */
  async lease(encoder: Encoder): Promise<Lease | null> {
    const now = Date.now();
    this.#expireLeases(now);
    const task = this.#store.nextWaiting(now);
    if (task === undefined) {
      return null;
    }
    const lease = randomId(24);
    const change = state.grantLease(task, lease, encoder.id, now, this.#leaseMs);
    this.#store.change(task.id, change);
    await this.#setAlarm(now + this.#leaseMs);
    return {
      task: { id: task.id, attempt: String(change.attempt), input: taskInputSchema.parse(JSON.parse(task.input)) },
      lease,
      ttlSeconds: this.#leaseMs / 1000,
      heartbeatSeconds: configOf(this.env).HEARTBEAT_SECONDS,
    };
  }

  /** Prolongs the lease. `cancel` tells the encoder to stop. */
  async heartbeat(
    taskId: string,
    lease: string,
    progress: number,
  ): Promise<{ outcome: ReportOutcome; cancel: boolean }> {
    const task = this.#store.find(taskId);
    if (task === undefined) {
      return { outcome: 'task_not_found', cancel: true };
    }
    if (task.state === 'cancelled' && task.lease === lease) {
      return { outcome: 'accepted', cancel: true };
    }
    if (!state.holdsLease(task, lease)) {
      return { outcome: 'lease_lost', cancel: true };
    }
    const now = Date.now();
    this.#store.change(taskId, state.recordProgress(task, progress, now, this.#leaseMs));
    if (task.state === 'waiting') {
      // The lease had run out and lives again: the alarm that watched it may be gone.
      await this.#setAlarm(now + this.#leaseMs);
    }
    return { outcome: 'accepted', cancel: false };
  }

  complete(taskId: string, lease: string, result: unknown): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'done', (task) => {
      const parsed = TASK_RESULT_SCHEMAS[task.kind].safeParse(result);
      return parsed.success ? state.completeTask(JSON.stringify(parsed.data)) : null;
    });
  }

  fail(taskId: string, lease: string, error: TaskError): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'failed', (task) => state.failTask(task, error, Date.now()));
  }

  /** Takes the report that ends an attempt. Whoever made it may make it again; nobody without the lease may. */
  async #end(
    taskId: string,
    lease: string,
    wanted: state.TaskState,
    changeOf: (task: state.TaskRow) => state.TaskChange | null,
  ): Promise<ReportOutcome> {
    const task = this.#store.find(taskId);
    if (task === undefined) {
      return 'task_not_found';
    }
    if (task.state === wanted && task.lease === lease) {
      return 'accepted';
    }
    if (!state.holdsLease(task, lease)) {
      return 'lease_lost';
    }
    const change = changeOf(task);
    if (change === null) {
      return 'invalid_result';
    }
    this.#store.change(taskId, change);
    await this.#notify();
    return 'accepted';
  }

  jobSummary(jobId: string): JobSummary {
    const tasks = this.#store.tasksOf(jobId);
    return {
      progress: state.jobProgress(tasks),
      tasks: tasks.map((task) => ({
        id: task.id,
        kind: task.kind,
        state: task.state,
        attempt: task.attempt,
        progress: task.progress,
        encoder: task.encoder_id,
        error: task.error === null ? null : JSON.parse(task.error),
      })),
    };
  }

  /** How busy it is: tasks by state, and encoders that hold a lease. */
  load(): { waiting: number; leased: number; encoders: number } {
    return this.#store.countOpen();
  }

  /** The job is over, well or not: nothing more of it is handed out or told; its encoders hear so at their next heartbeat. */
  closeJob(jobId: string): void {
    const now = Date.now();
    this.#store.closeJob(jobId, now);
    this.#store.prune(now - KEEP_CLOSED_MS);
  }

  /**
   * How a task ended, or null while it has not: what a workflow asks when its event does not come. A task that is not
   * here was submitted after its job was closed.
   */
  taskEnd(taskId: string): TaskEnd | null {
    const task = this.#store.find(taskId);
    return task === undefined ? { state: 'cancelled' } : endOf(task);
  }

  override async alarm(): Promise<void> {
    this.#expireLeases(Date.now());
    const left = await this.#notify();
    const next = this.#store.nextExpiry();
    if (left || next !== null) {
      await this.#setAlarm(Math.min(left ? Date.now() + NOTIFY_RETRY_MS : Infinity, next ?? Infinity));
    }
  }

  #expireLeases(now: number): void {
    for (const task of this.#store.expired(now)) {
      this.#store.change(task.id, state.expireLease(task, now));
    }
  }

  /** Tells workflows what they wait for. Returns whether something is left; then an alarm is set to try again. */
  async #notify(): Promise<boolean> {
    const ended = this.#store.unnotified(NOTIFY_BATCH);
    let left = ended.length === NOTIFY_BATCH;
    for (const task of ended) {
      const end = endOf(task);
      try {
        const workflow = await this.env.ENCODE_WORKFLOW.get(task.job_id);
        await workflow.sendEvent({ type: taskEventType(task.id), payload: end });
        this.#store.change(task.id, { notified: 1 });
      } catch (error) {
        this.#store.change(task.id, state.failNotify(task));
        // The workflow also asks `taskEnd` when its wait runs out, so a lost event delays a job but never loses it.
        console.warn(JSON.stringify({ event: 'task_event_unsent', task: task.id, reason: String(error) }));
        left = true;
      }
    }
    if (left) {
      await this.#setAlarm(Date.now() + NOTIFY_RETRY_MS);
    }
    return left;
  }

  /** There is one alarm; an earlier one that stands is kept. */
  async #setAlarm(atMs: number): Promise<void> {
    const standing = await this.ctx.storage.getAlarm();
    if (standing === null || standing > atMs) {
      await this.ctx.storage.setAlarm(atMs);
    }
  }
}

function endOf(task: state.TaskRow): TaskEnd | null {
  if (task.state === 'done') {
    return { state: 'done', attempt: String(task.attempt), result: JSON.parse(task.result ?? 'null') };
  }
  if (task.state === 'failed') {
    return { state: 'failed', error: JSON.parse(task.error ?? 'null') };
  }
  return task.state === 'cancelled' ? { state: 'cancelled' } : null;
}
