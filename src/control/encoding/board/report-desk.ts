/**
 * Takes what encoders report of their tasks: heartbeats, and the reports that end an attempt. Whoever made a report may
 * make it again; nobody without the lease may.
 */

import type { Alarm } from '../../../platform/alarm.ts';
import { TASK_KINDS } from '../../../protocol/task-kinds.ts';
import type { TaskError } from '../../../protocol/tasks.ts';
import type { EncoderRegistry } from './encoder-registry.ts';
import type { RunningLeases } from './running-leases.ts';
import type { TaskNotifier } from './task-notifier.ts';
import * as state from './task-state.ts';
import type { TaskStore } from './task-store.ts';
import type { Waiters } from './waiters.ts';

/** An event that could not be sent is tried again after this. */
export const NOTIFY_RETRY_MS = 5_000;

/** How a report was taken. Values, not exceptions: RPC flattens error classes. */
export type ReportOutcome = 'accepted' | 'task_not_found' | 'lease_lost' | 'invalid_result';
/** `cancel` tells the encoder to stop; `held` is the task while the lease on it holds. */
export type HeartbeatAnswer = {
  outcome: ReportOutcome;
  cancel: boolean;
  held?: Pick<state.TaskRow, 'input' | 'attempt'>;
};

export type ReportDeskParts = {
  store: TaskStore;
  leases: RunningLeases;
  encoders: EncoderRegistry;
  notifier: TaskNotifier;
  waiters: Waiters;
  alarm: Alarm;
};

export class ReportDesk {
  readonly #parts: ReportDeskParts;

  constructor(parts: ReportDeskParts) {
    this.#parts = parts;
  }

  /** Prolongs the lease. */
  async heartbeat(taskId: string, lease: string, progress: number): Promise<HeartbeatAnswer> {
    const { store, leases, encoders, alarm } = this.#parts;
    const now = Date.now();
    const task = store.find(taskId);
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
    encoders.heard(task.encoder_id, now);
    if (leases.beat(task, progress, now)) {
      // The alarm that watched the lease may be gone.
      await alarm.setBy(now + leases.terms.ttlMs);
    }
    return { outcome: 'accepted', cancel: false, held: { input: task.input, attempt: task.attempt } };
  }

  complete(taskId: string, lease: string, result: unknown): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'done', (task) => {
      const parsed = TASK_KINDS[task.kind].result.safeParse(result);
      return parsed.success ? state.completeTask(JSON.stringify(parsed.data), Date.now()) : null;
    });
  }

  fail(taskId: string, lease: string, error: TaskError): Promise<ReportOutcome> {
    return this.#end(taskId, lease, 'dead', (task) => state.failTask(task, error, Date.now()));
  }

  async #end(
    taskId: string,
    lease: string,
    wanted: state.TaskState,
    changeOf: (task: state.TaskRow) => state.TaskChange | null,
  ): Promise<ReportOutcome> {
    const { store, leases, encoders, notifier, alarm } = this.#parts;
    const task = store.find(taskId);
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
    encoders.heard(task.encoder_id, Date.now());
    leases.end(task, change);
    if (change.state === 'waiting') {
      await this.#offerAgain(change.available_at ?? 0);
    } else if (!(await notifier.tell({ ...task, ...change }))) {
      await alarm.setBy(Date.now() + NOTIFY_RETRY_MS);
    }
    return 'accepted';
  }

  /** Encoders that wait for work are woken now, or when the task's pause is over. */
  async #offerAgain(availableAt: number): Promise<void> {
    if (availableAt === 0) {
      this.#parts.waiters.wake(1);
    } else {
      await this.#parts.alarm.setBy(availableAt);
    }
  }
}
