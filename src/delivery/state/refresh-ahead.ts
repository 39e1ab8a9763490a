/**
 * What may change, by key, as this isolate last read it, and never older than a bound. What is still good is never waited
 * for: from half the bound on one request reads it again in the background, while that request and the others go on with
 * what is known. If that fails or hangs, nothing changes until the bound is over: then it is read, or the request fails.
 *
 * Age counts from before the read began, by the clock of the request that began it. Reads that meet are one: the first
 * leads and is kept alive if its client goes away; the others wait for a bounded time, since the platform may still end it.
 */

import { AppError } from '../../errors.ts';
import { log } from '../../platform/log.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { type FlightOptions, SingleFlight } from '../../platform/single-flight.ts';
import { inTime } from '../../platform/timer.ts';
import { LOAD_ATTEMPTS } from '../tiers/limits.ts';

/** About 200 bytes each, where the value is a current.json. */
const MAX_ENTRIES = 10_000;

/**
 * Of the bound. The largest share for which a lone player never waits, whatever its rhythm: of all multiples of an
 * interval shorter than the bound, one lies in the second half of it. Each read costs money: no smaller than it has to be.
 */
const REFRESH_SHARE = 0.5;

/** A bucket that fails at once is not asked again by every request of a busy isolate. */
export const REFRESH_PAUSE_MS = 1000;

/** What is published right after somebody asked for it must not stay missing for the whole bound. */
const MISSING_MS = 1000;

/**
 * One attempt, from the first byte asked for to the last one read. R2 is taken to answer in 10–100 ms; the largest of what
 * is read, a full revocation list, has 4.3 MB. Both attempts together leave a player time to try again, as they give up
 * a segment after 8–10 s.
 */
export const STATE_READ_MS = 2500;

/**
 * For how long a read that is under way may be joined. No longer than what is missing may stay so: its answer must be
 * good for all who joined. One that hangs, or whose request the platform has ended, keeps nobody from reading.
 */
export const STATE_JOIN_MS = MISSING_MS;

/** Whoever waited in vain joins or leads one more: with STATE_READ_MS for each wait, 7.5 s at most. */
const JOINS_MAX = 2;

/** Requests that meet may have looked at the clock in another order; further back than this, it was set back. */
const CLOCK_SLACK_MS = 1000;

/** Whether something of this age may still be used. What seems to be from the future has an age that nobody knows. */
const isYounger = (ageMs: number, maxAgeMs: number): boolean =>
  ageMs < maxAgeMs && ageMs > -Math.min(CLOCK_SLACK_MS, maxAgeMs);

/** `order`: of the reads of this isolate, by when they began. `refreshedAtMs`: when the last refresh of it began. */
type Entry<T> = { value: T | null; readAtMs: number; order: number; refreshedAtMs: number };

export type RefreshAheadOptions<T> = FlightOptions & {
  /** With 0 every request reads. */
  maxAgeMs: number;
  /** Reads a value, plain data, or `null` where there is none, which is good for a second at most. */
  load: (key: string) => Promise<T | null>;
};

/** How long reads of the bucket are joined, and waited for by those who joined. */
export const stateFlightBounds = (maxAgeMs: number) => ({
  joinMs: Math.min(STATE_JOIN_MS, maxAgeMs),
  waitMs: STATE_READ_MS,
});

export class RefreshAhead<T> {
  readonly #entries = new LruMap<string, Entry<T>>(MAX_ENTRIES);
  readonly #flights: SingleFlight<T | null>;
  readonly #options: RefreshAheadOptions<T>;
  #reads = 0;

  constructor(options: RefreshAheadOptions<T>) {
    this.#options = options;
    this.#flights = new SingleFlight(options, stateFlightBounds(options.maxAgeMs));
  }

  /** As of less than the bound before `nowMs`. Throws AppError `unavailable`, and what `load` throws of its own. */
  async read(key: string, nowMs: number): Promise<T | null> {
    const known = this.#entries.get(key);
    if (known === undefined || !this.#isGood(known, nowMs)) {
      return this.#wait(key, nowMs);
    }
    if (this.#isDue(known, nowMs)) {
      known.refreshedAtMs = nowMs;
      void this.#refresh(key, nowMs);
    }
    return known.value;
  }

  /** Whether what was last read is as of `sinceMs` or later. */
  isOfSince(key: string, sinceMs: number, nowMs: number): boolean {
    const known = this.#entries.get(key);
    return known !== undefined && known.readAtMs >= sinceMs && isYounger(nowMs - known.readAtMs, Infinity);
  }

  /** As of `sinceMs` or later: read now, unless it has been since. Throws as `read` does. */
  async readSince(key: string, sinceMs: number, nowMs: number): Promise<T | null> {
    return this.isOfSince(key, sinceMs, nowMs) ? this.lastRead(key) : this.#wait(key, nowMs, sinceMs);
  }

  /** What was last read, however old: for `load`, which may find that it still holds. */
  lastRead(key: string): T | null {
    return this.#entries.get(key)?.value ?? null;
  }

  #isGood({ value, readAtMs }: Entry<T>, nowMs: number): boolean {
    const { maxAgeMs } = this.#options;
    return isYounger(nowMs - readAtMs, value === null ? Math.min(MISSING_MS, maxAgeMs) : maxAgeMs);
  }

  #isDue({ readAtMs, refreshedAtMs }: Entry<T>, nowMs: number): boolean {
    const isOld = nowMs - readAtMs >= this.#options.maxAgeMs * REFRESH_SHARE;
    return isOld && !isYounger(nowMs - refreshedAtMs, REFRESH_PAUSE_MS);
  }

  /** Nobody waits for it; the flight keeps the request alive. Never rejects. */
  async #refresh(key: string, nowMs: number): Promise<void> {
    try {
      await this.#flights.run(key, () => this.#load(key, nowMs));
    } catch (error) {
      log.warn({ event: 'state_refresh_failed', key, reason: String(error) });
    }
  }

  async #wait(key: string, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): Promise<T | null> {
    for (let join = 1; join <= JOINS_MAX; join += 1) {
      const joined = await this.#flights.run(key, () => this.#load(key, nowMs));
      // A read that was under way already may be of too early.
      const readAtMs = this.#entries.get(key)?.readAtMs ?? sinceMs;
      if (joined.role === 'leader' || (joined.role === 'follower' && readAtMs >= sinceMs)) {
        return joined.value;
      }
    }
    throw new AppError('unavailable', { cause: new Error('no answer to those who were waited for') });
  }

  async #load(key: string, nowMs: number): Promise<T | null> {
    this.#reads += 1;
    const order = this.#reads;
    const value = await this.#attempt(key);
    // A slower, earlier read must not overwrite what a later one found; clocks do not tell which that is, since they may
    // be set back.
    const other = this.#entries.get(key);
    if (other !== undefined && other.order > order) {
      return other.value;
    }
    this.#entries.set(key, { value, readAtMs: nowMs, order, refreshedAtMs: Number.NEGATIVE_INFINITY });
    return value;
  }

  /** Tried again at once where the bucket failed or hung; what is there and wrong stays wrong. */
  async #attempt(key: string): Promise<T | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await inTime(this.#options.load(key), STATE_READ_MS, this.#options.startTimer);
      } catch (error) {
        const isFault = error instanceof AppError && error.code === 'unavailable';
        if (!isFault || attempt >= LOAD_ATTEMPTS) {
          throw error;
        }
      }
    }
  }
}
