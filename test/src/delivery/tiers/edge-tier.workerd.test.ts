/** The edge tier on workerd's own Cache API; a cache of its own for each test. */

import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ObjectRead } from '../../../../src/delivery/objects/objects.ts';
import type { RangeSpec } from '../../../../src/delivery/objects/ranges.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { type EdgeOptions, EdgeTier } from '../../../../src/delivery/tiers/edge-tier.ts';
import {
  EDGE_BODY_WAIT_MS,
  EDGE_MATCH_WAIT_MS,
  EDGE_PUT_MS,
  MAX_HELD_OBJECT_BYTES,
} from '../../../../src/delivery/tiers/limits.ts';
import { EDGE_SECONDS, type PopularityClass } from '../../../../src/delivery/tiers/popularity.ts';
import { POPULARITY_CLASSES } from '../../../../src/metrics/metric-series.ts';
import { newTierCounters } from '../../../../src/metrics/tier-counters.ts';
import { bytesOf, FakeObjects, ManualClock, settle, tierOf } from './fakes.ts';

const LARGE = MAX_HELD_OBJECT_BYTES + 1;

let source: FakeObjects;
let kept: Promise<unknown>[];
let options: EdgeOptions;
let tier: EdgeTier;
let popularityClass: PopularityClass;
let clock: ManualClock;

beforeEach(async () => {
  source = new FakeObjects();
  kept = [];
  popularityClass = 'cold';
  clock = new ManualClock();
  vi.spyOn(console, 'warn').mockReturnValue();
  options = {
    cache: await caches.open(crypto.randomUUID()),
    budget: new ByteBudget(1_000_000, 10_000),
    counters: newTierCounters(),
    popularity: { classOf: () => popularityClass },
    countsFills: true,
    waitUntil: (work) => kept.push(work),
    startTimer: clock.startTimer,
    now: () => 0,
  };
  tier = new EdgeTier(source, options);
});

/** Any other isolate of the data centre. */
const neighbour = () => new EdgeTier(source, options);

test('what one isolate has read, another finds', async () => {
  const bytes = source.put('assets/a/v/v360/1/1.m4s', 1000);
  const first = await tier.get('assets/a/v/v360/1/1.m4s');
  expect(first).toMatchObject({ tier: 'r2', size: 1000, part: { offset: 0, length: 1000 } });
  expect(await bytesOf(first)).toEqual(bytes);
  await Promise.all(kept);
  const second = await neighbour().get('assets/a/v/v360/1/1.m4s');
  const { etag } = await source.head('assets/a/v/v360/1/1.m4s').then((head) => head ?? { etag: '' });
  expect(second).toMatchObject({ tier: 'edge', etag, size: 1000, part: { offset: 0, length: 1000 } });
  expect(await bytesOf(second)).toEqual(bytes);
  expect(source.gets).toHaveLength(1);
  expect(options.counters.edgeHits).toBe(1);
  expect(options.budget.bytes).toBe(0);
});

test('HEAD is answered from what is cached', async () => {
  source.put('k', 1000);
  expect(await tier.head('k')).toMatchObject({ tier: 'r2' });
  await tier.get('k');
  await Promise.all(kept);
  expect(await neighbour().head('k')).toEqual({ size: 1000, etag: '"k"', tier: 'edge' });
  expect(source.heads).toBe(1);
});

test.each([
  [{ offset: 10, length: 5 }, 10, 5],
  [{ offset: 990 }, 990, 10],
  [{ suffix: 7 }, 993, 7],
])('a range of what is cached: %o', async (range, offset, length) => {
  const bytes = source.put('k', 1000);
  await tier.get('k');
  await Promise.all(kept);
  const read = await neighbour().get('k', range);
  expect(read).toMatchObject({ tier: 'edge', size: 1000, part: { offset, length } });
  expect(await bytesOf(read)).toEqual(bytes.slice(offset, offset + length));
});

