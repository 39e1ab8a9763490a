/**
 * What one isolate has counted since it began. Counting is one addition in a flat array: no strings, no allocation, no
 * I/O. Knows labels from closed sets only, never a path or a token. Pure, so that delivery may import it.
 */
import type { ErrorCode } from '../errors.ts';
import {
  type BatchResult,
  batchesIndex,
  bytesIndex,
  CACHE_HITS_INDEX,
  CONCURRENCY_UNKNOWN_INDEX,
  FACTS_DROPPED_INDEX,
  type FactState,
  factsIndex,
  type RequestKind,
  refusalIndex,
  requestIndex,
  SERIES_KEYS,
  TIER_COUNT_INDICES,
  type Tier,
  type TierCounts,
  type TokenKind,
  verificationIndex,
} from './metric-series.ts';

/** Series key → value, without zeros. */
export type Totals = Readonly<Record<string, number>>;

const TIER_COUNT_ENTRIES = Object.entries(TIER_COUNT_INDICES) as [keyof TierCounts, number][];

export class Meter {
  readonly #totals = new Float64Array(SERIES_KEYS.length);
  /** By index: what `absorb` was last told. */
  readonly #absorbed = new Map<number, number>();

  #add(index: number, amount: number): void {
    this.#totals[index] = (this.#totals[index] ?? 0) + amount;
  }

  /** `bytes` of the body, where it is known. */
  countRequest(kind: RequestKind, status: number, tier: Tier, bytes: number): void {
    this.#add(requestIndex(kind, status, tier), 1);
    this.#add(bytesIndex(kind), bytes);
  }

  countRefusal(code: ErrorCode): void {
    this.#add(refusalIndex(code), 1);
  }

  countStreamLimitUnknown(): void {
    this.#add(CONCURRENCY_UNKNOWN_INDEX, 1);
  }

  countViewFacts(state: FactState, count: number): void {
    this.#add(factsIndex(state), count);
  }

  countViewBatch(result: BatchResult): void {
    this.#add(batchesIndex(result), 1);
  }

  countViewFactsDropped(count: number): void {
    this.#add(FACTS_DROPPED_INDEX, count);
  }

  /** Takes over counters that are kept elsewhere in the isolate and only grow: what they gained since the last time. */
  absorb(now: TierCounts): void {
    for (const [name, index] of TIER_COUNT_ENTRIES) {
      this.#add(index, now[name] - (this.#absorbed.get(index) ?? 0));
      this.#absorbed.set(index, now[name]);
    }
  }

  countCacheHit(): void {
    this.#add(CACHE_HITS_INDEX, 1);
  }

  /** Passes on what a check of a signature resolves or rejects with. */
  async countVerification<T>(kind: TokenKind, check: Promise<T>): Promise<T> {
    try {
      const result = await check;
      this.#add(verificationIndex(kind, 'valid'), 1);
      return result;
    } catch (error) {
      this.#add(verificationIndex(kind, 'invalid'), 1);
      throw error;
    }
  }

  snapshot(): Totals {
    const totals: Record<string, number> = {};
    this.#totals.forEach((value, index) => {
      const key = SERIES_KEYS[index];
      if (value !== 0 && key !== undefined) {
        totals[key] = value;
      }
    });
    return totals;
  }

  /** Goes on without what an earlier snapshot held. */
  subtract(snapshot: Totals): void {
    SERIES_KEYS.forEach((key, index) => {
      this.#add(index, -(snapshot[key] ?? 0));
    });
  }
}

/** The isolate's own. Counters belong to an isolate as memory does, whatever environment a request brings. */
export const meter = new Meter();

/** Weak: a note lives as long as its request. */
const kinds = new WeakMap<object, RequestKind>();

/** Tells the counting middleware what a request turned out to be for, from wherever that becomes known. */
export function noteKind(request: object, kind: RequestKind): void {
  kinds.set(request, kind);
}

export const notedKind = (request: object): RequestKind | undefined => kinds.get(request);
