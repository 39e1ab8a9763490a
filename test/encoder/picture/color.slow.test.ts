/** Colours of all kinds of sources, through the real encode: within one step of BT.709, in 8 bits of limited range. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import { withTempDirectory } from '../media/media-fixtures.ts';
import {
  COLORS,
  GREYS,
  HEIGHT,
  type Matrix,
  makePatches,
  plane,
  shownPatches,
  type Triple,
  toCodes,
  toYcc,
  toYcgco,
  WIDTH,
} from './patches.ts';

const TIMEOUT_MS = 60_000;
/** One step, and a half by which the source itself is rounded. */
const TOLERANCE = 1.5;
const PATCH = 32;

const expected = (color: Triple): Triple => toCodes(toYcc(color, 'bt709'), 'tv', 8);

function expectCodes(shown: readonly Triple[], colors: readonly Triple[], tolerance = TOLERANCE): void {
  const wrong = colors.flatMap((color, index) => {
    const [want, got] = [expected(color), shown[index] ?? [0, 0, 0]];
    const isWrong = want.some((code, component) => Math.abs(code - (got[component] ?? 0)) > tolerance);
    return isWrong ? [{ color, want, got }] : [];
  });
  expect(wrong).toEqual([]);
}

type Format = { name: string; depth: number; chroma: readonly [across: number, down: number] };
const YUV420: Format = { name: 'yuv420p', depth: 8, chroma: [2, 2] };
const YUV420_10: Format = { name: 'yuv420p10le', depth: 10, chroma: [2, 2] };
const YUV422: Format = { name: 'yuv422p', depth: 8, chroma: [2, 1] };
const YUV444_12: Format = { name: 'yuv444p12le', depth: 12, chroma: [1, 1] };
const YUV444: Format = { name: 'yuv444p', depth: 8, chroma: [1, 1] };
const YUV420_16: Format = { name: 'yuv420p16le', depth: 16, chroma: [2, 2] };

const planes = (codes: readonly Triple[], { depth, chroma: [across, down] }: Format): Buffer =>
  Buffer.concat([
    plane(
      codes.map(([luma]) => luma),
      PATCH,
      PATCH,
      depth,
    ),
    plane(
      codes.map(([, cb]) => cb),
      PATCH / across,
      PATCH / down,
      depth,
    ),
    plane(
      codes.map(([, , cr]) => cr),
      PATCH / across,
      PATCH / down,
      depth,
    ),
  ]);

const tagsOf = (tags: Readonly<Record<string, string>>): string[] =>
  Object.entries(tags).flatMap(([name, value]) => [`-${name}`, value]);

async function expectYuv(
  format: Format,
  tags: Readonly<Record<string, string>>,
  matrix: Matrix,
  facts: Partial<VideoFacts> = {},
): Promise<void> {
  const range = tags['color_range'] === 'pc' ? 'pc' : 'tv';
  await withTempDirectory(async (directory) => {
    const source = join(directory, 'source.mkv');
    const codes = COLORS.map((color) => toCodes(toYcc(color, matrix), range, format.depth));
    await makePatches(source, format.name, planes(codes, format), tagsOf(tags));
    expectCodes(await shownPatches(source, directory, facts), COLORS);
  });
}

