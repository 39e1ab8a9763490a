/**
 * TaskBoard: the Durable Object that hands encode tasks to encoders under time-limited leases and tells the job's workflow
 * how each one ended. Leases are in lease-desk.ts, reports in report-desk.ts, the order of jobs in job-queue.ts. Every method
 * may be called twice.
 *
 * One board serves all encoders. 360 of them at 16-second chunks (half a minute of work each) send 360 ÷ 5 s = 72 heartbeats a
 * second, of which one in three is written, and 360 ÷ 30 s = 12 leases and 12 completes: under 100 requests a second. An
 * object takes 200–500. A fleet beyond 1,000 encoders needs longer chunks or more boards. What a call costs in rows:
 * test/src/control/encoding/board/task-board-cost.workerd.test.ts.
 */

import { DurableObject } from 'cloudflare:workers';
import { DAY_MS } from '../../../platform/days.ts';
import { TASK_KINDS } from '../../../protocol/task-kinds.ts';
import { type Encoder, MAX_TASKS_PER_JOB, type TaskError } from '../../../protocol/tasks.ts';
import { type BoardParts, newBoardParts } from './board-parts.ts';
import type { EncoderSummary } from './encoder-registry.ts';
import { LeaseDesk, type LeaseOffer } from './lease-desk.ts';
import { endAttempt, type HeartbeatOutcome, type ReportOutcome, takeHeartbeat } from './report-desk.ts';
import { endOf, type NotifierEnv, type TaskEnd } from './task-notifier.ts';
import { completeTask, failTask, jobProgress } from './task-state.ts';
import { type DeadTaskSummary, type JobSummary, type NewTask, type TaskFrames, taskSummary } from './task-store.ts';

/** How long the tasks of an ended job are kept. A retry must come well before (jobs.ts). */
const KEEP_CLOSED_MS = 30 * DAY_MS;

export class TaskBoard extends DurableObject<NotifierEnv> {
  readonly #parts: BoardParts;
  readonly #leaseDesk: LeaseDesk;

  constructor(context: DurableObjectState, env: NotifierEnv) {
    super(context, env);
    this.#parts = newBoardParts(context.storage, env, () => this.env.ENCODE_WORKFLOW);
    this.#leaseDesk = new LeaseDesk(this.#parts);
  }

  /**
   * Announces a job before its workflow starts. With `retryOf`, equal tasks that this job and those before it have finished
   * are taken over. Returns false, and changes nothing, where that job is no longer known. `retryOf` is left out, never
   * null: after a deployment, boards run the release before for minutes, and look for a job that is called null.
   */
  openJob(jobId: string, { priority, retryOf }: { priority: number; retryOf?: string }): boolean {
    const { jobs } = this.#parts;
    const earlier = retryOf === undefined ? undefined : jobs.find(retryOf);
    if (retryOf !== undefined && earlier === undefined) {
      return false;
    }
    jobs.add(jobId, priority, Date.now(), earlier);
    this.#leaseDesk.noteWork(Date.now());
    return true;
  }

  /** Applies to waiting tasks; leased ones go on. */
  setPriority(jobId: string, priority: number): void {
    this.#parts.jobs.setPriority(jobId, priority);
  }

  /** The plan of the job: a job that is retried keeps its plan, or its chunks would not be the same. */
  keepPlan(jobId: string, planJson: string): string {
    return this.#parts.jobs.keepPlan(jobId, planJson);
  }

  /**
   * Adds tasks to a job. Adds none to a job that is over: its workflow may still be running when it is cancelled. `priority`
   * is for a job that was not announced.
   */
  async submit(jobId: string, priority: number, tasks: NewTask[]): Promise<void> {
    const { store, jobs, waiters, alarm } = this.#parts;
    const now = Date.now();
    if (store.countOf(jobId) + tasks.length > 2 * MAX_TASKS_PER_JOB) {
      throw new RangeError(`job ${jobId} has too many tasks`);
    }
    jobs.add(jobId, priority, now);
    const job = jobs.find(jobId);
    if (job === undefined || job.closed_at !== null) {
      return;
    }
    jobs.catchUp(jobId);
    let taken = 0;
    for (const task of tasks) {
      const done = job.family === jobId ? undefined : jobs.finishedBefore(job, task.id, JSON.stringify(task.input));
      store.add(jobId, task, job.attempt_base, done);
      taken += done === undefined ? 0 : 1;
    }
    this.#leaseDesk.noteWork(now);
    waiters.wake(tasks.length - taken);
    if (taken > 0) {
      await alarm.setBy(now);
    }
  }

