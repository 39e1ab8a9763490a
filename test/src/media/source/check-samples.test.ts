/** Times and key frames of a picture, as lists of presentation times. */
import { describe, expect, test } from 'vitest';
import { walkPicture, walkSound } from '../../../../src/media/source/check-samples.ts';
import { NotStandard } from '../../../../src/media/source/not-standard.ts';
import type { SampleCursor } from '../../../../src/media/source/standard-source.ts';

/** Samples of 10 ticks each, at 100 ticks a second. */
const DURATION = 10;
const TIMESCALE = 100;
type Shown = { at: number; isKey?: boolean };
const key = (at: number): Shown => ({ at, isKey: true });
const frames = (...times: number[]): Shown[] => times.map((at) => ({ at }));
const count = (length: number, from = 0, step = DURATION): number[] =>
  Array.from({ length }, (_, index) => from + index * step);

function cursorOf(samples: readonly Shown[], durations: readonly number[] = []): SampleCursor {
  let index = -1;
  let decodeTicks = 0;
  return {
    next: () => {
      const isThere = index + 1 < samples.length;
      decodeTicks += isThere && index >= 0 ? (durations[index] ?? DURATION) : 0;
      index += isThere ? 1 : 0;
      return isThere;
    },
    get index() {
      return index;
    },
    offset: 0,
    sizeBytes: 1,
    get durationTicks() {
      return durations[index] ?? DURATION;
    },
    get decodeTicks() {
      return decodeTicks;
    },
    get compositionOffsetTicks() {
      return (samples[index]?.at ?? decodeTicks) - decodeTicks;
    },
    get isSync() {
      return samples[index]?.isKey === true;
    },
  };
}

function verdictOf(samples: readonly Shown[]): string {
  try {
    walkPicture(cursorOf(samples), TIMESCALE);
    return 'standard';
  } catch (error) {
    return error instanceof NotStandard ? error.code : String(error);
  }
}

/** `held` frames that are shown before 200, then one at 5, then more from 200 on. */
const reordered = (held: number): Shown[] => [
  key(0),
  ...frames(...count(held, 200 - held, 1), 5),
  ...frames(...count(20, 200)),
];

describe('the times of a picture', () => {
  test.each([
    ['standard', 'frames in order', [key(0), ...frames(10, 20), key(30), ...frames(40)]],
    ['standard', 'B-frames', [key(10), ...frames(40, 20, 30), key(50), ...frames(60)]],
    ['open_gop', 'a frame before its key frame', [key(10), ...frames(20), key(50), ...frames(30, 40)]],
    ['timing', 'a frame behind the next key frame', [key(10), ...frames(55), key(50), ...frames(60)]],
    ['timing', 'a frame at the time of the next key frame', [key(10), ...frames(50), key(50), ...frames(60)]],
    ['timing', 'two frames at a time', [key(0), ...frames(10, 30, 30)]],
    ['key_frames_missing', 'no key frame', frames(0, 10)],
    ['key_frames_missing', 'no frame', []],
    ['standard', 'key frames 12 s apart', [key(0), ...frames(...count(119, 10)), key(1200), ...frames(1210)]],
    ['key_frames_far', 'key frames 12.1 s apart', [key(0), ...frames(...count(120, 10)), key(1210)]],
    ['key_frames_far', 'a last GOP of 12.1 s', [key(0), ...frames(...count(120, 10))]],
    ['standard', 'a delay that grows by half a second', [key(0), ...frames(10), key(70), ...frames(80)]],
    ['timing', 'a delay that grows by more', [key(0), ...frames(10), key(71), ...frames(81)]],
    ['timing', 'a delay that grows by more and shrinks', [key(0), ...frames(10), key(71), ...frames(75, 80, 85)]],
    ['timing', 'a last frame that is late', [key(0), ...frames(10, 80)]],
    ['standard', '16 frames decoded before one that is shown earlier', reordered(16)],
    ['timing', '17 frames decoded before one that is shown earlier', reordered(17)],
  ] satisfies [string, string, Shown[]][])('%s: %s', (verdict, _name, samples) => {
    expect(verdictOf(samples)).toBe(verdict);
  });

  test('the end is that of the last frame shown', () => {
    const { firstTicks, lastTicks, endTicks, durationTicks } = walkPicture(
      cursorOf([key(10), ...frames(45, 20, 30)]),
      TIMESCALE,
    );
    expect([firstTicks, lastTicks, endTicks, durationTicks]).toEqual([10, 45, 55, 40]);
  });
});

describe('the times of a sound', () => {
  const RATE = 48_000;
  const soundVerdict = (lengths: readonly number[]): string => {
    let at = 0;
    const samples = lengths.map((ticks) => {
      at += ticks;
      return key(at - ticks);
    });
    try {
      walkSound(cursorOf(samples, lengths), RATE, 1024 / RATE);
      return 'standard';
    } catch (error) {
      return error instanceof NotStandard ? error.code : String(error);
    }
  };
  const even = (length: number, durationTicks = 1024): number[] => Array.from({ length }, () => durationTicks);

  test.each([
    ['standard', 'packets end to end', even(1000)],
    ['standard', 'a clock that trembles', Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? 900 : 1148))],
    ['standard', 'a hole of 80 ms', [...even(100), 1024 + 3840, ...even(100)]],
    ['timing', 'a hole of 120 ms', [...even(100), 1024 + 5760, ...even(100)]],
    ['timing', 'two holes of 80 ms', [...even(100), 1024 + 3840, ...even(100), 1024 + 3840, ...even(100)]],
    ['timing', 'a hole, and packets that overlap', [...even(50), 1024 + 3000, ...even(50, 900), ...even(50)]],
    ['timing', 'a clock that is wrong by 2 %', even(1000, 1000)],
    ['standard', 'a last packet that is long', [...even(100), 12_000]],
  ])('%s: %s', (verdict, _name, lengths) => {
    expect(soundVerdict(lengths)).toBe(verdict);
  });
});
