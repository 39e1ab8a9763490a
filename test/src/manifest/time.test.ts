import { expect, test } from 'vitest';
import { formatSeconds, microsecondsOf } from '../../../src/manifest/time.ts';

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
