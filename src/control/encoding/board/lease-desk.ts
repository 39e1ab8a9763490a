/**
 * Hands tasks out: who asks gets the next one under a lease, or waits on the open request until there is one. Of the last
 * tasks it gets only what others would not have done sooner (last-tasks.ts).
 */

import type { Alarm } from '../../../platform/alarm.ts';
import { randomId } from '../../../platform/random-id.ts';
import { isHeavyKind, taskInputSchema } from '../../../protocol/task-kinds.ts';
import type { Encoder, Lease, TaskError } from '../../../protocol/tasks.ts';
import type { EncoderRegistry } from './encoder-registry.ts';
import { idlePauseSeconds } from './idle-pace.ts';
import type { JobQueue } from './job-queue.ts';
import { LAST_PER_LEASE, taskFor } from './last-tasks.ts';
import type { RunningLeases } from './running-leases.ts';
import type { TaskRow } from './task-state.ts';
import type { TaskStore } from './task-store.ts';
import type { Waiters } from './waiters.ts';

/** More than a job has chunks (MAX_CHUNKS): with so many, the end is not near, whatever the fleet. */
const MAX_LAST = 1_024;
/** An encoder that is passed over asks again at the latest then: a faster one may have fallen behind or ended. */
const LOOK_AGAIN_SECONDS = 5;

export type LeaseAnswer = { lease: Lease; retryAfterSeconds?: never } | { lease: null; retryAfterSeconds: number };

/** `isPassedOver`: tasks wait, but others will have done them sooner. */
type Answer = { lease: Lease; isPassedOver: false } | { lease: null; isPassedOver: boolean };

export type LeaseDeskParts = {
  store: TaskStore;
  jobs: JobQueue;
  leases: RunningLeases;
  encoders: EncoderRegistry;
  waiters: Waiters;
  alarm: Alarm;
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
      const { lease, isPassedOver } = await this.#ask(encoder);
      if (lease !== null) {
        return { lease };
      }
      const now = Date.now();
      const pause = idlePauseSeconds(encoders.fleet(now).encoders, now - this.#workedAt);
      if (isPassedOver) {
        // It may have been woken for a task that is for a faster one that waits.
        waiters.wake(1);
        return { lease: null, retryAfterSeconds: Math.min(pause, LOOK_AGAIN_SECONDS) };
      }
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
    return (await this.#ask(encoder)).lease;
  }

  async #ask(encoder: Encoder): Promise<Answer> {
    const { store, leases, encoders, waiters, alarm } = this.#parts;
    const now = Date.now();
    encoders.saw(encoder, now);
    // The alarm that would have found them, and woken as many, finds them no more.
    waiters.wake(leases.expire(now));
    store.endPauses(now);
    const { answer, unreadable } = this.#grantNext(encoder, now);
    if (answer.lease !== null) {
      this.noteWork(now);
    }
    if (answer.lease !== null || unreadable > 0) {
      await alarm.setBy(unreadable > 0 ? now : now + leases.terms.ttlMs);
    }
    return answer;
  }

  /** Also says how many tasks on the way died because they cannot be read; their workflows are to be told. */
  #grantNext(encoder: Encoder, now: number): { answer: Answer; unreadable: number } {
    const { store, jobs, leases } = this.#parts;
    for (let unreadable = 0; ; unreadable++) {
      const jobId = jobs.next();
      const next = jobId === undefined ? undefined : store.nextOf(jobId);
      const task = next && this.#choose(next, encoder.id, now);
      if (task === undefined) {
        return { answer: { lease: null, isPassedOver: next !== undefined }, unreadable };
      }
      const input = taskInputSchema.safeParse(JSON.parse(task.input));
      if (input.success) {
        const secret = randomId(24);
        const attempt = leases.begin(task, secret, encoder.id, now);
        jobs.charge(task.job_id, task.weight);
        const lease: Lease = {
          task: { id: task.id, attempt: String(attempt), input: input.data },
          lease: secret,
          ttlSeconds: leases.terms.ttlMs / 1000,
          heartbeatSeconds: leases.terms.heartbeatMs / 1000,
        };
        return { answer: { lease, isPassedOver: false }, unreadable };
      }
      // Submitted by a version of the Worker that wrote tasks in another way: it must not stand before all others.
      const error: TaskError = { code: 'internal', message: 'The task is not one that this version knows' };
      store.change(task.id, { state: 'dead', error: JSON.stringify(error), ended_at: now });
    }
  }

  /**
   * The next task, or of the last ones the one that this encoder is to do, or none. Jobs take turns whoever asks: where
   * several have tasks that wait, these are not the last. Inspection and sound, which others wait for, go out at once.
   */
  #choose(next: TaskRow, encoderId: string, now: number): TaskRow | undefined {
    const { store, leases } = this.#parts;
    const waiting = store.fewWaiting(Math.min(MAX_LAST, LAST_PER_LEASE * leases.paces.size)) ?? [];
    const isLast = waiting.every(({ job_id, kind }) => job_id === next.job_id && isHeavyKind(kind));
    const foreseen = isLast && waiting[0]?.id === next.id ? leases.paces.beside(encoderId, now) : null;
    if (foreseen === null) {
      return next;
    }
    const chosen = taskFor(foreseen.speed, waiting, foreseen.others);
    return chosen && store.find(chosen.id);
  }
}