test('a range outside what is cached', async () => {
  source.put('k', 1000);
  await tier.get('k');
  await Promise.all(kept);
  expect(await neighbour().get('k', { offset: 1000 })).toEqual({ kind: 'unsatisfiable', size: 1000 });
});

test('what is missing or fails is not kept', async () => {
  expect(await tier.get('k')).toEqual({ kind: 'missing' });
  source.failures = 1;
  await expect(tier.get('k')).rejects.toMatchObject({ code: 'unavailable' });
  expect(kept).toHaveLength(0);
  source.put('k', 10);
  expect(tierOf(await tier.get('k'))).toBe('r2');
});

test('an object whose body breaks off is not kept', async () => {
  source.put('k', 1000);
  source.cutBytes = 1;
  await expect(tier.get('k')).rejects.toMatchObject({ code: 'unavailable' });
  expect(kept).toHaveLength(0);
});

test('keys that would mean something in a URL stay apart', async () => {
  for (const key of ['a b', 'a%20b', 'a?b', 'a#b', 'a']) {
    source.put(key, 10);
    await tier.get(key);
  }
  await Promise.all(kept);
  for (const key of ['a b', 'a%20b', 'a?b', 'a#b', 'a']) {
    expect(await neighbour().head(key)).toEqual({ size: 10, etag: `"${key}"`, tier: 'edge' });
  }
});

describe('an object too large to hold', () => {
  test('streams, and is copied beside it once, so that ranges of it are found', async () => {
    source.put('k', LARGE);
    const reads = await Promise.all([tier.get('k'), tier.get('k', { offset: 0, length: 3 })]);
    expect(reads.map(tierOf)).toEqual(['r2', 'r2']);
    await Promise.all([...reads.map(bytesOf), ...kept]);
    // Two for the callers, one for the cache.
    expect(source.gets).toHaveLength(3);
    const part = await neighbour().get('k', { offset: LARGE - 3 });
    expect(part).toMatchObject({ tier: 'edge', size: LARGE });
    expect(await bytesOf(part)).toHaveLength(3);
  });

  test('is copied where its stream has a length, as those of made segments have', async () => {
    const bytes = source.put('k', LARGE);
    const get = async (key: string, range?: RangeSpec): Promise<ObjectRead> => {
      const read = await source.get(key, range);
      return read.kind === 'found' && read.body instanceof ReadableStream
        ? { ...read, body: read.body.pipeThrough(new FixedLengthStream(read.part.length)) }
        : read;
    };
    const edge = new EdgeTier({ head: (key) => source.head(key), get }, options);
    await bytesOf(await edge.get('k'));
    await Promise.all(kept);
    const whole = await neighbour().get('k');
    expect(whole).toMatchObject({ tier: 'edge', size: LARGE });
    expect(await bytesOf(whole)).toEqual(bytes);
  });

  test('is not copied a hundred times at once', async () => {
    source.gate = Promise.resolve();
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    const bytes = source.put('k0', LARGE);
    for (const key of keys) {
      source.objects.set(key, bytes);
    }
    await Promise.all(keys.map((key) => tier.get(key, { offset: 0, length: 1 })));
    expect(kept).toHaveLength(4);
    await Promise.all(kept);
  });
});

describe('a cache that fails', () => {
  const fails = () => Promise.reject(new Error('no cache'));

  test('is a cache that has nothing', async () => {
    source.put('k', 1000);
    const broken = new EdgeTier(source, { ...options, cache: { match: fails, put: fails } });
    expect(tierOf(await broken.get('k'))).toBe('r2');
    expect(await broken.head('k')).toMatchObject({ tier: 'r2' });
    // Logged, not thrown.
    await Promise.all(kept);
  });

  test.each([
    new Response('x', { headers: { 'content-length': '1' } }),
    new Response('x', { headers: { etag: '"x"' }, status: 500 }),
    new Response(null, { status: 416 }),
  ])('or says nothing of use is passed by: %#', async (response) => {
    source.put('k', 1000);
    const odd = new EdgeTier(source, { ...options, cache: { match: async () => response.clone(), put: fails } });
    expect(tierOf(await odd.get('k', { offset: 1, length: 2 }))).toBe('r2');
    expect(tierOf(await odd.get('k'))).toBe('r2');
    await Promise.all(kept);
  });
});

