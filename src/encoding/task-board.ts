/**
 * TaskBoard: the Durable Object that hands encode tasks to encoders under time-limited leases and tells the job's
 * workflow how each one ended. A thin shell over task-state.ts, job-queue.ts and lease-book.ts; every method may safely
 * arrive twice.
 *
 * One board serves all encoders. With 360 of them at 16-second chunks (half a minute of work each) it gets
 *   heartbeats 360 ÷ 5 s = 72/s, of which one in three is written; leases and completes 360 ÷ 30 s = 12/s each:
 * under 100 requests a second, of which about 50 write; an object takes 200–500 of such. A fleet beyond 1,000 encoders
 * needs longer chunks or more boards. Rows read and written per call, with 10,000 waiting tasks in 100 jobs: lease 7 and 4
 * (and one read for each job that has nothing to hand out), heartbeat 1 and 0, a stored one 2 and 1, complete 3 and 3; an
 * idle lease 3 and 0 (test/src/encoding/task-board-cost.test.ts).
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
import { EncoderRegistry, type EncoderState, type EncoderSummary } from './encoder-registry.ts';
import { idlePauseSeconds } from './idle-pace.ts';
import { JobQueue } from './job-queue.ts';
import { LeaseBook } from './lease-book.ts';
import type { TaskEnd } from './task-events.ts';
import { endOf, TaskNotifier } from './task-notifier.ts';
import { migrate } from './task-schema.ts';
import * as state from './task-state.ts';
import { type NewTask, type TaskFrames, TaskStore } from './task-store.ts';
import { type BoardLoad, type DeadTaskSummary, deadTaskSummary, type JobSummary, taskSummary } from './task-views.ts';
import { Waiters } from './waiters.ts';

/** An event that could not be sent is tried again after this. */
const NOTIFY_RETRY_MS = 5_000;

/** How long the tasks of an ended job can still be looked at. A retry must come well before (jobs.ts). */
export const KEEP_CLOSED_MS = 30 * 86_400_000;

/** How a report was taken. Values, not exceptions: RPC flattens error classes. */
export type ReportOutcome = 'accepted' | 'task_not_found' | 'lease_lost' | 'invalid_result';

export type LeaseAnswer = { lease: Lease; retryAfterSeconds?: never } | { lease: null; retryAfterSeconds: number };

