/** Init segments (CMAF headers, ISO/IEC 23000-19 7.3.1) of the made tracks. */
import { ascii, box, concatBytes, fullBox, u8, u16, u32, u64 } from '../boxes/write-boxes.ts';
import type { SourceAudio, SourceVideo } from '../source/standard-source.ts';

/** Those of the packager's init segments, so that players meet the same kinds of file. */
const FTYP = box('ftyp', ascii('mp41'), u32(0), ...['iso8', 'isom', 'mp41', 'dash', 'cmfc'].map(ascii));
const ONE = 0x1_0000;
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const i32 = (value: number): Uint8Array => u32(value >>> 0);

/** 14496-12 6.2.2: a b u c d v x y w. Numbers of 16.16 bits, except u, v and w, which have 2.30. */
const matrix = (a: number, b: number, c: number, d: number, x: number, y: number): Uint8Array[] => [
  ...[a, b, 0, c, d, 0, x, y].map((value) => i32(value * ONE)),
  u32(0x4000_0000),
];

/** Turns the picture clockwise, and moves it back into the positive quadrant. `width`, `height`: before that. */
function rotationMatrix(rotation: SourceVideo['rotation'], width: number, height: number): Uint8Array[] {
  switch (rotation) {
    case 0:
      return matrix(1, 0, 0, 1, 0, 0);
    case 90:
      return matrix(0, 1, -1, 0, height, 0);
    case 180:
      return matrix(-1, 0, 0, -1, width, height);
    case 270:
      return matrix(0, -1, 1, 0, 0, width);
  }
}

/** `appearance`: matrix and size of tkhd. */
type InitParts = {
  timescale: number;
  durationTicks: number;
  language: string;
  handler: 'vide' | 'soun';
  name: string;
  volume: number;
  appearance: readonly Uint8Array[];
  mediaHeader: Uint8Array;
  entry: Uint8Array;
};

const movieHeader = (timescale: number): Uint8Array =>
  fullBox(
    'mvhd',
    0,
    0,
    ...[zeros(8), u32(timescale), u32(0), u32(ONE), u16(0x100), zeros(10)],
    ...matrix(1, 0, 0, 1, 0, 0),
    ...[zeros(24), u32(2)],
  );

/** Enabled, in the movie, in the preview. */
const TRACK_FLAGS = 7;

/** 14496-12 8.4.2.3: three letters of ISO 639-2, of five bits each. */
function packedLanguage(language: string): Uint8Array {
  const code = /^[a-z]{3}$/.test(language) ? language : 'und';
  const [a = 0, b = 0, c = 0] = ascii(code).map((letter) => letter - 0x60);
  return u16((a << 10) | (b << 5) | c);
}

function sampleTable(entry: Uint8Array): Uint8Array {
  const emptyTables = [
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0), u32(0)),
    fullBox('stco', 0, 0, u32(0)),
  ];
  return box('stbl', fullBox('stsd', 0, 0, u32(1), entry), ...emptyTables);
}

function initOf({ timescale, durationTicks, handler, ...track }: InitParts): Uint8Array<ArrayBuffer> {
  const tkhd = fullBox(
    'tkhd',
    0,
    TRACK_FLAGS,
    ...[zeros(8), u32(1), zeros(16), zeros(4), u16(track.volume), u16(0)],
    ...track.appearance,
  );
  const mdia = box(
    'mdia',
    fullBox('mdhd', 0, 0, zeros(8), u32(timescale), u32(0), packedLanguage(track.language), u16(0)),
    fullBox('hdlr', 0, 0, u32(0), ascii(handler), zeros(12), ascii(track.name), u8(0)),
    box(
      'minf',
      track.mediaHeader,
      // 14496-12 8.7.2: the media data is in this file.
      box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
      sampleTable(track.entry),
    ),
  );
  const mvex = box(
    'mvex',
    fullBox('mehd', 1, 0, u64(durationTicks)),
    fullBox('trex', 0, 0, u32(1), u32(1), u32(0), u32(0), u32(0)),
  );
  return concatBytes([FTYP, box('moov', movieHeader(timescale), box('trak', tkhd, mdia), mvex)]);
}

/** ISO/IEC 14496-15 5.4.2. */
const avcEntry = ({ codedWidth, codedHeight, configuration, entryBoxes }: SourceVideo): Uint8Array =>
  box(
    'avc1',
    ...[zeros(6), u16(1), zeros(16)],
    ...[u16(codedWidth), u16(codedHeight)],
    // 72 dpi, one frame in a sample, no name of a compressor, colour without alpha.
    ...[u32(0x48_0000), u32(0x48_0000), u32(0), u16(1), zeros(32), u16(0x18), u16(0xffff)],
    box('avcC', configuration),
    ...entryBoxes,
  );

/** ISO/IEC 14496-14 6.7. A rate that 16 bits do not hold is 0 here: decoders take it from the esds. */
const aacEntry = ({ channels, sampleRate, configuration }: SourceAudio): Uint8Array =>
  box(
    'mp4a',
    ...[zeros(6), u16(1), zeros(8)],
    ...[u16(channels), u16(16), zeros(4)],
    ...[u16(sampleRate <= 0xffff ? sampleRate : 0), u16(0)],
    configuration,
  );

type MadeTimes = { timescale: number; durationTicks: number };

export function videoInit(video: SourceVideo, times: MadeTimes): Uint8Array<ArrayBuffer> {
  const isTurned = video.rotation === 90 || video.rotation === 270;
  const [width, height] = isTurned ? [video.height, video.width] : [video.width, video.height];
  return initOf({
    ...times,
    language: 'und',
    handler: 'vide',
    name: 'VideoHandler',
    volume: 0,
    appearance: [...rotationMatrix(video.rotation, width, height), u32(width * ONE), u32(height * ONE)],
    mediaHeader: fullBox('vmhd', 0, 1, zeros(8)),
    entry: avcEntry(video),
  });
}

export const audioInit = (audio: SourceAudio, times: MadeTimes): Uint8Array<ArrayBuffer> =>
  initOf({
    ...times,
    language: audio.language,
    handler: 'soun',
    name: 'SoundHandler',
    volume: 0x100,
    appearance: [...matrix(1, 0, 0, 1, 0, 0), zeros(8)],
    mediaHeader: fullBox('smhd', 0, 0, zeros(4)),
    entry: aacEntry(audio),
  });
