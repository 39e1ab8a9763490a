/** What an upload tells of its file before all of it is there. */
import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, test, vi } from 'vitest';
import { findUpload } from '../../../../src/catalog/uploads.ts';
import { PART_BYTES } from '../../../../src/platform/multipart.ts';
import { parseLook } from '../../../../src/protocol/source-look.ts';
import { type MovieOptions, movieIndex, movieSizeBytes } from '../../../system/movie-index.ts';
import { base64, begin, create, head, idOf, patch, placeOf } from './client.ts';

const MIB = 1024 ** 2;
const SHORT = { seconds: 100 } as const;
/** Its index takes several rows. */
const LONG = { seconds: 4500 } as const;

const FTYP = Uint8Array.of(0, 0, 0, 24, ...new TextEncoder().encode('ftypisom\0\0\0\0isomavc1'));

function boxOf(type: string, sizeBytes: number, content = new Uint8Array(0)): Uint8Array {
  const box = new Uint8Array(8 + content.length);
  new DataView(box.buffer).setUint32(0, sizeBytes);
  box.set(new TextEncoder().encode(type), 4);
  box.set(content, 8);
  return box;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** A film whose index comes first, up to its media data. `between`: boxes before the index. */
function fastStart(options: MovieOptions, between: Uint8Array = new Uint8Array(0)) {
  const before = FTYP.length + between.length;
  const mediaStart = before + movieIndex(options).length + 8;
  const index = movieIndex({ ...options, mediaStart });
  const length = movieSizeBytes({ ...options, mediaStart });
  const beginning = joined(FTYP, between, index, boxOf('mdat', length - mediaStart + 8));
  return { beginning, indexEnd: before + index.length, length };
}

const lookOf = ({ headers }: { headers: Headers }) => headers.get('sluice-look');
const rowOf = (place: string) => findUpload(env.CATALOG, idOf(place));
const storedLook = (place: string) =>
  vi.waitUntil(async () => parseLook((await rowOf(place))?.look ?? null), { timeout: 10_000 });

afterEach(() => {
  vi.restoreAllMocks();
});

test('a film whose index comes first is looked at when the last byte of the index is there', async () => {
  const { beginning, indexEnd, length } = fastStart(SHORT);
  const place = await begin(length);
  const ends = [1, 23, 40, 4095, 5000, indexEnd - 1];
  for (const [index, end] of ends.entries()) {
    expect(lookOf(await patch(place, ends[index - 1] ?? 0, beginning.slice(ends[index - 1] ?? 0, end)))).toBeNull();
  }
  const found = await patch(place, indexEnd - 1, beginning.slice(indexEnd - 1));
  expect([found.status, lookOf(found)]).toEqual([204, 'standard']);
  expect(await storedLook(place)).toEqual({
    ...{ standard: true, sizeBytes: length, durationSeconds: 100, width: 1920, height: 1080, frameRate: 24 },
  });
  expect(lookOf(await head(place))).toBe('standard');
});

test('a page of another site may read it', async () => {
  const { beginning, length } = fastStart(SHORT);
  const answer = await patch(await begin(length), 0, beginning, { origin: 'https://app.example' });
  expect(lookOf(answer)).toBe('standard');
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/\bSluice-Look\b/);
});

test('it comes with the answer of a creation with bytes, and of the last append', async () => {
  const { beginning, length } = fastStart({ seconds: 10, frameBytes: 100 });
  const headers = { 'upload-length': String(length), 'content-type': 'application/offset+octet-stream' };
  const created = await create(headers, { body: beginning });
  expect(lookOf(created)).toBe('standard');
  const rest = new Uint8Array(length - beginning.length);
  expect(lookOf(await patch(placeOf(created), beginning.length, rest))).toBe('standard');
  expect(lookOf(await head(placeOf(created)))).toBe('standard');
});

test('an index of several rows is read through cuts and a restart of the object', async () => {
  const { beginning, indexEnd, length } = fastStart(LONG);
  expect(indexEnd).toBeGreaterThan(2.5 * MIB - 1);
  const place = await begin(length);
  const object = env.UPLOADS.get(env.UPLOADS.idFromName(idOf(place)));
  const ends = [MIB + 777, 2 * MIB, indexEnd];
  for (const [index, end] of ends.entries()) {
    if (index > 0) {
      await evictDurableObject(object);
    }
    const answer = await patch(place, ends[index - 1] ?? 0, beginning.slice(ends[index - 1] ?? 0, end));
    expect(lookOf(answer)).toBe(end === indexEnd ? 'standard' : null);
  }
  await storedLook(place);
  await evictDurableObject(object);
  // Told from the row: the object has forgotten it.
  expect(lookOf(await head(place))).toBe('standard');
  const writes = vi.spyOn(Object.getPrototypeOf(env.CATALOG), 'prepare');
  expect(lookOf(await patch(place, indexEnd, beginning.slice(indexEnd)))).toBe('standard');
  expect(writes.mock.calls.filter(([text]) => /SET look/.test(String(text)))).toEqual([]);
});

test('boxes before the index do not hide it', async () => {
  const { beginning, length } = fastStart(SHORT, joined(boxOf('free', 8), boxOf('uuid', MIB, new Uint8Array(MIB - 8))));
  expect(lookOf(await patch(await begin(length), 0, beginning))).toBe('standard');
});