describe('Y′CbCr', { timeout: TIMEOUT_MS }, () => {
  test.each<[string, Format, Record<string, string>, Matrix]>([
    ['BT.709', YUV420, { colorspace: 'bt709', color_range: 'tv' }, 'bt709'],
    ['BT.709, full range', YUV420, { colorspace: 'bt709', color_range: 'pc' }, 'bt709'],
    ['untagged SD', YUV420, { color_range: 'tv' }, 'smpte170m'],
    ['untagged SD, full range', YUV420, { color_range: 'pc' }, 'smpte170m'],
    ['BT.601, 525 lines', YUV422, { colorspace: 'smpte170m', color_range: 'tv' }, 'smpte170m'],
    [
      'BT.601, 625 lines, with all tags of PAL',
      YUV420,
      { colorspace: 'bt470bg', color_primaries: 'bt470bg', color_trc: 'gamma28', color_range: 'tv' },
      'bt470bg',
    ],
    ['BT.601 in 10 bits', YUV420_10, { colorspace: 'smpte170m', color_range: 'tv' }, 'smpte170m'],
    ['BT.601 in 16 bits, full range', YUV420_16, { colorspace: 'smpte170m', color_range: 'pc' }, 'smpte170m'],
    ['BT.709 in 12 bits, 4:4:4', YUV444_12, { colorspace: 'bt709', color_range: 'tv' }, 'bt709'],
    ['SMPTE 240M', YUV420, { colorspace: 'smpte240m', color_range: 'tv' }, 'smpte240m'],
    ['FCC', YUV444, { colorspace: 'fcc', color_range: 'tv' }, 'fcc'],
    ['BT.2020 as matrix only', YUV420_10, { colorspace: 'bt2020nc', color_range: 'tv' }, 'bt2020nc'],
    ['sRGB curve', YUV420, { colorspace: 'bt709', color_trc: 'iec61966-2-1', color_range: 'tv' }, 'bt709'],
  ])('%s', (_, format, tags, matrix) => expectYuv(format, tags, matrix));

  test('untagged HD is BT.709', () => expectYuv(YUV420, { color_range: 'tv' }, 'bt709', { codedHeight: 1080 }));

  test.each(['tv', 'pc'] as const)('YCgCo, %s', (range) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const scale = range === 'tv' ? 1 : 224 / 219;
      const codes = COLORS.map((color) => {
        const [luma, cg, co] = toYcgco(color);
        return toCodes([luma, cg * scale, co * scale], range, 8);
      });
      const tags = tagsOf({ colorspace: 'ycgco', color_range: range });
      await makePatches(source, 'yuv444p', planes(codes, YUV444), tags);
      expectCodes(await shownPatches(source, directory), COLORS);
    }),
  );

  test.each([
    ['tv', 'gray', 8],
    ['pc', 'gray', 8],
    ['tv', 'gray10le', 10],
  ] as const)('grey, %s, %s', (range, name, depth) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const codes = GREYS.map((grey) => toCodes(toYcc(grey, 'bt709'), range, depth)[0]);
      await makePatches(source, name, plane(codes, PATCH, PATCH, depth), ['-color_range', range]);
      expectCodes(await shownPatches(source, directory), GREYS);
    }),
  );
});

/** The bytes of packed R'G'B' in the order of `components`; -1 is alpha. */
function packed(colors: readonly Triple[], components: readonly number[], alphas: readonly number[] = []): Buffer {
  const samples = Buffer.alloc(WIDTH * HEIGHT * components.length);
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    const patch = Math.floor(pixel / WIDTH / PATCH) * 4 + Math.floor((pixel % WIDTH) / PATCH);
    components.forEach((component, index) => {
      const value = component < 0 ? (alphas[patch] ?? 1) : (colors[patch]?.[component] ?? 0);
      samples[pixel * components.length + index] = Math.round(value * 255);
    });
  }
  return samples;
}

describe('R′G′B′', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['bgra', packed(COLORS, [2, 1, 0, -1])],
    ['rgb24', packed(COLORS, [0, 1, 2])],
  ] as const)('%s', (name, raw) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mov');
      await makePatches(source, name, raw, ['-c:v', 'png']);
      expectCodes(await shownPatches(source, directory), COLORS);
    }),
  );

  test('gbrp in 10 bits', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const raw = Buffer.concat(
        [1, 2, 0].map((i) =>
          plane(
            COLORS.map((rgb) => (rgb[i] ?? 0) * 1023),
            PATCH,
            PATCH,
            10,
          ),
        ),
      );
      await makePatches(source, 'gbrp10le', raw, ['-colorspace', 'rgb']);
      expectCodes(await shownPatches(source, directory), COLORS);
    }));
});

