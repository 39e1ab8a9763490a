/** The tier around a cache that is played by hand: hits, misses, parts, and everything that must not be believed. */

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { MEDIA_ORIGIN_BODY_WAIT_MS, MEDIA_ORIGIN_WAIT_MS } from '../../../../src/delivery/tiers/limits.ts';
import { CALL_HEADER, mediaUrl, VERDICT_HEADER } from '../../../../src/delivery/tiers/media-origin-protocol.ts';
import { WorkersCacheTier } from '../../../../src/delivery/tiers/workers-cache-tier.ts';
import { newTierCounters, type TierCounters } from '../../../../src/metrics/tier-counters.ts';
import { bytesOf, FakeObjects, ManualClock, settle, tierOf } from './fakes.ts';

const KEY = 'assets/a/v/v360/1/1.m4s';
const SIZE = 1000;

let source: FakeObjects;
let bytes: Uint8Array<ArrayBuffer>;
let counters: TierCounters;
let clock: ManualClock;
let budget: ByteBudget;

beforeEach(() => {
  source = new FakeObjects();
  bytes = source.put(KEY, SIZE);
  counters = newTierCounters();
  clock = new ManualClock();
  budget = new ByteBudget(1_000_000, 10_000);
  vi.spyOn(console, 'warn').mockReturnValue();
});

const tierWith = (fetch: (request: Request) => Promise<Response>) =>
  new WorkersCacheTier(source, { fetch, counters, budget, startTimer: clock.startTimer, now: clock.now });

type Changed = {
  status?: number;
  headers?: Record<string, string>;
  body?: BodyInit | null;
  found?: string;
  call?: string;
};

/** An answer to this very call, unless changed. Different bytes from the source's: who answered can be seen. */
const answered = ({ status = 200, headers = {}, body = 'x'.repeat(SIZE), found = 'r2', call }: Changed = {}) =>
  tierWith(async (request) => {
    const verdict = `${found} ${call ?? request.headers.get(CALL_HEADER)}`;
    const whole = { 'content-length': String(SIZE), etag: '"x"', [VERDICT_HEADER]: verdict };
    return new Response(body, { status, headers: { ...whole, ...headers } });
  });

test('asks by the key alone, without a token, and by another name each time', async () => {
  const asked: Request[] = [];
  const tier = tierWith(async (request) => {
    asked.push(request);
    return new Response(null, { status: 500 });
  });
  await tier.get(KEY);
  await tier.get(KEY, { suffix: 5 });
  await tier.head(KEY);
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(
    ['GET', 'GET', 'HEAD'].map((method) => `${method} ${mediaUrl(KEY)}`),
  );
  expect(asked.map(({ headers }) => [...headers.keys()])).toEqual([
    [CALL_HEADER],
    ['range', CALL_HEADER],
    [CALL_HEADER],
  ]);
  expect(asked[1]?.headers.get('range')).toBe('bytes=-5');
  expect(new Set(asked.map(({ headers }) => headers.get(CALL_HEADER))).size).toBe(3);
});

describe('an answer', () => {
  test.each(['r2', 'shield'])('that the origin read from %s is named so', async (found) => {
    const read = await answered({ found }).get(KEY);
    expect(read).toMatchObject({ tier: found, size: SIZE, etag: '"x"', part: { offset: 0, length: SIZE } });
    expect(await bytesOf(read)).toHaveLength(SIZE);
    expect(counters.edgeHits).toBe(0);
    expect(source.gets).toHaveLength(0);
  });

  test('to another call came from the cache', async () => {
    const tier = answered({ call: 'abc' });
    expect(tierOf(await tier.get(KEY))).toBe('edge');
    expect(await tier.head(KEY)).toEqual({ size: SIZE, etag: '"x"', tier: 'edge' });
    expect(counters.edgeHits).toBe(2);
    expect([source.gets.length, source.heads]).toEqual([0, 0]);
  });

  test('in part is the part', async () => {
    const part = {
      status: 206,
      body: 'y'.repeat(10),
      headers: { 'content-range': `bytes 5-14/${SIZE}`, 'content-length': '10' },
    };
    const read = await answered({ ...part, call: 'abc' }).get(KEY, { offset: 5, length: 10 });
    expect(read).toMatchObject({ tier: 'edge', size: SIZE, part: { offset: 5, length: 10 } });
    expect(new TextDecoder().decode(await bytesOf(read))).toBe('y'.repeat(10));
  });

  test('in whole to a question for a part is cut', async () => {
    const body = Uint8Array.from({ length: SIZE }, (_, index) => index % 251);
    const read = await answered({ body }).get(KEY, { offset: 300, length: 7 });
    expect(read).toMatchObject({ size: SIZE, part: { offset: 300, length: 7 } });
    expect(await bytesOf(read)).toEqual(body.slice(300, 307));
    expect(await answered({ body }).get(KEY, { offset: SIZE })).toEqual({ kind: 'unsatisfiable', size: SIZE });
    expect(source.gets).toHaveLength(0);
  });

  test('that it is missing is believed', async () => {
    const tier = answered({ status: 404, found: 'missing', body: 'no' });
    expect(await tier.get(KEY)).toEqual({ kind: 'missing' });
    expect(await tier.head(KEY)).toBeNull();
    expect([source.gets.length, source.heads]).toEqual([0, 0]);
  });
});

