import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { sessionTokensOf } from '../../../src/access/session-tokens.ts';
import { configOf } from '../../../src/config.ts';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import {
  fetchPath,
  link,
  newEnv,
  putAsset,
  putCurrent,
  refusalOf,
  SEGMENT_BYTES,
  segmentBytes,
  startSession,
  textOf,
} from './fixture.ts';

let delivery: DeliveryEnv;
let base: string;

beforeAll(async () => {
  delivery = newEnv();
  await putAsset(delivery, 'asset1');
  base = await startSession(delivery, await link('asset1'));
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetchPath(delivery, base + path, { headers, method });
const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

async function gunzip(response: Response): Promise<string> {
  return new Response(response.body?.pipeThrough(new DecompressionStream('gzip'))).text();
}

describe('objects of a session', () => {
  test.each([
    ['v360/init.mp4', 'video/mp4', 12],
    ['a128-en/init.mp4', 'audio/mp4', 15],
    ['v360/1/1.m4s', 'video/iso.segment', SEGMENT_BYTES],
    ['v360/2/3.m4s', 'video/iso.segment', SEGMENT_BYTES],
    ['v360/1,3.2/3.m4s', 'video/iso.segment', SEGMENT_BYTES],
    ['a128-en/1/1.m4s', 'audio/mp4', SEGMENT_BYTES],
  ])('%s', async (path, contentType, length) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': contentType,
      'content-length': String(length),
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('Content-Range'),
      'x-content-type-options': 'nosniff',
    });
    expect(await bytesOf(response)).toHaveLength(length);
  });

  test('an attempt map leads to the right attempt', async () => {
    expect(await bytesOf(await get('v360/1,3.2/2.m4s'))).toEqual(segmentBytes(2, SEGMENT_BYTES));
    expect(await bytesOf(await get('v360/1,3.2/3.m4s'))).toEqual(segmentBytes(3, SEGMENT_BYTES));
    expect(await refusalOf(await get('v360/1/3.m4s'))).toBe('404 not_found');
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 100],
    ['bytes=990-', 990, 10],
    ['bytes=990-2000', 990, 10],
    ['bytes=-10', 990, 10],
    ['bytes=-2000', 0, SEGMENT_BYTES],
  ])('a range: %s', async (range, offset, length) => {
    const response = await get('v360/1/1.m4s', { range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${offset}-${offset + length - 1}/${SEGMENT_BYTES}`);
    expect(response.headers.get('content-length')).toBe(String(length));
    expect(await bytesOf(response)).toEqual(segmentBytes(1, SEGMENT_BYTES).slice(offset, offset + length));
  });

  test.each(['bytes=0-1,5-6', 'bytes=9-1', 'items=0-1', 'bytes=x'])('a range that is ignored: %s', async (range) => {
    const response = await get('v360/1/1.m4s', { range });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-range')).toBeNull();
    expect(await bytesOf(response)).toHaveLength(SEGMENT_BYTES);
  });

  test.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('a range outside: %s', async (range) => {
    const response = await get('v360/1/1.m4s', { range });
    expect(response.headers.get('content-range')).toBe(`bytes */${SEGMENT_BYTES}`);
    expect(await refusalOf(response)).toBe('416 range_not_satisfiable');
  });

  test('a range of what is not there is not found', async () => {
    expect(await refusalOf(await get('v360/1/99.m4s', { range: 'bytes=0-1' }))).toBe('404 not_found');
  });

  test('conditions', async () => {
    const etag = (await get('v360/1/1.m4s', {}, 'HEAD')).headers.get('etag') ?? '';
    const unchanged = await get('v360/1/1.m4s', { 'if-none-match': `"x", W/${etag}` });
    expect(unchanged.status).toBe(304);
    expect(unchanged.headers.get('etag')).toBe(etag);
    expect(unchanged.headers.get('cache-control')).toContain('immutable');
    expect(await unchanged.text()).toBe('');
    expect((await get('v360/1/1.m4s', { 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get('v360/1/1.m4s', { 'if-match': etag })).status).toBe(200);
    expect(await refusalOf(await get('v360/1/1.m4s', { 'if-match': '"x"' }))).toBe('412 precondition_failed');
    expect(await refusalOf(await get('v360/1/99.m4s', { 'if-none-match': '*' }))).toBe('404 not_found');
    expect((await get('v360/1/1.m4s', { 'if-range': etag, range: 'bytes=0-9' })).status).toBe(206);
    expect((await get('v360/1/1.m4s', { 'if-range': '"x"', range: 'bytes=0-9' })).status).toBe(200);
    expect((await get('v360/1/1.m4s', { 'if-none-match': etag, range: 'bytes=5000-' })).status).toBe(304);
  });

  test('HEAD has the headers of GET and ignores Range', async () => {
    const [head, whole] = [await get('v360/1/1.m4s', { range: 'bytes=0-9' }, 'HEAD'), await get('v360/1/1.m4s')];
    expect(head.status).toBe(200);
    const each = { date: expect.any(String), 'x-request-id': expect.any(String) };
    expect(Object.fromEntries(head.headers)).toEqual({ ...Object.fromEntries(whole.headers), ...each });
    expect(await head.text()).toBe('');
    expect((await get('v360/1/99.m4s', {}, 'HEAD')).status).toBe(404);
  });

  test('images of the version', async () => {
    await delivery.MEDIA.put('assets/asset1/ver1/images/poster.jpg', 'a picture');
    const response = await get('images/poster.jpg');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(await textOf(response)).toBe('a picture');
  });

  test.each([
    '',
    'v360',
    'current.json',
    'presentation-1.json',
    '../current.json',
    '%2e%2e/current.json',
    'v360/1/1.mp4',
    'v360/1/0.m4s',
    'v999/init.mp4',
    'v360%2finit.mp4',
  ])('nothing at %j', async (path) => {
    expect(await refusalOf(await get(path))).toMatch(/^(404 not_found|400 session_malformed)$/);
  });
});

describe('playlists of a session', () => {
  test('are those of the tracks, and every URI in them answers', async () => {
    for (const path of ['v360.m3u8', 'v720.m3u8', 'a128-en.m3u8', 'v360/iframes.m3u8']) {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
      expect(response.headers.get('cache-control')).toBe('public, max-age=60');
      expect(response.headers.get('vary')).toBe('Accept-Encoding');
      const text = await textOf(response);
      const uris = [...text.matchAll(/^[^#\n].*|(?<=URI=")[^"]+/gm)].map(
        ([uri]) => new URL(uri, `https://x${base}${path}`).pathname,
      );
      expect(uris.length).toBeGreaterThan(1);
      for (const uri of uris) {
        expect([uri, (await fetchPath(delivery, uri)).status]).toEqual([uri, 200]);
      }
    }
  });

  test('are compressed for whoever takes it (HAS 10.1), with a tag of their own', async () => {
    const [plain, packed] = [await get('v360.m3u8'), await get('v360.m3u8', { 'accept-encoding': 'gzip, br' })];
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(packed.headers.get('etag')).not.toBe(plain.headers.get('etag'));
    expect(Number(packed.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')));
    expect(await gunzip(packed)).toBe(await textOf(plain));
  });

  test.each([
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
  ])('go by what the client sent, where the platform has replaced it: %j', async (clientAcceptEncoding, expected) => {
    const init = { headers: { 'accept-encoding': 'br, gzip' }, cf: { clientAcceptEncoding } } as RequestInit;
    const response = await fetchPath(delivery, `${base}v360.m3u8`, init);
    expect(response.headers.get('content-encoding')).toBe(expected);
  });

  test('answer 304 to their tag', async () => {
    const gzip = { 'accept-encoding': 'gzip' };
    const etag = (await get('v360.m3u8', gzip)).headers.get('etag') ?? '';
    const response = await get('v360.m3u8', { 'if-none-match': etag, ...gzip });
    expect(response.status).toBe(304);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    expect((await get('v720.m3u8', { 'if-none-match': etag, ...gzip })).status).toBe(200);
    expect((await get('v360.m3u8', { 'if-none-match': etag })).status).toBe(200);
  });

  test.each(['v999.m3u8', 'v999/iframes.m3u8', 'a128-en/iframes.m3u8'])('there is none at %s', async (path) => {
    expect(await refusalOf(await get(path))).toBe('404 not_found');
  });

  test('stay those of the revision the session started with', async () => {
    const first = await putAsset(delivery, 'growing');
    const session = await startSession(delivery, await link('growing'));
    const second = { ...first, revision: 2, tracks: first.tracks.filter(({ id }) => id !== 'v720') };
    await delivery.MEDIA.put('assets/growing/ver1/presentation-2.json', JSON.stringify(second));
    await putCurrent(delivery, 'growing', { revision: 2 });
    expect((await fetchPath(delivery, `${session}v720.m3u8`)).status).toBe(200);
    const next = await startSession(delivery, await link('growing'));
    expect(await refusalOf(await fetchPath(delivery, `${next}v720.m3u8`))).toBe('404 not_found');
  });
});

