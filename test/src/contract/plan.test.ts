import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CHUNKS, MAX_DURATION_SECONDS, MAX_FRAME_COUNT, MAX_FRAME_RATE } from '../../../src/contract/limits.ts';
import { encodePlanSchema, outputFrameRate, planEncode, videoTimescale } from '../../../src/contract/plan.ts';
import type { VideoFacts } from '../../../src/contract/source-facts.ts';
import { audioFacts, sourceFacts } from './fixture.ts';

const plan = (video: Partial<VideoFacts>, chunkSegments?: number) =>
  planEncode(sourceFacts(video), { preset: 'medium', ...(chunkSegments === undefined ? {} : { chunkSegments }) });

describe('the output frame rate', () => {
  test.each([
    ['24', 24, 1, 24, 1],
    ['25', 25, 1, 25, 1],
    ['29.97', 30_000, 1001, 30_000, 1001],
    ['23.976', 24_000, 1001, 24_000, 1001],
    ['60', 60, 1, 60, 1],
    ['60 written as 60.0001', 600_001, 10_000, 600_001, 10_000],
    ['120', 120, 1, 60, 1],
    ['119.88', 120_000, 1001, 60_000, 1001],
    ['100', 100, 1, 50, 1],
    ['90', 90, 1, 45, 1],
    ['240', 240, 1, 60, 1],
    ['5', 5, 1, 5, 1],
    ['1', 1, 1, 5, 1],
    ['0.1', 1, 10, 5, 1],
    ['2.997', 3000, 1001, 6000, 1001],
  ])('of %s fps', (_, num, den, expectedNum, expectedDen) => {
    expect(outputFrameRate({ num, den })).toEqual({ num: expectedNum, den: expectedDen });
  });
});

describe('the clock of a video track', () => {
  test.each([
    [24, 1, 24_000, 1000],
    [25, 1, 25_000, 1000],
    [30_000, 1001, 30_000, 1001],
    [60_000, 1001, 60_000, 1001],
    [5, 1, 5000, 1000],
  ])('at %i/%i has %i ticks a second, %i a frame', (num, den, timescale, frameTicks) => {
    expect(videoTimescale({ num, den })).toEqual({ timescale, frameTicks });
  });
});

describe('an encode plan', () => {
  test.each([
    ['24 fps', { frameRate: { num: 24, den: 1 }, frameCount: 240 }, 240, 48, 96],
    ['25 fps', { frameRate: { num: 25, den: 1 }, frameCount: 250 }, 250, 50, 100],
    ['29.97 fps', { frameRate: { num: 30_000, den: 1001 }, frameCount: 300 }, 300, 60, 120],
    ['23.976 fps', { frameRate: { num: 24_000, den: 1001 }, frameCount: 240 }, 240, 48, 96],
    ['120 fps, halved', { frameRate: { num: 120, den: 1 }, frameCount: 1201, durationSeconds: 10.01 }, 601, 120, 240],
    ['119.88 fps, halved', { frameRate: { num: 120_000, den: 1001 }, frameCount: 1200 }, 599, 120, 240],
    ['a variable rate', { variableFrameRate: true, frameCount: 200, durationSeconds: 10 }, 240, 48, 96],
    ['one frame', { frameCount: 1, durationSeconds: 1 / 24 }, 1, 48, 96],
    [
      'one frame per 10 s, repeated',
      { frameRate: { num: 1, den: 10 }, frameCount: 3, durationSeconds: 30 },
      150,
      10,
      20,
    ],
  ])('at %s', (_, video, frameCount, gopFrames, segmentFrames) => {
    const { video: planned } = plan(video);
    expect({ ...planned }).toMatchObject({ frameCount, gopFrames, segmentFrames });
  });

  test('keeps every frame of a constant-rate source, whatever the header says of its duration', () => {
    expect(plan({ frameCount: 237, durationSeconds: 10 }).video.frameCount).toBe(237);
  });

  test('is the same for the same facts', () => {
    expect(plan({ frameCount: 5000 })).toEqual(plan({ frameCount: 5000 }));
  });

  test('cuts a minute of 24 fps into chunks of 16 s', () => {
    expect(plan({ frameCount: 1440 }).chunks).toEqual([
      { index: 0, firstFrame: 0, frameCount: 384, firstNumber: 1 },
      { index: 1, firstFrame: 384, frameCount: 384, firstNumber: 5 },
      { index: 2, firstFrame: 768, frameCount: 384, firstNumber: 9 },
      { index: 3, firstFrame: 1152, frameCount: 288, firstNumber: 13 },
    ]);
  });

  test('begins another chunk for one frame too many', () => {
    expect(plan({ frameCount: 96 }, 1).chunks).toHaveLength(1);
    expect(plan({ frameCount: 97 }, 1).chunks.at(-1)).toEqual({
      index: 1,
      firstFrame: 96,
      frameCount: 1,
      firstNumber: 2,
    });
  });

  test('makes chunks longer where there would be too many', () => {
    const { chunks } = plan({ frameCount: MAX_DURATION_SECONDS * 24, durationSeconds: MAX_DURATION_SECONDS }, 1);
    expect(chunks.length).toBeLessThanOrEqual(MAX_CHUNKS);
    expect(chunks.length).toBeGreaterThan(MAX_CHUNKS * 0.9);
  });
});

