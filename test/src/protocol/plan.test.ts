import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CHUNKS, MAX_DURATION_SECONDS, MAX_FRAME_COUNT, MAX_FRAME_RATE } from '../../../src/media/limits.ts';
import {
  earlyVideo,
  laterVideo,
  outputFrameRate,
  type PlanOptions,
  planEncode,
  videoTimescale,
} from '../../../src/protocol/plan.ts';
import { type Chunk, EARLY_MODES, encodePlanSchema, type VideoPlan } from '../../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import { audioFacts, sourceFacts } from './fixture.ts';

const plan = (video: Partial<VideoFacts>, options: Partial<PlanOptions> = {}) =>
  planEncode(sourceFacts(video), { preset: 'medium', ...options });

/** Of a film at 24 fps. */
const film = (seconds: number, options: Partial<PlanOptions> = {}) =>
  plan({ frameCount: seconds * 24, durationSeconds: seconds }, options);

const segmentsOf = (chunks: readonly Chunk[], { segmentFrames }: VideoPlan): number[] =>
  chunks.map(({ frameCount }) => Math.ceil(frameCount / segmentFrames));

/** Frames of every segment. */
const segmentLengths = ({ frameCount, segmentFrames }: VideoPlan): number[] =>
  Array.from({ length: Math.ceil(frameCount / segmentFrames) }, (_, index) =>
    Math.min(segmentFrames, frameCount - index * segmentFrames),
  );

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

  test.each<[string, Partial<VideoFacts>, number, number | undefined]>([
    ['before the picture, rounded up', { leadSeconds: 1.01 }, 265, 25],
    ['after it', { tailSeconds: 2 }, 288, undefined],
    ['on both sides', { leadSeconds: 0.5, tailSeconds: 0.51 }, 265, 12],
    ['after a variable rate', { variableFrameRate: true, frameCount: 200, tailSeconds: 1 }, 264, undefined],
    ['before a high rate', { frameRate: { num: 120, den: 1 }, frameCount: 1200, leadSeconds: 1 }, 660, 60],
  ])('has frames for sound %s', (_, video, frameCount, leadFrames) => {
    const planned = plan(video);
    expect(planned.video.frameCount).toBe(frameCount);
    expect(planned.video.leadFrames).toBe(leadFrames);
    expect(planned.chunks.reduce((sum, chunk) => sum + chunk.frameCount, 0)).toBe(frameCount);
    const { frameTicks, timescale } = planned.video;
    expect(planned.audio[0]?.frameCount).toBe(
      Math.ceil(((frameCount * frameTicks) / timescale) * (48_000 / 1024) - 1e-9),
    );
  });

  test('shows the last frame of a variable rate, however short it is', () => {
    // The nearest slot to 9.98 s is 240, the end of 10.0 s.
    const video = { variableFrameRate: true, frameCount: 200, durationSeconds: 10, timeBase: { num: 1, den: 1000 } };
    expect(plan({ ...video, lastTicks: 9978 }).video.frameCount).toBe(240);
    expect(plan({ ...video, lastTicks: 9979 }).video.frameCount).toBe(241);
    expect(plan(video).video.frameCount).toBe(240);
  });

  test('does not name what the facts do not have', () => {
    expect(plan({}).video).not.toHaveProperty('leadFrames');
  });

  test('is the same for the same facts', () => {
    expect(plan({ frameCount: 5000 })).toEqual(plan({ frameCount: 5000 }));
  });

  test('cuts a minute of 24 fps into chunks of the length that is asked for', () => {
    expect(plan({ frameCount: 1440 }, { chunkSegments: 4 }).chunks).toEqual([
      { index: 0, firstFrame: 0, frameCount: 288, firstNumber: 1 },
      { index: 1, firstFrame: 288, frameCount: 384, firstNumber: 4 },
      { index: 2, firstFrame: 672, frameCount: 384, firstNumber: 8 },
      { index: 3, firstFrame: 1056, frameCount: 384, firstNumber: 12 },
    ]);
  });

  test('begins another chunk where there is another segment', () => {
    expect(plan({ frameCount: 96 }, { chunkSegments: 1 }).chunks).toHaveLength(1);
    expect(plan({ frameCount: 109 }, { chunkSegments: 1 }).chunks.at(-1)).toEqual({
      index: 1,
      firstFrame: 96,
      frameCount: 13,
      firstNumber: 2,
    });
  });

  test.each([
    ['one frame more than a segment', 97, [97]],
    ['half a second more than a segment', 108, [94, 14]],
    ['one frame more than two segments', 193, [98, 95]],
    ['one frame more than a minute', 1441, [...new Array(14).fill(98), 69]],
    ['nothing more than a minute', 1440, new Array(15).fill(96)],
  ])('leaves no last segment of a few frames: %s', (_, frameCount, lengths) => {
    const { video, audio } = plan({ frameCount });
    expect(segmentLengths(video)).toEqual(lengths);
    expect(audio[0]?.segmentSeconds).toBe(video.segmentFrames / 24);
  });

  test('makes chunks longer where there would be too many', () => {
    const { chunks } = film(MAX_DURATION_SECONDS, { chunkSegments: 1 });
    expect(chunks.length).toBeLessThanOrEqual(MAX_CHUNKS);
    expect(chunks.length).toBeGreaterThan(MAX_CHUNKS * 0.9);
  });
});

