/** The media origin by its loopback door, as the edge tier calls it, on the real bucket; and delivery through it. */

import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { MAX_HELD_OBJECT_BYTES } from '../../../../src/delivery/tiers/limits.ts';
import {
  CALL_HEADER,
  CLASS_HEADER,
  mediaUrl,
  VERDICT_HEADER,
} from '../../../../src/delivery/tiers/media-origin-protocol.ts';
import { EDGE_FILLS, EDGE_SECONDS } from '../../../../src/delivery/tiers/popularity.ts';
import { POPULARITY_CLASSES } from '../../../../src/metrics/metric-series.ts';
import { tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { fetchPath, link, newEnv, putAsset, refusalOf, SEGMENT_BYTES, segmentBytes, startSession } from '../fixture.ts';

const { MediaOrigin } = exports as unknown as { MediaOrigin: Fetcher };

const CALL = '0b7e';
const SEGMENT = 'assets/inner/ver1/v360/1/1.m4s';
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

let delivery: DeliveryEnv;
let base = '';

beforeAll(async () => {
  delivery = newEnv({ EDGE_CACHE: 'workers', EDGE_STATE_SECONDS: '10' });
  await putAsset(delivery, 'inner');
  base = await startSession(delivery, await link('inner'));
});

const call = (url: string, init: RequestInit = {}) =>
  MediaOrigin.fetch(new Request(url, { ...init, headers: { [CALL_HEADER]: CALL, ...init.headers } }));

describe('the media origin', () => {
  test('answers a whole object for ever, and names the call', async () => {
    const response = await call(mediaUrl(SEGMENT));
    const { httpEtag } = (await env.MEDIA.head(SEGMENT)) ?? { httpEtag: '' };
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(SEGMENT_BYTES),
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
      etag: httpEtag,
      [VERDICT_HEADER]: `r2 ${CALL}`,
    });
    expect(await bytesOf(response)).toEqual(segmentBytes(1, SEGMENT_BYTES));
  });

  test('counts what it gives to a cache by the class that the caller names; of an unknown or no class nothing', async () => {
    const fills = () => POPULARITY_CLASSES.map((name) => tierCounters[EDGE_FILLS[name]]);
    const ask = async (popularityClass?: string, method = 'GET') => {
      const headers = popularityClass === undefined ? {} : { [CLASS_HEADER]: popularityClass };
      const before = fills();
      const response = await call(mediaUrl(SEGMENT), { method, headers });
      await response.arrayBuffer();
      return [response.headers.get('cache-control'), ...fills().map((count, index) => count - (before[index] ?? 0))];
    };
    const forEver = 'public, max-age=31536000, immutable';
    expect(await ask()).toEqual([forEver, 0, 0, 0]);
    expect(await ask('hottest')).toEqual([forEver, 0, 0, 0]);
    expect(await ask('hot')).toEqual([`public, max-age=${EDGE_SECONDS.hot}`, 1, 0, 0]);
    expect(await ask('cold')).toEqual([`public, max-age=${EDGE_SECONDS.cold}`, 0, 0, 1]);
    expect(await ask('warm', 'HEAD')).toEqual([`public, max-age=${EDGE_SECONDS.warm}`, 0, 0, 0]);
  });

  test('never answers a part: the cache cuts it out of the whole', async () => {
    const response = await call(mediaUrl(SEGMENT), { headers: { range: 'bytes=10-19' } });
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toHaveLength(SEGMENT_BYTES);
  });

  test('answers HEAD with the length and no body', async () => {
    const response = await call(mediaUrl(SEGMENT), { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(SEGMENT_BYTES));
    expect(await bytesOf(response)).toHaveLength(0);
  });

  test.each(['GET', 'HEAD'])('says to %s what is missing, for this call only', async (method) => {
    const response = await call(mediaUrl('assets/inner/ver1/v360/9/9.m4s'), { method });
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get(VERDICT_HEADER)).toBe(`missing ${CALL}`);
  });

  test('echoes no call that is not one', async () => {
    for (const odd of ['', 'x y', 'a'.repeat(37), 'r2 1\tmissing']) {
      const response = await call(mediaUrl(SEGMENT), { headers: { [CALL_HEADER]: odd } });
      expect(response.headers.get(VERDICT_HEADER)).toBe('r2 0');
      await response.arrayBuffer();
    }
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
    const response = await call(mediaUrl(SEGMENT), { method });
    expect([response.status, response.headers.get('cache-control')]).toEqual([405, 'no-store']);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('what is not of a version is refused, though it is there', () => {
  const there = [
    'assets/hidden/current.json',
    'edge/keys.json',
    'edge/revocations.json',
    'sources/hidden/film.mp4',
    'assets/hidden/ver1/notes.txt',
    'assets/hidden/ver1/presentation-0.json',
    'assets/hidden/ver1/v360/1,9.2/1.m4s',
    'assets/hidden/ver1/v360/1/01.m4s',
    'assets/hidden/ver1/images/poster.svg',
    'other/hidden/ver1/v360/1/1.m4s',
    'assets/hid.den/ver1/v360/1/1.m4s',
    'assets/hidden/ver.1/v360/1/1.m4s',
    'assets/hidden/ver.1/presentation-1.json',
  ];
  const read = async (url: string) => {
    const before = tierCounters.r2MediaReads;
    const { status, headers } = await call(url);
    return [status, headers.get('cache-control'), headers.get(VERDICT_HEADER), tierCounters.r2MediaReads - before];
  };

  test.each(there)('%s', async (key) => {
    await env.MEDIA.put(key, 'secret');
    const answer = await read(mediaUrl(key));
    await env.MEDIA.delete(key);
    expect(answer).toEqual([404, 'no-store', null, 0]);
  });

  test.each([
    ['a query', `${mediaUrl(SEGMENT)}?x`],
    ['an escape', mediaUrl(SEGMENT.replace('v360', '%76360'))],
    ['a climb', mediaUrl('assets/inner/ver1/v360/../../current.json')],
    ['an escaped climb', mediaUrl('assets/inner/ver1/%2e%2e/current.json')],
    ['a doubled slash', mediaUrl(SEGMENT.replace('assets/', 'assets//'))],
    ['a slash at the end', `${mediaUrl(SEGMENT)}/`],
    ['another format', mediaUrl(SEGMENT).replace('/1/', '/2/')],
    ['no format', mediaUrl(SEGMENT).replace('/1/', '/')],
    ['another host', mediaUrl(SEGMENT).replace('.invalid', '.example')],
    ['no path', 'https://media.sluice.invalid'],
  ])('an address with %s', async (_, url) => {
    expect(await read(url)).toEqual([404, 'no-store', null, 0]);
  });
});

describe('delivery through it', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET', from = delivery) =>
    fetchPath(from, base + path, { headers, method });
  const tierOf = (response: Response) => response.headers.get('server-timing');

  test('reads the bucket once for all, and names the tier that the origin read', async () => {
    const before = tierCounters.r2MediaReads;
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('v720/1/1.m4s')));
    for (const answer of answers) {
      expect(await bytesOf(answer)).toEqual(segmentBytes(1, SEGMENT_BYTES));
    }
    expect(answers.map(tierOf).sort()).toEqual([...Array(19).fill('tier;desc=memory'), 'tier;desc=r2']);
    expect(tierCounters.r2MediaReads - before).toBe(1);
  });

  test('answers HEAD, conditions and what is missing as ever', async () => {
    const other = newEnv({ EDGE_CACHE: 'workers' });
    const head = await get('v720/1/2.m4s', {}, 'HEAD', other);
    expect([head.status, head.headers.get('content-length'), tierOf(head)]).toEqual([200, '1000', 'tier;desc=r2']);
    const etag = head.headers.get('etag') ?? '';
    expect(
      (await get('v720/1/2.m4s', { 'if-none-match': etag }, 'GET', newEnv({ EDGE_CACHE: 'workers' }))).status,
    ).toBe(304);
    const before = tierCounters.r2MediaReads;
    expect(await refusalOf(await get('v720/9/9.m4s'))).toBe('404 not_found');
    // It has been believed: nobody looked a second time.
    expect(tierCounters.r2MediaReads - before).toBe(1);
  });

  test('cuts ranges out of what is too large to hold, with a length', async () => {
    const size = MAX_HELD_OBJECT_BYTES + 1000;
    const key = 'assets/inner/ver1/images/large.jpg';
    await env.MEDIA.put(
      key,
      Uint8Array.from({ length: size }, (_, index) => index % 251),
    );
    for (const [range, first, length] of [
      [`bytes=${size - 10}-`, size - 10, 10],
      ['bytes=5-11', 5, 7],
      ['bytes=-3', size - 3, 3],
      [`bytes=70000-${size}`, 70_000, size - 70_000],
    ] as const) {
      const part = await get('images/large.jpg', { range });
      expect([part.status, part.headers.get('content-length')]).toEqual([206, String(length)]);
      expect(part.headers.get('content-range')).toBe(`bytes ${first}-${first + length - 1}/${size}`);
      const bytes = await bytesOf(part);
      expect([bytes.byteLength, bytes[0], bytes.at(-1)]).toEqual([length, first % 251, (first + length - 1) % 251]);
    }
    const outside = await get('images/large.jpg', { range: `bytes=${size}-` });
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  });
});
