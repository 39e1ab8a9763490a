import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peakFor } from '../../../encoder/picture/tone-curve.ts';
import { toneMapFilters, toneMapPath, toneMapTable } from '../../../encoder/picture/tone-map.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';
import { decodedCodes, encodedPatches, grey, makePatches, type Rgb } from './hdr-patches.ts';

const TIMEOUT_MS = 60_000;
/** The display's white, cd/m². */
const WHITE = 203;
/** A step of eight bits, and what x264 adds on flat patches at CRF 10. */
const ONE_CODE = 1;

/** SMPTE ST 2084. */
const [M1, M2, C1, C2, C3] = [0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875];
const pqCode = (nits: number): number => {
  const y = (nits / 10_000) ** M1;
  return ((C1 + C2 * y) / (1 + C3 * y)) ** M2;
};
const pqNits = (code: number): number => {
  const n = code ** (1 / M2);
  return 10_000 * (Math.max(n - C1, 0) / (C2 - C3 * n)) ** (1 / M1);
};
/** ARIB STD-B67 and the OOTF of BT.2100 for 1,000 cd/m²; of greys. */
const hlgNits = (code: number): number => {
  const scene = code <= 0.5 ? code ** 2 / 3 : (Math.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12;
  return 1000 * scene ** 1.2;
};

/** Report ITU-R BT.2390: the light of a grey on a display of 203 cd/m². */
function bt2390(nits: number, peak: number): number {
  const e1 = Math.min(1, pqCode(nits) / pqCode(peak));
  const maxLum = pqCode(WHITE) / pqCode(peak);
  const ks = 1.5 * maxLum - 0.5;
  const t = (e1 - ks) / (1 - ks);
  const spline =
    (2 * t ** 3 - 3 * t ** 2 + 1) * ks + (t ** 3 - 2 * t ** 2 + t) * (1 - ks) + (-2 * t ** 3 + 3 * t ** 2) * maxLum;
  return pqNits((e1 < ks ? e1 : spline) * pqCode(peak));
}
const lumaOf = (nits: number, peak: number): number => 16 + 219 * Math.min(1, bt2390(nits, peak) / WHITE) ** (1 / 2.4);

const NITS = [0, 0.1, 1, 5, 10, 18, 26, 50, 100, 203, 300, 400, 600, 800, 1000, 1500, 2000, 4000];
const HLG_CODES = [0, 0.1, 0.22, 0.38, 0.5, 0.65, 0.75, 0.85, 0.9, 1];

function expectLumas(encoded: readonly Rgb[], wanted: readonly number[]): void {
  const wrong = wanted
    .map((luma, index) => ({ index, luma, encoded: encoded[index] ?? grey(-1) }))
    .filter(
      ({ luma, encoded: [y, u, v] }) =>
        Math.abs(y - luma) > ONE_CODE || Math.abs(u - 128) > ONE_CODE || Math.abs(v - 128) > ONE_CODE,
    );
  expect(wrong).toEqual([]);
}

describe('greys through the encoder', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['10 bits', 10, ['-pix_fmt', 'yuv420p10le'], undefined, 1000],
    ['10 bits for 4,000 cd/m²', 10, ['-pix_fmt', 'yuv420p10le'], 4000, 4000],
    ['8 bits', 8, ['-pix_fmt', 'yuv420p'], undefined, 1000],
    ['12 bits, 4:2:2', 12, ['-pix_fmt', 'yuv422p12le'], undefined, 1000],
    ['RGB', 10, ['-vf', 'zscale=matrixin=2020_ncl:matrix=gbr:range=full,format=gbrp10le'], undefined, 1000],
    // Smaller by a row and a column, which no patch misses.
    ['odd sides', 10, ['-vf', 'crop=319:179:exact=1', '-pix_fmt', 'yuv420p10le'], undefined, 1000],
  ] as const)('PQ, %s', (_, bits, output, declared, peak) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      makePatches(
        source,
        NITS.map((nits) => grey(pqCode(nits))),
        { range: 'PQ', bits, output },
      );
      const encoded = await encodedPatches(source, directory, declared === undefined ? {} : { peakNits: declared });
      const decoded = NITS.map((nits) => pqNits(decodedCodes(grey(pqCode(nits)), bits)[0]));
      expectLumas(
        encoded,
        decoded.map((nits) => lumaOf(nits, peak)),
      );
    }),
  );

  test('HLG', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      makePatches(source, HLG_CODES.map(grey), { range: 'HLG', bits: 10, output: ['-pix_fmt', 'yuv420p10le'] });
      // What a file declares does not move the peak of HLG.
      const encoded = await encodedPatches(source, directory, { peakNits: 4000 });
      expectLumas(
        encoded,
        HLG_CODES.map((code) => lumaOf(hlgNits(decodedCodes(grey(code), 10)[0]), 1000)),
      );
    }));
});