/** workerd's own kind of stream, which the cache answers with; written to by hand. */
function storedBody(sizeBytes: number) {
  const { readable, writable } = new FixedLengthStream(sizeBytes);
  return { readable, writer: writable.getWriter() };
}

const storedResponse = (body: BodyInit, length: number, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { 'content-length': String(length), etag: '"stored"', ...headers } });

describe('a cache that hangs', () => {
  const put = () => Promise.resolve();

  test('is passed by after its time, and what comes later is let go', async () => {
    const bytes = source.put('k', 1000);
    const late = Promise.withResolvers<Response>();
    const hanging = new EdgeTier(source, { ...options, cache: { match: () => late.promise, put } });
    const reads = [hanging.get('k'), hanging.get('k', { offset: 1, length: 2 })];
    const head = hanging.head('k');
    await settle();
    expect([source.gets.length, source.heads]).toEqual([0, 0]);
    clock.advance(EDGE_MATCH_WAIT_MS);
    expect((await Promise.all(reads)).map(tierOf)).toEqual(['r2', 'r2']);
    expect(await bytesOf(await (reads[0] as Promise<ObjectRead>))).toEqual(bytes);
    expect(await head).toMatchObject({ tier: 'r2' });
    const { readable, writer } = storedBody(10);
    late.resolve(storedResponse(readable, 10));
    // Nobody reads it any more, nor waits for it.
    await expect(writer.write(new Uint8Array(10))).rejects.toThrow();
    expect([clock.running, options.counters.edgeHits]).toEqual([0, 0]);
  });

  test('while a body is read is passed by, where the whole is held', async () => {
    const bytes = source.put('k', 1000);
    const { readable, writer } = storedBody(1000);
    const match = async () => storedResponse(readable, 1000);
    const stalling = new EdgeTier(source, { ...options, cache: { match, put } });
    const read = stalling.get('k');
    await writer.write(new Uint8Array(500));
    expect(source.gets).toHaveLength(0);
    expect(options.budget.bytes).toBe(1000);
    clock.advance(EDGE_BODY_WAIT_MS);
    expect(tierOf(await read)).toBe('r2');
    expect(await bytesOf(await read)).toEqual(bytes);
    // Given back, and let go of: what would come later comes to nobody.
    expect(options.budget.bytes).toBe(0);
    await expect(writer.write(new Uint8Array(500))).rejects.toThrow();
    expect([clock.running, options.counters.edgeHits]).toEqual([0, 0]);
  });

  test('while it stores keeps no answer waiting, and no request for ever', async () => {
    source.put('k', 1000);
    source.put('large', LARGE);
    const never = new Promise<void>(() => {});
    const hanging = new EdgeTier(source, { ...options, cache: { match: async () => undefined, put: () => never } });
    expect(tierOf(await hanging.get('k'))).toBe('r2');
    expect(tierOf(await hanging.get('large', { offset: 0, length: 1 }))).toBe('r2');
    await settle();
    expect(kept).toHaveLength(2);
    clock.advance(EDGE_PUT_MS);
    await Promise.all(kept);
    expect(clock.running).toBe(0);
    // Nor is its place taken for good.
    await hanging.get('large', { offset: 0, length: 1 });
    expect(kept).toHaveLength(3);
  });
});

