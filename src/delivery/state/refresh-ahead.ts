/**
 * Mutable values by key, as this isolate last read them, never older than a bound. Requests do not wait for a value
 * that is still good: from half the bound on, one of them reads it again in the background. If that fails or hangs, the
 * value is used until the bound; then requests read it themselves, or fail. Age counts from before the read began.
 */

import { AppError } from '../../errors.ts';
import { log } from '../../platform/log.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { type FlightOptions, SingleFlight } from '../../platform/single-flight.ts';
import { inTime } from '../../platform/timer.ts';
import { retried } from '../objects/objects.ts';

/** About 200 bytes each, where the value is a current.json. */
const MAX_ENTRIES = 10_000;

/** Of the bound. The largest share with which a lone player never waits: it asks at least once in the second half. */
const REFRESH_SHARE = 0.5;

/** After a refresh that failed at once: a busy isolate must not ask the bucket for every request. */
export const REFRESH_PAUSE_MS = 1000;

/** An asset that is published right after somebody asked for it must not stay missing for the whole bound. */
const MISSING_MS = 1000;

/**
 * One attempt, body included. R2 answers in 10–100 ms; the largest object, a full revocation list, has 4.3 MB. After
 * two attempts a player still has time to try again: it gives up a segment after 8–10 s.
 */
export const STATE_READ_MS = 2500;

/** For how long a read that is under way may be joined: its answer may be "missing", which holds no longer. */
export const STATE_JOIN_MS = MISSING_MS;

/** How often a value may be read anew, for all who ask. */
export const ANEW_PAUSE_MS = 1000;
/** About 10 KB each while they wait. */
export const ANEW_WAITING_MAX = 100;

/** A request that waited in vain joins or leads one more read: with STATE_READ_MS for each wait, 7.5 s at most. */
const JOINS_MAX = 2;

/** Concurrent requests may have read the clock in another order; further back than this, it was set back. */
const CLOCK_SLACK_MS = 1000;

/** Whether a value of this age may still be used. One that seems to come from the future has an unknown age. */
const isYounger = (ageMs: number, maxAgeMs: number): boolean =>
  ageMs < maxAgeMs && ageMs > -Math.min(CLOCK_SLACK_MS, maxAgeMs);

/** `order`: of the reads of this isolate, by when they began. `refreshedAtMs`: when its last refresh began. */
type StateEntry<T> = { value: T | null; readAtMs: number; order: number; refreshedAtMs: number };

export type RefreshAheadOptions<T> = FlightOptions & {
  /** With 0 every request reads. */
  maxAgeMs: number;
  /** Reads a value, plain data, or `null` where there is none, which is good for a second at most. */
  load: (key: string) => Promise<T | null>;
};

/** How long a read of the bucket may be joined, and how long those who joined wait for it. */
export const stateFlightBounds = (maxAgeMs: number) => ({
  joinMs: Math.min(STATE_JOIN_MS, maxAgeMs),
  waitMs: STATE_READ_MS,
});

export class RefreshAhead<T> {
  readonly #entries = new LruMap<string, StateEntry<T>>(MAX_ENTRIES);
  readonly #flights: SingleFlight<T | null>;
  readonly #options: RefreshAheadOptions<T>;
  #reads = 0;
  /** When a value may be read anew. */
  #anewMs = Number.NEGATIVE_INFINITY;
  /** Since the last read anew: a request that the platform ends is counted until the next one, and no longer. */
  #waiting = 0;

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

  /**
   * As it is now, such as the keys where a link names an unknown one. Requests within ANEW_PAUSE_MS of the last such
   * read wait until then and share one read. Beyond ANEW_WAITING_MAX they get the last value: a flood of made-up ids
   * neither reads nor piles up. Throws as `read` does.
   */
  async readAnew(key: string, askedMs: number): Promise<T | null> {
    let nowMs = askedMs;
    const pauseMs = this.#anewPauseMs(nowMs);
    if (this.#isOfSince(key, askedMs, nowMs) || (pauseMs > 0 && this.#waiting >= ANEW_WAITING_MAX)) {
      return this.lastRead(key);
    }
    if (pauseMs > 0) {
      this.#waiting += 1;
      await this.#options.startTimer(pauseMs).elapsed;
      nowMs = this.#options.now();
    }
    if (this.#anewPauseMs(nowMs) === 0) {
      this.#anewMs = nowMs + ANEW_PAUSE_MS;
      this.#waiting = 0;
    }
    return this.#isOfSince(key, askedMs, nowMs) ? this.lastRead(key) : this.#wait(key, nowMs, askedMs);
  }

  /** The last value, however old: for `load`, which may find that it still holds. */
  lastRead(key: string): T | null {
    return this.#entries.get(key)?.value ?? null;
  }

  /** Until the next read. More than ANEW_PAUSE_MS means that the clock was set back. */
  #anewPauseMs(nowMs: number): number {
    const pauseMs = this.#anewMs - nowMs;
    return pauseMs > 0 && pauseMs <= ANEW_PAUSE_MS ? pauseMs : 0;
  }

  /** Whether the last read is as of `sinceMs` or later. */
  #isOfSince(key: string, sinceMs: number, nowMs: number): boolean {
    const known = this.#entries.get(key);
    return known !== undefined && known.readAtMs >= sinceMs && isYounger(nowMs - known.readAtMs, Infinity);
  }

  #isGood({ value, readAtMs }: StateEntry<T>, nowMs: number): boolean {
    const { maxAgeMs } = this.#options;
    return isYounger(nowMs - readAtMs, value === null ? Math.min(MISSING_MS, maxAgeMs) : maxAgeMs);
  }

  #isDue({ readAtMs, refreshedAtMs }: StateEntry<T>, nowMs: number): boolean {
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
      // A read that was under way already may have begun too early.
      const readAtMs = this.#entries.get(key)?.readAtMs ?? sinceMs;
      if (joined.role === 'leader' || (joined.role === 'follower' && readAtMs >= sinceMs)) {
        return joined.value;
      }
    }
    throw new AppError('unavailable', { cause: new Error('the requests that read it do not answer') });
  }

  async #load(key: string, nowMs: number): Promise<T | null> {
    this.#reads += 1;
    const order = this.#reads;
    const { load, startTimer } = this.#options;
    const value = await retried(() => inTime(load(key), STATE_READ_MS, startTimer));
    // A slower, earlier read must not overwrite what a later one found. Not by the clock, which may be set back.
    const other = this.#entries.get(key);
    if (other !== undefined && other.order > order) {
      return other.value;
    }
    this.#entries.set(key, { value, readAtMs: nowMs, order, refreshedAtMs: Number.NEGATIVE_INFINITY });
    return value;
  }
}