/** BT.2100: BT.2020 light → the two colour axes of ICtCp. */
function axesOf([red, green, blue]: Rgb): [number, number] {
  const long = pqCode((1688 * red + 2146 * green + 262 * blue) / 4096);
  const medium = pqCode((683 * red + 2951 * green + 462 * blue) / 4096);
  const short = pqCode((99 * red + 309 * green + 3688 * blue) / 4096);
  return [(6610 * long - 13613 * medium + 7003 * short) / 4096, (17933 * long - 17390 * medium - 543 * short) / 4096];
}

/** Decoded Y'CbCr of BT.709 → BT.2020 light on a display of 203 cd/m² (BT.2087). */
function displayed([y, u, v]: Rgb): Rgb {
  const luma = (y - 16) / 219;
  const blue = luma + (1.8556 * (u - 128)) / 224;
  const red = luma + (1.5748 * (v - 128)) / 224;
  const green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152;
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((code) => WHITE * Math.max(0, Math.min(1, code)) ** 2.4);
  return [
    0.6274 * r + 0.3293 * g + 0.0433 * b,
    0.0691 * r + 0.9195 * g + 0.0114 * b,
    0.0164 * r + 0.088 * g + 0.8956 * b,
  ];
}

const degrees = ([ct, cp]: [number, number]): number => (Math.atan2(cp, ct) * 180) / Math.PI;
const turnOf = (from: Rgb, to: Rgb): number => {
  const turn = Math.abs(degrees(axesOf(from)) - degrees(axesOf(to)));
  return Math.min(turn, 360 - turn);
};

const TO_ICTCP =
  'zscale=matrixin=2020_ncl:matrix=ictcp:transferin=smpte2084:transfer=smpte2084:primariesin=2020:primaries=2020';

/** Of the hue of ICtCp: one step of eight bits turns pale skin by as much. */
const MAX_TURN_DEGREES = 2;

/** BT.2020 light, cd/m². */
const COLOURS: Record<string, Rgb> = {
  'dark skin': [22, 16, 12],
  'skin, 60 cd/m²': [78, 55, 41],
  'skin, 140 cd/m²': [180, 130, 98],
  'blue sky': [90, 150, 260],
  'bright sky': [250, 330, 480],
  'orange sun': [1400, 900, 300],
  leaves: [20, 38, 9],
  'a red light': [700, 20, 15],
  'red of BT.2020': [150, 0, 0],
  'green of BT.2020': [0, 150, 0],
  'blue of BT.2020': [0, 0, 150],
  'bright yellow': [500, 420, 10],
  'bright cyan': [20, 500, 600],
  'bright magenta': [500, 20, 450],
};

describe('colours through the encoder', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ["Y'CbCr", ['-pix_fmt', 'yuv444p10le']],
    ['ICtCp', ['-vf', TO_ICTCP, '-pix_fmt', 'yuv444p12le', '-colorspace', 'ictcp']],
  ])('hue holds from %s', (_, output) =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'source.mkv');
      const patches = Object.values(COLOURS).map(
        (light): Rgb => [pqCode(light[0]), pqCode(light[1]), pqCode(light[2])],
      );
      makePatches(source, patches, { range: 'PQ', bits: 10, output });
      const encoded = await encodedPatches(source, directory);
      const turned = Object.entries(COLOURS)
        .map(([name, light], index) => ({ name, turn: turnOf(light, displayed(encoded[index] ?? grey(-1))) }))
        .filter(({ turn }) => !(turn < MAX_TURN_DEGREES));
      expect(turned).toEqual([]);
    }),
  );
});

