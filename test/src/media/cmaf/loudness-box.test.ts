import { describe, expect, test } from 'vitest';
import { BoxReader, CmafError, findBox, requireBox } from '../../../../src/media/boxes/boxes.ts';
import { readInit } from '../../../../src/media/cmaf/init-segment.ts';
import { withLoudness } from '../../../../src/media/cmaf/loudness-box.ts';
import { initSegment } from './build-boxes.ts';

const measured = { integratedLufs: -23, truePeakDbtp: -1.5 };

function userData(bytes: Uint8Array) {
  const reader = new BoxReader(bytes);
  const trak = requireBox(reader.children(requireBox(reader.boxes(), 'moov')), 'trak');
  return { reader, udta: findBox(reader.children(trak), 'udta') };
}

describe('withLoudness', () => {
  test('tells program loudness and true peak', () => {
    const { reader, udta } = userData(withLoudness(initSegment(), measured));
    expect(udta).toBeDefined();
    const ludt = udta === undefined ? [] : reader.children(requireBox(reader.children(udta), 'ludt'));
    const { contentStart, end } = requireBox(ludt, 'tlou');
    const content = [...reader.bytes.subarray(contentStart, end)];
    // Version and flags, ids, sample peak and true peak, system 2 and reliability 3.
    expect(content.slice(0, 10)).toEqual([0, 0, 0, 0, 0, 0, 0, 0x02, 0xb0, 0x23]);
    expect(20 - 0x2b0 / 32).toBe(-1.5);
    // One measurement: program loudness, by system 1.
    expect(content.slice(10)).toEqual([1, 1, 139, 0x13]);
    expect(-57.75 + 139 / 4).toBe(-23);
  });

  test('leaves all other facts as they are', () => {
    const plain = initSegment();
    const told = withLoudness(plain, measured);
    expect(readInit(told)).toEqual(readInit(plain));
    expect(told.length).toBeGreaterThan(plain.length);
    expect(plain).toEqual(initSegment());
  });

  test.each([
    { integratedLufs: null, truePeakDbtp: null },
    { integratedLufs: null, truePeakDbtp: -80 },
  ])('says nothing of silence', (silence) => {
    expect(withLoudness(initSegment(), silence)).toEqual(initSegment());
  });

  test('does not overflow its fields', () => {
    for (const extreme of [
      { integratedLufs: -70, truePeakDbtp: -150 },
      { integratedLufs: 20, truePeakDbtp: 30 },
    ]) {
      expect(readInit(withLoudness(initSegment(), extreme))).toEqual(readInit(initSegment()));
    }
  });

  test('every truncation gives a CmafError', () => {
    const whole = initSegment();
    for (let length = 0; length < whole.length - 1; length++) {
      expect(() => withLoudness(whole.subarray(0, length), measured)).toThrow(CmafError);
    }
  });
});
