/**
 * The data centre's cache (Cache API), shared by its isolates. Keys hold the object key and nothing else: no token, no
 * host. Only whole objects go in. A cache that fails or hangs, or whose copy stalls or is not whole, is passed by: the
 * next tier is asked.
 */

import type { TierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import type { WaitUntil } from '../../platform/single-flight.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import type { FoundObject, ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import { askCache, describePart, describeWhole, discardResponse, rangeHeader } from './cached-response.ts';
import { type HoldOptions, holdObject, holdStored, readHeld, type StoredObject } from './held-object.ts';
import {
  EDGE_BODY_WAIT_MS,
  EDGE_COPIES_MAX,
  EDGE_MATCH_WAIT_MS,
  EDGE_PUT_MS,
  MAX_HELD_OBJECT_BYTES,
} from './limits.ts';
import { EDGE_FILLS, edgeCacheControl, type Popularity } from './popularity.ts';

export type EdgeOptions = HoldOptions & {
  cache: Pick<Cache, 'match' | 'put'>;
  counters: TierCounters;
  popularity: Pick<Popularity, 'classOf'>;
  /** Whether to count what is put as a fill: not where the media origin has counted it when it answered. */
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
    if (read.size > MAX_HELD_OBJECT_BYTES) {
      this.#copy(key);
    }
    // A stream for two readers would pile up in memory behind the slower one; bytes serve both.
    const object = range === undefined ? await holdObject(read, this.#options) : null;
    if (object === null) {
      return read;
    }
    this.#keep(() => this.#put(key, object.bytes, read));
    return readHeld(object, undefined, read.tier);
  }

  async #find(key: string, range: RangeSpec | undefined): Promise<FoundObject | null> {
    const stored = await this.#match(key, range);
    try {
      return stored && (await holdStored(stored, EDGE_BODY_WAIT_MS, this.#options));
    } catch (error) {
      passBy(String(error));
      return null;
    }
  }

  /** `null`, the answer let go, where it is not one to this question. */
  async #match(key: string, range: RangeSpec | undefined): Promise<StoredObject | null> {
    const { cache, startTimer } = this.#options;
    const request = new Request(urlOf(key), range === undefined ? {} : { headers: { range: rangeHeader(range) } });
    const response = await askCache(() => cache.match(request), EDGE_MATCH_WAIT_MS, startTimer, passBy);
    if (response === null) {
      return null;
    }
    const description = range === undefined ? describeWhole(response) : describePart(response);
    if (description === null || response.body === null) {
      discardResponse(response);
      return null;
    }
    return { kind: 'found', tier: 'edge', body: response.body, ...description };
  }

  /** Its Cache-Control is for the cache alone: players get the one of cache-policy.ts. */
  async #put(key: string, body: BodyInit, { size, etag }: ObjectHead): Promise<void> {
    const { cache, counters, countsFills, popularity } = this.#options;
    const popularityClass = popularity.classOf(key);
    counters[EDGE_FILLS[popularityClass]] += countsFills ? 1 : 0;
    const headers = {
      'content-length': String(size),
      'cache-control': edgeCacheControl(popularityClass),
      'content-type': 'application/mp4',
      etag,
    };
    await cache.put(urlOf(key), new Response(body, { headers }));
  }

  /** Reads what is too large to hold once more, straight into the cache, so that the next requests find it there. */
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
          await this.#put(key, withLength(read.body, read.size), read);
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
          throw new Error(`not stored within ${EDGE_PUT_MS} ms`);
        }
      } catch (error) {
        log.warn({ event: 'edge_put_failed', reason: String(error) });
      } finally {
        ended();
      }
    };
    waitUntil(bounded());
  }
}

/** workerd pipes no FixedLengthStream into another one, and bodies of made segments are such. */
const withLength = (body: ReadableStream<Uint8Array>, sizeBytes: number): ReadableStream<Uint8Array> =>
  body.pipeThrough(new TransformStream()).pipeThrough(new FixedLengthStream(sizeBytes));

/** Without the key, which names an asset. */
function passBy(reason: string): void {
  log.warn({ event: 'edge_cache_passed_by', reason });
}
