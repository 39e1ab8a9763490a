/**
 * How popular each version is, as far as this isolate can tell, and what follows from it: how long the data centre's
 * cache may keep an object of it. Pure: the clock is injected.
 *
 * What is counted are sessions that this isolate meets for the first time, not reads: one viewer of a film reads
 * thousands of objects, and a popular film hardly any beyond memory. A new session is where its signature is checked, so
 * whatever a known session reads, from memory or not, costs nothing here. An isolate sees a part of what its data centre
 * sees: a class is an estimate, and a wrong one costs a read, never a wrong answer. A copy that was stored under another
 * class stays as it is until it runs out; its next fill follows the new class.
 */

import { type VersionRef, versionPrefix, versionPrefixOf } from '../../media/keys.ts';
import type { POPULARITY_CLASSES } from '../../metrics/metric-series.ts';
import { LruMap } from '../../platform/lru-map.ts';

export type PopularityClass = (typeof POPULARITY_CLASSES)[number];

/** Versions remembered, least recently asked for first to go: about 200 bytes each, under 1 MB. */
export const POPULARITY_VERSIONS_MAX = 4096;
/** A session counts half after it: long enough for an evening's audience to add up, forgotten by the next morning. */
export const HALF_LIFE_MS = 30 * 60_000;
/** Two sessions within about a half-life of each other: somebody else may come for the same segments. */
export const WARM_SCORE = 1.5;
/** What about eleven new sessions an hour settle at. */
export const HOT_SCORE = 8;

const DAY = 86_400;
/**
 * How long the data centre's cache may keep an object; players are told `immutable` whatever this says. The platform
 * evicts what has not been asked for longest by itself, so a short limit only adds reads of R2: an hour for cold objects
 * took an audience of 10,000 a day from 98 to 77 % (bench/hitratio.ts, its model). What limits are for is that versions
 * which nobody watches any more do not stay for good.
 */
export const EDGE_SECONDS: Readonly<Record<PopularityClass, number>> = {
  hot: 365 * DAY,
  warm: 90 * DAY,
  cold: 30 * DAY,
};

/** What the data centre's cache is told, and nobody else. */
export const edgeCacheControl = (popularityClass: PopularityClass): string =>
  `public, max-age=${EDGE_SECONDS[popularityClass]}`;

type Entry = { score: number; atMs: number; prewarm: boolean };

export class Popularity {
  readonly #versions = new LruMap<string, Entry>(POPULARITY_VERSIONS_MAX);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#versions.size;
  }

  /** A session that this isolate had not met. */
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
function scoreAt(entry: Entry | undefined, nowMs: number): number {
  return entry === undefined ? 0 : entry.score * 2 ** (-Math.max(0, nowMs - entry.atMs) / HALF_LIFE_MS);
}
