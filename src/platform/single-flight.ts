/**
 * One load for all requests that need it at the same time. They share plain data only: workerd forbids a request to touch
 * the streams and responses of another.
 */

import { LruMap } from './lru-map.ts';
import { type StartTimer, TIMED_OUT, within } from './timer.ts';

/** Loads that others may join. More than an isolate ever has under way. */
const FLIGHTS_MAX = 4096;

/** Keeps the caller's request alive until the work is done, even if its client goes away. */
export type WaitUntil = (work: Promise<unknown>) => void;

export type FlightOptions = { waitUntil: WaitUntil; startTimer: StartTimer; now: () => number };

/** The age up to which others join a load, and how long they wait for it. */
export type FlightBounds = { joinMs: number; waitMs: number };

/** `crowd`: how many have waited for the same value. `late`: the leader took too long; the caller must load on its own. */
export type Joined<T> = { role: 'leader' | 'follower'; value: T; crowd: number } | { role: 'late' };

type Flight<T> = { work: Promise<T>; startedAtMs: number; followers: number };

export class SingleFlight<T> {
  readonly #flights = new LruMap<string, Flight<T>>(FLIGHTS_MAX);
  readonly #options: FlightOptions & FlightBounds;

  constructor(options: FlightOptions, bounds: FlightBounds) {
    this.#options = { ...options, ...bounds };
  }

  /**
   * Starts `load`, or joins the load of this key that is under way. An error of the load goes to all of them; by then the
   * flight is over, and the first to try again leads the next one.
   */
  async run(key: string, load: () => Promise<T>): Promise<Joined<T>> {
    const { now, startTimer, joinMs, waitMs } = this.#options;
    const flight = this.#flights.get(key);
    // A request that the platform killed never settles its promises: its flight is older than any load may be.
    if (flight === undefined || now() - flight.startedAtMs >= joinMs) {
      return this.#lead(key, load);
    }
    flight.followers += 1;
    const value = await within(flight.work, waitMs, startTimer);
    if (value === TIMED_OUT) {
      // The next callers must not wait behind it as well.
      this.#end(key, flight);
      return { role: 'late' };
    }
    return { role: 'follower', value, crowd: flight.followers };
  }

  async #lead(key: string, load: () => Promise<T>): Promise<Joined<T>> {
    const { now, waitUntil } = this.#options;
    // Ended before any caller gets the outcome, so that a retry never joins the flight that failed.
    const work = load().finally(() => this.#end(key, flight));
    const flight: Flight<T> = { work, startedAtMs: now(), followers: 0 };
    this.#flights.set(key, flight);
    // Without this, followers hang when the leader's client goes away (docs/architecture/platform.md, coalescing).
    waitUntil(work.catch(() => {}));
    return { role: 'leader', value: await work, crowd: flight.followers };
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) {
      this.#flights.delete(key);
    }
  }
}
