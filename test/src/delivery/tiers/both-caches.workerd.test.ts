/**
 * EDGE_CACHE=both: the Cache API in front of Workers Cache. First the two tiers as the chain puts them together, on
 * workerd's own Cache API and a platform cache played by hand; then delivery as configured, through the real media origin.
 */

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { isolateOf } from '../../../../src/delivery/isolate.ts';
import { prewarm } from '../../../../src/delivery/prewarm.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { EdgeTier } from '../../../../src/delivery/tiers/edge-tier.ts';
import {
  EDGE_MATCH_WAIT_MS,
  MAX_HELD_OBJECT_BYTES,
  MEDIA_ORIGIN_WAIT_MS,
} from '../../../../src/delivery/tiers/limits.ts';
import { CALL_HEADER, VERDICT_HEADER } from '../../../../src/delivery/tiers/media-origin-protocol.ts';
import { EDGE_FILLS } from '../../../../src/delivery/tiers/popularity.ts';
import { WorkersCacheTier } from '../../../../src/delivery/tiers/workers-cache-tier.ts';
import { newTierCounters, type TierCounters, tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { fetchPath, link, newEnv, putAsset, refusalOf, SEGMENT_BYTES, segmentBytes, startSession } from '../fixture.ts';
import { bytesOf, FakeObjects, ManualClock, tierOf } from './fakes.ts';

const KEY = 'assets/a/v/v360/1/1.m4s';

describe('the Cache API in front of Workers Cache', () => {
  let source: FakeObjects;
  let counters: TierCounters;
  let clock: ManualClock;
  let kept: Promise<unknown>[];
  let cache: Cache;
  let budget: ByteBudget;
  /** Every call of the media origin, each of which is billed. */
  let calls: string[];
  /** What the platform keeps; the real one keeps what the origin answered, by its path. */
  let stored: Set<string>;

  beforeEach(async () => {
    source = new FakeObjects();
    counters = newTierCounters();
    clock = new ManualClock();
    kept = [];
    cache = await caches.open(crypto.randomUUID());
    budget = new ByteBudget(1_000_000, 10_000);
    calls = [];
    stored = new Set();
    vi.spyOn(console, 'warn').mockReturnValue();
  });

  /** Answers as the origin would, of `source`; names an older call where the platform had kept the answer. */
  async function platform(request: Request): Promise<Response> {
    const key = new URL(request.url).pathname.slice('/1/'.length);
    calls.push(`${request.method} ${request.headers.get('range') ?? ''}`.trim());
    const read = await source.get(key);
    const call = stored.has(key) ? 'abc' : request.headers.get(CALL_HEADER);
    if (read.kind !== 'found') {
      const verdict = `missing ${request.headers.get(CALL_HEADER)}`;
      return new Response('no', { status: 404, headers: { [VERDICT_HEADER]: verdict } });
    }
    stored.add(key);
    const { size, etag } = read;
    const headers = { 'content-length': String(size), etag, [VERDICT_HEADER]: `r2 ${call}` };
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(await bytesOf(read)), { headers });
  }

  type Parts = { fetch?: (request: Request) => Promise<Response>; cache?: Pick<Cache, 'match' | 'put'> };
  const newTier = ({ fetch = platform, cache: asked = cache }: Parts = {}) => {
    const common = { budget, counters, startTimer: clock.startTimer, now: clock.now };
    return new EdgeTier(new WorkersCacheTier(source, { ...common, fetch }), {
      ...common,
      ...{ cache: asked, popularity: { classOf: () => 'cold' }, countsFills: false },
      waitUntil: (work) => kept.push(work),
    });
  };
  test('the media origin is called once for a data centre, and each answer is named by who gave it', async () => {
    const bytes = source.put(KEY, 1000);
    stored.add(KEY);
    const first = await newTier().get(KEY);
    expect([tierOf(first), calls.length]).toEqual(['edge', 1]);
    expect(await bytesOf(first)).toEqual(bytes);
    await Promise.all(kept);
    const others = [await newTier().get(KEY), await newTier().get(KEY, { offset: 3, length: 5 })];
    expect(others.map(tierOf)).toEqual(['edge', 'edge']);
    expect((await newTier().head(KEY))?.tier).toBe('edge');
    expect(await bytesOf(others[1] as (typeof others)[0])).toEqual(bytes.slice(3, 8));
    expect(calls).toEqual(['GET']);
    // Four answers, four hits: what was copied on the way is none.
    expect(counters.edgeHits).toBe(4);
  });

  test('what the origin had to read is named so, and is a hit for nobody', async () => {
    source.put(KEY, 1000);
    expect(tierOf(await newTier().get(KEY))).toBe('r2');
    expect(counters.edgeHits).toBe(0);
    expect(budget.bytes).toBe(0);
  });

  test('a head that the Cache API lacks is asked for by HEAD, and stored nowhere by us', async () => {
    source.put(KEY, 1000);
    expect(await newTier().head(KEY)).toMatchObject({ size: 1000, tier: 'r2' });
    expect([calls, kept.length]).toEqual([['HEAD'], 0]);
  });

  test('what is missing is believed once, and stored nowhere', async () => {
    expect(await newTier().get(KEY)).toEqual({ kind: 'missing' });
    expect(kept).toHaveLength(0);
    const bytes = source.put(KEY, 1000);
    expect(await bytesOf(await newTier().get(KEY))).toEqual(bytes);
  });

  test('an object too large to hold is copied out of Workers Cache, once', async () => {
    source.put(KEY, MAX_HELD_OBJECT_BYTES + 1);
    const part = await newTier().get(KEY, { offset: 0, length: 3 });
    expect(await bytesOf(part)).toHaveLength(3);
    await Promise.all(kept);
    expect(calls).toEqual(['GET bytes=0-2', 'GET']);
    const next = await newTier().get(KEY, { suffix: 3 });
    expect([tierOf(next), (await bytesOf(next)).byteLength, calls.length]).toEqual(['edge', 3, 2]);
  });

  test('a Cache API that does nothing, as on workers.dev, leaves Workers Cache as it was', async () => {
    const idle = { match: async () => undefined, put: async () => {} };
    const bytes = source.put(KEY, 1000);
    expect(tierOf(await newTier({ cache: idle }).get(KEY))).toBe('r2');
    const second = await newTier({ cache: idle }).get(KEY);
    expect([tierOf(second), calls.length, counters.edgeHits]).toEqual(['edge', 2, 1]);
    expect(await bytesOf(second)).toEqual(bytes);
  });

  test.each([
    ['a Cache API that hangs', true, false],
    ['a media origin that hangs', false, true],
    ['both', true, true],
  ])('%s: passed by', async (_, cacheHangs, originHangs) => {
    const bytes = source.put(KEY, 1000);
    let hanging = 0;
    const hang = () => {
      hanging += 1;
      return new Promise<never>(() => {});
    };
    const parts: Parts = {
      ...(cacheHangs ? { cache: { match: hang, put: async () => {} } } : {}),
      ...(originHangs ? { fetch: hang } : {}),
    };
    const read = newTier(parts).get(KEY);
    const waits = [...(cacheHangs ? [EDGE_MATCH_WAIT_MS] : []), ...(originHangs ? [MEDIA_ORIGIN_WAIT_MS] : [])];
    for (const [index, wait] of waits.entries()) {
      await vi.waitFor(() => expect(hanging).toBe(index + 1));
      expect(source.gets).toHaveLength(0);
      clock.advance(wait);
    }
    expect(tierOf(await read)).toBe('r2');
    expect(await bytesOf(await read)).toEqual(bytes);
  });
});

