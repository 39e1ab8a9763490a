/** Which shards of an asset this isolate gives to new sessions: what the counters last told it. */
import { LruMap } from '../../platform/lru-map.ts';
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** About 150 bytes each. An asset that falls out begins at its first shard again, until the next answer. */
const MAX_REMEMBERED = 10_000;

export class KnownWindows {
  readonly #windows = new LruMap<string, ShardWindow>(MAX_REMEMBERED);

  /** The last answer stands, though two may overtake each other: a window that is out of date costs balance, not truth. */
  learn(assetId: string, { from, count }: ShardWindow): void {
    this.#windows.set(assetId, { from, count });
  }

  draw(assetId: string): number {
    const { from, count } = this.#windows.get(assetId) ?? FIRST_WINDOW;
    return from + Math.floor(Math.random() * count);
  }
}
