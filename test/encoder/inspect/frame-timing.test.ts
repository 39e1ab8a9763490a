import { describe, expect, test } from 'vitest';
import { deriveFrameTiming, type PacketTime } from '../../../encoder/inspect/frame-timing.ts';
import type { Fraction } from '../../../src/media/fraction.ts';
import { nearestSlot } from '../../../src/media/frame-slots.ts';
import type { Warning } from '../../../src/protocol/warnings.ts';

const MILLISECONDS = { num: 1, den: 1000 };
const onGrid = (framesPerSecond: number, count: number, ticksPerSecond: number): PacketTime[] =>
  Array.from({ length: count }, (_, frame) => ({
    ticks: 77 + Math.round((frame / framesPerSecond) * ticksPerSecond),
    durationTicks: 0,
  }));

const derive = (packets: readonly PacketTime[], timeBase: Fraction, claimed: readonly Fraction[]) => {
  const { timing, warnings } = deriveFrameTiming(packets, timeBase, claimed);
  return { ...timing, warnings };
};
const rate = (num: number, den = 1): Fraction => ({ num, den });
const codesOf = (warnings: readonly Warning[]): string[] => warnings.map(({ code }) => code);

describe('deriveFrameTiming', () => {
  test.each([
    ['23.976 in milliseconds', 24000 / 1001, { num: 24_000, den: 1001 }],
    ['59.94 in milliseconds', 60000 / 1001, { num: 60_000, den: 1001 }],
    ['24', 24, { num: 24, den: 1 }],
    ['a rate of its own', 18, { num: 18, den: 1 }],
  ])('%s is constant, whatever is claimed', (_, framesPerSecond, frameRate) => {
    for (const claimed of [[], [frameRate], [{ num: 1000, den: 1 }]]) {
      const timing = derive(onGrid(framesPerSecond, 3000, 1000), MILLISECONDS, claimed);
      expect(timing).toMatchObject({ frameRate, variableFrameRate: false, frameCount: 3000, warnings: [] });
      expect(timing.durationSeconds).toBeCloseTo(3000 / framesPerSecond, 9);
    }
  });

  test('the claimed field rate of an interlaced film is not believed', () => {
    const timing = derive(onGrid(25, 100, 90_000), { num: 1, den: 90_000 }, [rate(50), rate(25)]);
    expect(timing.frameRate).toEqual(rate(25));
  });

  test.each([
    ['119.88', { num: 120_000, den: 1001 }],
    ['120', { num: 120, den: 1 }],
  ])('three seconds of %s fps are on both grids: the nearer one counts, whatever is claimed first', (_, exact) => {
    const packets = onGrid(exact.num / exact.den, 378, 1000);
    for (const other of [rate(120), rate(120_000, 1001)]) {
      expect(derive(packets, MILLISECONDS, [other, exact]).frameRate).toEqual(exact);
    }
  });

  test('order does not matter', () => {
    const packets = onGrid(25, 50, 1000);
    expect(derive(packets.toReversed(), MILLISECONDS, [])).toEqual(derive(packets, MILLISECONDS, []));
  });

  test.each([
    ['with a claim', [{ num: 30, den: 1 }], { num: 30, den: 1 }, false],
    ['without one', [], { num: 25, den: 1 }, true],
    ['with nonsense', [{ num: 90_000, den: 1 }], { num: 25, den: 1 }, true],
  ])('a single frame %s', (_, claimed, frameRate, variableFrameRate) => {
    const timing = derive([{ ticks: 5, durationTicks: 0 }], MILLISECONDS, claimed);
    expect(timing).toMatchObject({ frameRate, variableFrameRate, frameCount: 1, lastTicks: 5 });
    expect(timing.durationSeconds).toBeGreaterThan(0);
  });

  test('frames that all have one time do not divide by zero', () => {
    const packets = Array.from({ length: 10 }, () => ({ ticks: 3, durationTicks: 0 }));
    const timing = derive(packets, MILLISECONDS, [rate(25)]);
    expect(timing).toMatchObject({ frameRate: rate(25), variableFrameRate: true });
    expect(timing.durationSeconds).toBeCloseTo(0.04, 9);
  });
});

