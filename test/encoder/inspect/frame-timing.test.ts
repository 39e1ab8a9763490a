import { describe, expect, test } from 'vitest';
import { deriveFrameTiming } from '../../../encoder/inspect/frame-timing.ts';

const MILLISECONDS = { num: 1, den: 1000 };
const onGrid = (rate: number, count: number, ticksPerSecond: number): { ticks: number; durationTicks: number }[] =>
  Array.from({ length: count }, (_, frame) => ({
    ticks: 77 + Math.round((frame / rate) * ticksPerSecond),
    durationTicks: 0,
  }));

describe('deriveFrameTiming', () => {
  test.each([
    ['23.976 in milliseconds', 24000 / 1001, { num: 24_000, den: 1001 }],
    ['59.94 in milliseconds', 60000 / 1001, { num: 60_000, den: 1001 }],
    ['24', 24, { num: 24, den: 1 }],
    ['a rate of its own', 18, { num: 18, den: 1 }],
  ])('%s is constant, whatever is claimed', (_, rate, frameRate) => {
    for (const claimed of [[], [frameRate], [{ num: 1000, den: 1 }]]) {
      const timing = deriveFrameTiming(onGrid(rate, 3000, 1000), MILLISECONDS, claimed);
      expect(timing).toMatchObject({ frameRate, variableFrameRate: false, frameCount: 3000 });
      expect(timing.durationSeconds).toBeCloseTo(3000 / rate, 9);
    }
  });

  test('the claimed field rate of an interlaced film is not believed', () => {
    const claimed = [
      { num: 50, den: 1 },
      { num: 25, den: 1 },
    ];
    expect(deriveFrameTiming(onGrid(25, 100, 90_000), { num: 1, den: 90_000 }, claimed).frameRate).toEqual({
      num: 25,
      den: 1,
    });
  });

  test.each([
    ['119.88', { num: 120_000, den: 1001 }],
    ['120', { num: 120, den: 1 }],
  ])('three seconds of %s fps are on both grids: the nearer one counts, whatever is claimed first', (_, rate) => {
    const packets = onGrid(rate.num / rate.den, 378, 1000);
    for (const other of [
      { num: 120, den: 1 },
      { num: 120_000, den: 1001 },
    ]) {
      expect(deriveFrameTiming(packets, MILLISECONDS, [other, rate]).frameRate).toEqual(rate);
    }
  });

  test('one lost frame makes a rate variable; the time is kept', () => {
    const packets = onGrid(30, 300, 90_000).filter((_, frame) => frame !== 100);
    const timing = deriveFrameTiming(packets, { num: 1, den: 90_000 }, [{ num: 30, den: 1 }]);
    expect(timing).toMatchObject({ frameRate: { num: 30, den: 1 }, variableFrameRate: true, frameCount: 299 });
    expect(timing.durationSeconds).toBeCloseTo(10, 6);
  });

  test('order does not matter', () => {
    const packets = onGrid(25, 50, 1000);
    expect(deriveFrameTiming(packets.toReversed(), MILLISECONDS, [])).toEqual(
      deriveFrameTiming(packets, MILLISECONDS, []),
    );
  });

  test.each([
    ['with a claim', [{ num: 30, den: 1 }], { num: 30, den: 1 }, false],
    ['without one', [], { num: 25, den: 1 }, true],
    ['with nonsense', [{ num: 90_000, den: 1 }], { num: 25, den: 1 }, true],
  ])('a single frame %s', (_, claimed, frameRate, variableFrameRate) => {
    const timing = deriveFrameTiming([{ ticks: 5, durationTicks: 0 }], MILLISECONDS, claimed);
    expect(timing).toMatchObject({ frameRate, variableFrameRate, frameCount: 1 });
    expect(timing.durationSeconds).toBeGreaterThan(0);
  });

  test('frames that all have one time do not divide by zero', () => {
    const packets = Array.from({ length: 10 }, () => ({ ticks: 3, durationTicks: 0 }));
    const timing = deriveFrameTiming(packets, MILLISECONDS, [{ num: 25, den: 1 }]);
    expect(timing).toMatchObject({ frameRate: { num: 25, den: 1 }, variableFrameRate: true });
    expect(Number.isFinite(timing.durationSeconds)).toBe(true);
  });
});
