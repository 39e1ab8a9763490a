/**
 * The life of a task as a pure state machine: waiting → leased → done, or back to waiting, or dead: given up, kept with the
 * last words of the program that failed, for somebody to look at. Time is passed in.
 */
import type { TaskKind } from '../../../protocol/task-kinds.ts';
import { TASK_ERRORS, type TaskError } from '../../../protocol/tasks.ts';

export const TASK_STATES = ['waiting', 'leased', 'done', 'dead', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Four encoders in a row failing at the same task means that the task is at fault, not the encoders. */
export const MAX_FAILURES = 4;
/** An encoder that is stopped over and over is a fleet at fault; in the end somebody has to look. */
export const MAX_ATTEMPTS = 100;
/** First retry after 1 s, then 4 s and 16 s: long enough for a bucket or network hiccup to pass. */
const FIRST_PAUSE_MS = 1_000;
/** 15 s, 1 min, 4 min: memory and disk come back when other tasks end, and other encoders ask meanwhile. */
const FIRST_RESOURCE_PAUSE_MS = 15_000;
const backoffMs = (failures: number, code: TaskError['code']): number =>
  (code === 'resource_limit' ? FIRST_RESOURCE_PAUSE_MS : FIRST_PAUSE_MS) * 4 ** (failures - 1);
export const MAX_PAUSE_MS = backoffMs(MAX_FAILURES - 1, 'resource_limit');

/** One row of the board. Times in Unix milliseconds. */
export type TaskRow = {
  id: string;
  job_id: string;
  kind: TaskKind;
  /** JSON of TaskInput. */
  input: string;
  /** Share of the job's work, e.g. frames × renditions; 0 does not count towards progress. */
  weight: number;
  /** Lower is handed out first within a job. */
  rank: number;
  state: TaskState;
  /** The number of the last attempt handed out; the current one while leased. */
  attempt: number;
  /** Where its attempts begin: those up to here were an earlier job's, of the same version. */
  attempt_base: number;
  /** Attempts that failed; handing a task back is no failure. */
  failures: number;
  lease: string | null;
  /** As stored; heartbeats prolong it in memory first (lease-book.ts). */
  lease_expires_at: number | null;
  /** Whether the lease was prolonged once because the board, not the encoder, had been away. */
  doubted: number;
  encoder_id: string | null;
  /** 0–1, never falling, also across attempts. */
  progress: number;
  result: string | null;
  error: string | null;
  /** 0, or when the pause after a failure ends. */
  available_at: number;
  ended_at: number | null;
  /** Whether the workflow has been told how the task ended, or telling it was given up. */
  notified: number;
  /** How often telling it has failed. */
  notify_failures: number;
};

/** What a transition changes. */
export type TaskChange = Partial<
  Omit<TaskRow, 'id' | 'job_id' | 'kind' | 'input' | 'weight' | 'rank' | 'attempt_base'>
>;

export function grantLease(task: TaskRow, lease: string, encoderId: string, nowMs: number, ttlMs: number): TaskChange {
  return {
    state: 'leased',
    attempt: task.attempt + 1,
    lease,
    lease_expires_at: nowMs + ttlMs,
    doubted: 0,
    encoder_id: encoderId,
  };
}

/**
 * A report is taken from whoever held the lease last, even after it ran out, as long as nobody else has begun: the work
 * is done, and throwing it away would only be paid for twice.
 */
export function holdsLease(task: TaskRow, lease: string): boolean {
  return task.lease === lease && (task.state === 'leased' || task.state === 'waiting');
}

/** What a heartbeat changes where it is stored. Also brings a lease that ran out back to life. */
export function recordProgress(task: TaskRow, progress: number, nowMs: number, ttlMs: number): TaskChange {
  return {
    // Left alone where they stand already: writing a column writes the indices that it is part of.
    ...(task.state === 'leased' ? {} : { state: 'leased', available_at: 0 }),
    progress: Math.max(task.progress, progress),
    lease_expires_at: nowMs + ttlMs,
    doubted: 0,
  };
}

export function completeTask(result: string, nowMs: number): TaskChange {
  return { state: 'done', progress: 1, result, error: null, lease_expires_at: null, available_at: 0, ended_at: nowMs };
}

/** A final error and the last failure allowed end the task; anything else puts it back, after a failure with a growing pause. */
export function failTask(task: TaskRow, error: TaskError, nowMs: number): TaskChange {
  const report = { error: JSON.stringify(error), lease_expires_at: null };
  if (error.code === 'handed_back' && task.attempt - task.attempt_base < MAX_ATTEMPTS) {
    return { ...report, state: 'waiting', lease: null, available_at: 0 };
  }
  const failures = task.failures + 1;
  if (TASK_ERRORS[error.code].final || failures >= MAX_FAILURES) {
    return { ...report, state: 'dead', failures, available_at: 0, ended_at: nowMs };
  }
  return { ...report, state: 'waiting', failures, lease: null, available_at: nowMs + backoffMs(failures, error.code) };
}

/**
 * The lease ran out. Its holder may still complete (see holdsLease) until somebody else gets the task. What an earlier
 * attempt's program said last is kept: an encoder that is gone says nothing, and it may well be why.
 */
export function expireLease(task: TaskRow, nowMs: number): TaskChange {
  const detail = detailOf(task.error);
  const error: TaskError = {
    code: 'lease_expired',
    message: `Encoder ${task.encoder_id ?? '?'} stopped reporting`,
    ...(detail === undefined ? {} : { detail }),
  };
  return { ...failTask(task, error, nowMs), available_at: 0, lease: task.lease };
}

const detailOf = (error: string | null): string | undefined =>
  error === null ? undefined : (JSON.parse(error) as TaskError).detail;

/** After this many failures, 5 s apart, the workflow is taken to be gone; one that lives asks by itself every hour. */
const MAX_NOTIFY_FAILURES = 100;

export function failNotify(task: TaskRow): TaskChange {
  const failures = task.notify_failures + 1;
  return { notify_failures: failures, ...(failures >= MAX_NOTIFY_FAILURES ? { notified: 1 } : {}) };
}

/** Weighted share of the work done, 0–1. */
export function jobProgress(tasks: readonly Pick<TaskRow, 'weight' | 'progress'>[]): number {
  const total = tasks.reduce((sum, task) => sum + task.weight, 0);
  return total === 0 ? 0 : tasks.reduce((sum, task) => sum + task.weight * task.progress, 0) / total;
}