describe('missing frames', () => {
  const CLOCK = 90_000;
  const missing = (framesPerSecond: number, count: number, isLost: (frame: number) => boolean, clock = CLOCK) =>
    onGrid(framesPerSecond, count, clock).filter((_, frame) => !isLost(frame));

  test.each<[string, number, (frame: number) => boolean, Fraction]>([
    ['one', 30, (frame) => frame === 100, rate(30)],
    ['four', 30, (frame) => [20, 50, 51, 80].includes(frame), rate(30)],
    ['every third', 30, (frame) => frame % 3 === 2 && frame < 290, rate(30)],
    ['a tenth of 59.94', 60000 / 1001, (frame) => frame % 10 === 3, rate(60_000, 1001)],
    ['a tenth of 23.976', 24000 / 1001, (frame) => frame % 10 === 3, rate(24_000, 1001)],
  ])('%s: the rate and the time are kept', (_, framesPerSecond, isLost, frameRate) => {
    for (const clock of [CLOCK, 1000]) {
      const packets = missing(framesPerSecond, 300, isLost, clock);
      const average = { num: packets.length, den: 10 };
      for (const claimed of [[], [frameRate, average], [average]]) {
        const timing = derive(packets, { num: 1, den: clock }, claimed);
        expect(timing).toMatchObject({ frameRate, variableFrameRate: true, frameCount: packets.length });
        expect(timing.durationSeconds).toBeCloseTo(300 / framesPerSecond, 2);
        expect(timing.warnings).toMatchObject([
          {
            code: 'frames_missing',
            message: expect.stringContaining(packets.length === 299 ? 'A frame is' : `${300 - packets.length} frames`),
          },
        ]);
      }
    }
  });

  test('the place of the first is told, and holes of a second and more are pictures that are held', () => {
    const packets = missing(25, 500, (frame) => frame === 50 || (frame > 100 && frame <= 350));
    const { frameRate, warnings } = derive(packets, { num: 1, den: CLOCK }, []);
    expect(frameRate).toEqual(rate(25));
    expect(warnings).toMatchObject([
      { code: 'frames_missing', at: 49 / 25 },
      { code: 'picture_held', at: 4, message: expect.stringContaining('10.0 s') },
    ]);
  });

  test('above 60 fps they are missing from the grid of which every n-th is shown', () => {
    const { frameRate, warnings } = derive(
      missing(120, 600, (frame) => frame % 10 === 3),
      { num: 1, den: CLOCK },
      [],
    );
    expect(frameRate).toEqual(rate(120));
    expect(codesOf(warnings)).toEqual(['frames_dropped', 'frames_missing']);
  });
});

describe('unsteady frames', () => {
  const at = (times: readonly number[], ticksPerSecond = 1000): PacketTime[] =>
    times.map((seconds) => ({ ticks: Math.round(seconds * ticksPerSecond), durationTicks: 0 }));
  const steady = (framesPerSecond: number, count: number, from = 0): number[] =>
    Array.from({ length: count }, (_, frame) => from + frame / framesPerSecond);
  /** Film with fields repeated by 2:3 or 3:2, in fields of 59.94 Hz. */
  const telecine = (count: number, first: 2 | 3): number[] =>
    Array.from({ length: count }, (_, frame) => ((Math.floor(frame / 2) * 5 + (frame % 2) * first) * 1001) / 60_000);

  test.each([2, 3] as const)('repeated fields (%i first) are film', (first) => {
    for (const count of [100, 3000]) {
      const timing = derive(at(telecine(count, first), 90_000), { num: 1, den: 90_000 }, [rate(60_000, 1001)]);
      const expected = { frameRate: rate(24_000, 1001), variableFrameRate: false, frameCount: count, warnings: [] };
      expect(timing).toMatchObject(expected);
    }
  });

  test.each<[string, readonly number[], Fraction]>([
    ['24, then 30 fps', [...steady(24, 120), ...steady(30, 150, 5)], rate(30)],
    ['24, then 30 fps between its places', [...steady(24, 121), ...steady(30, 150, 5.051)], rate(30)],
    ['25 fps with a pause that ends between places', [...steady(25, 100), ...steady(25, 100, 14.013)], rate(25)],
    ['slides', [0, 3, 5.2, 12, 15.5], rate(10)],
    ['50 and 15 fps', [...steady(50, 50), ...steady(15, 20, 1)], rate(50)],
  ])('%s: the lowest grid that shows each frame', (_, times, frameRate) => {
    const timing = derive(at(times), MILLISECONDS, []);
    expect(timing).toMatchObject({ frameRate, variableFrameRate: true, frameCount: times.length });
    expect(codesOf(timing.warnings)).not.toContain('frames_dropped');
  });

  test('repeated fields beside real 29.97: no frame is lost', () => {
    const film = [...telecine(120, 2), ...steady(30_000 / 1001, 120, 5.005)];
    const timing = derive(at(film, 90_000), { num: 1, den: 90_000 }, [rate(30_000, 1001)]);
    expect(timing).toMatchObject({ frameRate: rate(30_000, 1001), warnings: [] });
  });

  test('jitter about a constant rate is put right', () => {
    const jitter = [0, 0.4, -0.4, 0.2, -0.1, 0.35];
    const times = steady(30, 300).map((seconds, frame) => seconds + (jitter[frame % 6] ?? 0) / 30);
    expect(derive(at(times), MILLISECONDS, [])).toMatchObject({
      frameRate: rate(30),
      variableFrameRate: false,
      frameCount: 300,
    });
  });

  test('frames that are nearer than 60 fps allows are counted, with the first place', () => {
    const times = steady(20, 100).flatMap((seconds, frame) =>
      frame % 10 === 9 ? [seconds, seconds + 0.004] : [seconds],
    );
    const timing = derive(at(times), MILLISECONDS, []);
    expect(timing.frameRate).toEqual(rate(60));
    expect(timing.warnings).toMatchObject([
      { code: 'frames_dropped', at: 0.454, message: expect.stringMatching(/^10 /) },
    ]);
  });

  test.each([
    ['240', 240, '60'],
    ['480', 480, '60'],
    ['960', 960, '60'],
    ['1000', 1000, '58.824'],
    ['90', 90, '45'],
  ])('%s fps are constant, and the version shows %3$s, on a millisecond clock too', (_, framesPerSecond, shown) => {
    for (const clock of [1000, 90_000]) {
      const packets = onGrid(framesPerSecond, 3000, clock);
      const timing = derive(packets, { num: 1, den: clock }, [rate(framesPerSecond)]);
      expect(timing).toMatchObject({ frameRate: rate(framesPerSecond), variableFrameRate: false, frameCount: 3000 });
      expect(timing.warnings).toMatchObject([
        { code: 'frames_dropped', message: expect.stringContaining(`shows ${shown}`) },
      ]);
    }
  });
});

