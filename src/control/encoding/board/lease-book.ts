/**
 * The leases that are running, in memory: until when, and how far their tasks are. A heartbeat changes only this; it is
 * stored when less than half of the lease is left in storage, so that a board that restarts finds leases that still hold.
 * With the defaults one heartbeat in three is a write. Pure.
 */
import type { TaskRow } from './task-state.ts';

type Running = { expiresAt: number; storedUntil: number; progress: number; encoder: string };

export class LeaseBook {
  readonly #running = new Map<string, Running>();

  /** Enters a lease as storage has it. */
  put(taskId: string, task: Pick<TaskRow, 'lease_expires_at' | 'progress' | 'encoder_id'>): void {
    const until = task.lease_expires_at ?? 0;
    const encoder = task.encoder_id ?? '';
    this.#running.set(taskId, { expiresAt: until, storedUntil: until, progress: task.progress, encoder });
  }

  /** Takes a heartbeat. Returns whether it has to be stored: always where the lease is not running here. */
  beat(taskId: string, progress: number, nowMs: number, ttlMs: number): boolean {
    const running = this.#running.get(taskId);
    if (running === undefined) {
      return true;
    }
    running.expiresAt = nowMs + ttlMs;
    running.progress = Math.max(running.progress, progress);
    return running.storedUntil - nowMs < ttlMs / 2;
  }

  progressOf(taskId: string): number {
    return this.#running.get(taskId)?.progress ?? 0;
  }

  drop(taskId: string): void {
    this.#running.delete(taskId);
  }

  /** An end that lies further ahead than a lease is long was set by a clock that has been set back. */
  expired(nowMs: number, ttlMs: number): string[] {
    for (const running of this.#running.values()) {
      running.expiresAt = Math.min(running.expiresAt, nowMs + ttlMs);
    }
    return [...this.#running].filter(([, { expiresAt }]) => expiresAt <= nowMs).map(([taskId]) => taskId);
  }

  nextExpiry(): number | null {
    let next: number | null = null;
    for (const { expiresAt } of this.#running.values()) {
      next = next === null ? expiresAt : Math.min(next, expiresAt);
    }
    return next;
  }

  /** Leases by encoder. */
  byEncoder(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { encoder } of this.#running.values()) {
      counts.set(encoder, (counts.get(encoder) ?? 0) + 1);
    }
    return counts;
  }
}
