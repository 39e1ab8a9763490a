/**
 * The life of a task as a pure state machine: waiting → leased → done, or back to waiting, or dead. A dead task is given up
 * and kept, with the error output of the program that failed. Time is passed in.
 */
import type { TaskKind } from '../../../protocol/task-kinds.ts';
import { TASK_ERRORS, type TaskError } from '../../../protocol/tasks.ts';

export const TASK_STATES = ['waiting', 'leased', 'done', 'dead', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Four failures in a row mean that the task is at fault, not the encoders. */
export const MAX_FAILURES = 4;
/** Encoders that are stopped over and over are a fault of the fleet, which an operator has to see in the end. */
export const MAX_ATTEMPTS = 100;
/** 1 s, then 4 s and 16 s: long enough for a short fault of the bucket or the network to pass. */
const FIRST_PAUSE_MS = 1_000;
/** 15 s, 1 min, 4 min: memory and disk are free again when other tasks end, and other encoders ask meanwhile. */
const FIRST_RESOURCE_PAUSE_MS = 15_000;
const backoffMs = (failures: number, code: TaskError['code']): number =>
  (code === 'resource_limit' ? FIRST_RESOURCE_PAUSE_MS : FIRST_PAUSE_MS) * 4 ** (failures - 1);
export const LONGEST_PAUSE_MS = backoffMs(MAX_FAILURES - 1, 'resource_limit');

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
  /** Its attempts begin above it: those up to here were of an earlier job of the same version. */
  attempt_base: number;
  /** Attempts that failed; handing a task back is no failure. */
  failures: number;
  lease: string | null;
  /** As stored; heartbeats prolong it in memory first (running-leases.ts). */
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
  const attempt = task.attempt + 1;
  return { state: 'leased', attempt, lease, lease_expires_at: nowMs + ttlMs, doubted: 0, encoder_id: encoderId };
}

/** The last holder may report even after its lease expired, while no other encoder has begun: the work is done. */
export function holdsLease(task: TaskRow, lease: string): boolean {
  return task.lease === lease && (task.state === 'leased' || task.state === 'waiting');
}

/** What a heartbeat that is stored changes. It also revives a lease that has expired. */
export function recordProgress(task: TaskRow, progress: number, nowMs: number, ttlMs: number): TaskChange {
  return {
    // Only where they change: writing a column writes the indices that it is part of.
    ...(task.state === 'leased' ? {} : { state: 'leased', available_at: 0 }),
    progress: Math.max(task.progress, progress),
    lease_expires_at: nowMs + ttlMs,
    doubted: 0,
  };
}

export function completeTask(result: string, nowMs: number): TaskChange {
  return { state: 'done', progress: 1, result, error: null, lease_expires_at: null, available_at: 0, ended_at: nowMs };
}

/** A final error or the last failure allowed ends the task. Otherwise it waits again, after a failure with a growing pause. */
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
 * The lease expired. Its holder may still complete (see holdsLease) until another encoder gets the task. The `detail` of an
 * earlier attempt's error is kept: an encoder that is gone reports nothing, and that may well be why.
 */
export function expireLease(task: TaskRow, nowMs: number): TaskChange {
  const earlier: Partial<TaskError> = JSON.parse(task.error ?? '{}');
  const message = `Encoder ${task.encoder_id ?? '?'} stopped reporting`;
  const error: TaskError = { ...earlier, code: 'lease_expired', message };
  return { ...failTask(task, error, nowMs), available_at: 0, lease: task.lease };
}

/** After so many failures, 5 s apart, the workflow counts as gone; one that is alive asks by itself every hour. */
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
