/** Hands tasks out: who asks gets the next one under a lease, or waits on the open request until there is one. */
import { randomId } from '../contract/ids.ts';
import { type Encoder, type Lease, type TaskError, taskInputSchema } from '../contract/tasks.ts';
import type { BoardAlarm } from './board-alarm.ts';
import type { EncoderRegistry } from './encoder-registry.ts';
import { idlePauseSeconds } from './idle-pace.ts';
import type { JobQueue } from './job-queue.ts';
import type { RunningLeases } from './running-leases.ts';
import type { TaskStore } from './task-store.ts';
import type { Waiters } from './waiters.ts';

export type LeaseAnswer = { lease: Lease; retryAfterSeconds?: never } | { lease: null; retryAfterSeconds: number };

export type LeaseDeskParts = {
  store: TaskStore;
  jobs: JobQueue;
  leases: RunningLeases;
  encoders: EncoderRegistry;
  waiters: Waiters;
  alarm: BoardAlarm;
  heartbeatSeconds: number;
};

export class LeaseDesk {
  readonly #parts: LeaseDeskParts;
  #workedAt = 0;

  constructor(parts: LeaseDeskParts) {
    this.#parts = parts;
  }

  /** There is work about: encoders that find none ask more often for a while. */
  noteWork(nowMs: number): void {
    this.#workedAt = nowMs;
  }

  /** Hands out the next task, at once or as soon as there is one within `waitSeconds`. */
  async awaitLease(encoder: Encoder, waitSeconds: number): Promise<LeaseAnswer> {
    const { encoders, waiters } = this.#parts;
    const until = Date.now() + waitSeconds * 1000;
    for (;;) {
      const lease = await this.lease(encoder);
      if (lease !== null) {
        return { lease };
      }
      const now = Date.now();
      const pause = idlePauseSeconds(encoders.fleet(now).encoders, now - this.#workedAt);
      if (now >= until) {
        return { lease: null, retryAfterSeconds: Math.max(0, pause - Math.floor(waitSeconds)) };
      }
      if (!(await waiters.wait(until - now))) {
        return { lease: null, retryAfterSeconds: pause };
      }
    }
  }

  /** Hands out the next task, or null. */
  async lease(encoder: Encoder): Promise<Lease | null> {
    const { store, leases, encoders, alarm } = this.#parts;
    const now = Date.now();
    encoders.saw(encoder, now);
    leases.expire(now);
    store.endPauses(now);
    const { lease, unreadable } = this.#grantNext(encoder, now);
    if (lease !== null) {
      this.noteWork(now);
    }
    if (lease !== null || unreadable > 0) {
      await alarm.setBy(unreadable > 0 ? now : now + leases.ttlMs);
    }
    return lease;
  }

  /** Also says how many tasks on the way died because they cannot be read; their workflows are to be told. */
  #grantNext(encoder: Encoder, now: number): { lease: Lease | null; unreadable: number } {
    const { store, jobs, leases, heartbeatSeconds } = this.#parts;
    for (let unreadable = 0; ; unreadable++) {
      const jobId = jobs.next();
      const task = jobId === undefined ? undefined : store.nextOf(jobId);
      if (task === undefined) {
        return { lease: null, unreadable };
      }
      const input = taskInputSchema.safeParse(JSON.parse(task.input));
      if (input.success) {
        const secret = randomId(24);
        const attempt = leases.begin(task, secret, encoder.id, now);
        jobs.charge(task.job_id, task.weight);
        const lease: Lease = {
          task: { id: task.id, attempt: String(attempt), input: input.data },
          lease: secret,
          ttlSeconds: leases.ttlMs / 1000,
          heartbeatSeconds,
        };
        return { lease, unreadable };
      }
      // Submitted by a version of the Worker that wrote tasks in another way: it must not stand before all others.
      const error: TaskError = { code: 'internal', message: 'The task is not one that this version knows' };
      store.change(task.id, { state: 'dead', error: JSON.stringify(error), ended_at: now });
    }
  }
}
