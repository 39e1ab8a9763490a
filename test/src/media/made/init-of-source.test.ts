import { expect, test } from 'vitest';
import { BoxReader, requireBox } from '../../../../src/media/boxes/boxes.ts';
import { box, u32 } from '../../../../src/media/boxes/write-boxes.ts';
import { readInit } from '../../../../src/media/cmaf/init-segment.ts';
import { audioInit, videoInit } from '../../../../src/media/made/init-of-source.ts';
import { toHex } from '../../../../src/platform/encodings.ts';
import { esds } from '../cmaf/build-boxes.ts';
import { audioOf, frames, packets, videoOf } from '../source/array-source.ts';

const picture = frames(25, () => true);
const times = { timescale: 10_000, durationTicks: 2 ** 40 };

function tkhdOf(bytes: Uint8Array): DataView {
  const reader = new BoxReader(bytes);
  const trak = requireBox(reader.children(requireBox(reader.boxes(), 'moov')), 'trak');
  const { contentStart, end } = requireBox(reader.children(trak), 'tkhd');
  return new DataView(bytes.buffer, contentStart, end - contentStart);
}

const contains = (bytes: Uint8Array, part: Uint8Array): boolean => toHex(bytes).includes(toHex(part));

test('the init segment of a picture has its configuration, size and colour', () => {
  const colr = box('colr', u32(1));
  const configuration = Uint8Array.from([1, 0x64, 0, 0x28, 0xff, 0xe0, 0]);
  const video = videoOf(picture, {
    configuration,
    codedWidth: 1440,
    codedHeight: 1088,
    width: 1920,
    height: 1080,
    entryBoxes: [colr],
  });
  const bytes = videoInit(video, times);
  expect(readInit(bytes)).toEqual({
    timescale: 10_000,
    entry: { kind: 'video', fourcc: 'avc1', codec: 'avc1.640028', width: 1440, height: 1088 },
    hasEditList: false,
    fragmentDurationTicks: 2 ** 40,
    sampleDefaults: { duration: 0, size: 0, flags: 0 },
  });
  expect(contains(bytes, colr)).toBe(true);
  expect(contains(bytes, box('avcC', configuration))).toBe(true);
  const reader = new BoxReader(bytes);
  const [ftyp] = reader.boxes();
  expect(ftyp && reader.fourCharacters(ftyp.end - 4)).toBe('cmfc');
});

// Fixed-point numbers of tkhd: where the matrix maps (1, 0) and (0, 1), and the picture's corner; then its size unturned.
test.each([
  [0, [1, 0, 0, 1, 0, 0], [640, 360]],
  [90, [0, 1, -1, 0, 640, 0], [360, 640]],
  [180, [-1, 0, 0, -1, 640, 360], [640, 360]],
  [270, [0, -1, 1, 0, 0, 360], [360, 640]],
] as const)('a picture that people see as 640 × 360, turned by %d degrees', (rotation, matrix, size) => {
  const view = tkhdOf(videoInit(videoOf(picture, { rotation, width: 640, height: 360 }), times));
  const fixed = (at: number): number => view.getInt32(at) / 0x1_0000;
  expect([40, 44, 52, 56, 64, 68].map(fixed)).toEqual(matrix);
  expect([76, 80].map(fixed)).toEqual(size);
});

test('the init segment of sound has its esds', () => {
  const configuration = Uint8Array.from(esds(0x40, [0x11, 0x90]));
  const facts = { configuration, channels: 6, sampleRate: 44_100 };
  const bytes = audioInit(audioOf(packets(1), facts), { timescale: 44_100, durationTicks: 1024 });
  expect(readInit(bytes)).toMatchObject({
    timescale: 44_100,
    entry: { kind: 'audio', fourcc: 'mp4a', codec: 'mp4a.40.2', channels: 6, sampleRate: 44_100 },
    hasEditList: false,
    fragmentDurationTicks: 1024,
  });
  expect(contains(bytes, configuration)).toBe(true);
});

test.each([
  ['deu', 0x10b5],
  ['de', 0x55c4],
  ['zh-Hant', 0x55c4],
])('language %s is told in three letters, or as unknown', (language, code) => {
  const bytes = audioInit(audioOf(packets(1), { language }), times);
  const mdhd = toHex(bytes).split('6d646864')[1] ?? '';
  expect(mdhd.slice(40, 44)).toBe(code.toString(16).padStart(4, '0'));
});

test('a rate that 16 bits do not hold is left to the esds', () => {
  const bytes = audioInit(audioOf(packets(1), { sampleRate: 96_000 }), { timescale: 96_000, durationTicks: 1 });
  expect(readInit(bytes).entry).toMatchObject({ sampleRate: 0 });
});
