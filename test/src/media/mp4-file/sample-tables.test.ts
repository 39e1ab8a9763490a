/** Headers of segments → sample tables, and what is refused. */
import { describe, expect, test } from 'vitest';
import { BoxReader, type CmafError } from '../../../../src/media/boxes/boxes.ts';
import { SampleTableWriter } from '../../../../src/media/mp4-file/sample-tables.ts';
import { readSamplesHead, writeSamplesFile } from '../../../../src/media/mp4-file/samples-file.ts';
import { mediaSegment } from '../cmaf/build-boxes.ts';

const DEFAULTS = { duration: 1000, size: 0, flags: 0 };
const NON_SYNC = 0x10000;

/** Five frames as x264 orders them with two B-frames, each of 1,000 ticks. */
const SAMPLES = [
  { size: 50, offset: 0 },
  { size: 20, flags: NON_SYNC, offset: 2000 },
  { size: 5, flags: NON_SYNC, offset: -1000 },
  { size: 6, flags: NON_SYNC, offset: -1000 },
  { size: 21, flags: NON_SYNC, offset: 0 },
];
type Samples = { size: number; flags?: number; offset?: number }[];

function segmentOf(samples: Samples, startTicks: number) {
  const bytes = mediaSegment({ samples, baseDecodeTime: startTicks });
  const mediaBytes = samples.reduce((sum, { size }) => sum + size, 0);
  return {
    header: bytes.subarray(0, bytes.length - mediaBytes - 8),
    about: { startTicks, durationTicks: 1000 * samples.length, bytes: bytes.length },
  };
}

function tablesOf(...parts: Samples[]) {
  const writer = new SampleTableWriter(DEFAULTS);
  let startTicks = 0;
  for (const samples of parts) {
    const { header, about } = segmentOf(samples, startTicks);
    writer.add(header, [about]);
    startTicks += about.durationTicks;
  }
  return writer.finish();
}

/** The words of each table. */
function wordsOf(boxes: Uint8Array): Record<string, number[]> {
  const reader = new BoxReader(boxes);
  return Object.fromEntries(
    reader
      .boxes()
      .map(({ type, contentStart, end }) => [
        type,
        Array.from({ length: (end - contentStart) / 4 }, (_, index) => reader.view.getUint32(contentStart + 4 * index)),
      ]),
  );
}

describe('sample tables', () => {
  test('have every sample, offsets that are not negative, and a chunk for each segment', () => {
    const { boxes, shiftTicks, firstSampleOffsets } = tablesOf(SAMPLES, SAMPLES, SAMPLES.slice(0, 2));
    expect(shiftTicks).toBe(1000);
    const header = segmentOf(SAMPLES, 0).header.byteLength;
    const offsets = new DataView(firstSampleOffsets.bytes().buffer);
    expect([0, 4, 8].map((at) => offsets.getUint32(at))).toEqual([header + 8, header + 8, header + 8 - 36]);
    const composition = [1, 1000, 1, 3000, 2, 0];
    expect(wordsOf(boxes)).toEqual({
      stts: [0, 1, 12, 1000],
      ctts: [0, 8, ...composition, 2, 1000, 1, 3000, 2, 0, 2, 1000, 1, 3000],
      stss: [0, 3, 1, 6, 11],
      stsz: [0, 0, 12, ...SAMPLES.map(({ size }) => size), ...SAMPLES.map(({ size }) => size), 50, 20],
      stsc: [0, 2, 1, 5, 1, 3, 2, 1],
    });
  });

  test('of samples that are all alike are short', () => {
    const { boxes, shiftTicks } = tablesOf([{ size: 3 }, { size: 3 }], [{ size: 4 }, { size: 4 }]);
    expect(shiftTicks).toBe(0);
    expect(wordsOf(boxes)).toEqual({
      stts: [0, 1, 4, 1000],
      stsz: [0, 0, 4, 3, 3, 4, 4],
      stsc: [0, 1, 1, 2, 1],
    });
  });

  test('are longer than a block of words', () => {
    const many = Array.from({ length: 35_000 }, (_, index) => ({ size: 1 + (index % 7) }));
    const { stsz } = wordsOf(tablesOf(many, many).boxes);
    // Far quicker than to compare arrays.
    expect(stsz?.slice(3).join()).toBe([...many, ...many].map(({ size }) => size).join());
  });
});

describe('headers that are refused', () => {
  const { header, about } = segmentOf(SAMPLES, 0);
  const add = (bytes: Uint8Array, ...segments: (typeof about)[]) => {
    try {
      new SampleTableWriter(DEFAULTS).add(bytes, segments);
      return 'taken';
    } catch (error) {
      return (error as CmafError).code;
    }
  };
  const twice = Uint8Array.from([...header, ...segmentOf(SAMPLES, 5000).header]);

  test('are those of other segments', () => {
    expect(add(header, about)).toBe('taken');
    expect(add(twice, about, { ...about, startTicks: 5000 })).toBe('taken');
    expect(add(twice, about)).toBe('malformed');
    expect(add(header, about, about)).toBe('malformed');
    expect(add(header, { ...about, startTicks: 1 })).toBe('malformed');
    expect(add(header, { ...about, durationTicks: 4999 })).toBe('malformed');
    expect(add(header, { ...about, bytes: about.bytes - 1 })).toBe('malformed');
  });

  test('are cut, or changed anywhere', () => {
    for (let length = 1; length < header.length; length++) {
      expect(add(header.subarray(0, length), about)).not.toBe('taken');
    }
    const codes = new Set<string>();
    for (let at = 0; at < header.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Uint8Array.from(header);
        changed[at] = value;
        codes.add(add(changed, about));
      }
    }
    expect([...codes].toSorted()).toEqual(['malformed', 'taken', 'truncated', 'unsupported']);
  });
});

test('the head of the samples file tells what it was written with', () => {
  const tables = tablesOf(SAMPLES, SAMPLES);
  const bytes = writeSamplesFile('0123456789abcdef', new Uint8Array(9), tables);
  expect(readSamplesHead(bytes.subarray(0, 32))).toEqual({
    fingerprint: '0123456789abcdef',
    segments: 2,
    shiftTicks: 1000,
    boxesBytes: 9 + tables.boxes.byteLength,
  });
  expect(() => readSamplesHead(bytes.subarray(1))).toThrow('no sample tables');
  expect(() => readSamplesHead(bytes.subarray(0, 20))).toThrow('20');
});
