/** Segments that are streamed, because they are too large to hold or the budget is used up: the same bytes, range by range. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { PIECE_BYTES, READ_MS, SIBLINGS_BYTES_MAX } from '../../../../src/delivery/made/limits.ts';
import { Siblings } from '../../../../src/delivery/made/siblings.ts';
import type { ObjectRead } from '../../../../src/delivery/objects/objects.ts';
import { resolveRange } from '../../../../src/delivery/objects/ranges.ts';
import { MAX_HELD_OBJECT_BYTES } from '../../../../src/delivery/tiers/limits.ts';
import { KEY_SAMPLE_BYTES } from '../../../../src/media/source/key-samples.ts';
import { bytesOf } from '../tiers/fakes.ts';
import { newMade } from './bucket.ts';
import { type Film, putFilm } from './film.ts';

const TRACKS = ['video', 'audio'] as const;
const isStream = (read: ObjectRead) => read.kind === 'found' && read.body instanceof ReadableStream;

let film: Film;
let large: Film;

beforeAll(async () => {
  film = await putFilm('film', { segments: 2 });
  large = await putFilm('large', { segments: 1, videoBytes: MAX_HELD_OBJECT_BYTES, audioBytes: 70_000, pieces: 40 });
});

/** The first and last byte of everything that a segment consists of, and one more and less. */
function bordersOf(track: 'video' | 'audio'): number[] {
  const made = film.slots[0]?.[track];
  const borders = [0, made?.header.byteLength ?? 0];
  for (const { length } of made?.slices ?? []) {
    borders.push((borders.at(-1) ?? 0) + length);
  }
  const size = borders.at(-1) ?? 0;
  const near = borders.flatMap((border) => [border - 1, border, border + 1]);
  return [...new Set(near)].filter((border) => border >= 0 && border <= size);
}

describe.each(TRACKS)('each range of the %s between two borders', (track) => {
  test.each([
    ['held', 100_000_000],
    ['streamed', 0],
  ])('%s', async (kind, budgetBytes) => {
    const { made } = newMade({ budgetBytes });
    const whole = film.segmentOf(track, 1);
    const key = film.keyOf(track, 1);
    const borders = bordersOf(track);
    for (const offset of borders) {
      for (const end of borders.filter((border) => border > offset)) {
        const read = await made.get(key, { offset, length: end - offset });
        expect(isStream(read)).toBe(kind === 'streamed');
        expect(read).toMatchObject({ size: whole.byteLength, part: { offset, length: end - offset } });
        const bytes = await bytesOf(read);
        // Compared whole, each of some hundred ranges takes a while.
        expect(bytes.byteLength).toBe(end - offset);
        expect(Buffer.compare(bytes, whole.subarray(offset, end)), `${offset}-${end}`).toBe(0);
      }
    }
  });

  test.each([100_000_000, 0])('and those that are open, too long or outside (budget %d)', async (budgetBytes) => {
    const { made } = newMade({ budgetBytes });
    const whole = film.segmentOf(track, 2);
    const size = whole.byteLength;
    for (const range of [{ offset: size - 3 }, { suffix: 5 }, { suffix: size + 1 }, { offset: 1, length: size * 2 }]) {
      const part = resolveRange(range, size);
      const { offset, length } = 'length' in part ? part : { offset: 0, length: 0 };
      expect(await bytesOf(await made.get(film.keyOf(track, 2), range))).toEqual(
        whole.subarray(offset, offset + length),
      );
    }
    for (const range of [{ offset: size }, { suffix: 0 }]) {
      expect(await made.get(film.keyOf(track, 2), range)).toEqual({ kind: 'unsatisfiable', size });
    }
  });
});

