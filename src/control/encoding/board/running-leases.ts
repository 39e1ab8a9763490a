/**
 * The leases that are running, in storage and in memory: how they begin, are prolonged, end and expire. A heartbeat changes
 * memory; it is stored when less than half of the lease is left in storage, so that a board that restarts finds leases that
 * still hold. With the defaults one heartbeat in three is a write.
 */
import { EncoderPaces } from './encoder-paces.ts';
import * as state from './task-state.ts';
import type { TaskStore } from './task-store.ts';

/** An encoder that has missed more heartbeats than this in a row may be gone. */
const SILENT_HEARTBEATS = 2;

type LeaseTerms = {
  /** A lease ends this long after its last heartbeat. */
  ttlMs: number;
  heartbeatMs: number;
};

type RunningLease = { expiresAt: number; storedUntil: number; progress: number; encoder: string };

export class RunningLeases {
  readonly #store: TaskStore;
  readonly #running = new Map<string, RunningLease>();
  readonly terms: LeaseTerms;
  readonly paces: EncoderPaces;

  /**
   * Takes up the stored leases after a restart. One that expired while the board was away gets one more term: its heartbeats
   * may have been lost. No lease ends later than one that begins now: the clock, or LEASE_SECONDS, may have been set back.
   */
  constructor(store: TaskStore, terms: LeaseTerms, nowMs: number) {
    this.#store = store;
    this.terms = terms;
    this.paces = new EncoderPaces(SILENT_HEARTBEATS * terms.heartbeatMs);
    const latest = nowMs + terms.ttlMs;
    for (const task of store.leased()) {
      const stored = task.lease_expires_at ?? 0;
      if (stored <= nowMs && task.doubted === 0) {
        this.#change(task, { lease_expires_at: latest, doubted: 1 });
      } else if (stored > latest) {
        this.#change(task, { lease_expires_at: latest });
      } else {
        this.#remember(task);
      }
    }
  }

  #change(task: state.TaskRow, change: state.TaskChange): void {
    this.#store.change(task.id, change);
    this.#remember({ ...task, ...change });
  }

  #remember({ id, lease_expires_at, progress, encoder_id }: state.TaskRow): void {
    const until = lease_expires_at ?? 0;
    this.#running.set(id, { expiresAt: until, storedUntil: until, progress, encoder: encoder_id ?? '' });
  }

  /** Returns the number of the attempt that begins. */
  begin(task: state.TaskRow, lease: string, encoderId: string, nowMs: number): number {
    this.#change(task, state.grantLease(task, lease, encoderId, nowMs, this.terms.ttlMs));
    this.paces.begin(task, encoderId, nowMs);
    return task.attempt + 1;
  }

  /** Takes a heartbeat of the lease's holder. Returns whether the lease had expired and lives again. */
  beat(task: state.TaskRow, progress: number, nowMs: number): boolean {
    const { ttlMs } = this.terms;
    const running = this.#running.get(task.id);
    this.paces.beat(task, progress, nowMs);
    if (running === undefined || running.storedUntil - nowMs < ttlMs / 2 || task.doubted === 1) {
      this.#change(task, state.recordProgress(this.withProgress(task), progress, nowMs, ttlMs));
    } else {
      running.expiresAt = nowMs + ttlMs;
      running.progress = Math.max(running.progress, progress);
    }
    return task.state === 'waiting';
  }

  /** Ends a lease, and stores the progress that was last reported. */
  end(task: state.TaskRow, change: state.TaskChange): void {
    this.#store.change(task.id, { progress: this.withProgress(task).progress, ...change });
    this.drop(task.id);
  }

  /** Forgets a lease whose task was taken back. */
  drop(taskId: string): void {
    this.#running.delete(taskId);
    this.paces.end(taskId);
  }

  /** Ends the leases that have expired, and returns how many. */
  expire(nowMs: number): number {
    // An end that is more than one term away was set by a clock that has been set back.
    for (const running of this.#running.values()) {
      running.expiresAt = Math.min(running.expiresAt, nowMs + this.terms.ttlMs);
    }
    const expired = [...this.#running].filter(([, { expiresAt }]) => expiresAt <= nowMs);
    for (const [taskId] of expired) {
      const task = this.#store.find(taskId);
      if (task?.state === 'leased') {
        this.end(task, state.expireLease(task, nowMs));
      }
    }
    return expired.length;
  }

  /** Infinity while no lease runs. */
  nextExpiry(): number {
    return Math.min(...[...this.#running.values()].map(({ expiresAt }) => expiresAt));
  }

  /** With its progress as last reported, which may not be stored yet. */
  withProgress<T extends Pick<state.TaskRow, 'id' | 'progress'>>(task: T): T {
    return { ...task, progress: Math.max(task.progress, this.#running.get(task.id)?.progress ?? 0) };
  }

  /** How many leases each encoder holds. */
  byEncoder(): Map<string, number> {
    const leases = Map.groupBy(this.#running.values(), ({ encoder }) => encoder);
    return new Map([...leases].map(([encoder, held]) => [encoder, held.length]));
  }
}