describe('planned sound', () => {
  const seconds = ({ frameCount, sampleRate }: { frameCount: number; sampleRate: number }) =>
    (frameCount * 1024) / sampleRate;

  test('covers the picture by less than one AAC frame', () => {
    const [audio] = plan({ frameRate: { num: 30_000, den: 1001 }, frameCount: 285 }).audio;
    // 285 × 1001 / 30000 = 9.5095 s = 445.76 AAC frames.
    expect(audio?.frameCount).toBe(446);
  });

  test('gains no frame from float noise', () => {
    // 8 frames of 24 fps are exactly 16,000 samples; 384 frames are exactly 750 AAC frames.
    expect(plan({ frameCount: 384 }).audio[0]?.frameCount).toBe(750);
  });

  test('puts the default track first, then the file’s order, and names tracks of one language apart', () => {
    const facts = sourceFacts({}, [
      audioFacts({ streamIndex: 3, language: 'deu', isDefault: false }),
      audioFacts({ streamIndex: 2, language: 'eng', isDefault: false }),
      audioFacts({ streamIndex: 4, language: 'eng', isDefault: true }),
    ]);
    const { audio } = planEncode(facts, { preset: 'medium' });
    expect(audio.map(({ track, streamIndex }) => [track, streamIndex])).toEqual([
      ['a128-eng', 4],
      ['a128-eng-2', 2],
      ['a128-deu', 3],
    ]);
  });

  test('is not there where the source has none', () => {
    expect(planEncode(sourceFacts({}, []), { preset: 'medium' }).audio).toEqual([]);
  });

  test('never falls short of the picture, nor runs a frame over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(1000, 1001), (frameCount, den) => {
        const { video, audio } = plan({ frameRate: { num: 24_000, den }, frameCount });
        const picture = (video.frameCount * video.frameTicks) / video.timescale;
        const over = seconds(audio[0] ?? { frameCount: 0, sampleRate: 1 }) - picture;
        expect(over).toBeGreaterThanOrEqual(-1e-9);
        expect(over).toBeLessThan(1024 / 48_000);
      }),
    );
  });
});

describe('the plan of any source', () => {
  const rates = fc.oneof(
    fc.constantFrom(
      { num: 24, den: 1 },
      { num: 30_000, den: 1001 },
      { num: 120_000, den: 1001 },
      { num: 1, den: 10 },
      { num: 2 ** 31 - 1, den: 2 ** 31 },
      { num: 3, den: 2 ** 31 },
    ),
    fc.record({ num: fc.integer({ min: 1, max: 2 ** 31 }), den: fc.integer({ min: 1, max: 2 ** 31 }) }),
  );
  const sources = fc.record({
    frameRate: rates,
    variableFrameRate: fc.boolean(),
    frameCount: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: MAX_FRAME_COUNT })),
    durationSeconds: fc.double({ min: 0.001, max: MAX_DURATION_SECONDS, noNaN: true }),
    displayWidth: fc.integer({ min: 1, max: 8192 }),
    displayHeight: fc.integer({ min: 1, max: 8192 }),
  });

  test('fits the plan’s schema, at 5 to 60 fps', () => {
    fc.assert(
      fc.property(sources, fc.integer({ min: 1, max: 1000 }), (video, chunkSegments) => {
        const planned = plan(video, chunkSegments);
        expect(encodePlanSchema.safeParse(planned).error).toBeUndefined();
        const framesPerSecond = planned.video.timescale / planned.video.frameTicks;
        expect(framesPerSecond).toBeGreaterThanOrEqual(4.999);
        expect(framesPerSecond).toBeLessThanOrEqual(MAX_FRAME_RATE + 0.01);
      }),
      { numRuns: 300 },
    );
  });

  test('tiles all frames with whole segments, once, in order', () => {
    fc.assert(
      fc.property(sources, fc.integer({ min: 1, max: 1000 }), (source, chunkSegments) => {
        const { video, chunks } = plan(source, chunkSegments);
        expect(chunks.length).toBeLessThanOrEqual(MAX_CHUNKS);
        let nextFrame = 0;
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk.index).toBe(index);
          expect(chunk.firstFrame).toBe(nextFrame);
          expect(chunk.firstNumber).toBe(chunk.firstFrame / video.segmentFrames + 1);
          if (index < chunks.length - 1) {
            expect(chunk.frameCount % video.segmentFrames).toBe(0);
          }
          nextFrame += chunk.frameCount;
        }
        expect(nextFrame).toBe(video.frameCount);
      }),
      { numRuns: 200 },
    );
  });
});