describe('delivery with EDGE_CACHE=both', () => {
  let delivery: DeliveryEnv;
  let base = '';
  const both = () => newEnv({ EDGE_CACHE: 'both', EDGE_STATE_SECONDS: '10' });
  const timing = (response: Response) => response.headers.get('server-timing');
  const countsOf = async (work: () => Promise<unknown>) => {
    const before = { ...tierCounters };
    await work();
    return {
      reads: tierCounters.r2MediaReads - before.r2MediaReads,
      hits: tierCounters.edgeHits - before.edgeHits,
      fills: Object.values(EDGE_FILLS).reduce((sum, name) => sum + tierCounters[name] - before[name], 0),
    };
  };
  const get = (from: DeliveryEnv, path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetchPath(from, base + path, { headers, method });

  beforeAll(async () => {
    delivery = both();
    await putAsset(delivery, 'both');
    base = await startSession(delivery, await link('both'));
  });

  test('one read and one fill for all, and then none for another isolate', async () => {
    const first = await countsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => get(delivery, 'v720/1/1.m4s')));
      expect(answers.map(timing).sort()).toEqual([...Array(19).fill('tier;desc=memory'), 'tier;desc=r2']);
      for (const answer of answers) {
        expect(new Uint8Array(await answer.arrayBuffer())).toEqual(segmentBytes(1, SEGMENT_BYTES));
      }
    });
    expect(first).toEqual({ reads: 1, hits: 0, fills: 1 });
    const second = await countsOf(async () => {
      const answer = await get(both(), 'v720/1/1.m4s');
      expect(timing(answer)).toBe('tier;desc=edge');
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(segmentBytes(1, SEGMENT_BYTES));
      const head = await get(both(), 'v720/1/1.m4s', {}, 'HEAD');
      expect([timing(head), head.headers.get('content-length')]).toEqual(['tier;desc=edge', String(SEGMENT_BYTES)]);
    });
    expect(second).toEqual({ reads: 0, hits: 2, fills: 0 });
  });

  test('what is missing is read each time by another isolate, and there once it is written', async () => {
    const missing = await countsOf(async () => {
      for (const from of [both(), both()]) {
        expect(await refusalOf(await get(from, 'v360/9/9.m4s'))).toBe('404 not_found');
      }
    });
    expect(missing).toEqual({ reads: 2, hits: 0, fills: 0 });
    await delivery.MEDIA.put('assets/both/ver1/v360/9/9.m4s', 'late');
    expect((await (await get(both(), 'v360/9/9.m4s')).arrayBuffer()).byteLength).toBe('late'.length);
  });

  test('ranges of what is too large to hold', async () => {
    const size = MAX_HELD_OBJECT_BYTES + 1000;
    const content = Uint8Array.from({ length: size }, (_, index) => index % 251);
    await delivery.MEDIA.put('assets/both/ver1/images/large.jpg', content);
    for (const [range, first, last] of [
      ['bytes=5-11', 5, 11],
      [`bytes=${size - 10}-`, size - 10, size - 1],
      ['bytes=-3', size - 3, size - 1],
    ] as const) {
      const part = await get(both(), 'images/large.jpg', { range });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${first}-${last}/${size}`]);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(content.slice(first, last + 1));
    }
    const outside = await get(both(), 'images/large.jpg', { range: `bytes=${size}-` });
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  });

  test('prewarming fills both, as one fill of each object', async () => {
    await putAsset(delivery, 'prewarmed');
    const from = both();
    const before = { ...tierCounters };
    const report = await prewarm(isolateOf(from), { assetId: 'prewarmed', version: 'ver1', revision: 1 });
    expect(report).toMatchObject({ missing: 0, failed: 0, skipped: 0 });
    expect(tierCounters.r2MediaReads - before.r2MediaReads).toBe(report.read);
    expect(tierCounters.edgeFillsHot - before.edgeFillsHot).toBe(report.read);
    const other = both();
    const started = await startSession(other, await link('prewarmed'));
    const counts = await countsOf(async () => {
      const answer = await fetchPath(other, `${started}v720/init.mp4`);
      await answer.arrayBuffer();
      expect(timing(answer)).toBe('tier;desc=edge');
    });
    expect(counts).toEqual({ reads: 0, hits: 1, fills: 0 });
  });

  test('the media origin reads, not whoever asked it, and is told the class of the version', async () => {
    await putAsset(delivery, 'hot', { prewarm: true });
    const { MEDIA } = delivery;
    const own: string[] = [];
    const counted = {
      get: (key: string, options: R2GetOptions) => {
        own.push(key);
        return MEDIA.get(key, options);
      },
      head: (key: string) => MEDIA.head(key),
    } as unknown as R2Bucket;
    const before = tierCounters.edgeFillsHot;
    const from = { ...newEnv({ EDGE_CACHE: 'both' }), MEDIA: counted };
    const hot = await startSession(from, await link('hot'));
    await (await fetchPath(from, `${hot}v360/1/1.m4s`)).arrayBuffer();
    expect(own).toContain('assets/hot/current.json');
    expect(own.filter((key) => key.startsWith('assets/hot/ver1/'))).toEqual([]);
    // The presentation and the segment.
    expect(tierCounters.edgeFillsHot - before).toBe(2);
  });
});