describe('a picture that is too large to hold', () => {
  test('streams, byte by byte what would be held', async () => {
    const { made, budget, watched } = newMade();
    const streamed = await made.get(large.keyOf('video', 1));
    expect(isStream(streamed)).toBe(true);
    const bytes = await bytesOf(streamed);
    const held = await newMade({ heldBytesMax: 2 * MAX_HELD_OBJECT_BYTES }).made.get(large.keyOf('video', 1));
    expect(isStream(held)).toBe(false);
    expect(Buffer.compare(bytes, await bytesOf(held))).toBe(0);
    expect(Buffer.compare(bytes, large.segmentOf('video', 1))).toBe(0);
    expect(budget.bytes).toBe(0);
    // The slot, the picture, and its first sample.
    expect(watched.reads.map(({ length }) => length)).toEqual([large.stride, expect.any(Number), KEY_SAMPLE_BYTES]);
  });

  test('is checked once: further ranges are one read', async () => {
    const { made, watched } = newMade();
    await bytesOf(await made.get(large.keyOf('video', 1), { offset: 5_000_000, length: 10 }));
    expect(watched.reads).toHaveLength(3);
    const read = await made.get(large.keyOf('video', 1), { offset: 6_000_000, length: 1000 });
    expect(await bytesOf(read)).toEqual(large.segmentOf('video', 1).subarray(6_000_000, 6_001_000));
    expect(watched.reads).toHaveLength(4);
    // Of the header alone: none.
    await bytesOf(await made.get(large.keyOf('video', 1), { offset: 0, length: 10 }));
    expect(watched.reads).toHaveLength(4);
  });

  test('leaves its sound to be held', async () => {
    const { made } = newMade();
    const read = await made.get(large.keyOf('audio', 1));
    expect(isStream(read)).toBe(false);
    expect(await bytesOf(read)).toEqual(large.segmentOf('audio', 1));
  });

  /** Of the picture: what is in the first piece of the source that is read. */
  function firstBytes(): number {
    const { header, slices } = large.slots[0]?.video ?? { header: new Uint8Array(), slices: [] };
    const end = (slices[0]?.offset ?? 0) + PIECE_BYTES;
    const within = slices.map(({ offset, length }) => Math.max(0, Math.min(offset + length, end) - offset));
    return within.reduce((sum, length) => sum + length, header.byteLength);
  }

  test.each([
    ['when its client goes', 1],
    ['when its client goes while the source hangs, after the time of a read', firstBytes],
  ])('is read no further %s', async (_, bytesRead) => {
    const { made, watched, clock } = newMade();
    watched.stalls = true;
    watched.bodyBytes = PIECE_BYTES + 10_000;
    const read = await made.get(large.keyOf('video', 1));
    const reader = read.kind === 'found' && read.body instanceof ReadableStream ? read.body.getReader() : null;
    const wanted = typeof bytesRead === 'number' ? bytesRead : bytesRead();
    for (let bytes = 0; bytes < wanted; ) {
      bytes += (await reader?.read())?.value?.byteLength ?? wanted;
    }
    expect(watched.cancelled).toBe(0);
    await reader?.cancel();
    if (wanted > 1) {
      await vi.waitFor(() => expect(clock.running).toBe(1));
      clock.advance(READ_MS);
    }
    await vi.waitFor(() => expect(watched.cancelled).toBe(1));
  });
});

describe('the budget', () => {
  test('counts both tracks while they are made, and is given back', async () => {
    const { sizeBytes: video = 0 } = film.slots[1]?.video ?? {};
    const { sizeBytes: audio = 0 } = film.slots[1]?.audio ?? {};
    const enough = video + audio + PIECE_BYTES;
    const { made, budget } = newMade({ budgetBytes: enough });
    for (const number of [1, 2, 1, 2]) {
      expect(isStream(await made.get(film.keyOf('video', number)))).toBe(false);
      expect(budget.bytes).toBe(0);
    }
    expect(isStream(await newMade({ budgetBytes: enough - 1 }).made.get(film.keyOf('video', 2)))).toBe(true);
  });

  test('is held by the copies of a crowd until they are given back; those beyond it stream', async () => {
    const size = film.segmentOf('video', 1).byteLength;
    const { made, budget } = newMade({ budgetBytes: 5.5 * size + 256 * 1024 });
    const reads = await Promise.all(Array.from({ length: 20 }, () => made.get(film.keyOf('video', 1))));
    expect(reads.filter(isStream).length).toBeGreaterThan(8);
    expect(budget.bytes).toBeGreaterThan(5 * size);
    for (const read of reads) {
      expect(await bytesOf(read)).toEqual(film.segmentOf('video', 1));
      if (read.kind === 'found') {
        read.giveBack?.();
        read.giveBack?.();
      }
    }
    expect(budget.bytes).toBe(0);
  });
});

describe('siblings', () => {
  const bytesFor = (length: number) => new Uint8Array(length);

  test('are bounded: the oldest is freed', () => {
    const siblings = new Siblings();
    const all = Array.from({ length: 5 }, () => bytesFor(SIBLINGS_BYTES_MAX / 4));
    for (const [index, bytes] of all.entries()) {
      siblings.put(String(index), bytes, 0);
    }
    expect(siblings.bytes).toBe(SIBLINGS_BYTES_MAX);
    expect(all.map(({ buffer }) => buffer.detached)).toEqual([true, false, false, false, false]);
    expect(siblings.take('0', 0)).toBeNull();
    expect(siblings.take('1', 0)).toBe(all[1]);
    siblings.put('2', bytesFor(10), 0);
    expect(all[2]?.buffer.detached).toBe(true);
    expect(siblings.bytes).toBe(SIBLINGS_BYTES_MAX / 2 + 10);
  });

  test('are freed after their time, whatever is asked for', () => {
    const siblings = new Siblings();
    const bytes = bytesFor(100);
    siblings.put('a', bytes, 0);
    expect(siblings.take('b', 10_000)).toBeNull();
    expect([siblings.bytes, bytes.buffer.detached]).toEqual([0, true]);
  });
});