describe('a plan for one small encoder', () => {
  test.each([
    [30, [8]],
    [64, [16]],
    [65, [8, 9]],
    [130, [11, 11, 11]],
  ])('of %i s is no more tasks than need be, none of them a crumb', (seconds, lengths) => {
    const { chunks, video, early } = film(seconds, { fleetCores: 2 });
    expect(segmentsOf(chunks, video)).toEqual(lengths);
    expect(early).toBeNull();
  });

  test('loses little where a large picture is encoded slowly', () => {
    const { chunks, video } = plan(
      { displayWidth: 3840, displayHeight: 2160, codedWidth: 3840, codedHeight: 2160, frameCount: 24 * 600 },
      { preset: 'veryslow' },
    );
    expect(Math.max(...segmentsOf(chunks, video))).toBeLessThan(4);
  });
});

describe('a plan for a fleet', () => {
  test('gives every slot several tasks, the longest first and the shortest last', () => {
    const { chunks, video } = film(7200, { fleetCores: 200 });
    const lengths = segmentsOf(chunks, video);
    expect(chunks.length).toBeGreaterThanOrEqual(4 * 100);
    expect(chunks.length).toBeLessThanOrEqual(6 * 100);
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    expect([lengths[0], lengths.at(-1)]).toEqual([8, 1]);
  });

  test('has no tasks so small that starting them would be most of their work', () => {
    const small = { displayWidth: 426, displayHeight: 240, codedWidth: 426, codedHeight: 240, frameCount: 24 * 600 };
    const { chunks, video } = plan(small, { fleetCores: 200 });
    expect(Math.min(...segmentsOf(chunks.slice(0, -1), video))).toBeGreaterThan(10);
  });

  test('ends a film together on encoders whose speeds differ by three times', () => {
    for (const [seconds, slots, least] of [
      [7200, 10, 0.95],
      [7200, 100, 0.85],
      [4 * 3600, 100, 0.9],
    ] as const) {
      const { chunks, video } = film(seconds, { fleetCores: 2 * slots });
      expect(efficiency(segmentsOf(chunks, video), slots)).toBeGreaterThan(least);
    }
  });

  /** Share of the fleet's time that is work, where a task costs 0.7 s of film beside its own. */
  function efficiency(lengths: readonly number[], slots: number): number {
    const speeds = Array.from({ length: slots }, (_, slot) => 0.5 + slot / (slots - 1));
    const busyUntil = new Array<number>(slots).fill(0);
    for (const segments of lengths) {
      const slot = busyUntil.indexOf(Math.min(...busyUntil));
      busyUntil[slot] = (busyUntil[slot] ?? 0) + (segments * 4 + 0.7) / (speeds[slot] ?? 1);
    }
    const work = lengths.reduce((sum, segments) => sum + segments * 4, 0);
    return work / (Math.max(...busyUntil) * slots);
  }
});

