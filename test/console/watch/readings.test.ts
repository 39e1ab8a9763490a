import { describe, expect, test } from 'vitest';
import { parseBitRates } from '../../../console/src/watch/bit-rates.ts';
import { bufferAhead } from '../../../console/src/watch/stats.ts';
import { bitRatesText, bitRateText, codecText, timeText } from '../../../console/src/watch/text.ts';

const ranges = (...pairs: [number, number][]) => ({
  length: pairs.length,
  start: (index: number) => pairs[index]?.[0] ?? Number.NaN,
  end: (index: number) => pairs[index]?.[1] ?? Number.NaN,
});

describe('the buffer ahead', () => {
  test.each<[string, [number, number][], number, number]>([
    ['is nothing without ranges', [], 3, 0],
    ['ends with the range around the position', [[0, 10]], 4, 6],
    ['goes on over a seam', [[0, 4], [4.05, 8]], 2, 6], // biome-ignore format: pairs
    ['ends at a gap', [[0, 4], [5, 8]], 2, 2], // biome-ignore format: pairs
    ['does not count what lies behind', [[0, 2]], 4, 0],
    ['does not count what begins later', [[6, 9]], 4, 0],
  ])('%s', (_, pairs, position, expected) => {
    expect(bufferAhead(ranges(...pairs), position)).toBeCloseTo(expected);
  });
});

describe('in words', () => {
  test.each([
    ['avc1.64001f', 'H.264 High 3.1'],
    ['avc1.640028', 'H.264 High 4.0'],
    ['avc1.42c01e', 'H.264 Baseline 3.0'],
    ['mp4a.40.2', 'mp4a.40.2'],
    ['', ''],
  ])('the codec %s is %s', (codec, text) => {
    expect(codecText(codec)).toBe(text);
  });

  test.each([
    [0, '0:00'],
    [7.9, '0:07'],
    [39.999_999, '0:40'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [Number.NaN, '0:00'],
    [-1, '0:00'],
  ])('%d s are %s', (seconds, text) => {
    expect(timeText(seconds)).toBe(text);
  });

  test.each([
    [999_499, '999 kb/s'],
    [6_100_000, '6.1 Mb/s'],
  ])('%d b/s are %s', (bits, text) => {
    expect(bitRateText(bits)).toBe(text);
  });
});

test('bit rates are those that the page was given', () => {
  const rates = parseBitRates('{"720":[1750000,4600000]}');
  expect([...rates]).toEqual([[720, { average: 1_750_000, peak: 4_600_000 }]]);
  expect(bitRatesText({ average: 950_000, peak: 4_600_000 })).toBe('950 kb/s, peak 4.6 Mb/s');
  expect(parseBitRates(undefined).size).toBe(0);
});