  /** Hands out the next task, at once or as soon as there is one within `waitSeconds`. */
  awaitLease(encoder: Encoder, waitSeconds = 0): Promise<LeaseOffer> {
    return this.#leaseDesk.awaitLease(encoder, waitSeconds);
  }

  heartbeat(taskId: string, lease: string, progress: number): Promise<HeartbeatOutcome> {
    return takeHeartbeat(this.#parts, taskId, lease, progress);
  }

  complete(taskId: string, lease: string, result: unknown): Promise<ReportOutcome> {
    return endAttempt(this.#parts, taskId, lease, 'done', (task) => {
      const parsed = TASK_KINDS[task.kind].result.safeParse(result);
      return parsed.success ? completeTask(JSON.stringify(parsed.data), Date.now()) : null;
    });
  }

  fail(taskId: string, lease: string, error: TaskError): Promise<ReportOutcome> {
    return endAttempt(this.#parts, taskId, lease, 'dead', (task) => failTask(task, error, Date.now()));
  }

  jobSummary(jobId: string): JobSummary {
    const { store, leases } = this.#parts;
    const tasks = store.outlinesOf(jobId).map((task) => leases.withProgress(task));
    return { progress: jobProgress(tasks), tasks: tasks.map((task) => taskSummary(task)) };
  }

  /** What there is to encode in each chunk. It does not change: callers ask again only when tasks are added. */
  taskFrames(jobId: string): TaskFrames[] {
    return this.#parts.store.framesOf(jobId);
  }

  /** Dead tasks of all jobs, newest first. `before`: the `seq` of the last one seen. */
  deadTasks(before: number | null, limit: number): DeadTaskSummary[] {
    return this.#parts.store.dead(before, limit).map((task) => taskSummary(task));
  }

  encoders(): EncoderSummary[] {
    const { encoders, leases } = this.#parts;
    return encoders.list(leases.byEncoder(), Date.now());
  }

  /** Cores of all encoders that are present, busy or not: a plan is made for them. */
  fleetCores(): number {
    return this.#parts.encoders.fleet(Date.now()).cores;
  }

  /** For the readiness check: the board is reached and has its tables. */
  ping(): void {
    this.#parts.store.find('');
  }

  /**
   * How busy it is: tasks by state, encoders that hold a lease, all encoders by state, and when the oldest job was made that
   * has a task to hand out.
   */
  load() {
    const { store, jobs, leases } = this.#parts;
    const encodersByState = { active: 0, idle: 0, gone: 0 };
    for (const { state } of this.encoders()) {
      encodersByState[state] += 1;
    }
    const encoders = leases.byEncoder().size;
    return { ...store.counts(), encoders, encodersByState, waitingSinceMs: jobs.waitingSince() };
  }

  /** The job is over: none of its tasks is handed out or told any more. Its encoders learn it at their next heartbeat. */
  closeJob(jobId: string): void {
    const { store, jobs, leases } = this.#parts;
    const now = Date.now();
    for (const taskId of store.closeJob(jobId)) {
      leases.drop(taskId);
    }
    jobs.close(jobId, now);
    jobs.prune(now - KEEP_CLOSED_MS);
  }

  /**
   * How a task ended, or null while it has not: a workflow asks when its event does not come. A task that is not here was
   * submitted after its job was closed.
   */
  taskEnd(taskId: string): TaskEnd | null {
    const task = this.#parts.store.find(taskId);
    return task === undefined ? { state: 'cancelled' } : endOf(task);
  }

  override async alarm(): Promise<void> {
    const { store, leases, notifier, waiters, alarm } = this.#parts;
    const now = Date.now();
    waiters.wake(leases.expire(now) + store.endPauses(now));
    const tellAt = await notifier.tellAll();
    const next = Math.min(tellAt, leases.nextExpiry(), store.nextPauseEnd());
    if (next !== Infinity) {
      await alarm.setBy(next);
    }
  }
}
