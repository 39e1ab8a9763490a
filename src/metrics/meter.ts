/**
 * What one isolate has counted since it began: additions in memory, no I/O. Its labels come from closed sets only, never
 * from a path or a token. Pure, so that delivery may import it.
 */
import type { ErrorCode } from '../errors.ts';
import {
  type BATCH_RESULTS,
  type CounterName,
  REQUEST_KINDS,
  type RequestKind,
  seriesKey,
  shownStatus,
  type Tier,
} from './metric-series.ts';
import { newTierCounters, type TierCounters } from './tier-counters.ts';

/** Series key → value, without zeros. */
export type Totals = Readonly<Record<string, number>>;

/** The counts of the tiers that `/metrics` shows. */
const TIER_SERIES: readonly [keyof TierCounters, CounterName, ...string[]][] = [
  ['r2MediaReads', 'sluice_r2_reads_total', 'media'],
  ['r2StateReads', 'sluice_r2_reads_total', 'state'],
  ['followers', 'sluice_coalesced_followers_total'],
  ['edgeFillsHot', 'sluice_edge_fills_total', 'hot'],
  ['edgeFillsWarm', 'sluice_edge_fills_total', 'warm'],
  ['edgeFillsCold', 'sluice_edge_fills_total', 'cold'],
  ['prewarmRead', 'sluice_prewarmed_objects_total', 'read'],
  ['prewarmMissing', 'sluice_prewarmed_objects_total', 'missing'],
  ['prewarmFailed', 'sluice_prewarmed_objects_total', 'failed'],
  ['prewarmSkipped', 'sluice_prewarmed_objects_total', 'skipped'],
];

export class Meter {
  readonly #totals = new Map<string, number>();
  #absorbed = newTierCounters();

  #add(amount: number, counter: CounterName, ...labelValues: string[]): void {
    const key = seriesKey(counter, labelValues);
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + amount);
  }

  /** `bytes` of the body, where known. */
  countRequest(kind: RequestKind, status: number, tier: Tier, bytes: number): void {
    this.#add(1, 'sluice_requests_total', REQUEST_KINDS[kind], kind, shownStatus(status), tier);
    this.#add(bytes, 'sluice_response_bytes_total', kind);
  }

  countRefusal(code: ErrorCode): void {
    this.#add(1, 'sluice_refusals_total', code);
  }

  countStreamLimitUnknown(): void {
    this.#add(1, 'sluice_concurrency_limit_unknown_total');
  }

  countViewFacts(state: 'recorded' | 'acknowledged', count: number): void {
    this.#add(count, 'sluice_view_facts_total', state);
  }

  countViewBatch(result: (typeof BATCH_RESULTS)[number]): void {
    this.#add(1, 'sluice_view_batches_total', result);
  }

  countViewFactsDropped(count: number): void {
    this.#add(count, 'sluice_view_facts_dropped_total');
  }

  /** Adds what these counters have gained since the last call; they only grow. */
  absorb(now: TierCounters): void {
    for (const [name, counter, ...labelValues] of TIER_SERIES) {
      this.#add(now[name] - this.#absorbed[name], counter, ...labelValues);
    }
    this.#absorbed = { ...now };
  }

  countCacheHit(): void {
    this.#add(1, 'sluice_token_cache_hits_total');
  }

  /** Resolves or rejects as `check` does, the check of a signature. */
  async countVerification<T>(kind: 'link' | 'session', check: Promise<T>): Promise<T> {
    try {
      const result = await check;
      this.#add(1, 'sluice_token_verifications_total', kind, 'valid');
      return result;
    } catch (error) {
      this.#add(1, 'sluice_token_verifications_total', kind, 'invalid');
      throw error;
    }
  }

  snapshot(): Totals {
    return Object.fromEntries([...this.#totals].filter(([, value]) => value !== 0));
  }

  /** Continues without what an earlier snapshot held. */
  subtract(snapshot: Totals): void {
    for (const [key, value] of Object.entries(snapshot)) {
      this.#totals.set(key, (this.#totals.get(key) ?? 0) - value);
    }
  }
}

/** The isolate's own: an isolate has one memory, whichever environment a request brings. */
export const meter = new Meter();

/** Weak: a note lives as long as its request. */
const kinds = new WeakMap<object, RequestKind>();

/** Tells `countRequests` what a request is for, from the code that finds out. */
export function noteKind(request: object, kind: RequestKind): void {
  kinds.set(request, kind);
}

export const notedKind = (request: object): RequestKind | undefined => kinds.get(request);
