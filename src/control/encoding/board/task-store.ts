/** The TaskBoard's SQL on tasks in one place. Synchronous, so a method without an await is one transaction. */
import { TASK_KINDS, type TaskInput } from '../../../protocol/task-kinds.ts';
import { MAX_PAUSE_MS, type TaskChange, type TaskRow } from './task-state.ts';

/** Columns a transition may change; a name outside this list is a programmer's error. */
const CHANGEABLE = [
  'state',
  'attempt',
  'failures',
  'lease',
  'lease_expires_at',
  'doubted',
  'encoder_id',
  'progress',
  'result',
  'error',
  'available_at',
  'ended_at',
  'notified',
  'notify_failures',
] as const satisfies readonly (keyof TaskChange)[];

/** `rank`: lower first within the job, by default the kind's; then the heaviest first, so that no long task is left at the end. */
export type NewTask = { id: string; input: TaskInput; weight: number; rank?: number };

/** Of a task what an overview shows: without its input and result, which are most of its bytes. */
export type TaskOutline = Pick<
  TaskRow,
  'id' | 'kind' | 'weight' | 'state' | 'attempt' | 'failures' | 'encoder_id' | 'progress' | 'error'
>;
/** What of the film a chunk task encodes. */
export type TaskFrames = { id: string; frames: number; seconds: number };
export type WaitingTask = Pick<TaskRow, 'id' | 'job_id' | 'kind' | 'weight'>;
export type DeadTask = TaskOutline & Pick<TaskRow, 'job_id' | 'ended_at'> & { seq: number };

const OUTLINE = 'id, kind, weight, state, attempt, failures, encoder_id, progress, error';

/** Where many tasks wait, they are read so many times the number asked for: the next reading comes after as many leases. */
const READ_AHEAD = 2;