test('an index that is nearly a part is read before its rows leave, and a larger one is not waited for', async () => {
  const padding = (sizeBytes: number) => boxOf('free', sizeBytes, new Uint8Array(sizeBytes - 8));
  const { indexEnd } = fastStart(SHORT);
  const fits = fastStart(SHORT, padding(PART_BYTES - indexEnd));
  expect(fits.indexEnd).toBe(PART_BYTES);
  const body = (beginning: Uint8Array) => joined(beginning, new Uint8Array(PART_BYTES + MIB - beginning.length));
  expect(lookOf(await patch(await begin(fits.length), 0, body(fits.beginning)))).toBe('standard');
  const tooFar = fastStart(SHORT, padding(PART_BYTES - indexEnd + 1));
  expect(lookOf(await patch(await begin(tooFar.length), 0, body(tooFar.beginning)))).toBeNull();
});

test('a body with a checksum is looked at when it counts', async () => {
  const { beginning, length } = fastStart(SHORT);
  const place = await begin(length);
  const digest = String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-1', beginning)));
  const wrong = await patch(place, 0, beginning, { 'upload-checksum': `sha1 ${base64('01234567890123456789')}` });
  expect([wrong.status, lookOf(wrong)]).toEqual([460, null]);
  expect(lookOf(await head(place))).toBeNull();
  expect(lookOf(await patch(place, 0, beginning, { 'upload-checksum': `sha1 ${btoa(digest)}` }))).toBe('standard');
});

test('without a length there is none, until it is told', async () => {
  const { beginning, length } = fastStart(SHORT);
  const place = placeOf(await create({ 'upload-defer-length': '1' }));
  expect(lookOf(await patch(place, 0, beginning.slice(0, -8)))).toBeNull();
  const told = await patch(place, beginning.length - 8, beginning.slice(-8), { 'upload-length': String(length) });
  expect(lookOf(told)).toBe('standard');
});

test('a length that comes after the first part is too late', async () => {
  const { beginning, length } = fastStart(SHORT);
  const place = placeOf(await create({ 'upload-defer-length': '1' }));
  await patch(place, 0, joined(beginning, new Uint8Array(PART_BYTES - beginning.length)));
  expect(lookOf(await patch(place, PART_BYTES, new Uint8Array(9), { 'upload-length': String(length) }))).toBeNull();
});

test('media data that comes first, and parts of a concatenation, have none', async () => {
  const { beginning, length } = fastStart(SHORT);
  const behind = joined(FTYP, boxOf('mdat', 5 * MIB, new Uint8Array(2 * MIB)));
  const place = await begin(length);
  expect(lookOf(await patch(place, 0, behind))).toBeNull();
  const part = await begin(length, { 'upload-concat': 'partial' });
  expect(lookOf(await patch(part, 0, beginning))).toBeNull();
});

test.each([
  ['no film', new Uint8Array(8000).fill(0x41), 'not_mp4'],
  ['an index that goes on behind the file', joined(FTYP, boxOf('moov', 2 ** 31, new Uint8Array(8000))), /index_/],
  ['an index of nothing', joined(FTYP, boxOf('moov', 8), new Uint8Array(8000)), /^(index_|video_missing)/],
  ['an index of noise', joined(FTYP, boxOf('moov', 8008, new Uint8Array(8000).fill(0xff))), /^index_/],
])('%s is refused for a reason, and arrives', async (_name, beginning, code) => {
  const place = await begin(100_000);
  const answer = await patch(place, 0, beginning);
  expect([answer.status, lookOf(answer)]).toEqual([204, expect.stringMatching(code)]);
  expect(await storedLook(place)).toMatchObject({ standard: false, code: lookOf(answer) });
});

test('an index whose samples are behind the end of the file is refused', async () => {
  const { beginning, length } = fastStart(SHORT);
  expect(lookOf(await patch(await begin(length - 1), 0, beginning))).toBe('index_damaged');
});

test('many small boxes, byte by byte, do not have their beginning read again and again', async () => {
  const beginning = joined(FTYP, ...Array.from({ length: 600 }, () => boxOf('free', 8)));
  const place = await begin(1e9);
  const first = beginning.slice(0, 4096);
  await patch(place, 0, first);
  const object = env.UPLOADS.get(env.UPLOADS.idFromName(idOf(place)));
  const reads = await runInDurableObject(object, async (_, { storage }) => vi.spyOn(storage.sql, 'exec'));
  for (let offset = first.length; offset < beginning.length; offset += 25) {
    await patch(place, offset, beginning.slice(offset, offset + 25));
  }
  expect(reads.mock.calls.filter(([text]) => text.startsWith('SELECT bytes')).length).toBeLessThan(100);
});

test('a catalog that fails takes nothing but the look', async () => {
  const { beginning, length } = fastStart(SHORT);
  const place = await begin(length);
  const { prepare } = env.CATALOG;
  let failed = 0;
  vi.spyOn(Object.getPrototypeOf(env.CATALOG), 'prepare').mockImplementation(function (this: D1Database, text) {
    if (/SET look/.test(String(text))) {
      failed += 1;
      throw new Error('D1 is away');
    }
    return prepare.call(this, String(text));
  });
  const answer = await patch(place, 0, beginning);
  expect([answer.status, lookOf(answer), failed]).toEqual([204, 'standard', 1]);
  expect((await rowOf(place))?.look).toBeNull();
});
