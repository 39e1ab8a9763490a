import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSeconds, microsecondsOf } from '../../../../src/media/manifest/time.ts';

test.each([
  [0, 48_000, 'nearest', 0],
  [1001, 30_000, 'nearest', 33_367],
  [1001, 30_000, 'up', 33_367],
  [1, 3_000_000, 'nearest', 0],
  [1, 3_000_000, 'up', 1],
  [48_000, 48_000, 'up', 1_000_000],
  // Twelve hours in a timescale whose product with 10^6 is no safe integer.
  [43_200 * 2 ** 31, 2 ** 31, 'nearest', 43_200_000_000],
] as const)('%i/%i %s is %i µs', (ticks, timescale, rounding, expected) => {
  expect(microsecondsOf(ticks, timescale, rounding)).toBe(expected);
});

test.each([
  [0, '0.000000'],
  [1, '0.000001'],
  [4_004_000, '4.004000'],
  [43_200_000_000, '43200.000000'],
])('%i µs reads %s', (microseconds, text) => {
  expect(formatSeconds(microseconds)).toBe(text);
});

test('is exact for any length and timescale', () => {
  const timescale = fc.integer({ min: 1, max: 2 ** 31 });
  // Near the largest safe integer, where the computation changes, and anywhere else.
  const ticks = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 40 }),
    fc.integer({ min: 9_007_199_000, max: 9_007_200_000 }),
    fc.nat(1000),
  );
  fc.assert(
    fc.property(ticks, timescale, (length, scale) => {
      const exact = BigInt(length) * 1_000_000n;
      // 285 years.
      fc.pre(exact / BigInt(scale) < BigInt(Number.MAX_SAFE_INTEGER));
      const up = (exact + BigInt(scale) - 1n) / BigInt(scale);
      const nearest = (exact + BigInt(scale) / 2n) / BigInt(scale);
      expect(BigInt(microsecondsOf(length, scale, 'up'))).toBe(up);
      expect(BigInt(microsecondsOf(length, scale, 'nearest'))).toBe(nearest);
    }),
  );
});