describe('the table', () => {
  const color = { primaries: 'bt2020', transfer: 'smpte2084', matrix: 'bt2020nc', range: 'tv' };
  const facts = { videoRange: 'PQ' as const, color };

  test.each([
    [undefined, 1000],
    [1, 1000],
    [100, 100],
    [1500, 1500],
    [10_000, 4000],
  ])('a declared peak of %s counts as %s', (declared, peak) => {
    expect(peakFor(declared)).toBe(peak);
  });

  test('the declared peak moves highlights alone; primaries of the source are told apart', async () => {
    const size = 5;
    const rows = async (peakNits: number, primaries = 'bt2020') =>
      (await toneMapTable({ ...facts, peakNits, color: { ...color, primaries } }, size)).trim().split('\n').slice(1);
    const [dim, bright, p3] = [await rows(1000), await rows(4000), await rows(1000, 'smpte432')];
    expect(dim).toHaveLength(size ** 3);
    // The grey of PQ code 0.25 is 5 cd/m², that of 0.75 nearly 1,000. A red of P3 is inside that of BT.2020.
    const at = (red: number, green: number, blue: number) => red + size * (green + size * blue);
    expect(dim[at(1, 1, 1)]).toBe(bright[at(1, 1, 1)]);
    expect(dim[at(3, 3, 3)]).not.toBe(bright[at(3, 3, 3)]);
    expect(dim[at(2, 0, 0)]).not.toBe(p3[at(2, 0, 0)]);
    expect([dim[0], dim.at(-1)]).toEqual(['0.00000 0.00000 0.00000', '1.00000 1.00000 1.00000']);
  });

  test('ffmpeg finds it in a folder whose name has the special characters of filter graphs', () =>
    withTempDirectory(async (directory) => {
      const path = toneMapPath(join(directory, "a b'c:d,e;[f]\\g"));
      await mkdir(dirname(path));
      await writeFile(path, await toneMapTable(facts, 2));
      const filters = toneMapFilters(facts, path);
      const graph = ['[0:v]format=yuv420p10le', ...filters].join(',');
      const input = ['-f', 'lavfi', '-i', 'color=white:s=64x48'];
      const frame = ffmpeg(...input, '-filter_complex', graph, '-frames:v', '1', '-f', 'rawvideo', '-');
      expect(frame).toHaveLength((64 * 48 * 3) / 2);
    }));

  test.each([
    [{ range: 'pc' }, 'matrixin=2020_ncl:rangein=full'],
    [{ matrix: 'gbr' }, 'matrixin=gbr:rangein=full'],
    [{ matrix: 'bt709' }, 'matrixin=709:rangein=limited'],
    [{ matrix: 'unknown', range: 'unknown' }, 'matrixin=2020_ncl:rangein=limited'],
  ])('%j', (differs, part) => {
    const source = { ...facts, color: { ...color, ...differs } };
    expect(toneMapFilters(source, 'tone-map.cube').join(',')).toContain(part);
  });
});

test('the table of the documentation is the formula', async () => {
  const text = await readFile(new URL('../../../docs/architecture/hdr.md', import.meta.url), 'utf8');
  const numbers = text.split('\n').flatMap((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => Number(cell.replace(',', '')));
    return cells.length > 2 && cells.every((cell) => !Number.isNaN(cell)) ? [cells] : [];
  });
  const pq = numbers.filter(({ length }) => length === 5);
  const hlg = numbers.filter(({ length }) => length === 3);
  expect(pq.map(([nits]) => nits)).toEqual(NITS);
  for (const [nits = 0, , ...codes] of pq) {
    expect(codes).toEqual([1000, 2000, 4000].map((peak) => Math.round(lumaOf(nits, peak))));
  }
  expect(hlg.map(([code]) => code)).toEqual(HLG_CODES);
  for (const [code = 0, , luma] of hlg) {
    expect(luma).toBe(Math.round(lumaOf(hlgNits(code), 1000)));
  }
});