export class TaskStore {
  readonly #sql: SqlStorage;
  /** At least so many tasks wait. */
  #waitingAtLeast = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows(query: string, ...bindings: SqlStorageValue[]): TaskRow[] {
    return this.#sql.exec<TaskRow>(query, ...bindings).toArray();
  }

  /** A task that is already there stays as it is: submitting twice changes nothing. Its attempts begin above `base`. */
  add(jobId: string, task: NewTask, base: number): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO tasks (id, job_id, kind, input, weight, rank, attempt, attempt_base)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)`,
      task.id,
      jobId,
      task.input.kind,
      JSON.stringify(task.input),
      task.weight,
      task.rank ?? TASK_KINDS[task.input.kind].rank,
      base,
    );
  }

  /** Adds a task with what an equal one of an earlier job has brought: the attempt that won, and its result. */
  addDone(jobId: string, task: NewTask, done: TaskRow): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO tasks (id, job_id, kind, input, weight, rank, attempt, attempt_base, state, progress, result,
         encoder_id, ended_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 'done', 1, ?8, ?9, ?10)`,
      task.id,
      jobId,
      task.input.kind,
      JSON.stringify(task.input),
      task.weight,
      task.rank ?? TASK_KINDS[task.input.kind].rank,
      done.attempt,
      done.result,
      done.encoder_id,
      done.ended_at,
    );
  }

  find(id: string): TaskRow | undefined {
    return this.#rows('SELECT * FROM tasks WHERE id = ?', id)[0];
  }

  countOf(jobId: string): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM tasks WHERE job_id = ?', jobId).one().count;
  }

  outlinesOf(jobId: string): TaskOutline[] {
    return this.#sql.exec<TaskOutline>(`SELECT ${OUTLINE} FROM tasks WHERE job_id = ? ORDER BY seq`, jobId).toArray();
  }

  /**
   * Ends the pauses that are over, and those that end later than the longest would: the clock has been set back. A statement
   * that finds none reads nothing but the paused ones: its index holds no others.
   */
  endPauses(nowMs: number): void {
    this.#sql.exec(
      `UPDATE tasks SET available_at = 0 WHERE state = 'waiting' AND available_at > 0
       AND (available_at <= ? OR available_at > ?)`,
      nowMs,
      nowMs + MAX_PAUSE_MS,
    );
  }

  /** All tasks that can be handed out, each job's in that order, where they are fewer than `count`; else null. */
  fewWaiting(count: number): WaitingTask[] | null {
    if (this.#waitingAtLeast >= count) {
      return null;
    }
    const tasks = this.#sql
      .exec<WaitingTask>(
        `SELECT id, job_id, kind, weight FROM tasks WHERE state = 'waiting' AND available_at = 0
         ORDER BY job_id, rank, weight DESC, seq LIMIT ?`,
        READ_AHEAD * count,
      )
      .toArray();
    this.#waitingAtLeast = tasks.length;
    return tasks.length < count ? tasks : null;
  }

  /** The job's next task that can be handed out: one step in an index that holds no others. */
  nextOf(jobId: string): TaskRow | undefined {
    return this.#rows(
      `SELECT * FROM tasks WHERE job_id = ? AND state = 'waiting' AND available_at = 0
       ORDER BY rank, weight DESC, seq LIMIT 1`,
      jobId,
    )[0];
  }

  leased(): TaskRow[] {
    return this.#rows(`SELECT * FROM tasks WHERE state = 'leased' ORDER BY seq`);
  }

  nextPauseEnd(): number | null {
    return this.#sql
      .exec<{ at: number | null }>(
        `SELECT min(available_at) AS at FROM tasks WHERE state = 'waiting' AND available_at > 0`,
      )
      .one().at;
  }

  unnotified(limit: number): TaskRow[] {
    return this.#rows(
      `SELECT * FROM tasks WHERE notified = 0 AND state IN ('done', 'dead') ORDER BY notify_failures, seq LIMIT ?`,
      limit,
    );
  }

  framesOf(jobId: string): TaskFrames[] {
    return this.#sql
      .exec<TaskFrames>(
        `SELECT id, json_extract(input, '$.chunk.frameCount') AS frames,
           json_extract(input, '$.chunk.frameCount') * json_extract(input, '$.video.frameRate.den') * 1.0
             / json_extract(input, '$.video.frameRate.num') AS seconds
         FROM tasks WHERE job_id = ? AND kind = 'chunk'`,
        jobId,
      )
      .toArray();
  }

  /** The dead ones of all jobs, newest first. */
  dead(before: number | null, limit: number): DeadTask[] {
    return this.#sql
      .exec<DeadTask>(
        `SELECT seq, job_id, ended_at, ${OUTLINE} FROM tasks WHERE state = 'dead' AND (?1 IS NULL OR seq < ?1)
         ORDER BY seq DESC LIMIT ?2`,
        before,
        limit,
      )
      .toArray();
  }

  /** Of the states that ask for something: an index each, and done ones pile up for weeks. */
  counts(): { waiting: number; leased: number; dead: number } {
    return this.#sql
      .exec<{ waiting: number; leased: number; dead: number }>(
        `SELECT (SELECT count(*) FROM tasks WHERE state = 'waiting' AND available_at = 0)
           + (SELECT count(*) FROM tasks WHERE state = 'waiting' AND available_at > 0) AS waiting,
           (SELECT count(*) FROM tasks WHERE state = 'leased') AS leased,
           (SELECT count(*) FROM tasks WHERE state = 'dead') AS dead`,
      )
      .one();
  }

  change(id: string, change: TaskChange): void {
    if (change.state !== undefined && change.state !== 'waiting') {
      this.#waitingAtLeast -= 1;
    }
    const columns = CHANGEABLE.filter((column) => change[column] !== undefined);
    const assignments = columns.map((column) => `${column} = ?`).join(', ');
    this.#sql.exec(
      `UPDATE tasks SET ${assignments} WHERE id = ?`,
      ...columns.map((column) => change[column] ?? null),
      id,
    );
  }

  /** Takes back what has not ended, and tells nobody any more. Returns the tasks taken back. */
  closeJob(jobId: string): string[] {
    this.#waitingAtLeast = 0;
    const cancelled = this.#sql
      .exec<{ id: string }>(
        `UPDATE tasks SET state = 'cancelled', available_at = 0 WHERE job_id = ? AND state IN ('waiting', 'leased')
         RETURNING id`,
        jobId,
      )
      .toArray();
    this.#sql.exec('UPDATE tasks SET notified = 1 WHERE job_id = ? AND notified = 0', jobId);
    return cancelled.map(({ id }) => id);
  }
}
