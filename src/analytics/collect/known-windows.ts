/** Which shard of an asset this isolate gives to new sessions: by what the counters last told it. */
import { LruMap } from '../../platform/lru-map.ts';
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** About 150 bytes each. An asset that falls out begins at its first shard again, until the next answer. */
const MAX_REMEMBERED = 10_000;
/** A window takes so long to show what load it has: until then its shards have little to do, and would send sessions back. */
export const SETTLE_MS = 10 * 60_000;

export class KnownWindows {
  readonly #windows = new LruMap<string, ShardWindow & { sinceMs: number }>(MAX_REMEMBERED);
  /**
   * In every window, 0–1. One shard takes more than an isolate sends, and the sessions of an isolate share batches only
   * on the same shard.
   */
  readonly #place: number;

  constructor(place: number = Math.random()) {
    this.#place = place;
  }

  /**
   * What `shard` says. One that lies before the present window only says once more that it was busy. Otherwise the last
   * answer stands, though two may overtake each other: a window that is out of date costs balance, not truth.
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
