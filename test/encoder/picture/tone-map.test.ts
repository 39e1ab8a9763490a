import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withTempDirectory } from '../media/media-fixtures.ts';
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
    ['a peak that says nothing', 10, ['-pix_fmt', 'yuv420p10le'], 1, 1000],
    ['a peak beyond all displays', 10, ['-pix_fmt', 'yuv420p10le'], 10_000, 4000],
    ['8 bits', 8, ['-pix_fmt', 'yuv420p'], undefined, 1000],
    ['12 bits', 12, ['-pix_fmt', 'yuv420p12le'], undefined, 1000],
    ['4:2:2', 10, ['-pix_fmt', 'yuv422p10le'], undefined, 1000],
    ['4:4:4', 10, ['-pix_fmt', 'yuv444p10le'], undefined, 1000],
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
