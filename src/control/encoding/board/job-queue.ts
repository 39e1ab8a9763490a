/**
 * Which job is next: the board's SQL on jobs. The highest priority goes first; jobs of one priority share the encoders by
 * start-time fair queueing. Each job has a clock, its `service`; a task that is handed out advances it by the task's weight.
 * The job whose clock is furthest behind is next, and a job that is new, or has tasks again, starts at the smallest clock of
 * those that wait. So ten clips beside a four-hour film each get as much as the film, no waiting job is behind another by
 * more than one task of each, and no job saves up time that it did not use.
 * A job that has nothing to hand out costs one index step; there are fewer such jobs than encoders.
 */
import type { TaskRow } from './task-state.ts';

/** How many jobs of a chain of retries are searched for finished tasks. */
const FAMILY_MAX = 20;

export type QueuedJob = { id: string; family: string; attempt_base: number; closed_at: number | null };

const IS_READY = `EXISTS (SELECT 1 FROM tasks WHERE job_id = jobs.id AND state = 'waiting' AND available_at = 0)`;

export class JobQueue {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #first<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): Row | undefined {
    return this.#sql.exec<Row>(query, ...bindings).toArray()[0];
  }

  find(jobId: string): QueuedJob | undefined {
    return this.#first('SELECT id, family, attempt_base, closed_at FROM jobs WHERE id = ?', jobId);
  }

  /** A job that is already there stays as it is. With `retryOf`, its attempts begin above all that this family has had. */
  add(jobId: string, priority: number, nowMs: number, retryOf?: QueuedJob): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO jobs (id, priority, created_at, service, family, attempt_base) VALUES (?, ?, ?, ?, ?, ?)`,
      jobId,
      priority,
      nowMs,
      this.#clockOf(priority, jobId),
      retryOf?.family ?? jobId,
      retryOf === undefined ? 0 : this.#lastAttempt(retryOf.family),
    );
  }

  /** Where a job starts: at the smallest clock of those that wait; where none waits, at the largest. */
  #clockOf(priority: number, exceptJob: string): number {
    const ofOthers = `FROM jobs WHERE closed_at IS NULL AND priority = ? AND id <> ?`;
    const ofWaiting = `SELECT service ${ofOthers} AND ${IS_READY} ORDER BY priority DESC, service LIMIT 1`;
    const ofAll = `SELECT max(service) AS service ${ofOthers}`;
    const clock = (query: string) => this.#first<{ service: number | null }>(query, priority, exceptJob)?.service;
    return clock(ofWaiting) ?? clock(ofAll) ?? 0;
  }

  /** When the oldest job that has a task to hand out was made: an index step for each open job. */
  waitingSince(): number | null {
    return this.#sql
      .exec<{ at: number | null }>(`SELECT min(created_at) AS at FROM jobs WHERE closed_at IS NULL AND ${IS_READY}`)
      .one().at;
  }

  /** Before a job gets tasks: it may have had none for hours, and gets nothing for that time. */
  catchUp(jobId: string): void {
    const job = this.#first<{ priority: number; ready: number }>(
      `SELECT priority, ${IS_READY} AS ready FROM jobs WHERE id = ?`,
      jobId,
    );
    if (job?.ready === 0) {
      const clock = this.#clockOf(job.priority, jobId);
      this.#sql.exec('UPDATE jobs SET service = ?1 WHERE id = ?2 AND service < ?1', clock, jobId);
    }
  }

  /** Each priority has clocks of its own: the job starts as a new one there. */
  setPriority(jobId: string, priority: number): void {
    this.#sql.exec(
      'UPDATE jobs SET priority = ?1, service = ?2 WHERE id = ?3 AND closed_at IS NULL AND priority <> ?1',
      priority,
      this.#clockOf(priority, jobId),
      jobId,
    );
  }

  /** The job whose turn it is, among those that have a task to hand out. */
  next(): string | undefined {
    return this.#first<{ id: string }>(
      `SELECT id FROM jobs WHERE closed_at IS NULL AND ${IS_READY}
       ORDER BY priority DESC, service, created_at, id LIMIT 1`,
    )?.id;
  }

  charge(jobId: string, weight: number): void {
    this.#sql.exec('UPDATE jobs SET service = service + ? WHERE id = ?', weight, jobId);
  }

  #lastAttempt(family: string): number {
    return this.#sql
      .exec<{ last: number }>(
        `SELECT max(coalesce((SELECT max(attempt) FROM tasks WHERE job_id = jobs.id), 0), attempt_base) AS last
         FROM jobs WHERE family = ? ORDER BY last DESC LIMIT 1`,
        family,
      )
      .one().last;
  }

  /** A finished task of an earlier job of the family that does exactly this: same name within its job, same input. */
  finishedBefore(job: QueuedJob, taskId: string, input: string): TaskRow | undefined {
    const name = taskId.slice(job.id.length);
    return this.#first(
      `SELECT tasks.* FROM (SELECT id FROM jobs WHERE family = ?1 AND id <> ?2 ORDER BY created_at DESC LIMIT ?5) AS earlier
       JOIN tasks ON tasks.id = earlier.id || ?3
       WHERE tasks.state = 'done' AND tasks.input = ?4 ORDER BY tasks.attempt DESC LIMIT 1`,
      ...[job.family, job.id, name, input, FAMILY_MAX],
    );
  }

  /** The plan of the job: its own, that of an earlier job of its family, or else this one, which is stored. */
  keepPlan(jobId: string, plan: string): string {
    const stored = this.#first<{ plan: string }>(
      `SELECT plan FROM jobs WHERE family = (SELECT family FROM jobs WHERE id = ?1) AND plan IS NOT NULL
       ORDER BY id = ?1 DESC, created_at DESC LIMIT 1`,
      jobId,
    );
    const kept = stored?.plan ?? plan;
    this.#sql.exec('UPDATE jobs SET plan = ? WHERE id = ? AND plan IS NULL', kept, jobId);
    return kept;
  }

  close(jobId: string, nowMs: number): void {
    // A job may be cancelled before it has a task.
    this.#sql.exec(
      `INSERT INTO jobs (id, priority, created_at, closed_at, family) VALUES (?1, 0, ?2, ?2, ?1)
       ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at`,
      jobId,
      nowMs,
    );
  }

  /** Forgets jobs that were closed before `beforeMs`, and those announced before then that never got a task. */
  prune(beforeMs: number): void {
    this.#sql.exec('DELETE FROM tasks WHERE job_id IN (SELECT id FROM jobs WHERE closed_at < ?)', beforeMs);
    this.#sql.exec('DELETE FROM jobs WHERE closed_at < ?', beforeMs);
    this.#sql.exec(
      `DELETE FROM jobs WHERE closed_at IS NULL AND created_at < ?
       AND NOT EXISTS (SELECT 1 FROM tasks WHERE job_id = jobs.id)`,
      beforeMs,
    );
  }
}
