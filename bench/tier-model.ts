/**
 * Models which tier answers each request, on a virtual clock, with the Worker's own LRU map and popularity classes. It
 * covers what cannot be replayed for real: whole films, hours of waiting, and a data centre cache that forgets. Pure.
 */

import { ENTRY_OVERHEAD_BYTES } from '../src/delivery/tiers/limits.ts';
import { Popularity, type PopularityClass } from '../src/delivery/tiers/popularity.ts';
import { type VersionRef, versionPrefix } from '../src/media/keys.ts';
import { LruMap } from '../src/platform/lru-map.ts';
import type { ReplayRequest } from './replay.ts';

export type ModelOptions = {
  memoryBytes: number;
  /** The size of the data centre's cache, which evicts the least recently used objects. Infinity: it never evicts. */
  edgeBytes: number;
  /** How long it keeps an object of each class, or `null` for ever. */
  edgeSeconds: Readonly<Record<PopularityClass, number>> | null;
};

export type TierBytes = { memory: number; edge: number; r2: number };
export type Counted = {
  requests: number;
  bytes: number;
  tierRequests: TierBytes;
  tierBytes: TierBytes;
  /** The size of all requested objects, each counted once. */
  distinctBytes: number;
};

export const newCounted = (): Counted => ({
  requests: 0,
  bytes: 0,
  tierRequests: { memory: 0, edge: 0, r2: 0 },
  tierBytes: { memory: 0, edge: 0, r2: 0 },
  distinctBytes: 0,
});

export const versionOf = (asset: number): VersionRef => ({ assetId: `film-${asset}`, version: 'ver1' });
export const objectName = ({ asset, track, number }: ReplayRequest): string => `${asset}/${track.id}/${number}`;

/** The share of bytes that did not come from R2. */
export const hitRatio = ({ bytes, tierBytes }: Counted): number => 1 - tierBytes.r2 / bytes;
/** The best hit ratio of a cache that starts empty, which must read each object once. */
export const ratioMax = ({ bytes, distinctBytes }: Counted): number => 1 - distinctBytes / bytes;

export function count(counted: Counted, tier: keyof TierBytes, bytes: number): void {
  counted.requests += 1;
  counted.bytes += bytes;
  counted.tierRequests[tier] += 1;
  counted.tierBytes[tier] += bytes;
}

/** The tiers keep their contents from one replay to the next. */
export class TierModel {
  readonly #memory: LruMap<string, true>;
  readonly #edge: LruMap<string, number>;
  readonly #edgeSeconds: ModelOptions['edgeSeconds'];
  readonly #popularity = new Popularity(() => this.#nowMs);
  #nowMs = 0;

  constructor({ memoryBytes, edgeBytes, edgeSeconds }: ModelOptions) {
    this.#memory = new LruMap(memoryBytes);
    this.#edge = new LruMap(edgeBytes);
    this.#edgeSeconds = edgeSeconds;
  }

  /** `fromMs` is added to the times of the requests. */
  replay(requests: readonly ReplayRequest[], fromMs = 0): Counted {
    const counted = newCounted();
    const seen = new Set<string>();
    for (const request of requests) {
      this.#nowMs = fromMs + request.atMs;
      if (request.number === 1) {
        this.#popularity.countSession(versionOf(request.asset));
      }
      const name = objectName(request);
      const bytes = request.track.segmentBytes;
      counted.distinctBytes += seen.has(name) ? 0 : bytes;
      seen.add(name);
      count(counted, this.#answer(name, request.asset, bytes), bytes);
    }
    return counted;
  }

  #answer(name: string, asset: number, bytes: number): keyof TierBytes {
    if (this.#memory.get(name) !== undefined) {
      return 'memory';
    }
    this.#memory.set(name, true, bytes + ENTRY_OVERHEAD_BYTES);
    const untilMs = this.#edge.get(name);
    if (untilMs !== undefined && this.#nowMs < untilMs) {
      return 'edge';
    }
    const popularityClass = this.#popularity.classOf(versionPrefix(versionOf(asset)));
    const seconds = this.#edgeSeconds?.[popularityClass] ?? Number.POSITIVE_INFINITY;
    this.#edge.set(name, this.#nowMs + seconds * 1000, bytes);
    return 'r2';
  }
}
