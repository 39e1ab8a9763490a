/**
 * How many have watched an asset and how many do now, for pages: each isolate asks the asset's counter at most twice a
 * second, however many pages ask. While the counter fails, the last answer is used until it is too old.
 */

import type { LiveViews } from '../analytics/facts.ts';
import { AppError } from '../errors.ts';
import { log } from '../platform/log.ts';
import { LruMap } from '../platform/lru-map.ts';
import { type FlightOptions, SingleFlight } from '../platform/single-flight.ts';
import { inTime } from '../platform/timer.ts';
import { SHARED_LOAD } from './tiers/limits.ts';

/** About 150 bytes each. */
const KNOWN_MAX = 4096;
/** Comes on top of a total that is up to 1.3 s old (batch, row and report); a page adds its own rhythm. */
export const FRESH_MS = 500;
/** For as long as this a counter may fail before pages are told. */
export const STALE_MS = 10_000;
/** A counter answers from memory, within a round trip. */
export const ASK_MS = 2_000;

type PageViews = Pick<LiveViews, 'views' | 'watching'>;

export type LiveViewsOptions = FlightOptions & { ask: (assetId: string) => Promise<LiveViews> };

export class LiveViewNumbers {
  readonly #options: LiveViewsOptions;
  readonly #known = new LruMap<string, { views: PageViews; askedAtMs: number }>(KNOWN_MAX);
  readonly #asking: SingleFlight<PageViews>;

  constructor(options: LiveViewsOptions) {
    this.#options = options;
    this.#asking = new SingleFlight(options, SHARED_LOAD);
  }

  /** Throws AppError `unavailable`. */
  async read(assetId: string): Promise<PageViews> {
    const known = this.#youngerThan(FRESH_MS, assetId);
    if (known !== null) {
      return known;
    }
    try {
      const joined = await this.#asking.run(assetId, () => this.#ask(assetId));
      if (joined.role !== 'late') {
        return joined.value;
      }
    } catch (error) {
      log.warn({ event: 'live_views_unknown', reason: String(error) });
    }
    const stale = this.#youngerThan(STALE_MS, assetId);
    if (stale === null) {
      throw new AppError('unavailable', { headers: { 'retry-after': '5' } });
    }
    return stale;
  }

  async #ask(assetId: string): Promise<PageViews> {
    const { ask, now, startTimer } = this.#options;
    const askedAtMs = now();
    const { views, watching } = await inTime(ask(assetId), ASK_MS, startTimer);
    const answer = { views, watching };
    this.#known.set(assetId, { views: answer, askedAtMs });
    return answer;
  }

  /** A clock that was set back must not make an answer good for long. */
  #youngerThan(ageMs: number, assetId: string): PageViews | null {
    const known = this.#known.get(assetId);
    return known !== undefined && Math.abs(this.#options.now() - known.askedAtMs) < ageMs ? known.views : null;
  }
}