export class TaskBoard extends DurableObject<Env> {
  readonly #store: TaskStore;
  readonly #jobs: JobQueue;
  readonly #leases = new LeaseBook();
  readonly #encoders: EncoderRegistry;
  readonly #notifier: TaskNotifier;
  readonly #waiters = new Waiters();
  readonly #leaseMs: number;
  #workedAt = 0;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const { sql } = context.storage;
    migrate(sql);
    this.#store = new TaskStore(sql);
    this.#jobs = new JobQueue(sql);
    this.#encoders = new EncoderRegistry(sql);
    this.#notifier = new TaskNotifier(this.#store, () => this.env.ENCODE_WORKFLOW);
    this.#leaseMs = configOf(env).LEASE_SECONDS * 1000;
    this.#takeUpLeases(Date.now());
  }

  /** After a restart. A lease that ran out meanwhile may have done so because nobody was here to be told: it gets one more. */
  #takeUpLeases(now: number): void {
    for (const task of this.#store.leased()) {
      const doubtful = (task.lease_expires_at ?? 0) <= now && task.doubted === 0;
      const change = doubtful ? { lease_expires_at: now + this.#leaseMs, doubted: 1 } : {};
      if (doubtful) {
        this.#store.change(task.id, change);
      }
      this.#leases.put(task.id, { ...task, ...change });
    }
  }

  /**
   * Announces a job before its workflow starts. With `retryOf`, the finished tasks of that job and those before it are
   * taken over where they are the same. False, and nothing is changed, where that job is no longer known.
   */
  openJob(jobId: string, options: { priority: number; retryOf?: string }): boolean {
    const earlier = options.retryOf === undefined ? undefined : this.#jobs.find(options.retryOf);
    if (options.retryOf !== undefined && earlier === undefined) {
      return false;
    }
    this.#jobs.add(jobId, options.priority, Date.now(), earlier);
    this.#workedAt = Date.now();
    return true;
  }

  /** Waiting tasks go by the new priority; what is being encoded goes on. */
  setPriority(jobId: string, priority: number): void {
    this.#jobs.setPriority(jobId, priority);
  }

  /** The plan that stands: a job that is retried keeps its plan, or its chunks would not be the same. */
  keepPlan(jobId: string, planJson: string): string {
    const job = this.#jobs.find(jobId);
    return job === undefined ? planJson : this.#jobs.keepPlan(job, planJson);
  }

  /**
   * Adds tasks to a job; to one that is over, none: its workflow may still be running when it is cancelled. `priority`
   * is for a job that nobody announced.
   */
  async submit(jobId: string, priority: number, tasks: NewTask[]): Promise<void> {
    const now = Date.now();
    if (this.#store.countOf(jobId) + tasks.length > 2 * MAX_TASKS_PER_JOB) {
      throw new RangeError(`job ${jobId} has too many tasks`);
    }
    this.#jobs.add(jobId, priority, now);
    const job = this.#jobs.find(jobId);
    if (job === undefined || job.closed_at !== null) {
      return;
    }
    this.#jobs.catchUp(jobId);
    let taken = 0;
    for (const task of tasks) {
      const done =
        job.family === jobId ? undefined : this.#jobs.finishedBefore(job, task.id, JSON.stringify(task.input));
      if (done === undefined) {
        this.#store.add(jobId, task, job.attempt_base);
      } else {
        this.#store.addDone(jobId, task, done);
        taken += 1;
      }
    }
    this.#workedAt = now;
    this.#waiters.wake(tasks.length - taken);
    if (taken > 0) {
      await this.#setAlarm(now);
    }
  }

  /** Hands out the next task, at once or as soon as there is one within `waitSeconds`. */
  async awaitLease(encoder: Encoder, waitSeconds = 0): Promise<LeaseAnswer> {
    const until = Date.now() + waitSeconds * 1000;
    for (;;) {
      const lease = await this.lease(encoder);
      if (lease !== null) {
        return { lease };
      }
      const now = Date.now();
      const { encoders } = this.#encoders.fleet(now);
      const pause = idlePauseSeconds(encoders, now - this.#workedAt);
      if (now >= until) {
        return { lease: null, retryAfterSeconds: Math.max(0, pause - Math.floor(waitSeconds)) };
      }
      if (!(await this.#waiters.wait(until - now))) {
        return { lease: null, retryAfterSeconds: pause };
      }
    }
  }

  /** Hands out the next task, or null. */
  async lease(encoder: Encoder): Promise<Lease | null> {
    const now = Date.now();
    this.#encoders.saw(encoder, now);
    this.#expireLeases(now);
    this.#store.endPauses(now);
    const granted = this.#grantNext(encoder, now);
    if (granted !== null) {
      this.#workedAt = now;
      await this.#setAlarm(now + this.#leaseMs);
    }
    return granted;
  }

  #grantNext(encoder: Encoder, now: number): Lease | null {
    for (;;) {
      const jobId = this.#jobs.next();
      const task = jobId === undefined ? undefined : this.#store.nextOf(jobId);
      if (task === undefined) {
        return null;
      }
      const input = taskInputSchema.safeParse(JSON.parse(task.input));
      if (input.success) {
        const lease = randomId(24);
        const change = state.grantLease(task, lease, encoder.id, now, this.#leaseMs);
        this.#store.change(task.id, change);
        this.#jobs.charge(task.job_id, task.weight);
        this.#leases.put(task.id, { ...task, ...change });
        return {
          task: { id: task.id, attempt: String(change.attempt), input: input.data },
          lease,
          ttlSeconds: this.#leaseMs / 1000,
          heartbeatSeconds: configOf(this.env).HEARTBEAT_SECONDS,
        };
      }
      // Submitted by a version of the Worker that wrote tasks in another way: it must not stand before all others.
      const error: TaskError = { code: 'internal', message: 'The task is not one that this version knows' };
      this.#store.change(task.id, { state: 'dead', error: JSON.stringify(error), ended_at: now });
      this.ctx.waitUntil(this.#setAlarm(now));
    }
  }

  /** Prolongs the lease. `cancel` tells the encoder to stop. */
  async heartbeat(
    taskId: string,
    lease: string,
    progress: number,
  ): Promise<{ outcome: ReportOutcome; cancel: boolean }> {
    const now = Date.now();
    const task = this.#store.find(taskId);
    if (task === undefined) {
      return { outcome: 'task_not_found', cancel: true };
    }
    if (task.state === 'cancelled' && task.lease === lease) {
      return { outcome: 'accepted', cancel: true };
    }
    if (task.state === 'done' && task.lease === lease) {
      // On its way while the result was taken: calling the lease lost would make the encoder drop what it has done.
      return { outcome: 'accepted', cancel: false };
    }
    if (!state.holdsLease(task, lease)) {
      return { outcome: 'lease_lost', cancel: true };
    }
    this.#encoders.heard(task.encoder_id, now);
    const revived = task.state === 'waiting';
    if (this.#leases.beat(taskId, progress, now, this.#leaseMs) || revived || task.doubted === 1) {
      const known = { ...task, progress: Math.max(task.progress, this.#leases.progressOf(taskId)) };
      const change = state.recordProgress(known, progress, now, this.#leaseMs);
      this.#store.change(taskId, change);
      this.#leases.put(taskId, { ...task, ...change });
    }
    if (revived) {
      // The lease had run out and lives again: the alarm that watched it may be gone.
      await this.#setAlarm(now + this.#leaseMs);
    }
    return { outcome: 'accepted', cancel: false };
  }

  complete(taskId: string, lease: string, result: unknown): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'done', (task) => {
      const parsed = TASK_RESULT_SCHEMAS[task.kind].safeParse(result);
      return parsed.success ? state.completeTask(JSON.stringify(parsed.data), Date.now()) : null;
    });
  }

  fail(taskId: string, lease: string, error: TaskError): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'dead', (task) => state.failTask(task, error, Date.now()));
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
    this.#encoders.heard(task.encoder_id, Date.now());
    this.#put(task, change);
    if (change.state === 'waiting') {
      await this.#offerAgain(change.available_at ?? 0);
    } else if (!(await this.#notifier.tell({ ...task, ...change }))) {
      await this.#setAlarm(Date.now() + NOTIFY_RETRY_MS);
    }
    return 'accepted';
  }

  /** Ends a lease; what was reported of the task's progress stays. */
  #put(task: state.TaskRow, change: state.TaskChange): void {
    this.#store.change(task.id, { progress: Math.max(task.progress, this.#leases.progressOf(task.id)), ...change });
    this.#leases.drop(task.id);
  }

  /** Encoders that wait for work are woken now, or when the task's pause is over. */
  async #offerAgain(availableAt: number): Promise<void> {
    if (availableAt === 0) {
      this.#waiters.wake(1);
    } else {
      await this.#setAlarm(availableAt);
    }
  }

  jobSummary(jobId: string): JobSummary {
    const tasks = this.#store
      .outlinesOf(jobId)
      .map((task) => ({ ...task, progress: Math.max(task.progress, this.#leases.progressOf(task.id)) }));
    return { progress: state.jobProgress(tasks), tasks: tasks.map(taskSummary) };
  }

  /** What there is to encode in each chunk. It does not change, so whoever watches a job asks only when tasks are added. */
  taskFrames(jobId: string): TaskFrames[] {
    return this.#store.framesOf(jobId);
  }

  /** Tasks that were given up, of all jobs, newest first. `before`: the `seq` of the last one seen. */
  deadTasks(before: number | null, limit: number): DeadTaskSummary[] {
    return this.#store.dead(before, limit).map(deadTaskSummary);
  }

  encoders(): EncoderSummary[] {
    return this.#encoders.list(this.#leases.byEncoder(), Date.now());
  }

  /** Cores of all encoders that are there, busy or not: what a plan is made for. */
  fleetCores(): number {
    return this.#encoders.fleet(Date.now()).cores;
  }

  /** How busy it is: tasks by state, encoders that hold a lease, and all encoders by state. */
  load(): BoardLoad {
    const encodersByState: Record<EncoderState, number> = { active: 0, idle: 0, gone: 0 };
    for (const { state: encoderState } of this.encoders()) {
      encodersByState[encoderState] += 1;
    }
    return { ...this.#store.counts(), encoders: this.#leases.byEncoder().size, encodersByState };
  }

  /** The job is over, well or not: nothing more of it is handed out or told; its encoders hear so at their next heartbeat. */
  closeJob(jobId: string): void {
    const now = Date.now();
    for (const taskId of this.#store.closeJob(jobId)) {
      this.#leases.drop(taskId);
    }
    this.#jobs.close(jobId, now);
    this.#jobs.prune(now - KEEP_CLOSED_MS);
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
    const now = Date.now();
    const pauseEnd = this.#store.nextPauseEnd() ?? Infinity;
    this.#store.endPauses(now);
    this.#waiters.wake(this.#expireLeases(now) + (pauseEnd <= now ? this.#waiters.size : 0));
    const told = await this.#notifier.tellAll();
    const tellAt = { told: Infinity, more: now, failed: Date.now() + NOTIFY_RETRY_MS }[told];
    const next = Math.min(tellAt, this.#leases.nextExpiry() ?? Infinity, this.#store.nextPauseEnd() ?? Infinity);
    if (next !== Infinity) {
      await this.#setAlarm(next);
    }
  }

  /** Returns how many ran out. */
  #expireLeases(now: number): number {
    const expired = this.#leases.expired(now);
    for (const taskId of expired) {
      const task = this.#store.find(taskId);
      if (task?.state === 'leased') {
        this.#put(task, state.expireLease(task, now));
      }
    }
    return expired.length;
  }

  /** There is one alarm; an earlier one that stands is kept. */
  async #setAlarm(atMs: number): Promise<void> {
    const standing = await this.ctx.storage.getAlarm();
    if (standing === null || standing > atMs) {
      await this.ctx.storage.setAlarm(atMs);
    }
  }
}
