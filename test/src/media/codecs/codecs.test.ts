import { describe, expect, test } from 'vitest';
import { AVC } from '../../../../src/media/codecs/avc.ts';
import { codecRowOf } from '../../../../src/media/codecs/codecs.ts';

const findAvcLevel = (width: number, height: number, framesPerSecond: number, maxrateKbps: number) =>
  AVC.findLevel({ width, height, framesPerSecond, maxrateKbps });

describe('the lowest H.264 level', () => {
  test.each([
    [1920, 1080, 30, 7_500, 40],
    [1920, 1080, 60, 11_250, 42],
    [1280, 720, 30, 4_000, 31],
    [1280, 720, 60, 6_000, 32],
    [3840, 2160, 30, 22_000, 51],
    [3840, 2160, 60, 33_000, 52],
    [2560, 1440, 30, 13_000, 50],
    [854, 480, 30, 1_600, 31],
    [720, 480, 30, 1_600, 30],
    [640, 360, 24, 900, 30],
    [352, 288, 30, 400, 13],
    [320, 240, 24, 400, 13],
    [1080, 1920, 30, 7_500, 40],
  ])('for %ix%i at %i fps and %i kb/s is %i', (width, height, framesPerSecond, kbps, level) => {
    expect(findAvcLevel(width, height, framesPerSecond, kbps)).toBe(level);
  });

  test('rises with the peak bit rate alone', () => {
    expect(findAvcLevel(352, 288, 30, 960)).toBe(13);
    expect(findAvcLevel(352, 288, 30, 961)).toBe(20);
    expect(findAvcLevel(1920, 1080, 30, 25_001)).toBe(42);
  });

  test('rises with the frame rate alone', () => {
    // 3,600 macroblocks × 30 = 108,000: exactly what level 3.1 allows.
    expect(findAvcLevel(1280, 720, 30, 1_000)).toBe(31);
    expect(findAvcLevel(1280, 720, 30.01, 1_000)).toBe(32);
  });

  test('counts started macroblocks: 1080 lines are 68 rows', () => {
    expect(findAvcLevel(1920, 1088, 30, 1_000)).toBe(findAvcLevel(1920, 1080, 30, 1_000));
    expect(findAvcLevel(1920, 1089, 30, 1_000)).toBeGreaterThan(40);
  });

  test('bounds the longest side, not only the area', () => {
    // 512 × 1 macroblocks: a tiny area, but longer than sqrt(8 × 22,080) = 420 macroblocks.
    expect(findAvcLevel(8192, 16, 1, 100)).toBe(51);
  });

  test.each([
    ['a picture over level 5.2', 8192, 4320, 30, 1_000],
    ['a rate over level 5.2', 3840, 2160, 120, 1_000],
    ['a peak over level 5.2', 320, 240, 24, 300_001],
    ['a side over level 5.2', 8704, 16, 1, 100],
  ])('does not exist for %s', (_, width, height, framesPerSecond, kbps) => {
    expect(findAvcLevel(width, height, framesPerSecond, kbps)).toBeNull();
  });
});

describe('a codec string', () => {
  test.each(['avc1.640028', 'avc1.42c00d', 'mp4a.40.2', 'mp4a.40.5', 'mp4a.40.29'])('may be %s', (codec) => {
    expect(codecRowOf(codec)).toBeDefined();
  });

  test.each([
    '',
    'avc1',
    'avc1.64002',
    'avc1.6400280',
    'avc1.64002G',
    'avc1.64002A',
    'avc3.640028',
    'hvc1.1.6.L93.B0',
    'mp4a.40.34',
    'mp4a.40.2"',
    'avc1.640028,mp4a.40.2',
    'avc1.640028\n',
  ])('may not be %j', (codec) => {
    expect(codecRowOf(codec)).toBeUndefined();
  });
});