describe('an early rendition', () => {
  test.each([
    ['a short film', 120, 20, null],
    ['a film that a large fleet has soon done', 7200, 200, null],
    ['a film on one small encoder', 7200, 2, null],
    ['a long film for the fleet', 7200, 20, 'v480'],
  ])('is planned as fits %s', (_, seconds, fleetCores, track) => {
    expect(film(seconds, { fleetCores }).early?.track ?? null).toBe(track);
  });

  test('is not planned where it is switched off, or where it would be all there is', () => {
    expect(film(7200, { fleetCores: 20, early: 'off' }).early).toBeNull();
    const tiny = { displayWidth: 320, displayHeight: 200, frameCount: 24 * 7200 };
    expect(plan(tiny, { fleetCores: 20, early: 'on' }).early).toBeNull();
  });

  test.each([
    ['480p', 854, 480, 'v240'],
    ['720p', 1280, 720, 'v360'],
    ['1080p', 1920, 1080, 'v480'],
    ['2160p', 3840, 2160, 'v480'],
    ['1080p, upright', 1080, 1920, 'v480'],
  ])('of %s takes a small share of the ladder', (_, displayWidth, displayHeight, track) => {
    expect(plan({ displayWidth, displayHeight }, { early: 'on' }).early?.track).toBe(track);
  });

  test('is not planned where decoding the source once more costs much of the whole', () => {
    const large = {
      codedWidth: 7680,
      codedHeight: 4320,
      displayWidth: 7680,
      displayHeight: 4320,
      frameCount: 24 * 7200,
    };
    expect(plan(large, { fleetCores: 20, preset: 'medium' }).early).not.toBeNull();
    expect(plan(large, { fleetCores: 20, preset: 'ultrafast' }).early).toBeNull();
  });

  test('is encoded apart from the others', () => {
    const planned = film(120, { early: 'on' });
    const track = planned.early?.track ?? '';
    expect(earlyVideo(planned.video, track).renditions.map((rendition) => rendition.track)).toEqual(['v480']);
    expect(laterVideo(planned.video, track).renditions.map((rendition) => rendition.track)).toEqual([
      'v240',
      'v360',
      'v540',
      'v720',
      'v1080',
    ]);
    expect(laterVideo(planned.video, null)).toEqual(planned.video);
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

  const options = fc.record({
    preset: fc.constantFrom('ultrafast', 'medium', 'veryslow'),
    chunkSegments: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 1000 })),
    fleetCores: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2000 })),
    early: fc.constantFrom(...EARLY_MODES),
  } satisfies { [K in keyof PlanOptions]: fc.Arbitrary<PlanOptions[K]> });

  test('fits the plan’s schema, at 5 to 60 fps', () => {
    fc.assert(
      fc.property(sources, options, (video, chosen) => {
        const planned = plan(video, chosen);
        expect(encodePlanSchema.safeParse(planned).error).toBeUndefined();
        const framesPerSecond = planned.video.timescale / planned.video.frameTicks;
        expect(framesPerSecond).toBeGreaterThanOrEqual(4.999);
        expect(framesPerSecond).toBeLessThanOrEqual(MAX_FRAME_RATE + 0.01);
      }),
      { numRuns: 300 },
    );
  });

  /** One comparison for all chunks: an expectation for each took seconds. */
  function expectTiled(chunks: readonly Chunk[], video: VideoPlan): void {
    let nextFrame = 0;
    const expected = chunks.map(({ frameCount }, index) => {
      const firstFrame = nextFrame;
      nextFrame += frameCount;
      return { index, firstFrame, frameCount, firstNumber: firstFrame / video.segmentFrames + 1 };
    });
    expect(chunks).toEqual(expected);
    expect(chunks.slice(0, -1).filter(({ frameCount }) => frameCount % video.segmentFrames !== 0)).toEqual([]);
    expect(nextFrame).toBe(video.frameCount);
  }

  test('has no last segment of less than half a second, of sound neither, and none much longer than four', () => {
    fc.assert(
      fc.property(sources, (source) => {
        const { video, audio } = plan(source);
        const secondsOf = (frames: number): number => (frames * video.frameTicks) / video.timescale;
        const lengths = segmentLengths(video);
        expect(secondsOf(video.segmentFrames)).toBeGreaterThan(2.5);
        expect(secondsOf(video.segmentFrames)).toBeLessThan(5.5);
        if (lengths.length > 1) {
          expect(secondsOf(lengths.at(-1) ?? 0)).toBeGreaterThanOrEqual(0.5);
          const [sound] = audio;
          const cut = Math.ceil(((lengths.length - 1) * (sound?.segmentSeconds ?? 0) * 48_000) / 1024);
          expect((((sound?.frameCount ?? 0) - cut) * 1024) / 48_000).toBeGreaterThanOrEqual(0.5);
        }
      }),
    );
  });

  test('encodes every frame of every rendition exactly once, in whole segments, in order', () => {
    fc.assert(
      fc.property(sources, options, (source, chosen) => {
        const { video, early, chunks } = plan(source, chosen);
        expectTiled(chunks, video);
        if (early !== null) {
          expectTiled(early.chunks, video);
        }
        expect(chunks.length + (early?.chunks.length ?? 0)).toBeLessThanOrEqual(MAX_CHUNKS);
        const track = early?.track ?? null;
        const encoded = [...earlyVideo(video, track).renditions, ...laterVideo(video, track).renditions];
        expect(encoded).toHaveLength(video.renditions.length);
        expect(new Set(encoded)).toEqual(new Set(video.renditions));
        expect(laterVideo(video, track).renditions).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('has no longer chunks than a lost encoder may cost, as long as their number allows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_DURATION_SECONDS * 24 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.constantFrom(...EARLY_MODES),
        (frameCount, fleetCores, early) => {
          const planned = plan({ frameCount }, { fleetCores, early });
          expect(Math.max(...segmentsOf(planned.chunks, planned.video))).toBeLessThanOrEqual(16);
          expect(Math.max(1, ...segmentsOf(planned.early?.chunks ?? [], planned.video))).toBeLessThanOrEqual(54);
        },
      ),
      { numRuns: 300 },
    );
  });
});
