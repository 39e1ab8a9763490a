/**
 * One mutable object for those who miss something in what is remembered of it, such as a key that was registered a moment
 * ago: as it is when they ask. It is read at most once a second, however many ask; those who come within that second wait
 * for the end of it and share one read. Of them there are a hundred at most: beyond that they are told what is known, so
 * that a flood of made-up ids neither reads nor piles up.
 */
import type { FlightOptions } from '../../platform/single-flight.ts';
import type { RefreshAhead } from './refresh-ahead.ts';

export const ANEW_PAUSE_MS = 1000;
/** About 10 KB each while they wait. */
export const ANEW_WAITING_MAX = 100;

export class ReadAnew<T> {
  readonly #values: RefreshAhead<T>;
  readonly #key: string;
  readonly #clock: Pick<FlightOptions, 'startTimer' | 'now'>;
  #nextMs = Number.NEGATIVE_INFINITY;
  /** Since the last read: a request that the platform ends is counted until the next one, and no longer. */
  #waiting = 0;

  constructor(values: RefreshAhead<T>, key: string, clock: Pick<FlightOptions, 'startTimer' | 'now'>) {
    this.#values = values;
    this.#key = key;
    this.#clock = clock;
  }

  /** Throws as `RefreshAhead.read` does. */
  async read(askedMs: number): Promise<T | null> {
    let nowMs = askedMs;
    const pauseMs = this.#pauseMs(nowMs);
    if (this.#values.isOfSince(this.#key, askedMs, nowMs) || (pauseMs > 0 && this.#waiting >= ANEW_WAITING_MAX)) {
      return this.#values.lastRead(this.#key);
    }
    if (pauseMs > 0) {
      this.#waiting += 1;
      await this.#clock.startTimer(pauseMs).elapsed;
      nowMs = this.#clock.now();
    }
    if (this.#pauseMs(nowMs) === 0) {
      this.#nextMs = nowMs + ANEW_PAUSE_MS;
      this.#waiting = 0;
    }
    return this.#values.readSince(this.#key, askedMs, nowMs);
  }

  /** Until it may be read. A longer one than there is means that the clock was set back. */
  #pauseMs(nowMs: number): number {
    const pauseMs = this.#nextMs - nowMs;
    return pauseMs > 0 && pauseMs <= ANEW_PAUSE_MS ? pauseMs : 0;
  }
}