test('of a film that was joined between places, the grid lies between both parts', () => {
  const parts = [
    ...onGrid(30, 90, 90_000),
    ...onGrid(30, 90, 90_000).map((packet) => ({ ...packet, ticks: packet.ticks + 268_080 })),
  ];
  const { timing, biasTicks, warnings } = deriveFrameTiming(parts, { num: 1, den: 90_000 }, [rate(30)]);
  expect(timing).toMatchObject({ frameRate: rate(30), variableFrameRate: false, frameCount: 180, durationSeconds: 6 });
  // The second part comes 1,920 ticks early, of 3,000 to a frame.
  expect(biasTicks).toBe(-960);
  expect(warnings).toEqual([]);
});

test('on a clock whose ticks are frames, each is in its own slot', () => {
  const timeBase = { num: 1, den: 25 };
  expect([0, 1, 2, 60].map((tick) => nearestSlot(tick, rate(25), timeBase))).toEqual([0, 1, 2, 60]);
});

describe('frames with the time of another', () => {
  const doubled = (index: number, time: number): PacketTime[] =>
    onGrid(25, 100, 1000).map((packet, frame) => (frame === index ? { ...packet, ticks: 77 + time } : packet));

  test('one beside an empty place has that place', () => {
    const timing = derive(doubled(40, 39 * 40), MILLISECONDS, []);
    expect(timing).toMatchObject({ frameRate: rate(25), variableFrameRate: false, frameCount: 100, warnings: [] });
  });

  test('one without a place is dropped, and that is told', () => {
    const timing = derive([...onGrid(25, 100, 1000), { ticks: 77 + 40 * 40, durationTicks: 0 }], MILLISECONDS, []);
    expect(timing).toMatchObject({ frameRate: rate(25), variableFrameRate: true });
    expect(codesOf(timing.warnings)).toEqual(['frames_dropped']);
  });

  test('undecodable pictures at the start of a cut file count for nothing', () => {
    const leading = [77, 77].map((ticks) => ({ ticks, durationTicks: 40 }));
    const timing = derive([...leading, ...onGrid(25, 100, 1000)], MILLISECONDS, []);
    expect(timing).toMatchObject({ frameRate: rate(25), variableFrameRate: false, frameCount: 100, warnings: [] });
  });
});

describe('a last frame that is held', () => {
  const lasting = (count: number, last: number, others = 40): PacketTime[] =>
    onGrid(25, count, 1000).map((packet, frame) => ({ ...packet, durationTicks: frame === count - 1 ? last : others }));

  test.each([
    ['for five seconds', lasting(75, 5000), 7.96, true],
    ['for two frames more', lasting(75, 120), 3.08, true],
    ['not at all', lasting(75, 40), 3, false],
    ['a little long', lasting(75, 55), 3, false],
    ['by what a muxer guessed', lasting(75, 77), 3, false],
    ['as long as all the others, by their wrong durations', lasting(75, 80, 80), 3, false],
    ['after one other', lasting(2, 5000), 5.04, true],
    ['alone', lasting(1, 5000), 5, true],
  ])('%s', (_, packets, durationSeconds, variableFrameRate) => {
    const timing = derive(packets, MILLISECONDS, [rate(25)]);
    expect(timing).toMatchObject({
      frameRate: rate(25),
      variableFrameRate,
      lastTicks: packets.at(-1)?.ticks,
      warnings: [],
    });
    expect(timing.durationSeconds).toBeCloseTo(durationSeconds, 6);
  });

  test('by the last sample of the index, which is a frame before it', () => {
    const packets = lasting(75, 40);
    const reordered = [...packets.slice(0, 73), ...packets.slice(74), { ticks: 77 + 73 * 40, durationTicks: 5040 }];
    expect(derive(reordered, MILLISECONDS, [rate(25)]).durationSeconds).toBeCloseTo(7.96, 6);
  });
});