describe('a copy that is not whole is passed by, and then replaced:', () => {
  const cut = () => {
    const { readable, writer } = storedBody(1000);
    void writer.write(new Uint8Array(999)).catch(() => {});
    void writer.abort(new Error('gone')).catch(() => {});
    return readable;
  };

  test.each<[string, () => Response]>([
    ['one that breaks off', () => storedResponse(cut(), 1000)],
    ['one that ends early', () => storedResponse(new Uint8Array(999), 1000)],
    ['one that goes on', () => storedResponse(new Uint8Array(1001), 1000)],
    ['an empty one', () => storedResponse(new Uint8Array(0), 1000)],
  ])('%s', async (_, stored) => {
    const bytes = source.put('k', 1000);
    const put = vi.fn(async (_url: unknown, response: Response) => {
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    });
    const read = await new EdgeTier(source, { ...options, cache: { match: async () => stored(), put } }).get('k');
    expect(tierOf(read)).toBe('r2');
    expect(await bytesOf(read)).toEqual(bytes);
    await Promise.all(kept);
    expect(put).toHaveBeenCalledOnce();
    expect([options.budget.bytes, options.counters.edgeHits, clock.running]).toEqual([0, 0, 0]);
  });
});

test('what the budget has no room for streams from the cache', async () => {
  const crowded = new EdgeTier(source, { ...options, budget: new ByteBudget(999, 10_000) });
  for (const [key, size] of [
    ['small', 10],
    ['k', 1000],
  ] as const) {
    const bytes = source.put(key, size);
    await tier.get(key);
    await Promise.all(kept);
    const read = await crowded.get(key);
    expect(read).toMatchObject({ tier: 'edge', size });
    expect(read.kind === 'found' && read.body instanceof ReadableStream).toBe(size > 999);
    expect(await bytesOf(read)).toEqual(bytes);
  }
});

test('what is logged holds no key', async () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  source.put('k', 1000);
  const match = () => Promise.reject(new Error('no cache'));
  await new EdgeTier(source, { ...options, cache: { match, put: match } }).get('k');
  await Promise.all(kept);
  expect(warned.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
    { event: 'edge_cache_passed_by', reason: 'Error: no cache' },
    { event: 'edge_put_failed', reason: 'Error: no cache' },
  ]);
});

describe('how long an object is kept', () => {
  /** What the cache is told of every object it is given, by its key. */
  function telling(): { tier: EdgeTier; told: Map<string, string | null> } {
    const told = new Map<string, string | null>();
    const put = async (url: unknown, response: Response) => {
      told.set(String(url).split('/').at(-1) ?? '', response.headers.get('cache-control'));
      await response.body?.pipeTo(new WritableStream());
    };
    return { tier: new EdgeTier(source, { ...options, cache: { match: async () => undefined, put } }), told };
  }

  test.each(POPULARITY_CLASSES)('follows its class: %s, held or too large to hold', async (asked) => {
    popularityClass = asked;
    const { tier: edge, told } = telling();
    source.put('small', 1000);
    source.put('large', LARGE);
    await Promise.all([bytesOf(await edge.get('small')), bytesOf(await edge.get('large'))]);
    await Promise.all(kept);
    const expected = `public, max-age=${EDGE_SECONDS[asked]}`;
    expect([...told].sort()).toEqual([
      ['large', expected],
      ['small', expected],
    ]);
    const { edgeFillsHot: hot, edgeFillsWarm: warm, edgeFillsCold: cold } = options.counters;
    expect({ hot, warm, cold }).toEqual({ hot: 0, warm: 0, cold: 0, [asked]: 2 });
  });

  test('is counted elsewhere, where the media origin counts it', async () => {
    source.put('k', 1000);
    const uncounted = new EdgeTier(source, { ...options, countsFills: false });
    await uncounted.get('k');
    await Promise.all(kept);
    expect(tierOf(await neighbour().get('k'))).toBe('edge');
    expect(options.counters.edgeFillsCold).toBe(0);
  });

  test('changes with the class at the next fill, and no answer with it', async () => {
    const { tier: edge, told } = telling();
    const bytes = source.put('k', 1000);
    expect(await bytesOf(await edge.get('k'))).toEqual(bytes);
    popularityClass = 'hot';
    expect(await bytesOf(await edge.get('k'))).toEqual(bytes);
    await Promise.all(kept);
    expect(told.get('k')).toBe(`public, max-age=${EDGE_SECONDS.hot}`);
  });
});