/** Rows: linear R, G, B of BT.709 from linear R, G, B of the named primaries (white D65), from their chromaticities. */
const TO_BT709: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  bt2020: [
    [1.660491, -0.587641, -0.07285],
    [-0.12455, 1.1329, -0.008349],
    [-0.018151, -0.100579, 1.11873],
  ],
  smpte432: [
    [1.22494, -0.22494, 0],
    [-0.042057, 1.042057, 0],
    [-0.019638, -0.078636, 1.098274],
  ],
};
/** BT.1886, the display of both sides. */
const toLinear = (value: number): number => value ** 2.4;
const toDisplay = (value: number): number => Math.min(1, Math.max(0, value)) ** (1 / 2.4);

describe('wide SDR', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['bt2020', 'bt2020nc'],
    ['smpte432', 'bt709'],
  ] as const)('%s becomes BT.709 in linear light, and colours beyond are clipped', (primaries, matrix) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const rows = TO_BT709[primaries] ?? [];
      const shown = COLORS.map((color): Triple => {
        const [red = 0, green = 0, blue = 0] = rows.map((row) =>
          toDisplay(row.reduce((sum, gain, index) => sum + gain * toLinear(color[index] ?? 0), 0)),
        );
        return [red, green, blue];
      });
      const tags = tagsOf({ colorspace: matrix, color_primaries: primaries, color_trc: 'bt709', color_range: 'tv' });
      const codes = COLORS.map((color) => toCodes(toYcc(color, matrix), 'tv', 10));
      await makePatches(source, YUV420_10.name, planes(codes, YUV420_10), tags);
      // Saturation at the edge of the gamut (color.ts) is worth up to two codes.
      expectCodes(await shownPatches(source, directory), shown, 2.5);
    }),
  );

  test('pure red of BT.709 that BT.2020 carries is pure, though the source rounds it', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      // Y'CbCr codes of a lossy 10-bit encode, one to two steps from the exact (458.9, 383.6, 739.4).
      const codes = COLORS.map((): Triple => [458, 384, 738]);
      const tags = tagsOf({ colorspace: 'bt2020nc', color_primaries: 'bt2020', color_trc: 'bt709', color_range: 'tv' });
      await makePatches(source, YUV420_10.name, planes(codes, YUV420_10), tags);
      expectCodes(
        await shownPatches(source, directory),
        COLORS.map((): Triple => [1, 0, 0]),
      );
    }));
});

describe('transparency', { timeout: TIMEOUT_MS }, () => {
  const alphas = [1, 1, 0, 0.5, 0.25, 0, 1, 0.75, 0.5, 0.9, 0, 0.1];
  const composed = COLORS.map(([red, green, blue], index): Triple => {
    const alpha = Math.round((alphas[index] ?? 1) * 255) / 255;
    return [red * alpha, green * alpha, blue * alpha];
  });

  test('R′G′B′A over black', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mov');
      await makePatches(source, 'rgba', packed(COLORS, [0, 1, 2, -1], alphas), ['-c:v', 'png']);
      expectCodes(await shownPatches(source, directory, { alpha: true }), composed);
    }));

  test.each<[string, Format, number, Matrix]>([
    ['yuva420p', YUV420, 8, 'smpte170m'],
    ['yuva444p10le', { ...YUV444, depth: 10 }, 10, 'bt709'],
    ['yuva444p12le', YUV444_12, 12, 'bt709'],
  ])('%s over black', (name, format, depth, matrix) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const codes = COLORS.map((color) => toCodes(toYcc(color, matrix), 'tv', depth));
      const transparency = plane(
        alphas.map((alpha) => alpha * (2 ** depth - 1)),
        PATCH,
        PATCH,
        depth,
      );
      const tags = tagsOf({ colorspace: matrix, color_range: 'tv' });
      await makePatches(source, name, Buffer.concat([planes(codes, format), transparency]), tags);
      expectCodes(await shownPatches(source, directory, { alpha: true }), composed);
    }),
  );
});
