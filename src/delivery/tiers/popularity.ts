/**
 * How popular each version is, as far as this isolate can tell, and how long the data centre's cache may keep its
 * objects. It counts sessions that this isolate meets for the first time, not reads: one viewer reads thousands of
 * objects, and a popular film is read from memory. A wrong estimate costs a read, never a wrong answer; a stored copy
 * keeps its limit until its next fill. Pure: the clock is injected.
 */

import { type VersionRef, versionPrefix, versionPrefixOf } from '../../media/keys.ts';
import type { POPULARITY_CLASSES } from '../../metrics/metric-series.ts';
import type { TierCounters } from '../../metrics/tier-counters.ts';
import { LruMap } from '../../platform/lru-map.ts';

export type PopularityClass = (typeof POPULARITY_CLASSES)[number];

/** About 200 bytes each, under 1 MB; the version asked for longest ago goes first. */
export const POPULARITY_VERSIONS_MAX = 4096;
/** A session counts half after it: an evening's audience adds up, and the next morning it is forgotten. */
export const HALF_LIFE_MS = 30 * 60_000;
/** Two sessions within about a half-life of each other: somebody else may come for the same segments. */
export const WARM_SCORE = 1.5;
/** What about eleven new sessions an hour settle at. */
export const HOT_SCORE = 8;

const DAY = 86_400;
/**
 * Limits keep versions that nobody watches from staying for good. They are long, since the platform evicts by itself:
 * one hour for cold objects took an audience of 10,000 a day from 98 to 77 % hits (bench/hitratio.ts).
 */
export const EDGE_SECONDS: Readonly<Record<PopularityClass, number>> = {
  hot: 365 * DAY,
  warm: 90 * DAY,
  cold: 30 * DAY,
};

/** For the data centre's cache alone: players are told `immutable`. */
export const edgeCacheControl = (popularityClass: PopularityClass): string =>
  `public, max-age=${EDGE_SECONDS[popularityClass]}`;

export const EDGE_FILLS = {
  hot: 'edgeFillsHot',
  warm: 'edgeFillsWarm',
  cold: 'edgeFillsCold',
} as const satisfies Record<PopularityClass, keyof TierCounters>;

type VersionScore = { score: number; atMs: number; prewarm: boolean };

export class Popularity {
  readonly #versions = new LruMap<string, VersionScore>(POPULARITY_VERSIONS_MAX);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#versions.size;
  }

  countSession(version: VersionRef): void {
    const key = versionPrefix(version);
    const nowMs = this.#now();
    const known = this.#versions.get(key);
    this.#versions.set(key, { score: scoreAt(known, nowMs) + 1, atMs: nowMs, prewarm: known?.prewarm ?? false });
  }

  /** What current.json says of its version. */
  notePrewarm(version: VersionRef, prewarm: boolean): void {
    const key = versionPrefix(version);
    const known = this.#versions.get(key);
    if (known !== undefined || prewarm) {
      this.#versions.set(key, { score: 0, atMs: this.#now(), ...known, prewarm });
    }
  }

  /** Of the version that an object key belongs to. */
  classOf(key: string): PopularityClass {
    const known = this.#versions.get(versionPrefixOf(key));
    const score = scoreAt(known, this.#now());
    if (known?.prewarm === true || score >= HOT_SCORE) {
      return 'hot';
    }
    return score >= WARM_SCORE ? 'warm' : 'cold';
  }
}

/** A clock that was set back ages nothing. */
function scoreAt(known: VersionScore | undefined, nowMs: number): number {
  return known === undefined ? 0 : known.score * 2 ** (-Math.max(0, nowMs - known.atMs) / HALF_LIFE_MS);
}
