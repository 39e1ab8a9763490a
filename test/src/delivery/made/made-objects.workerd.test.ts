/** Segments made from a source in the real bucket: which bytes, by how many reads, and what is missing. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FOLLOWER_WAIT_MS, SIBLING_MS } from '../../../../src/delivery/made/limits.ts';
import { sourceIndexKey } from '../../../../src/media/keys.ts';
import { bytesOf, settle, times } from '../tiers/fakes.ts';
import { newMade } from './bucket.ts';
import { type Film, putFilm } from './film.ts';

const MISSING = { kind: 'missing' };
const UNAVAILABLE = { code: 'unavailable' };
const TRACKS = ['video', 'audio'] as const;

let film: Film;
let parts: ReturnType<typeof newMade>;
let logged: string[];

beforeEach(async () => {
  film = await putFilm('film');
  parts = newMade();
  logged = [];
  const note = (line: unknown) => void logged.push(String(line));
  vi.spyOn(console, 'warn').mockImplementation(note);
  vi.spyOn(console, 'error').mockImplementation(note);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('picture and sound of a number', () => {
  test.each([[['video', 'audio'] as const], [['audio', 'video'] as const]])(
    'cost a slot and one range: %j',
    async (order) => {
      const { made, watched, counted, budget } = parts;
      for (const track of order) {
        const read = await made.get(film.keyOf(track, 2));
        const bytes = film.segmentOf(track, 2);
        expect(read).toMatchObject({ kind: 'found', tier: 'r2', size: bytes.byteLength });
        expect(read).toMatchObject({ part: { offset: 0, length: bytes.byteLength } });
        expect(await bytesOf(read)).toEqual(bytes);
      }
      expect(watched.reads).toEqual([
        { key: sourceIndexKey({ assetId: 'film', version: 'ver1' }), offset: film.stride, length: film.stride },
        { key: film.sourceKey, ...film.slots[1]?.range },
      ]);
      expect(counted()).toBe(2);
      expect(budget.bytes).toBe(0);
    },
  );

  test('that many ask for at once cost no more', async () => {
    const { made, watched } = parts;
    const keys = times(50, async () => TRACKS).map(() => TRACKS);
    const reads = await Promise.all(
      keys.flat().map(async (track) => ({ track, read: await made.get(film.keyOf(track, 1)) })),
    );
    expect(watched.reads).toHaveLength(2);
    const owned = new Set<unknown>();
    for (const { track, read } of reads) {
      expect(await bytesOf(read)).toEqual(film.segmentOf(track, 1));
      owned.add(read.kind === 'found' && read.body instanceof Uint8Array && read.body.buffer);
    }
    // A cache may free what it was given: nobody else may have it.
    expect(owned.size).toBe(100);
  });

  test('are read by themselves where one range has too much besides', async () => {
    const far = await putFilm('far', { gap: 40_000 });
    const { made, watched } = parts;
    for (const track of TRACKS) {
      expect(await bytesOf(await made.get(far.keyOf(track, 3)))).toEqual(far.segmentOf(track, 3));
    }
    expect(watched.reads).toHaveLength(3);
  });

  test('are one where the sound has ended before', async () => {
    const silent = await putFilm('silent', { silent: 1 });
    const { made, watched } = parts;
    expect(await bytesOf(await made.get(silent.keyOf('video', 3)))).toEqual(silent.segmentOf('video', 3));
    expect(await made.get(silent.keyOf('audio', 3))).toEqual(MISSING);
    expect(await made.head(silent.keyOf('audio', 3))).toBeNull();
    expect(watched.reads).toHaveLength(2);
  });
});

describe('the other track', () => {
  test('waits a few seconds for its request, and is given once', async () => {
    const { made, watched, clock } = parts;
    await made.get(film.keyOf('video', 1));
    clock.advance(SIBLING_MS - 1);
    await made.get(film.keyOf('audio', 1));
    expect(watched.reads).toHaveLength(2);
    await made.get(film.keyOf('audio', 1));
    expect(watched.reads).toHaveLength(3);
    clock.advance(SIBLING_MS);
    expect(await bytesOf(await made.get(film.keyOf('video', 1)))).toEqual(film.segmentOf('video', 1));
    expect(watched.reads).toHaveLength(4);
  });
});

describe('a head', () => {
  test('costs the slot alone, and says what a get says', async () => {
    const { made, watched } = parts;
    const head = await made.head(film.keyOf('video', 1));
    expect(watched.reads).toHaveLength(1);
    const { size, etag } = (await made.get(film.keyOf('video', 1))) as never;
    expect(head).toEqual({ size, etag, tier: 'r2' });
    expect(etag).toMatch(/^"[\w-]+"$/);
  });

  test('has another tag for another track, number and source', async () => {
    const other = await putFilm('other', { segments: 4, gap: 8 });
    const keys = [film.keyOf('video', 1), film.keyOf('audio', 1), film.keyOf('video', 2), other.keyOf('video', 1)];
    const tags = await Promise.all(keys.map(async (key) => (await parts.made.head(key))?.etag));
    expect(new Set(tags).size).toBe(4);
  });
});

describe('what is not there', () => {
  const path = (rest: string) => `assets/film/ver1/${rest}`;

  test('is missing, by two reads at most', async () => {
    const { stride } = film;
    for (const rest of [
      `sv0/${stride}/0.m4s`,
      `sv0/${stride}/4.m4s`,
      `sv0/${stride}/999999.m4s`,
      `sv0/${stride - 1}/1.m4s`,
      `sv0/${stride + 1}/2.m4s`,
      `sv0/1/1.m4s`,
      `sv0/999999/1.m4s`,
      `sv1/${stride}/1.m4s`,
      `sa9/${stride}/1.m4s`,
    ]) {
      const { made, watched, reports } = newMade();
      expect(await made.get(path(rest)), rest).toEqual(MISSING);
      expect(watched.reads.length, rest).toBeLessThanOrEqual(2);
      expect(await made.head(path(rest)), rest).toBeNull();
      expect(reports).toEqual([]);
    }
    expect(await parts.made.get(film.keyOf('video', 1).replace('film', 'none'))).toEqual(MISSING);
  });

  test('also where the index has other metadata, or a slot cannot be read', async () => {
    const indexKey = sourceIndexKey({ assetId: 'film', version: 'ver1' });
    const index = await env.MEDIA.get(indexKey);
    const customMetadata = index?.customMetadata ?? {};
    const bytes = (await index?.arrayBuffer()) ?? new ArrayBuffer();
    new Uint8Array(bytes)[0] = 0;
    await env.MEDIA.put(indexKey, bytes, { customMetadata });
    expect(await newMade().made.get(film.keyOf('video', 1))).toEqual(MISSING);
    expect(logged.join()).toContain('source_slot_unreadable');
    await env.MEDIA.put(indexKey, bytes, { customMetadata: { stride: String(film.stride) } });
    expect(await newMade().made.get(film.keyOf('video', 2))).toEqual(MISSING);
  });

  test('what is stored is read as ever', async () => {
    await env.MEDIA.put(path('sv0/init.mp4'), 'init');
    const read = await parts.made.get(path('sv0/init.mp4'), { offset: 1 });
    expect(new TextDecoder().decode(await bytesOf(read))).toBe('nit');
    expect(await parts.made.head(path('sv0/init.mp4'))).toMatchObject({ size: 4 });
    expect(parts.watched.reads).toEqual([]);
  });
});

describe('a source that is not what the index says', () => {
  const report = (code: string, assetId = 'film') => ({ assetId, version: 'ver1', code });

  test.each([
    ['overwritten', () => env.MEDIA.put(film.sourceKey, film.source.slice().fill(1))],
    ['overwritten by a shorter one', () => env.MEDIA.put(film.sourceKey, 'short')],
    ['deleted', () => env.MEDIA.delete(film.sourceKey)],
  ])('because it was %s while it played: missing, and reported once', async (_, change) => {
    const { made, reports } = parts;
    expect(await made.get(film.keyOf('video', 1))).toMatchObject({ kind: 'found' });
    await change();
    for (const track of TRACKS) {
      expect(await made.get(film.keyOf(track, 2))).toEqual(MISSING);
    }
    expect(reports).toEqual([report('source_changed')]);
  });

  test('is reported again a minute later: the file may have been back in between', async () => {
    const { made, reports, clock } = parts;
    await env.MEDIA.delete(film.sourceKey);
    for (const ms of [0, 59_999, 1]) {
      clock.advance(ms);
      await made.get(film.keyOf('video', 2));
    }
    expect(reports).toEqual([report('source_changed'), report('source_changed')]);
  });

  test.each([100_000_000, 0])('because a segment begins with no key frame (budget %d)', async (budgetBytes) => {
    const broken = await putFilm('broken', { broken: [2] });
    const { made, reports, watched } = newMade({ budgetBytes });
    expect(await bytesOf(await made.get(broken.keyOf('video', 1)))).toEqual(broken.segmentOf('video', 1));
    expect(await made.get(broken.keyOf('video', 2))).toEqual(MISSING);
    expect(await made.get(broken.keyOf('video', 2), { offset: 50_000 })).toEqual(MISSING);
    expect(reports).toEqual([report('open_gop', 'broken')]);
    expect(watched.cancelled).toBe(budgetBytes === 0 ? 2 : 0);
  });

  test('is reported again where the report was lost', async () => {
    let calls = 0;
    const { made, kept } = newMade({
      report: async () => {
        calls += 1;
        throw new Error('control is away');
      },
    });
    await env.MEDIA.delete(film.sourceKey);
    await made.get(film.keyOf('video', 1));
    await Promise.all(kept);
    await made.get(film.keyOf('video', 2));
    expect(calls).toBe(2);
  });
});

describe('a bucket that fails', () => {
  test.each(['the index', 'the source'])('at %s: unavailable, not reported, and read again', async (where) => {
    const { made, watched, reports, budget } = parts;
    if (where === 'the source') {
      await made.head(film.keyOf('video', 1));
    }
    watched.failures = 1;
    const outcomes = await Promise.allSettled(times(5, () => made.get(film.keyOf('video', 1))));
    expect(outcomes).toEqual(Array(5).fill({ status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) }));
    expect(await bytesOf(await made.get(film.keyOf('video', 1)))).toEqual(film.segmentOf('video', 1));
    expect(reports).toEqual([]);
    expect(budget.bytes).toBe(0);
  });

  test('in the middle of a body: unavailable, or a stream that breaks off', async () => {
    const { made, watched, budget } = parts;
    watched.bodyBytes = 5000;
    await expect(made.get(film.keyOf('video', 1))).rejects.toMatchObject(UNAVAILABLE);
    expect(budget.bytes).toBe(0);
    const streaming = newMade({ budgetBytes: 0 });
    // The picture's first sample is read whole.
    streaming.watched.bodyBytes = 20_000;
    await expect(bytesOf(await streaming.made.get(film.keyOf('video', 1)))).rejects.toThrow();
    watched.bodyBytes = Number.POSITIVE_INFINITY;
    expect(await bytesOf(await made.get(film.keyOf('video', 1)))).toEqual(film.segmentOf('video', 1));
  });
});

describe('a leader', () => {
  test('that has gone is kept alive, and the others get theirs', async () => {
    const { made, watched, kept } = parts;
    const { promise: opens, resolve } = Promise.withResolvers<void>();
    watched.gate = { of: 'sources/', opens };
    await made.head(film.keyOf('video', 1));
    void made.get(film.keyOf('video', 1));
    await settle();
    const follower = made.get(film.keyOf('audio', 1));
    await settle();
    // The flights of the slot and of the segment.
    expect(kept).toHaveLength(2);
    resolve();
    expect(await bytesOf(await follower)).toEqual(film.segmentOf('audio', 1));
    expect(watched.reads).toHaveLength(2);
  });

  test.each(['assets/', 'sources/'])('that hangs at %s holds up the others for their time only', async (of) => {
    const { made, watched, clock } = parts;
    watched.gate = { of, opens: new Promise(() => {}) };
    void made.get(film.keyOf('video', 1)).catch(() => {});
    await vi.waitFor(() => expect(watched.reads.at(-1)?.key.startsWith(of)).toBe(true));
    watched.gate = { of: 'none', opens: Promise.resolve() };
    const follower = made.get(film.keyOf('audio', 1));
    await vi.waitFor(() => expect(clock.running).toBeGreaterThan(1));
    clock.advance(FOLLOWER_WAIT_MS);
    expect(await bytesOf(await follower)).toEqual(film.segmentOf('audio', 1));
  });
});
