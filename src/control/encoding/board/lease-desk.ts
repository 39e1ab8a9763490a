/**
 * Hands out tasks: an encoder that asks gets the next one under a lease, or waits on the open request until there is one. Of
 * the last tasks it gets only those that no other encoder would finish sooner (last-tasks.ts).
 */

import { randomId } from '../../../platform/random-id.ts';
import { isHeavyKind, taskInputSchema } from '../../../protocol/task-kinds.ts';
import type { Encoder, Lease, TaskError } from '../../../protocol/tasks.ts';
import type { BoardParts } from './board-parts.ts';
import { LAST_PER_LEASE, taskFor } from './last-tasks.ts';
import type { TaskRow } from './task-state.ts';

/** More than a job has chunks (MAX_CHUNKS): with so many tasks the end is not near, whatever the fleet. */
const MAX_LAST = 1_024;
/** An encoder that is passed over asks again at the latest then: a faster one may have fallen behind or ended. */
const LOOK_AGAIN_SECONDS = 5;

/**
 * Requests a second that a board takes from idle encoders, whatever their number. 360 that asked once a second would be as
 * many requests as one Durable Object takes. At 50 a second all of them are at work within 7 s of a new job; 20 a second,
 * after a quiet minute, are $23 a month. A request that waits (`waitSeconds`) costs less: 360 ÷ 20 s = 18 a second, and all
 * encoders start at once.
 */
const BUSY_RATE = 50;
const QUIET_RATE = 20;
/** A job between two of its steps is not quiet. */
const QUIET_AFTER_MS = 60_000;
/** An operator who adds encoders waits for them, and an encoder that asks less often would count as gone. */
const MAX_IDLE_SECONDS = 20;

export function idlePauseSeconds(encoders: number, sinceWorkMs: number): number {
  const rate = sinceWorkMs < QUIET_AFTER_MS ? BUSY_RATE : QUIET_RATE;
  return Math.min(MAX_IDLE_SECONDS, Math.max(1, Math.ceil(encoders / rate)));
}

export type LeaseOffer = { lease: Lease; retryAfterSeconds?: never } | { lease: null; retryAfterSeconds: number };

/** `isPassedOver`: tasks wait, but others will have done them sooner. */
type Grant = { lease: Lease; isPassedOver: false } | { lease: null; isPassedOver: boolean };

export class LeaseDesk {
  readonly #parts: BoardParts;
  #workedAt = 0;

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** There is work: encoders that find none ask more often for a while. */
  noteWork(nowMs: number): void {
    this.#workedAt = nowMs;
  }

  /** Hands out the next task, at once or as soon as there is one within `waitSeconds`. */
  async awaitLease(encoder: Encoder, waitSeconds: number): Promise<LeaseOffer> {
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
        // It may have been woken for a task that a faster encoder, which waits too, is to do.
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

  async #ask(encoder: Encoder): Promise<Grant> {
    const { store, leases, encoders, waiters, alarm } = this.#parts;
    const now = Date.now();
    encoders.saw(encoder, now);
    // The alarm will not find these tasks any more, so the encoders that wait for them are woken here.
    waiters.wake(leases.expire(now) + store.endPauses(now));
    const { grant, unreadable } = this.#grantNext(encoder, now);
    if (grant.lease !== null) {
      this.noteWork(now);
    }
    if (grant.lease !== null || unreadable > 0) {
      await alarm.setBy(unreadable > 0 ? now : now + leases.terms.ttlMs);
    }
    return grant;
  }

  /** Also returns how many tasks it found unreadable and gave up: the alarm tells their workflows. */
  #grantNext(encoder: Encoder, now: number): { grant: Grant; unreadable: number } {
    const { store, jobs, leases } = this.#parts;
    for (let unreadable = 0; ; unreadable++) {
      const jobId = jobs.next();
      const next = jobId === undefined ? undefined : store.nextOf(jobId);
      const task = next && this.#choose(next, encoder.id, now);
      if (task === undefined) {
        return { grant: { lease: null, isPassedOver: next !== undefined }, unreadable };
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
        return { grant: { lease, isPassedOver: false }, unreadable };
      }
      // Another version of the Worker submitted it. It must not block all others.
      const error: TaskError = { code: 'internal', message: 'The task is not one that this version knows' };
      store.change(task.id, { state: 'dead', error: JSON.stringify(error), ended_at: now });
    }
  }

  /**
   * The next task, or of the last ones the one that this encoder is to do, or none. Where several jobs have waiting tasks,
   * these are not the last ones. Inspection and sound go out at once: other tasks wait for them.
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
