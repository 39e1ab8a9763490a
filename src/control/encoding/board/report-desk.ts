/**
 * Takes what encoders report of their tasks: heartbeats, and the reports that end an attempt. Only the holder of the lease
 * may report; it may repeat a report.
 */

import type { BoardParts } from './board-parts.ts';
import { NOTIFY_RETRY_MS } from './task-notifier.ts';
import * as state from './task-state.ts';

/** How a report was taken. Values, not exceptions: RPC flattens error classes. */
export type ReportOutcome = 'accepted' | 'task_not_found' | 'lease_lost' | 'invalid_result';
/** `cancel` tells the encoder to stop; `held` is the task while the lease on it holds. */
export type HeartbeatOutcome = {
  outcome: ReportOutcome;
  cancel: boolean;
  held?: Pick<state.TaskRow, 'input' | 'attempt'>;
};

/** Prolongs the lease. */
export async function takeHeartbeat(
  { store, leases, encoders, alarm }: BoardParts,
  taskId: string,
  lease: string,
  progress: number,
): Promise<HeartbeatOutcome> {
  const now = Date.now();
  const task = store.find(taskId);
  if (task === undefined) {
    return { outcome: 'task_not_found', cancel: true };
  }
  if (task.lease === lease && (task.state === 'cancelled' || task.state === 'done')) {
    // One that crosses its own report is accepted: an encoder that lost its lease would drop the result.
    return { outcome: 'accepted', cancel: task.state === 'cancelled' };
  }
  if (!state.holdsLease(task, lease)) {
    return { outcome: 'lease_lost', cancel: true };
  }
  encoders.heard(task.encoder_id, now);
  if (leases.beat(task, progress, now)) {
    // The alarm that watched the lease may be gone.
    await alarm.setBy(now + leases.terms.ttlMs);
  }
  return { outcome: 'accepted', cancel: false, held: { input: task.input, attempt: task.attempt } };
}

/** `repeated`: the state of the task where the report is a repetition. `changeOf` returns null for a result that does not fit. */
export async function endAttempt(
  { store, leases, encoders, notifier, waiters, alarm }: BoardParts,
  taskId: string,
  lease: string,
  repeated: state.TaskState,
  changeOf: (task: state.TaskRow) => state.TaskChange | null,
): Promise<ReportOutcome> {
  const task = store.find(taskId);
  if (task === undefined) {
    return 'task_not_found';
  }
  if (task.state === repeated && task.lease === lease) {
    return 'accepted';
  }
  if (!state.holdsLease(task, lease)) {
    return 'lease_lost';
  }
  const change = changeOf(task);
  if (change === null) {
    return 'invalid_result';
  }
  encoders.heard(task.encoder_id, Date.now());
  leases.end(task, change);
  if (change.state === 'waiting' && change.available_at === 0) {
    waiters.wake(1);
  } else if (change.state === 'waiting') {
    await alarm.setBy(change.available_at ?? 0);
  } else if (!(await notifier.tell({ ...task, ...change }))) {
    await alarm.setBy(Date.now() + NOTIFY_RETRY_MS);
  }
  return 'accepted';
}
