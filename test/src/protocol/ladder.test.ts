import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { videoCodecRow } from '../../../src/media/codecs/codecs.ts';
import { chooseLadder, renditionsSchema } from '../../../src/protocol/ladder.ts';

const sizes = (width: number, height: number, framesPerSecond = 24): string[] =>
  chooseLadder(width, height, framesPerSecond).map((rendition) => `${rendition.width}x${rendition.height}`);

describe('the ladder', () => {
  test.each([
    ['1080p', 1920, 1080, ['426x240', '640x360', '854x480', '960x540', '1280x720', '1920x1080']],
    ['720p', 1280, 720, ['426x240', '640x360', '854x480', '960x540', '1280x720']],
    ['a 2.4:1 film', 1920, 800, ['576x240', '864x360', '1152x480', '1296x540', '1728x720']],
    ['portrait', 1080, 1920, ['240x426', '360x640', '480x854', '540x960', '720x1280', '1080x1920']],
    ['square', 500, 500, ['240x240', '360x360', '480x480']],
    ['odd numbers', 853, 481, ['426x240', '638x360', '852x480']],
    ['exactly the lowest rung', 426, 240, ['426x240']],
    ['below the lowest rung', 100, 60, ['100x60']],
    ['below the lowest rung, odd', 101, 61, ['102x62']],
    ['one pixel', 1, 1, ['2x2']],
  ])('of %s (%ix%i)', (_, width, height, expected) => {
    expect(sizes(width, height)).toEqual(expected);
  });

  test('of 8K stops at 2160p', () => {
    expect(sizes(7680, 4320, 60).at(-1)).toBe('3840x2160');
  });

  test.each([
    ['a 2:1 panorama', 5760, 2880, 60, '2880x1440'],
    ['an ultra-wide screen', 5120, 2160, 30, '3414x1440'],
  ])('of %s leaves out the rung that no H.264 level takes', (_, width, height, framesPerSecond, largest) => {
    expect(sizes(width, height, framesPerSecond).at(-1)).toBe(largest);
  });

  test('does not exist where no rendition fits a level', () => {
    expect(() => chooseLadder(8192, 239, 10_000)).toThrow(RangeError);
  });

  test('gives half as much again above 30 fps', () => {
    const rates = (framesPerSecond: number) => chooseLadder(1280, 720, framesPerSecond).map((r) => r.maxrateKbps);
    expect(rates(30)).toEqual([400, 900, 1600, 2200, 4000]);
    expect(rates(50)).toEqual([600, 1350, 2400, 3300, 6000]);
  });

  test('tracks are named after the short side', () => {
    expect(chooseLadder(1080, 1920, 24).map(({ track }) => track)).toEqual([
      'v240',
      'v360',
      'v480',
      'v540',
      'v720',
      'v1080',
    ]);
  });

  test('of any picture is even, ascending, in proportion, never upscaled, of a sufficient level', () => {
    const side = fc.integer({ min: 1, max: 8192 });
    const rate = fc.constantFrom(5, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60);
    fc.assert(
      fc.property(side, side, rate, (width, height, framesPerSecond) => {
        const ladder = renditionsSchema.parse(chooseLadder(width, height, framesPerSecond));
        let lastArea = 0;
        for (const rendition of ladder) {
          // Odd sources are rounded to even numbers, hence one pixel.
          expect(rendition.width).toBeLessThanOrEqual(Math.max(2, width + 1));
          expect(rendition.height).toBeLessThanOrEqual(Math.max(2, height + 1));
          expect((rendition.width % 2) | (rendition.height % 2)).toBe(0);
          const shortSide = Math.min(width, height);
          const scale = Math.min(1, Number(rendition.track.slice(1)) / shortSide);
          expect(Math.abs(rendition.width - Math.max(2, width * scale))).toBeLessThanOrEqual(1);
          expect(Math.abs(rendition.height - Math.max(2, height * scale))).toBeLessThanOrEqual(1);
          expect(rendition.width * rendition.height).toBeGreaterThan(lastArea);
          lastArea = rendition.width * rendition.height;
          const needed = videoCodecRow().findLevel({ ...rendition, framesPerSecond });
          expect(rendition.level).toBeGreaterThanOrEqual(needed ?? Number.POSITIVE_INFINITY);
        }
        expect(new Set(ladder.map(({ track }) => track)).size).toBe(ladder.length);
      }),
      { numRuns: 500 },
    );
  });
});
