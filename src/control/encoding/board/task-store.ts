/** The TaskBoard's SQL on tasks. Synchronous: a method without an await is one transaction. */
import { cleanLine, cleanText } from '../../../platform/text.ts';
import { TASK_KINDS, type TaskInput } from '../../../protocol/task-kinds.ts';
import type { TaskError } from '../../../protocol/tasks.ts';
import { LONGEST_PAUSE_MS, type TaskChange, type TaskRow } from './task-state.ts';

/** `rank`: lower first within the job, by default the kind's; then the heaviest first, so that no long task is left at the end. */
export type NewTask = { id: string; input: TaskInput; weight: number; rank?: number };

/** What an overview shows of a task: not its input and result, which are most of its bytes. */
type TaskOutline = Pick<TaskRow, 'id' | 'kind' | 'weight' | 'state' | 'attempt' | 'failures' | 'progress' | 'error'> & {
  encoder: string | null;
};
/** What of the film a chunk task encodes. */
export type TaskFrames = { id: string; frames: number; seconds: number };
type WaitingTask = Pick<TaskRow, 'id' | 'job_id' | 'kind' | 'weight'>;
type DeadTask = TaskOutline & { seq: number; jobId: string; endedAt: number };
export type TaskSummary = ReturnType<typeof taskSummary<TaskOutline>>;
export type DeadTaskSummary = ReturnType<typeof taskSummary<DeadTask>>;
export type JobSummary = { progress: number; tasks: TaskSummary[] };

export const taskSummary = <Task extends TaskOutline>({ weight, error, ...task }: Task) => ({
  ...task,
  error: error === null ? null : storedError(error),
});

/** Cleaned here too: an earlier version may have stored an encoder's text unchanged. */
function storedError(json: string): TaskError {
  const { message, detail, ...error }: TaskError = JSON.parse(json);
  return { ...error, message: cleanLine(message), ...(detail === undefined ? {} : { detail: cleanText(detail) }) };
}

const OUTLINE = 'id, kind, weight, state, attempt, failures, encoder_id AS encoder, progress, error';

/** Where many tasks wait, twice as many are read as were asked for: they are read again after that many leases. */
const READ_AHEAD = 2;

export class TaskStore {
  readonly #sql: SqlStorage;
  /** A lower bound of how many tasks wait. */
  #waitingAtLeast = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows<Row extends Record<string, SqlStorageValue> = TaskRow>(query: string, ...bindings: SqlStorageValue[]): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray();
  }

  /**
   * A task that is already there stays as it is: submitting twice changes nothing. Its attempts begin above `base`. `done` is
   * an equal task of an earlier job: its winning attempt and its result are taken over.
   */
  add(jobId: string, task: NewTask, base: number, done?: TaskRow): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO tasks (id, job_id, kind, input, weight, rank, attempt, attempt_base, state, progress, result,
         encoder_id, ended_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12)`,
      task.id,
      jobId,
      task.input.kind,
      JSON.stringify(task.input),
      task.weight,
      task.rank ?? TASK_KINDS[task.input.kind].rank,
      done?.attempt ?? base,
      done?.state ?? 'waiting',
      done?.progress ?? 0,
      done?.result ?? null,
      done?.encoder_id ?? null,
      done?.ended_at ?? null,
    );
  }

  find(id: string): TaskRow | undefined {
    return this.#rows('SELECT * FROM tasks WHERE id = ?', id)[0];
  }

  countOf(jobId: string): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM tasks WHERE job_id = ?', jobId).one().count;
  }

  outlinesOf(jobId: string): TaskOutline[] {
    return this.#rows(`SELECT ${OUTLINE} FROM tasks WHERE job_id = ? ORDER BY seq`, jobId);
  }

  /**
   * Ends the pauses that are over, and those that end later than the longest would: the clock has been set back. Returns how
   * many rows it wrote, at least one for each. A statement that finds none reads only the paused tasks: its index holds no others.
   */
  endPauses(nowMs: number): number {
    return this.#sql.exec(
      `UPDATE tasks SET available_at = 0 WHERE state = 'waiting' AND available_at > 0
       AND (available_at <= ? OR available_at > ?)`,
      nowMs,
      nowMs + LONGEST_PAUSE_MS,
    ).rowsWritten;
  }

  /** All tasks that can be handed out, each job's in that order, where they are fewer than `count`; else null. */
  fewWaiting(count: number): WaitingTask[] | null {
    if (this.#waitingAtLeast >= count) {
      return null;
    }
    const tasks = this.#rows<WaitingTask>(
      `SELECT id, job_id, kind, weight FROM tasks WHERE state = 'waiting' AND available_at = 0
       ORDER BY job_id, rank, weight DESC, seq LIMIT ?`,
      READ_AHEAD * count,
    );
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

  /** Infinity while no task is paused. */
  nextPauseEnd(): number {
    const paused = this.#sql.exec<{ at: number | null }>(
      `SELECT min(available_at) AS at FROM tasks WHERE state = 'waiting' AND available_at > 0`,
    );
    return paused.one().at ?? Infinity;
  }

  unnotified(limit: number): TaskRow[] {
    return this.#rows(
      `SELECT * FROM tasks WHERE notified = 0 AND state IN ('done', 'dead') ORDER BY notify_failures, seq LIMIT ?`,
      limit,
    );
  }

  framesOf(jobId: string): TaskFrames[] {
    return this.#rows(
      `SELECT id, json_extract(input, '$.chunk.frameCount') AS frames,
         json_extract(input, '$.chunk.frameCount') * json_extract(input, '$.video.frameRate.den') * 1.0
           / json_extract(input, '$.video.frameRate.num') AS seconds
       FROM tasks WHERE job_id = ? AND kind = 'chunk'`,
      jobId,
    );
  }

  /** Dead tasks of all jobs, newest first. */
  dead(before: number | null, limit: number): DeadTask[] {
    return this.#rows(
      `SELECT seq, job_id AS jobId, coalesce(ended_at, 0) AS endedAt, ${OUTLINE} FROM tasks WHERE state = 'dead' AND (?1 IS NULL OR seq < ?1)
       ORDER BY seq DESC LIMIT ?2`,
      before,
      limit,
    );
  }

  /** Only states that have an index: done tasks pile up for weeks. */
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

  /** The names of columns are those of the type: no change comes from outside. */
  change(id: string, change: TaskChange): void {
    if (change.state !== undefined && change.state !== 'waiting') {
      this.#waitingAtLeast -= 1;
    }
    const assignments = Object.keys(change).map((column) => `${column} = ?`);
    this.#sql.exec(`UPDATE tasks SET ${assignments.join(', ')} WHERE id = ?`, ...Object.values(change), id);
  }

  /** Takes back tasks that have not ended, and returns them. The ends of others are not told any more. */
  closeJob(jobId: string): string[] {
    this.#waitingAtLeast = 0;
    const cancelled = this.#rows<{ id: string }>(
      `UPDATE tasks SET state = 'cancelled', available_at = 0 WHERE job_id = ? AND state IN ('waiting', 'leased')
       RETURNING id`,
      jobId,
    );
    this.#sql.exec('UPDATE tasks SET notified = 1 WHERE job_id = ? AND notified = 0', jobId);
    return cancelled.map(({ id }) => id);
  }
}
