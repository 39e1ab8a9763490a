/**
 * The data centre's cache (Cache API), shared by its isolates. Keys hold the object key and nothing else: no token, no
 * host. It neither collapses misses nor outlives eviction; the tiers around it do the rest. Only whole objects of this
 * bucket go in, and nothing that was missing or failed.
 */
import type { FoundObject, ObjectHead, ObjectRead, ObjectSource } from '../objects.ts';
import type { RangeSpec } from '../ranges.ts';
import type { ByteBudget } from './byte-budget.ts';
import { describePart, describeWhole, rangeHeader } from './cached-response.ts';
import { EDGE_FILLS, type TierCounters } from './counters.ts';
import { type HeldObject, holdObject, readHeld } from './held-object.ts';
import { EDGE_COPIES_MAX, MAX_HELD_OBJECT_BYTES } from './limits.ts';
import { edgeCacheControl, type Popularity } from './popularity.ts';
import type { WaitUntil } from './single-flight.ts';

export type EdgeOptions = {
  cache: Pick<Cache, 'match' | 'put'>;
  budget: ByteBudget;
  counters: TierCounters;
  popularity: Pick<Popularity, 'classOf'>;
  waitUntil: WaitUntil;
  now: () => number;
};

/** A name that no host has: the Cache API wants a URL, and these are never fetched. */
const ORIGIN = 'https://objects.sluice.invalid/';
/** The platform ends waitUntil then: a copy that is older is dead. */
const COPY_MS = 30_000;

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
    const hit = await this.#match(key, undefined);
    if (hit === null) {
      return this.#next.head(key);
    }
    await (hit.body instanceof ReadableStream && hit.body.cancel());
    return { size: hit.size, etag: hit.etag, tier: 'edge' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const hit = await this.#match(key, range);
    if (hit !== null) {
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

  /** A cache that fails is a cache that has nothing. */
  async #match(key: string, range: RangeSpec | undefined): Promise<FoundObject | null> {
    const { cache, counters } = this.#options;
    const request = new Request(urlOf(key), range === undefined ? {} : { headers: { range: rangeHeader(range) } });
    const response = await cache.match(request).catch(() => undefined);
    const describe = range === undefined ? describeWhole : describePart;
    const description = response === undefined ? null : describe(response);
    if (response === undefined || description === null || response.body === null) {
      await response?.body?.cancel();
      return null;
    }
    counters.edgeHits += 1;
    return { kind: 'found', tier: 'edge', body: response.body, ...description };
  }

  /** What the cache is given. Its Cache-Control is for the cache alone: players get the one of cache-policy.ts. */
  #stored(key: string, body: BodyInit, { size, etag }: { size: number; etag: string }): Response {
    const { counters, popularity } = this.#options;
    const popularityClass = popularity.classOf(key);
    counters[EDGE_FILLS[popularityClass]] += 1;
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
    const { cache, waitUntil } = this.#options;
    const response = this.#stored(key, bytes, { size: bytes.byteLength, etag });
    waitUntil(cache.put(urlOf(key), response).catch((error: unknown) => logFailure(error)));
  }

  /** Too large to hold: read once more, straight into the cache, so that the next ones find it there. */
  #copy(key: string): void {
    const nowMs = this.#options.now();
    for (const [copied, sinceMs] of this.#copies) {
      if (nowMs - sinceMs > COPY_MS) {
        this.#copies.delete(copied);
      }
    }
    if (this.#copies.has(key) || this.#copies.size >= EDGE_COPIES_MAX) {
      return;
    }
    this.#copies.set(key, nowMs);
    this.#options.waitUntil(this.#copyWhole(key).finally(() => this.#copies.delete(key)));
  }

  async #copyWhole(key: string): Promise<void> {
    try {
      const read = await this.#next.get(key);
      if (read.kind === 'found' && read.body instanceof ReadableStream) {
        const body = read.body.pipeThrough(new FixedLengthStream(read.size));
        await this.#options.cache.put(urlOf(key), this.#stored(key, body, read));
      }
    } catch (error) {
      logFailure(error);
    }
  }
}

/** Without the key, which names an asset. The answer does not depend on it. */
function logFailure(error: unknown): void {
  console.warn(JSON.stringify({ event: 'edge_put_failed', reason: String(error) }));
}
