/**
 * The leases that are running, in storage and in memory as one: how they begin, are prolonged, end and run out. What
 * follows from an end, to whom it is told and who is woken, is for others.
 */
import { EncoderPaces } from './encoder-paces.ts';
import { LeaseBook } from './lease-book.ts';
import * as state from './task-state.ts';
import type { TaskOutline, TaskStore } from './task-store.ts';

/** So many heartbeats in a row do not get lost; an encoder that was not heard for longer may be gone. */
const SILENT_HEARTBEATS = 2;

export type LeaseTerms = {
  /** A lease ends this long after its last heartbeat. */
  ttlMs: number;
  heartbeatMs: number;
};

export class RunningLeases {
  readonly #store: TaskStore;
  readonly #book = new LeaseBook();
  readonly terms: LeaseTerms;
  readonly paces: EncoderPaces;

  constructor(store: TaskStore, terms: LeaseTerms, nowMs: number) {
    this.#store = store;
    this.terms = terms;
    this.paces = new EncoderPaces(SILENT_HEARTBEATS * terms.heartbeatMs);
    this.#takeUp(nowMs);
  }

  /**
   * After a restart. A lease that ran out while the board was away gets one more: its heartbeats may have been lost. No
   * lease ends later than one that begins now: the clock, or LEASE_SECONDS, may have been set back.
   */
  #takeUp(nowMs: number): void {
    const latest = nowMs + this.terms.ttlMs;
    for (const task of this.#store.leased()) {
      const stored = task.lease_expires_at ?? 0;
      const doubtful = stored <= nowMs && task.doubted === 0;
      const change = doubtful
        ? { lease_expires_at: latest, doubted: 1 }
        : { lease_expires_at: Math.min(stored, latest) };
      if (change.lease_expires_at !== stored) {
        this.#store.change(task.id, change);
      }
      this.#book.put(task.id, { ...task, ...change });
    }
  }

  /** Returns the number of the attempt that begins. */
  begin(task: state.TaskRow, lease: string, encoderId: string, nowMs: number): number {
    const attempt = task.attempt + 1;
    const change = state.grantLease(task, lease, encoderId, nowMs, this.terms.ttlMs);
    this.#store.change(task.id, change);
    this.#book.put(task.id, { ...task, ...change });
    this.paces.begin(task, encoderId, nowMs);
    return attempt;
  }

  /** Takes a heartbeat of whoever holds the lease. Returns whether it had run out and lives again. */
  beat(task: state.TaskRow, progress: number, nowMs: number): boolean {
    const revived = task.state === 'waiting';
    this.paces.beat(task, progress, nowMs);
    if (this.#book.beat(task.id, progress, nowMs, this.terms.ttlMs) || revived || task.doubted === 1) {
      const change = state.recordProgress(this.withProgress(task), progress, nowMs, this.terms.ttlMs);
      this.#store.change(task.id, change);
      this.#book.put(task.id, { ...task, ...change });
    }
    return revived;
  }

  /** Ends a lease; what was reported of the task's progress stays. */
  end(task: state.TaskRow, change: state.TaskChange): void {
    this.#store.change(task.id, { progress: this.withProgress(task).progress, ...change });
    this.#book.drop(task.id);
    this.paces.end(task.id);
  }

  /** Ends those that ran out. Returns how many they were. */
  expire(nowMs: number): number {
    const expired = this.#book.expired(nowMs, this.terms.ttlMs);
    for (const taskId of expired) {
      const task = this.#store.find(taskId);
      if (task?.state === 'leased') {
        this.end(task, state.expireLease(task, nowMs));
      }
    }
    return expired.length;
  }

  /** Its task was taken back. */
  drop(taskId: string): void {
    this.#book.drop(taskId);
    this.paces.end(taskId);
  }

  /** As last reported, which may not be stored yet. */
  withProgress<T extends Pick<TaskOutline, 'id' | 'progress'>>(task: T): T {
    return { ...task, progress: Math.max(task.progress, this.#book.progressOf(task.id)) };
  }

  nextExpiry(): number | null {
    return this.#book.nextExpiry();
  }

  byEncoder(): Map<string, number> {
    return this.#book.byEncoder();
  }
}
