/** The beginnings of key samples, and the configuration that they are compared with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPicture } from '../../../../src/media/source/avc-configuration.ts';
import { withoutEmulationPrevention } from '../../../../src/media/source/bits.ts';
import { checkKeySample, KEY_SAMPLE_BYTES, keySampleRule } from '../../../../src/media/source/key-samples.ts';
import { NotStandard } from '../../../../src/media/source/not-standard.ts';
import { readStandardSource } from '../../../../src/media/source/read-movie.ts';
import type { Slice } from '../../../../src/media/source/standard-source.ts';
import { fromHex } from '../../../../src/platform/encodings.ts';
import { movieIndex, movieSizeBytes } from '../../../system/movie-index.ts';

const SPS = fromHex('67640028acd940780227e5c044000003000400000300c03c60c65801');
const PPS = fromHex('68ebe3cb22c0');
const sets = (spsCount: number, sps: Uint8Array, ppsCount: number, pps: Uint8Array, lengths = 0xff) =>
  Uint8Array.from([
    1,
    ...sps.subarray(1, 4),
    lengths,
    0xe0 | spsCount,
    0,
    sps.length,
    ...sps,
    ppsCount,
    0,
    pps.length,
    ...pps,
  ]);
const CONFIGURATION = sets(1, SPS.subarray(0, 27), 1, PPS);
const RULE = keySampleRule(CONFIGURATION);

const unit = (...bytes: number[]): number[] => [0, 0, bytes.length >>> 8, bytes.length & 255, ...bytes];
const DELIMITER = unit(9, 0xf0);
const MESSAGE = unit(6, 5, 2, 1, 2, 0x80);
const IDR = unit(0x65, 0x88, 0x84, 0, 1);
const SLICE = unit(0x41, 0x9a, 1);
const OWN_SETS = [...unit(...SPS.subarray(0, 27)), ...unit(...PPS)];
const check = (...parts: number[][]) => checkKeySample(RULE, Uint8Array.from(parts.flat()));

test('the rule has what the configuration has', () => {
  expect(RULE).toEqual({
    lengthBytes: 4,
    parameterSets: [btoa(String.fromCharCode(...SPS.subarray(0, 27))), 'aOvjyyLA'],
  });
});

describe('the beginning of a key sample', () => {
  test.each([
    ['a picture', [IDR], null],
    ['a delimiter, messages and a picture', [DELIMITER, MESSAGE, IDR], null],
    ['the own parameter sets again', [DELIMITER, OWN_SETS, MESSAGE, IDR], null],
    ['another PPS', [OWN_SETS, unit(0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc1), IDR], 'parameter_sets'],
    ['a picture that is no IDR picture', [DELIMITER, SLICE], 'open_gop'],
    ['a recovery point', [DELIMITER, MESSAGE, SLICE, IDR], 'open_gop'],
    ['no picture', [DELIMITER, MESSAGE], 'index_damaged'],
    ['nothing', [], 'index_damaged'],
    ['a unit of 0 bytes', [[0, 0, 0, 0], IDR], 'index_damaged'],
    ['a unit that is longer than the sample', [[0xff, 0xff, 0xff, 0xff, 0x65, 1]], 'index_damaged'],
    ['a bit that must be 0', [unit(0xe5, 1)], 'index_damaged'],
    ['a length and nothing behind it', [DELIMITER, [0, 0, 0, 5]], 'index_damaged'],
  ] as const)('%s', (_name, parts, expected) => {
    expect(check(...parts.map((part) => [...part]))).toBe(expected);
  });

  const fill = (...before: number[][]): Uint8Array => {
    const bytes = new Uint8Array(KEY_SAMPLE_BYTES).fill(6);
    bytes.set(before.flat());
    return bytes;
  };

  test('a picture behind what was read is not judged', () => {
    expect(checkKeySample(RULE, fill(DELIMITER, [0, 0, 0x80, 0, 6]))).toBeNull();
    expect(checkKeySample(RULE, fill(DELIMITER, [0, 0, 0x80, 0, 0x41]))).toBe('open_gop');
    expect(checkKeySample(RULE, fill(DELIMITER, [0, 1, 0, 0, 0x67]))).toBe('parameter_sets');
  });

  test('anything is answered', () => {
    const configurations = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(configurations, fc.uint8Array({ maxLength: 100 }), fc.nat(40), (other, start, at) => {
        checkKeySample(RULE, start);
        const broken = CONFIGURATION.slice();
        broken.set(other.subarray(0, 3), at % (broken.length - 3));
        for (const configuration of [other, broken]) {
          try {
            readPicture(configuration);
          } catch (error) {
            expect(error).toBeInstanceOf(NotStandard);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('is the first and the last of the film', () => {
    const film = { seconds: 10 };
    const source = readStandardSource(movieIndex(film), movieSizeBytes(film));
    const cursor = source.video.samples();
    const keys: Slice[] = [];
    while (cursor.next()) {
      keys.push(...(cursor.isSync ? [{ offset: cursor.offset, length: cursor.sizeBytes }] : []));
    }
    expect(keys.length).toBeGreaterThan(2);
    expect(source.keySamples).toEqual([keys[0], keys.at(-1)]);
  });
});

test('bytes that keep start codes out of a parameter set do not count', () => {
  const bytes = withoutEmulationPrevention(Uint8Array.of(0, 0, 3, 1, 0, 3, 0, 0, 3, 3, 0, 0, 3));
  expect(Array.from(bytes)).toEqual([0, 0, 1, 0, 3, 0, 0, 3, 0, 0]);
});

describe('a configuration', () => {
  const codeOf = (configuration: Uint8Array): string => {
    try {
      return readPicture(configuration).codec;
    } catch (error) {
      return error instanceof NotStandard ? error.code : String(error);
    }
  };
  const sps = (...bytes: number[]) => sets(1, Uint8Array.from([0x67, ...bytes]), 1, PPS);
  const own = Array.from(SPS.subarray(1, 27));

  test.each([
    ['avc1.640028', CONFIGURATION],
    ['parameter_sets', Uint8Array.of(1, 100, 0, 40, 0xff, 0xe0, 0)],
    ['parameter_sets', new Uint8Array(2000).fill(1)],
    ['index_damaged', Uint8Array.of()],
    ['index_damaged', CONFIGURATION.subarray(0, 20)],
    ['index_damaged', sets(1, SPS.subarray(0, 27), 1, PPS, 0xfe)],
    ['index_damaged', sets(1, PPS, 1, PPS)],
    ['index_damaged', sps(...own.slice(0, 6))],
    // Level 6, High 10, Extended.
    ['video_codec', sps(100, 0, 60, ...own.slice(3))],
    ['video_codec', sps(110, 0, 40, ...own.slice(3))],
    ['video_codec', sps(88, 0, 40, ...own.slice(3))],
    // Slice groups: two ue(v) of 0, two flags, 1.
    ['video_codec', sets(1, SPS.subarray(0, 27), 1, Uint8Array.of(0x68, 0b1100_0100))],
  ])('%s', (expected, configuration) => {
    expect(codeOf(configuration)).toBe(expected);
  });
});
