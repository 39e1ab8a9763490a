import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureBandwidth, type SegmentEntry, targetDurationSeconds } from '../../../src/media/bandwidth.ts';

/** Durations in seconds at 1,000 ticks. */
const segments = (...entries: [seconds: number, bytes: number][]): SegmentEntry[] =>
  entries.map(([seconds, bytes]) => [seconds * 1000, bytes]);

const longest = (entries: readonly SegmentEntry[]): number => Math.max(0, ...entries.map(([ticks]) => ticks));

describe('the target duration', () => {
  test.each([
    ['the longest', segments([4, 1], [6, 1], [5, 1]), 6],
    ['rounded down', segments([4.004, 1]), 4],
    ['rounded up', segments([3.6, 1]), 4],
    ['rounded up from the half', segments([4.5, 1]), 5],
    ['at least one second', segments([0.2, 1]), 1],
    ['one second where there is nothing', [], 1],
  ])('is %s', (_, entries, expected) => {
    expect(targetDurationSeconds(longest(entries), 1000)).toBe(expected);
  });
});

describe('bandwidth', () => {
  test.each([
    ['of one segment is its rate', segments([4, 500_000]), 1_000_000, 1_000_000],
    ['of equal segments is theirs', segments([4, 500_000], [4, 500_000]), 1_000_000, 1_000_000],
    // 1.0, 3.0 and 0.5 Mb/s alone; a run of two lasts 8 s, more than 1.5 × 4 s.
    ['peaks at the largest segment', segments([4, 500_000], [4, 1_500_000], [4, 250_000]), 1_500_000, 3_000_000],
    // The last segment alone would be 8 Mb/s, but is shorter than half a target; with its neighbour: 1.6 MB in 5 s.
    ['has no peak in a short tail', segments([4, 600_000], [1, 1_000_000]), 2_560_000, 2_560_000],
    // 2-s segments below a 4-s target may peak in runs of one to three.
    [
      'peaks in runs of short segments',
      segments([4, 400_000], [2, 300_000], [2, 500_000], [2, 500_000], [2, 100_000]),
      1_200_000,
      2_000_000,
    ],
    // Half a target exactly counts: 2 s of 4 s.
    ['counts a run of exactly half a target', segments([4, 100_000], [2, 1_000_000]), 1_466_667, 4_000_000],
    // 1.5 targets exactly count as well; the run of all is the same as the average here.
    ['of less than half a target is the average', segments([0.2, 10_000]), 400_000, 400_000],
    ['of nothing is nothing', [], 0, 0],
  ])('%s', (_, entries, average, peak) => {
    expect(measureBandwidth(entries, 1000)).toEqual({ average, peak });
  });

  test('is rounded up, so that what is declared covers what is sent', () => {
    // 1 byte in 3 s: 2.67 b/s.
    expect(measureBandwidth([[3000, 1]], 1000)).toEqual({ average: 3, peak: 3 });
  });

  test('does not depend on the timescale', () => {
    const scaled = segments([4, 123_456], [3.5, 654_321]).map(([ticks, bytes]) => [ticks * 90, bytes] as const);
    expect(measureBandwidth(scaled, 90_000)).toEqual(measureBandwidth(segments([4, 123_456], [3.5, 654_321]), 1000));
  });

  test('peaks at or above the average, and covers every run of 0.5 to 1.5 target durations', () => {
    const entry = fc.tuple(fc.integer({ min: 1, max: 8000 }), fc.integer({ min: 1, max: 5_000_000 }));
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (entries) => {
        const { average, peak } = measureBandwidth(entries, 1000);
        const target = targetDurationSeconds(longest(entries), 1000);
        expect(peak).toBeGreaterThanOrEqual(average);
        for (let start = 0; start < entries.length; start++) {
          for (let end = start + 1; end <= entries.length; end++) {
            const run = entries.slice(start, end);
            const seconds = run.reduce((sum, [ticks]) => sum + ticks, 0) / 1000;
            const bits = run.reduce((sum, [, bytes]) => sum + bytes, 0) * 8;
            if (seconds >= 0.5 * target && seconds <= 1.5 * target) {
              expect(bits / seconds).toBeLessThanOrEqual(peak + 1e-6);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