describe('is passed by:', () => {
  const range = { offset: 5, length: 10 };
  const partly = (text: string) => ({ status: 206, headers: { 'content-range': text } });

  test.each<[string, Changed]>([
    ['a fault of the origin', { status: 503, body: 'no' }],
    ['a 404 that was stored', { status: 404, found: 'missing', call: 'abc' }],
    ['a 404 of somebody else', { status: 404, headers: { [VERDICT_HEADER]: '' } }],
    ['a 200 of somebody else', { headers: { [VERDICT_HEADER]: '' } }],
    ['a verdict that is none', { found: 'memory' }],
    ['no tag', { headers: { etag: '' } }],
    ['a weak tag', { headers: { etag: 'W/"x"' } }],
    ['no length', { headers: { 'content-length': 'many' } }],
    ['no body', { body: null }],
    ['a part that nobody asked for', partly(`bytes 0-9/${SIZE}`)],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
  ])('%s', async (_, changed) => {
    const read = await answered(changed).get(KEY);
    expect(tierOf(read)).toBe('r2');
    expect(await bytesOf(read)).toEqual(bytes);
  });

  test.each<[string, Changed]>([
    ['another part', partly(`bytes 6-15/${SIZE}`)],
    ['a shorter part', partly(`bytes 5-9/${SIZE}`)],
    ['a part without its place', partly('bytes 5-14/*')],
    ['a 416', { status: 416, headers: { 'content-range': `bytes */${SIZE}` } }],
  ])('%s', async (_, changed) => {
    const read = await answered(changed).get(KEY, range);
    expect(read).toMatchObject({ tier: 'r2', part: range });
    expect(await bytesOf(read)).toEqual(bytes.slice(5, 15));
  });

  test('a call that fails, at once or later', async () => {
    for (const fetch of [
      () => Promise.reject(new Error('no origin')),
      () => {
        throw new Error('no origin');
      },
    ]) {
      expect(await bytesOf(await tierWith(fetch).get(KEY))).toEqual(bytes);
      expect(await tierWith(fetch).head(KEY)).toMatchObject({ tier: 'r2', size: SIZE });
    }
    expect(clock.running).toBe(0);
  });

  test('a call that hangs, after its time; what comes later is let go', async () => {
    const late = Promise.withResolvers<Response>();
    let cancelled = false;
    const read = tierWith(() => late.promise).get(KEY);
    await settle();
    expect(source.gets).toHaveLength(0);
    clock.advance(MEDIA_ORIGIN_WAIT_MS);
    expect(await bytesOf(await read)).toEqual(bytes);
    late.resolve(
      new Response(
        new ReadableStream({
          cancel: () => {
            cancelled = true;
          },
        }),
      ),
    );
    await settle();
    expect(cancelled).toBe(true);
  });

  test('a body that stalls, after its time', async () => {
    const { readable, writable } = new FixedLengthStream(SIZE);
    const writer = writable.getWriter();
    const read = answered({ body: readable, call: 'abc' }).get(KEY);
    await writer.write(new Uint8Array(SIZE - 1));
    expect([source.gets.length, budget.bytes]).toEqual([0, SIZE]);
    clock.advance(MEDIA_ORIGIN_BODY_WAIT_MS);
    expect(tierOf(await read)).toBe('r2');
    expect(await bytesOf(await read)).toEqual(bytes);
    await expect(writer.write(new Uint8Array(1))).rejects.toThrow();
    expect([budget.bytes, counters.edgeHits, clock.running]).toEqual([0, 0, 0]);
  });

  test.each([SIZE - 1, SIZE + 1, 0])('a body of %i bytes that should have 1,000', async (length) => {
    const read = await answered({ body: 'x'.repeat(length), call: 'abc' }).get(KEY);
    expect(await bytesOf(read)).toEqual(bytes);
    expect([source.gets.length, budget.bytes, counters.edgeHits]).toEqual([1, 0, 0]);
  });

  test('every key but those of what never changes, without a call', async () => {
    const fetch = vi.fn(() => Promise.reject(new Error('asked')));
    for (const key of ['assets/a/current.json', 'edge/keys.json', 'sources/a/b.mp4', 'k']) {
      source.put(key, 10);
      expect(tierOf(await tierWith(fetch).get(key))).toBe('r2');
    }
    expect(fetch).not.toHaveBeenCalled();
  });
});

test('what is logged holds no key', async () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  await answered({ status: 503 }).get(KEY);
  await tierWith(() => Promise.reject(new Error('no origin'))).get(KEY);
  expect(warned.mock.calls.map(([line]) => JSON.parse(String(line)).reason)).toEqual([
    'status 503',
    'Error: no origin',
  ]);
});
