import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CmafError } from '../../../../src/media/boxes/boxes.ts';
import { normaliseInit, readInit } from '../../../../src/media/cmaf/init-segment.ts';
import { avc1, box, esds, fullBox, initSegment, mp4a, u32, u64, zeros } from './build-boxes.ts';

describe('readInit', () => {
  test('reads AVC facts', () => {
    expect(readInit(initSegment())).toEqual({
      timescale: 24_000,
      entry: {
        kind: 'video',
        fourcc: 'avc1',
        codec: 'avc1.64001e',
        width: 640,
        height: 360,
      },
      hasEditList: false,
      fragmentDurationTicks: 96_000,
      sampleDefaults: { duration: 1000, size: 0, flags: 0 },
    });
  });

  test('writes profile, constraints and level of AVC in hexadecimal', () => {
    expect(readInit(initSegment({ entry: avc1([100, 0, 40]) })).entry).toMatchObject({ codec: 'avc1.640028' });
    expect(readInit(initSegment({ entry: avc1([66, 0xc0, 13]) })).entry).toMatchObject({ codec: 'avc1.42c00d' });
  });

  test.each([
    ['AAC-LC', [0x11, 0x90], 'mp4a.40.2'],
    ['HE-AAC', [0x29, 0x90], 'mp4a.40.5'],
    ['an escaped object type', [0xf8 | 1, 0x40], 'mp4a.40.42'],
  ])('reads %s', (_, specific, codec) => {
    const { entry } = readInit(initSegment({ entry: mp4a(esds(0x40, specific)), timescale: 48_000 }));
    expect(entry).toMatchObject({ kind: 'audio', codec, channels: 2, sampleRate: 48_000 });
  });

  test('sees an edit list', () => {
    expect(readInit(initSegment({ edts: true })).hasEditList).toBe(true);
  });

  test.each([
    ['no bytes', new Uint8Array(), 'malformed'],
    ['a timescale of 0', initSegment({ timescale: 0 }), 'malformed'],
    ['an unknown codec', initSegment({ entry: box('hvc1', zeros(78)) }), 'unsupported'],
    ['MP3 in mp4a', initSegment({ entry: mp4a(esds(0x6b, [0x11, 0x90])) }), 'unsupported'],
    ['mp4a without esds', initSegment({ entry: mp4a(box('free')) }), 'malformed'],
    [
      'a descriptor longer than its box',
      initSegment({ entry: mp4a(fullBox('esds', 0, 0, [3, 0x7f, 0, 1, 0])) }),
      'truncated',
    ],
    [
      'an endless descriptor length',
      initSegment({ entry: mp4a(fullBox('esds', 0, 0, [3, 0xff, 0xff, 0xff, 0xff, 0x7f])) }),
      'malformed',
    ],
    ['avc1 cut in its fields', initSegment({ entry: box('avc1', zeros(20)) }), 'truncated'],
    ['a box smaller than its header', Uint8Array.from([...u32(4), 1, 2, 3, 4]), 'malformed'],
    ['a 64-bit size over 2^53', Uint8Array.from([...u32(1), 1, 2, 3, 4, ...u32(0xffffffff), ...u32(0)]), 'unsupported'],
    ['a thousand empty boxes', Uint8Array.from(Array.from({ length: 1001 }, () => box('free')).flat()), 'malformed'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => readInit(bytes)).toThrow(expect.objectContaining({ name: 'CmafError', code }));
  });

  test('every truncation gives a CmafError', () => {
    const whole = initSegment();
    for (let length = 0; length < whole.length; length++) {
      expect(() => readInit(whole.subarray(0, length))).toThrow(CmafError);
    }
  });

  test('hostile bytes give facts or a CmafError, never another error', () => {
    const whole = initSegment();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = Uint8Array.from(whole);
          for (const [offset, value] of changes) {
            bytes[offset] = value;
          }
          try {
            readInit(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CmafError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('normaliseInit', () => {
  test('makes two runs of the packager equal', () => {
    const first = initSegment({ time: 0xe725f0fd });
    const second = initSegment({ time: 0xe725f168, mehd: fullBox('mehd', 0, 0, u32(1000)) });
    expect(first).not.toEqual(second);
    expect(normaliseInit(first, 5_000_000)).toEqual(normaliseInit(second, 5_000_000));
    expect(readInit(normaliseInit(first, 5_000_000)).fragmentDurationTicks).toBe(5_000_000);
    expect(normaliseInit(first, 5_000_000)).toHaveLength(first.length);
  });

  test('writes long durations where there is room, and none where there is not', () => {
    const wide = initSegment({ mehd: fullBox('mehd', 1, 0, u64(1)) });
    expect(readInit(normaliseInit(wide, 2 ** 40)).fragmentDurationTicks).toBe(2 ** 40);
    expect(readInit(normaliseInit(initSegment(), 2 ** 40)).fragmentDurationTicks).toBeNull();
  });

  test('leaves its input as it is', () => {
    const bytes = initSegment();
    normaliseInit(bytes, 1);
    expect(bytes).toEqual(initSegment());
  });

  test('refuses a duration in unclear units', () => {
    expect(() => normaliseInit(initSegment({ movieTimescale: 1000 }), 1)).toThrow(CmafError);
    expect(() => normaliseInit(initSegment(), -1)).toThrow(TypeError);
  });
});
