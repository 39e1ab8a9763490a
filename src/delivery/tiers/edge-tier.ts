/**
 * The data centre's cache (Cache API), shared by its isolates. Keys hold the object key and nothing else: no token, no
 * host. It neither collapses misses nor outlives eviction; the tiers around it do the rest. Only whole objects of this
 * bucket go in, and nothing that was missing or failed. A cache that fails or hangs, or whose copy stalls or is not whole,
 * is passed by: the next tier is asked, as if this one were not there.
 */

import type { TierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import type { WaitUntil } from '../../platform/single-flight.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import type { FoundObject, ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import { describePart, describeWhole, discardResponse, rangeHeader } from './cached-response.ts';
import { EDGE_FILLS } from './counted-objects.ts';
import { type HeldObject, holdObject, readHeld } from './held-object.ts';
import {
  EDGE_BODY_WAIT_MS,
  EDGE_COPIES_MAX,
  EDGE_MATCH_WAIT_MS,
  EDGE_PUT_MS,
  MAX_HELD_OBJECT_BYTES,
} from './limits.ts';
import { edgeCacheControl, type Popularity } from './popularity.ts';
import { type HoldOptions, holdStored, type StoredObject } from './read-whole.ts';

export type EdgeOptions = HoldOptions & {
  cache: Pick<Cache, 'match' | 'put'>;
  counters: TierCounters;
  popularity: Pick<Popularity, 'classOf'>;
  /** Whether what is put counts as a fill: not where the media origin has counted it when it answered. */
  countsFills: boolean;
  waitUntil: WaitUntil;
};

/** A name that no host has: the Cache API wants a URL, and these are never fetched. */
const ORIGIN = 'https://objects.sluice.invalid/';

const urlOf = (key: string): string => ORIGIN + key.split('/').map(encodeURIComponent).join('/');

export class EdgeTier implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: EdgeOptions;
  /** Key → since when it is being copied. */
  readonly #copies = new Map<string, number>();

  constructor(next: ObjectSource, options: EdgeOptions) {
    this.#next = next;
    this.#options = options;
  }

  async head(key: string): Promise<ObjectHead | null> {
    const stored = await this.#match(key, undefined);
    if (stored === null) {
      return this.#next.head(key);
    }
    void stored.body.cancel().catch(() => {});
    this.#options.counters.edgeHits += 1;
    return { size: stored.size, etag: stored.etag, tier: 'edge' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const hit = await this.#find(key, range);
    if (hit !== null) {
      this.#options.counters.edgeHits += 1;
      return hit;
    }
    const read = await this.#next.get(key, range);
    if (read.kind !== 'found') {
      return read;
    }
    const { budget, now } = this.#options;
    if (read.size > MAX_HELD_OBJECT_BYTES) {
      this.#copy(key);
    }
    // A stream for two readers would pile up in memory behind the slower one; bytes serve both.
    const object = range === undefined ? await holdObject(read, budget, now()) : null;
    if (object === null) {
      return read;
    }
    this.#put(key, object);
    return readHeld(object, undefined, read.tier);
  }

  async #find(key: string, range: RangeSpec | undefined): Promise<FoundObject | null> {
    const stored = await this.#match(key, range);
    try {
      return stored && (await holdStored(stored, EDGE_BODY_WAIT_MS, this.#options));
    } catch (error) {
      logPassedBy(String(error));
      return null;
    }
  }

  /** `null` where the cache has nothing of use, fails or takes too long; what comes later is let go. */
  async #match(key: string, range: RangeSpec | undefined): Promise<StoredObject | null> {
    const { cache, startTimer } = this.#options;
    const request = new Request(urlOf(key), range === undefined ? {} : { headers: { range: rangeHeader(range) } });
    const work = (async () => cache.match(request))();
    try {
      const response = await within(work, EDGE_MATCH_WAIT_MS, startTimer);
      if (response !== TIMED_OUT) {
        return response === undefined ? null : storedIn(response, range);
      }
      work.then((late) => late && discardResponse(late)).catch(() => {});
      logPassedBy('no answer in time');
    } catch (error) {
      logPassedBy(String(error));
    }
    return null;
  }

  /** What the cache is given. Its Cache-Control is for the cache alone: players get the one of cache-policy.ts. */
  #response(key: string, body: BodyInit, { size, etag }: { size: number; etag: string }): Response {
    const { counters, countsFills, popularity } = this.#options;
    const popularityClass = popularity.classOf(key);
    counters[EDGE_FILLS[popularityClass]] += countsFills ? 1 : 0;
    return new Response(body, {
      headers: {
        'content-length': String(size),
        'cache-control': edgeCacheControl(popularityClass),
        'content-type': 'application/mp4',
        etag,
      },
    });
  }

  #put(key: string, { bytes, etag }: HeldObject): void {
    const response = this.#response(key, bytes, { size: bytes.byteLength, etag });
    this.#keep(async () => this.#options.cache.put(urlOf(key), response));
  }

  /** Too large to hold: read once more, straight into the cache, so that the next ones find it there. */
  #copy(key: string): void {
    const nowMs = this.#options.now();
    for (const [copied, sinceMs] of this.#copies) {
      if (nowMs - sinceMs > EDGE_PUT_MS) {
        this.#copies.delete(copied);
      }
    }
    if (this.#copies.has(key) || this.#copies.size >= EDGE_COPIES_MAX) {
      return;
    }
    this.#copies.set(key, nowMs);
    this.#keep(
      async () => {
        const read = await this.#next.get(key);
        if (read.kind === 'found' && read.body instanceof ReadableStream) {
          const body = read.body.pipeThrough(new FixedLengthStream(read.size));
          await this.#options.cache.put(urlOf(key), this.#response(key, body, read));
        }
      },
      () => this.#copies.delete(key),
    );
  }

  /** Nobody waits for it, and it keeps the request alive no longer than it may take. */
  #keep(work: () => Promise<void>, ended: () => void = () => {}): void {
    const { startTimer, waitUntil } = this.#options;
    const bounded = async (): Promise<void> => {
      try {
        if ((await within(work(), EDGE_PUT_MS, startTimer)) === TIMED_OUT) {
          logNotPut('not stored in time');
        }
      } catch (error) {
        logNotPut(String(error));
      } finally {
        ended();
      }
    };
    waitUntil(bounded());
  }
}

/** `null`, the answer let go, where it is not one to this question. */
function storedIn(response: Response, range: RangeSpec | undefined): StoredObject | null {
  const description = range === undefined ? describeWhole(response) : describePart(response);
  if (description === null || response.body === null) {
    discardResponse(response);
    return null;
  }
  return { kind: 'found', tier: 'edge', body: response.body, ...description };
}

/** Without the key, which names an asset. */
function logPassedBy(reason: string): void {
  log.warn({ event: 'edge_cache_passed_by', reason });
}

/** The answer does not depend on it. */
function logNotPut(reason: string): void {
  log.warn({ event: 'edge_put_failed', reason });
}
