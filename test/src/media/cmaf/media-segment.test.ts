import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CmafError } from '../../../../src/media/boxes/boxes.ts';
import { finishSegment } from '../../../../src/media/cmaf/finish-segment.ts';
import { readSegment } from '../../../../src/media/cmaf/media-segment.ts';
import { box, fullBox, mediaSegment, u32, zeros } from './build-boxes.ts';

const MFHD = fullBox('mfhd', 0, 0, u32(1));
const mdatStart = (bytes: Uint8Array, dataBytes: number): number => bytes.length - dataBytes;

describe('readSegment', () => {
  test('reads a segment', () => {
    const bytes = mediaSegment({ baseDecodeTime: 2 ** 33, sequenceNumber: 5 });
    expect(readSegment(bytes)).toEqual({
      brands: ['msdh', 'cmfs'],
      sequenceNumber: 5,
      baseDecodeTime: 2 ** 33,
      durationTicks: 2000,
      sampleCount: 2,
      firstSampleIsSync: true,
      firstSampleBytesEnd: mdatStart(bytes, 15) + 10,
      headerBytes: mdatStart(bytes, 15) - 8,
      firstCompositionOffset: 0,
      trafCount: 1,
      trunVersion: 1,
      dataWithinMdat: true,
      sizeBytes: bytes.length,
    });
  });

  test('reads a prefix, with or without the header of mdat', () => {
    const bytes = mediaSegment();
    const moofEnd = mdatStart(bytes, 15) - 8;
    expect(readSegment(bytes.subarray(0, moofEnd + 8))).toEqual(readSegment(bytes));
    expect(readSegment(bytes.subarray(0, moofEnd + 7))).toMatchObject({
      dataWithinMdat: null,
      sizeBytes: null,
      sampleCount: 2,
    });
    expect(() => readSegment(bytes.subarray(0, moofEnd - 1))).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  test.each([
    ['signed offset', { version: 1, samples: [{ size: 1, offset: -1000 >>> 0 }] }, { firstCompositionOffset: -1000 }],
    [
      'unsigned offset',
      { version: 0, samples: [{ size: 1, offset: 2000 }] },
      { firstCompositionOffset: 2000, trunVersion: 0 },
    ],
    ['no offsets', { withOffsets: false }, { firstCompositionOffset: 0 }],
    ['a first sample that is no key frame', { samples: [{ size: 1, flags: 0x1010000 }] }, { firstSampleIsSync: false }],
    ['two track fragments', { extraTraf: true }, { trafCount: 2 }],
    ['data before mdat', { dataShift: -1 }, { dataWithinMdat: false }],
    ['data beyond mdat', { dataShift: 1 }, { dataWithinMdat: false }],
    [
      'defaults in tfhd',
      { tfhd: fullBox('tfhd', 0, 0x020028, u32(1), u32(500), u32(0x10000)), withFlags: false },
      { durationTicks: 1000, firstSampleIsSync: false },
    ],
  ])('%s', (_, options, facts) => {
    expect(readSegment(mediaSegment(options))).toMatchObject(facts);
  });

  test('falls back to the defaults of the init segment', () => {
    const bytes = mediaSegment({ tfhd: fullBox('tfhd', 0, 0x020000, u32(1)), withFlags: false });
    expect(readSegment(bytes, { duration: 7, size: 0, flags: 0x10000 })).toMatchObject({
      durationTicks: 14,
      firstSampleIsSync: false,
    });
  });

  test.each([
    ['no moof', Uint8Array.from(box('mdat', zeros(8)))],
    ['no samples', mediaSegment({ samples: [] })],
    ['absolute data offsets', mediaSegment({ tfhd: fullBox('tfhd', 0, 1, u32(1), zeros(8)) })],
    ['an empty traf', Uint8Array.from(box('moof', MFHD, box('traf')))],
    ['no number', Uint8Array.from(box('moof', box('traf')))],
    ['two moofs', Uint8Array.from([...mediaSegment(), ...mediaSegment()])],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSegment(bytes)).toThrow(CmafError);
  });

  test('a sample count far beyond the box costs nothing', () => {
    const trun = fullBox('trun', 1, 0, u32(0xffffffff));
    const traf = box('traf', fullBox('tfhd', 0, 0x020000, u32(1)), fullBox('tfdt', 0, 0, u32(0)), trun);
    expect(() => readSegment(Uint8Array.from(box('moof', MFHD, traf)))).toThrow(CmafError);
  });

  test('hostile bytes give facts or a CmafError, never another error', () => {
    const whole = mediaSegment();
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
        (length, changes) => {
          const bytes = Uint8Array.from(whole);
          for (const [offset, value] of changes) {
            bytes[offset] = value;
          }
          for (const read of [readSegment, (prefix: Uint8Array) => finishSegment(prefix, 7)]) {
            try {
              read(bytes.subarray(0, length));
            } catch (error) {
              expect(error).toBeInstanceOf(CmafError);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
