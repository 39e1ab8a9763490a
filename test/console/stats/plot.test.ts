import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeTicks, valueTicks } from '../../../console/src/stats/axis.ts';
import { nextColumn } from '../../../console/src/stats/plot.ts';
import { barPaths, columnAt, columnX, type Frame, stepPath } from '../../../console/src/stats/plot-paths.ts';
import { retentionPicture, retentionTable } from '../../../console/src/stats/retention-picture.ts';

const FRAME: Frame = { width: 110, height: 120, left: 10, right: 0, top: 10, bottom: 10 };

describe('values beside a picture', () => {
  test.each([
    [0, true, [0, 1]],
    [1, true, [0, 1]],
    [3, true, [0, 1, 2, 3]],
    [7, true, [0, 5, 10]],
    [1_234, true, [0, 500, 1_000, 1_500]],
    [0.3, false, [0, 0.1, 0.2, 0.3]],
    [0, false, [0, 0.1]],
  ])('up to %d, whole: %s', (max, isWhole, expected) => {
    expect(valueTicks(max, 3, isWhole)).toEqual(expected);
  });

  test('reach the largest, evenly, in few steps', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.boolean(), (max, isWhole) => {
        const ticks = valueTicks(max, 3, isWhole);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9));
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect(ticks.every((tick, index) => index === 0 || tick > (ticks[index - 1] ?? 0))).toBe(true);
      }),
    );
  });
});

describe('times below a picture', () => {
  const starts = (count: number, stepMs: number) =>
    Array.from({ length: count }, (_, i) => 1_795_169_460_000 + i * stepMs);

  test.each(['minute', 'hour', 'day'] as const)('of %s are as many as fit, at round times', (resolution) => {
    const stepMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[resolution];
    const from = { minute: 1_795_169_460_000, hour: 1_795_168_800_000, day: 1_795_132_800_000 }[resolution];
    const count = { minute: 180, hour: 48, day: 30 }[resolution];
    const startsMs = Array.from({ length: count }, (_, index) => from + index * stepMs);
    for (const most of [2, 4, 8, 12]) {
      const ticks = timeTicks(startsMs, resolution, most);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(most + 1);
    }
  });

  test('of minutes are quarters of hours', () => {
    const startsMs = starts(180, 60_000);
    const minutes = timeTicks(startsMs, 'minute', 12).map((index) => new Date(startsMs[index] ?? 0).getUTCMinutes());
    expect(minutes.length).toBeGreaterThan(10);
    expect(minutes.every((minute) => minute % 15 === 0)).toBe(true);
  });
});

describe('columns', () => {
  test('are found below the pointer, also at and beyond the edges', () => {
    expect([-5, 10, 19.9, 20, 109, 500].map((x) => columnAt(FRAME, x, 10))).toEqual([0, 0, 0, 1, 9, 9]);
    expect([0, 1, 10].map((index) => columnX(FRAME, index, 10))).toEqual([10, 20, 110]);
  });

  test('stack their layers from the ground up', () => {
    const paths = barPaths(FRAME, [[1, 1], [0, 2]], 2); // biome-ignore format: pairs
    expect(paths).toEqual([
      'M13.0 110.0v-50.0h44.0v50.0Z',
      'M13.0 60.0v-50.0h44.0v50.0ZM63.0 110.0v-100.0h44.0v100.0Z',
    ]);
  });

  test('show the least that is more than nothing, and nothing as nothing', () => {
    expect(barPaths(FRAME, [[1], [0], [1_000_000]], 1_000_000)).toEqual([
      'M13.0 110.0v-1.5h27.3v1.5ZM79.7 110.0v-100.0h27.3v100.0Z',
    ]);
  });

  test('make steps from edge to edge', () => {
    expect(stepPath(FRAME, [1, 0.5], 1)).toEqual({
      line: 'M10.0 10.0H60.0V60.0H110.0',
      area: 'M10.0 10.0H60.0V60.0H110.0V110H10Z',
    });
    expect(stepPath(FRAME, [], 1).area).toBe('');
  });

  test.each([
    ['ArrowLeft', null, 9],
    ['ArrowLeft', 9, 8],
    ['ArrowLeft', 0, 0],
    ['ArrowRight', 9, 9],
    ['PageDown', 5, 0],
    ['Home', 5, 0],
    ['End', null, 9],
    ['Escape', 5, null],
    ['Tab', 5, undefined],
    ['a', 5, undefined],
  ])('are gone through with keys: %s at %s leads to %s', (key, chosen, expected) => {
    expect(nextColumn(key, chosen, 10)).toBe(expected);
  });
});

describe('retention', () => {
  const retention = {
    segmentSeconds: 4,
    sessions: 4,
    curve: [4, 3, 1].map((sessions, index) => ({
      segment: index + 1,
      startSeconds: index * 4,
      sessions,
      share: sessions / 4,
    })),
  };

  test('says of each part how many were given it', () => {
    const { columns, summary, ticks } = retentionPicture(retention);
    expect(columns.map(({ values }) => values)).toEqual([[1], [0.75], [0.25]]);
    expect(columns[1]?.text).toBe('0:04 · 75% · 3 sessions');
    expect(summary).toBe('4 sessions, 25% watched to the end');
    expect(ticks(3).map(({ index, label }) => [index, label])).toEqual([
      [0, '0:00'],
      [1, '0:04'],
      [2, '0:08'],
      [3, '0:12'],
    ]);
    expect(ticks(2).map(({ index }) => index)).toEqual([0, 2.5]);
  });

  test('has a row for each part', () => {
    expect(retentionTable(retention).rows[2]).toEqual(['0:08', '3', '1', '25%']);
  });
});
