/** The TaskBoard's SQL in one place: schema and statements. Synchronous, so a method without an await is one transaction. */
import type { TaskInput } from '../contract/tasks.ts';
import type { TaskChange, TaskRow } from './task-state.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  -- 0 to 100, higher first.
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  kind TEXT NOT NULL,
  input TEXT NOT NULL,
  weight REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  attempt INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  lease TEXT,
  lease_expires_at INTEGER,
  encoder_id TEXT,
  progress REAL NOT NULL DEFAULT 0,
  result TEXT,
  error TEXT,
  available_at INTEGER NOT NULL DEFAULT 0,
  notified INTEGER NOT NULL DEFAULT 0,
  notify_failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_of_job ON tasks (job_id);
CREATE INDEX IF NOT EXISTS tasks_open ON tasks (state, available_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX IF NOT EXISTS tasks_unnotified ON tasks (seq) WHERE notified = 0 AND state IN ('done', 'failed');
`;

/** Columns a transition may change; a name outside this list is a programmer's error. */
const CHANGEABLE = [
  'state',
  'attempt',
  'failures',
  'lease',
  'lease_expires_at',
  'encoder_id',
  'progress',
  'result',
  'error',
  'available_at',
  'notified',
  'notify_failures',
] as const satisfies readonly (keyof TaskChange)[];

export type NewTask = { id: string; input: TaskInput; weight: number };

export class TaskStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  #rows(query: string, ...bindings: SqlStorageValue[]): TaskRow[] {
    return this.#sql.exec<TaskRow>(query, ...bindings).toArray();
  }

  addJob(jobId: string, priority: number, nowMs: number): void {
    this.#sql.exec('INSERT OR IGNORE INTO jobs (id, priority, created_at) VALUES (?, ?, ?)', jobId, priority, nowMs);
  }

  isClosed(jobId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM jobs WHERE id = ? AND closed_at IS NOT NULL', jobId).toArray().length > 0;
  }

  /** A task that is already there stays as it is: submitting twice changes nothing. */
  addTask(jobId: string, task: NewTask): void {
    this.#sql.exec(
      'INSERT OR IGNORE INTO tasks (id, job_id, kind, input, weight) VALUES (?, ?, ?, ?, ?)',
      task.id,
      jobId,
      task.input.kind,
      JSON.stringify(task.input),
      task.weight,
    );
  }

  find(id: string): TaskRow | undefined {
    return this.#rows('SELECT * FROM tasks WHERE id = ?', id)[0];
  }

  tasksOf(jobId: string): TaskRow[] {
    return this.#rows('SELECT * FROM tasks WHERE job_id = ? ORDER BY seq', jobId);
  }

  /** The next task to hand out: highest priority, then oldest job, then the job's own order. */
  nextWaiting(nowMs: number): TaskRow | undefined {
    return this.#rows(
      `SELECT tasks.* FROM tasks JOIN jobs ON jobs.id = tasks.job_id
       WHERE state = 'waiting' AND available_at <= ? ORDER BY priority DESC, jobs.created_at, seq LIMIT 1`,
      nowMs,
    )[0];
  }

  expired(nowMs: number): TaskRow[] {
    return this.#rows(`SELECT * FROM tasks WHERE state = 'leased' AND lease_expires_at <= ?`, nowMs);
  }

  nextExpiry(): number | null {
    const row = this.#sql
      .exec<{ at: number | null }>(`SELECT min(lease_expires_at) AS at FROM tasks WHERE state = 'leased'`)
      .one();
    return row.at;
  }

  unnotified(limit: number): TaskRow[] {
    return this.#rows(
      `SELECT * FROM tasks WHERE notified = 0 AND state IN ('done', 'failed') ORDER BY notify_failures, seq LIMIT ?`,
      limit,
    );
  }

  /** By state, of the open ones only: the index holds no others, and ended ones pile up for weeks. */
  countOpen(): { waiting: number; leased: number; encoders: number } {
    return this.#sql
      .exec<{ waiting: number; leased: number; encoders: number }>(
        `SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'leased') AS leased,
           count(DISTINCT encoder_id) FILTER (WHERE state = 'leased') AS encoders
         FROM tasks WHERE state IN ('waiting', 'leased')`,
      )
      .one();
  }

  change(id: string, change: TaskChange): void {
    const columns = CHANGEABLE.filter((column) => change[column] !== undefined);
    const assignments = columns.map((column) => `${column} = ?`).join(', ');
    this.#sql.exec(
      `UPDATE tasks SET ${assignments} WHERE id = ?`,
      ...columns.map((column) => change[column] ?? null),
      id,
    );
  }

  closeJob(jobId: string, nowMs: number): void {
    this.#sql.exec(`UPDATE tasks SET state = 'cancelled' WHERE job_id = ? AND state IN ('waiting', 'leased')`, jobId);
    this.#sql.exec('UPDATE tasks SET notified = 1 WHERE job_id = ?', jobId);
    // A job may be cancelled before it has a task.
    this.#sql.exec(
      `INSERT INTO jobs (id, priority, created_at, closed_at) VALUES (?, 0, ?, ?)
       ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at`,
      jobId,
      nowMs,
      nowMs,
    );
  }

  /** Forgets jobs that were closed before `beforeMs`. */
  prune(beforeMs: number): void {
    this.#sql.exec('DELETE FROM tasks WHERE job_id IN (SELECT id FROM jobs WHERE closed_at < ?)', beforeMs);
    this.#sql.exec('DELETE FROM jobs WHERE closed_at < ?', beforeMs);
  }
}
