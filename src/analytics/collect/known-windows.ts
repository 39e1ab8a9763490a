/** Which shard of an asset this isolate gives to new sessions, by the last answers of the counters. */
import { LruMap } from '../../platform/lru-map.ts';
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** About 150 bytes each. A dropped asset begins at its first shard again, until the next answer. */
const MAX_REMEMBERED = 10_000;
/** A window that has just opened has little to do and would send sessions back; it has so long to fill. */
export const SETTLE_MS = 10 * 60_000;

export class KnownWindows {
  readonly #windows = new LruMap<string, ShardWindow & { sinceMs: number }>(MAX_REMEMBERED);
  /** In every window, 0–1. One for all sessions of the isolate: only sessions on the same shard share batches. */
  readonly #place: number;

  constructor(place: number = Math.random()) {
    this.#place = place;
  }

  /**
   * What `shard` answered. A shard before the present window only says again that it was busy. Otherwise the last answer
   * stands. Two may overtake each other: a window that is out of date costs balance, not truth.
   */
  learn(assetId: string, shard: number, { from, count }: ShardWindow, nowMs: number): void {
    const present = this.#windowOf(assetId);
    const isTooSoon = from < present.from && nowMs - present.sinceMs < SETTLE_MS;
    if (shard >= present.from && from !== present.from && !isTooSoon) {
      this.#windows.set(assetId, { from, count, sinceMs: nowMs });
    }
  }

  shardOf(assetId: string): number {
    const { from, count } = this.#windowOf(assetId);
    return from + Math.floor(this.#place * count);
  }

  #windowOf(assetId: string): ShardWindow & { sinceMs: number } {
    return this.#windows.get(assetId) ?? { ...FIRST_WINDOW, sinceMs: 0 };
  }
}
