/** Estimates beside what real encodes took (docs/benchmarks.md, encode). */
import { describe, expect, test } from 'vitest';
import { estimateEncode } from '../../../src/protocol/encode-estimate.ts';
import { chooseLadder } from '../../../src/protocol/ladder.ts';
import { refusedLook, type SourceLook } from '../../../src/protocol/source-look.ts';

const look = (change: Partial<Extract<SourceLook, { standard: true }>> = {}): SourceLook => ({
  ...{ standard: true, sizeBytes: 1_000_000, durationSeconds: 30, width: 1920, height: 1080, frameRate: 24 },
  ...change,
});
const estimate = (of: SourceLook | null, preset: 'medium' | 'veryfast' = 'medium') => {
  const found = estimateEncode(of, preset);
  if (found === null) {
    throw new Error('no estimate');
  }
  return found;
};

describe('beside the 30 s of 1080p24 of `npm run bench -- encode`', () => {
  // [preset, CPU seconds, bytes] of bench/results/encode.json.
  test.each([
    ['medium', 198.65, 41_315_000],
    ['veryfast', 85.28, 31_936_000],
  ] as const)('%s', (preset, cpuSeconds, bytes) => {
    const { cpuMinutes, storageBytes } = estimate(look(), preset);
    const cpuRatio = (cpuMinutes * 60) / cpuSeconds;
    const bytesRatio = storageBytes / bytes;
    console.log(`${preset}: CPU ${cpuRatio.toFixed(2)}, bytes ${bytesRatio.toFixed(2)}`);
    expect(cpuRatio).toBeGreaterThan(0.7);
    expect(cpuRatio).toBeLessThan(1.4);
    expect(bytesRatio).toBeGreaterThan(0.7);
    expect(bytesRatio).toBeLessThan(1.5);
  });
});

test('is the sum of its ladder at the average rate, and of stereo sound', () => {
  const kbps = chooseLadder(1920, 1080, 24).reduce((sum, { maxrateKbps }) => sum + maxrateKbps / 1.4, 128);
  expect(estimate(look()).storageBytes).toBe(Math.round((kbps * 1000 * 30) / 8));
  expect(estimate(look()).sourceBytes).toBe(1_000_000);
});

test('grows with the length, the size and the rate', () => {
  const { cpuMinutes, storageBytes } = estimate(look());
  const longer = estimate(look({ durationSeconds: 300 }));
  expect(longer.storageBytes).toBeCloseTo(10 * storageBytes, -2);
  expect(longer.cpuMinutes).toBeCloseTo(10 * cpuMinutes, 0);
  expect(estimate(look({ width: 1280, height: 720 })).cpuMinutes).toBeLessThan(0.6 * cpuMinutes);
  expect(estimate(look({ frameRate: 60 })).cpuMinutes).toBeGreaterThan(2.3 * cpuMinutes);
  // A slide show is encoded with five frames a second.
  expect(estimate(look({ frameRate: 1 })).cpuMinutes).toBeCloseTo(estimate(look({ frameRate: 5 })).cpuMinutes, 5);
});

test.each([
  ['without a look', null],
  ['of a file that does not play as it is', refusedLook('open_gop')],
])('there is none %s', (_, of) => {
  expect(estimateEncode(of, 'medium')).toBeNull();
});

test.each([
  [8192, 8192],
  [8192, 2],
  [8192, 240],
  [1, 1],
])('there is one of %i × %i', (width, height) => {
  expect(estimate(look({ width, height, frameRate: 60 })).storageBytes).toBeGreaterThan(0);
});
