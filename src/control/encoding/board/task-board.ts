/**
 * TaskBoard: the Durable Object that hands encode tasks to encoders under time-limited leases and tells the job's
 * workflow how each one ended. A thin shell over lease-desk.ts, which hands out, report-desk.ts, which takes reports, and
 * job-queue.ts; every method may safely arrive twice.
 *
 * One board serves all encoders. With 360 of them at 16-second chunks (half a minute of work each) it gets
 *   heartbeats 360 ÷ 5 s = 72/s, of which one in three is written; leases and completes 360 ÷ 30 s = 12/s each:
 * under 100 requests a second, of which about 50 write; an object takes 200–500 of such. A fleet beyond 1,000 encoders
 * needs longer chunks or more boards. Rows read and written per call, with 10,000 waiting tasks in 100 jobs: lease 7 and 4
 * (and one read for each job that has nothing to hand out, two for the end of a job), heartbeat 1 and 0, a stored one 2 and 1, complete 3 and 3; an
 * idle lease 3 and 0 (test/src/control/encoding/board/task-board-cost.workerd.test.ts).
 */

import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../../config.ts';
import { Alarm } from '../../../platform/alarm.ts';
import { DAY_MS } from '../../../platform/days.ts';
import { type Encoder, type Lease, MAX_TASKS_PER_JOB, type TaskError } from '../../../protocol/tasks.ts';
import { EncoderRegistry, type EncoderState, type EncoderSummary } from './encoder-registry.ts';
import { JobQueue } from './job-queue.ts';
import { type LeaseAnswer, LeaseDesk } from './lease-desk.ts';
import { type HeartbeatAnswer, NOTIFY_RETRY_MS, ReportDesk, type ReportOutcome } from './report-desk.ts';
import { RunningLeases } from './running-leases.ts';
import type { TaskEnd } from './task-events.ts';
import { endOf, type NotifierEnv, TaskNotifier } from './task-notifier.ts';
import { migrate } from './task-schema.ts';
import { jobProgress } from './task-state.ts';
import { type NewTask, type TaskFrames, TaskStore } from './task-store.ts';
import { type BoardLoad, type DeadTaskSummary, deadTaskSummary, type JobSummary, taskSummary } from './task-views.ts';
import { Waiters } from './waiters.ts';

/** How long the tasks of an ended job can still be looked at. A retry must come well before (jobs.ts). */
const KEEP_CLOSED_MS = 30 * DAY_MS;

export class TaskBoard extends DurableObject<NotifierEnv> {
  readonly #store: TaskStore;
  readonly #jobs: JobQueue;
  readonly #leases: RunningLeases;
  readonly #encoders: EncoderRegistry;
  readonly #notifier: TaskNotifier;
  readonly #waiters = new Waiters();
  readonly #alarm: Alarm;
  readonly #leaseDesk: LeaseDesk;
  readonly #reportDesk: ReportDesk;

  constructor(context: DurableObjectState, env: NotifierEnv) {
    super(context, env);
    const { sql } = context.storage;
    const { LEASE_SECONDS, HEARTBEAT_SECONDS } = configOf(env);
    const terms = { ttlMs: LEASE_SECONDS * 1000, heartbeatMs: HEARTBEAT_SECONDS * 1000 };
    migrate(sql);
    const store = new TaskStore(sql);
    const jobs = new JobQueue(sql);
    const encoders = new EncoderRegistry(sql, Date.now());
    const notifier = new TaskNotifier(store, () => this.env.ENCODE_WORKFLOW);
    const alarm = new Alarm(context.storage);
    const leases = new RunningLeases(store, terms, Date.now());
    const parts = { store, jobs, leases, encoders, notifier, waiters: this.#waiters, alarm };
    this.#store = store;
    this.#jobs = jobs;
    this.#leases = leases;
    this.#encoders = encoders;
    this.#notifier = notifier;
    this.#alarm = alarm;
    this.#leaseDesk = new LeaseDesk(parts);
    this.#reportDesk = new ReportDesk(parts);
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
    this.#leaseDesk.noteWork(Date.now());
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
    this.#leaseDesk.noteWork(now);
    this.#waiters.wake(tasks.length - taken);
    if (taken > 0) {
      await this.#alarm.setBy(now);
    }
  }

  /** Hands out the next task, at once or as soon as there is one within `waitSeconds`. */
  awaitLease(encoder: Encoder, waitSeconds = 0): Promise<LeaseAnswer> {
    return this.#leaseDesk.awaitLease(encoder, waitSeconds);
  }

  /** Hands out the next task, or null. */
  lease(encoder: Encoder): Promise<Lease | null> {
    return this.#leaseDesk.lease(encoder);
  }

  heartbeat(taskId: string, lease: string, progress: number): Promise<HeartbeatAnswer> {
    return this.#reportDesk.heartbeat(taskId, lease, progress);
  }

  complete(taskId: string, lease: string, result: unknown): Promise<ReportOutcome> {
    return this.#reportDesk.complete(taskId, lease, result);
  }

  fail(taskId: string, lease: string, error: TaskError): Promise<ReportOutcome> {
    return this.#reportDesk.fail(taskId, lease, error);
  }

  jobSummary(jobId: string): JobSummary {
    const tasks = this.#store.outlinesOf(jobId).map((task) => this.#leases.withProgress(task));
    return { progress: jobProgress(tasks), tasks: tasks.map(taskSummary) };
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

  /** For the readiness check: reached, and its tables are there. */
  ping(): void {
    this.#store.find('');
  }

  /** How busy it is: tasks by state, encoders that hold a lease, and all encoders by state. */
  load(): BoardLoad {
    const encodersByState: Record<EncoderState, number> = { active: 0, idle: 0, gone: 0 };
    for (const { state: encoderState } of this.encoders()) {
      encodersByState[encoderState] += 1;
    }
    const encoders = this.#leases.byEncoder().size;
    return { ...this.#store.counts(), encoders, encodersByState, waitingSinceMs: this.#jobs.waitingSince() };
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
    const expired = this.#leases.expire(now);
    this.#waiters.wake(pauseEnd <= now ? this.#waiters.size : expired);
    const told = await this.#notifier.tellAll();
    const tellAt = { told: Infinity, more: now, failed: Date.now() + NOTIFY_RETRY_MS }[told];
    const next = Math.min(tellAt, this.#leases.nextExpiry() ?? Infinity, this.#store.nextPauseEnd() ?? Infinity);
    if (next !== Infinity) {
      await this.#alarm.setBy(next);
    }
  }
}
