/**
 * Nothing lost, repeated or reordered where chunks meet: with chunks of one segment, every frame that comes out must look
 * most like the frame of the same number that went in. The WAVE clips carry a running number and a timecode, so
 * neighbouring frames differ even where the film stands still.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signLink } from '../../scripts/sign-link.ts';
import { ffmpeg, words } from '../system/ffmpeg.ts';
import { clipPath } from '../system/films.ts';
import { type HeldSystem, holdSystem } from '../system/held-system.ts';

const CLIPS = ['wave_tos_1080p2997_8s.mp4', 'wave_croatia_1080p25_8s.mp4'] as const;
/** Large enough for the burnt-in numbers to be seen, small enough for a hundred frames in memory. */
const WIDTH = 640;
const HEIGHT = 360;
/** How many frames before and after are compared. */
const REACH = 2;
/** Frames on each side of the joint that the test breaks on purpose. */
const WINDOW = 8;
const LINK_SECONDS = 3_600;
/** Chunks of one segment of 4 s each in 8 s. */
const CHUNKS_MIN = 2;

const missing = CLIPS.filter((name) => clipPath(name) === null);

describe.skipIf(missing.length > 0)(
  `WAVE clips${missing.length > 0 ? ` (not here: ${missing.join(', ')})` : ''}`,
  () => {
    let held: HeldSystem;

    beforeAll(async () => {
      held = await holdSystem({ vars: { CHUNK_SEGMENTS: '1' } });
    });

    afterAll(() => held?.release());

    test.each(CLIPS)('%s keeps every frame in its place', async (name) => {
      const path = clipPath(name) ?? '';
      const { id } = await held.system.ingest(path);
      expect(await chunkTasks(held, id)).toBeGreaterThanOrEqual(CHUNKS_MIN);
      const { hls } = await signLink(held.system.api, id, LINK_SECONDS);
      const [sources, outputs] = [await framesOf(path), await framesOf(hls)];
      expect(outputs.length).toBe(sources.length);
      expect(misplaced(sources, outputs)).toEqual([]);
      expectNoticed(sources, outputs);
    });
  },
);

/** The same check, around the joint in the middle, on sequences that are wrong there. */
function expectNoticed(sources: readonly Buffer[], outputs: readonly Buffer[]): void {
  const middle = Math.floor(outputs.length / 2);
  const around = (frames: readonly Buffer[]): Buffer[] => frames.slice(middle - WINDOW, middle + WINDOW);
  const [right, given] = [around(sources), around(outputs)];
  expect(misplaced(right, swapped(given, WINDOW))).toEqual([WINDOW, WINDOW + 1]);
  expect(misplaced(right, given.toSpliced(WINDOW, 1, ...given.slice(WINDOW - 1, WINDOW)))).toEqual([WINDOW]);
  // One is lost: everything after it comes too early.
  const late = given.slice(WINDOW + 1).map((_, index) => WINDOW + index);
  expect(misplaced(right, given.toSpliced(WINDOW, 1))).toEqual(late);
}

/** How many tasks encoded the video. */
async function chunkTasks({ system: { api } }: HeldSystem, assetId: string): Promise<number> {
  const { job } = await api.call('GET /assets/{id}', { path: { id: assetId } });
  const { tasks } = await api.call('GET /jobs/{id}', { path: { id: job?.id ?? '' } });
  return tasks.filter(({ kind }) => kind === 'chunk').length;
}

/** Every frame of the best picture, grey and small, none repeated or dropped by a frame rate. */
async function framesOf(input: string): Promise<Buffer[]> {
  const format = `-an -fps_mode passthrough -vf scale=${WIDTH}:${HEIGHT}:flags=area -pix_fmt gray -f rawvideo -`;
  const raw = await ffmpeg('-i', input, ...words(format));
  const size = WIDTH * HEIGHT;
  return Array.from({ length: Math.floor(raw.length / size) }, (_, index) =>
    raw.subarray(index * size, (index + 1) * size),
  );
}

/** Numbers of the frames that look more like a neighbour of the same-numbered source frame than like that frame. */
function misplaced(sources: readonly Buffer[], outputs: readonly Buffer[]): number[] {
  return outputs.flatMap((output, index) => {
    const candidates = Array.from({ length: 2 * REACH + 1 }, (_, offset) => index - REACH + offset).filter(
      (number) => sources[number] !== undefined,
    );
    const differences = candidates.map((number) => difference(output, sources[number] ?? output));
    return candidates[differences.indexOf(Math.min(...differences))] === index ? [] : [index];
  });
}

/** Sum of squared differences of two pictures of one size. */
function difference(a: Buffer, b: Buffer): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const delta = (a[index] ?? 0) - (b[index] ?? 0);
    sum += delta * delta;
  }
  return sum;
}

function swapped(frames: readonly Buffer[], index: number): Buffer[] {
  const copy = [...frames];
  const [first, second] = [frames[index], frames[index + 1]];
  if (first !== undefined && second !== undefined) {
    copy[index] = second;
    copy[index + 1] = first;
  }
  return copy;
}