describe('a session', () => {
  test('outlives its link', async () => {
    const token = await link('asset1', { expiresInSeconds: 1 });
    const session = await startSession(delivery, token);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1100 });
    onTestFinished(() => void vi.useRealTimers());
    expect(await refusalOf(await fetchPath(delivery, `/v/${token}/main.m3u8`))).toBe('403 link_expired');
    expect((await fetchPath(delivery, `${session}v360/1/1.m4s`)).status).toBe(200);
  });

  test('is refused when it is not ours, changed or over', async () => {
    const over = await sessionTokensOf(configOf(delivery)).mint({
      sessionId: 's'.padEnd(16, 'x'),
      assetId: 'asset1',
      version: 'ver1',
      revision: 1,
      expiresAtSeconds: Math.floor(Date.now() / 1000) - 1,
    });
    const foreign = await startSession(newEnv({ SESSION_SECRET: 'y'.repeat(32) }), await link('asset1'));
    const cases: [string, string][] = [
      [`/s/${over}/`, '403 session_expired'],
      [foreign, '403 session_signature'],
      [`/s/${await link('asset1')}/`, '403 session_signature'],
      ['/s/asset1/', '400 session_malformed'],
      [`/s/${'a'.repeat(10_000)}/`, '400 session_malformed'],
    ];
    for (const [prefix, expected] of cases) {
      expect(await refusalOf(await fetchPath(delivery, `${prefix}v360/1/1.m4s`))).toBe(expected);
    }
  });

  test('goes on while the secret is rotated, and ends with the old one', async () => {
    const [now, before] = ['y'.repeat(32), 'x'.repeat(32)];
    const path = `${base}v360/1/1.m4s`;
    const rotating = newEnv({ SESSION_SECRET: now, SESSION_SECRET_PREVIOUS: before });
    expect((await fetchPath(rotating, path)).status).toBe(200);
    const fresh = await startSession(rotating, await link('asset1'));
    const rotated = newEnv({ SESSION_SECRET: now });
    expect((await fetchPath(rotated, `${fresh}v360/1/1.m4s`)).status).toBe(200);
    expect(await refusalOf(await fetchPath(rotated, path))).toBe('403 session_signature');
  });

  test.each(['', 'short'])('is refused where the previous secret is none: %j', async (secret) => {
    const broken = newEnv({ SESSION_SECRET_PREVIOUS: secret });
    expect(await refusalOf(await fetchPath(broken, `${base}v360/1/1.m4s`))).toBe('500 misconfigured');
  });
});
