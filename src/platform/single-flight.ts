/**
 * One load for all who ask at the same time. What is shared must be plain data: workerd forbids a request to touch the
 * streams and responses of another. It must not know what is loaded.
 */

import { LruMap } from './lru-map.ts';
import { type StartTimer, TIMED_OUT, within } from './timer.ts';

/** Loads under way that others may join. More than an isolate ever has; the rest load on their own. */
const FLIGHTS_MAX = 4096;

/** Keeps the request of the caller alive until the work is done, its client gone or not. */
export type WaitUntil = (work: Promise<unknown>) => void;

export type FlightOptions = { waitUntil: WaitUntil; startTimer: StartTimer; now: () => number };

/** How old a load may be that others still join, and how long they wait for it. */
export type FlightBounds = { joinMs: number; waitMs: number };

/** `crowd`: how many have waited for the same value. `late`: the leader took too long; the caller is on its own. */
export type Joined<T> = { role: 'leader' | 'follower'; value: T; crowd: number } | { role: 'late' };

type Flight<T> = { work: Promise<T>; startedAtMs: number; followers: number };

export class SingleFlight<T> {
  readonly #flights = new LruMap<string, Flight<T>>(FLIGHTS_MAX);
  readonly #options: FlightOptions;
  readonly #bounds: FlightBounds;

  constructor(options: FlightOptions, bounds: FlightBounds) {
    this.#options = options;
    this.#bounds = bounds;
  }

  /**
   * Starts `load`, or joins the one of this key that is under way. Throws what the load throws, to all of them; by then
   * the flight is over, and whoever tries again first leads the next one.
   */
  async run(key: string, load: () => Promise<T>): Promise<Joined<T>> {
    const { now, startTimer } = this.#options;
    const flight = this.#flights.get(key);
    // A request that the platform killed never settles its promises: such a flight is older than any load may be.
    if (flight === undefined || now() - flight.startedAtMs >= this.#bounds.joinMs) {
      return this.#lead(key, load);
    }
    flight.followers += 1;
    const value = await within(flight.work, this.#bounds.waitMs, startTimer);
    if (value === TIMED_OUT) {
      // Whoever comes next must not wait behind it as well.
      this.#end(key, flight);
      return { role: 'late' };
    }
    return { role: 'follower', value, crowd: flight.followers };
  }

  async #lead(key: string, load: () => Promise<T>): Promise<Joined<T>> {
    const { now, waitUntil } = this.#options;
    // Ended before anybody hears of the outcome, so that a retry never joins the flight that failed.
    const work = load().finally(() => this.#end(key, flight));
    const flight: Flight<T> = { work, startedAtMs: now(), followers: 0 };
    this.#flights.set(key, flight);
    // Without it followers hang when the leader's client goes away (docs/architecture/platform.md, coalescing).
    waitUntil(work.catch(() => {}));
    return { role: 'leader', value: await work, crowd: flight.followers };
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) {
      this.#flights.delete(key);
    }
  }
}
