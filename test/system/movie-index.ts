/** Makes indexes (moov) of MP4 films of any length as ffmpeg writes them, without the media data: H.264 with B-frames, and AAC. */
import { fromHex } from '../../src/platform/encodings.ts';

export type MovieOptions = {
  seconds: number;
  /** Whole frames a second; 24. */
  frameRate?: number;
  /** Frames from one key frame to the next; 96. */
  gopFrames?: number;
  /** Of a frame, on average; 40,000 (8 Mb/s at 24 fps). */
  frameBytes?: number;
  withSound?: boolean;
  /** Where the media data begins in the file; 48, as with an index at the end. */
  mediaStart?: number;
  /** The sizes of frames and packets repeat after so many frames; never. */
  periodFrames?: number;
};

const SAMPLE_RATE = 48_000;
const PACKET_SAMPLES = 1024;
const PACKET_BYTES = 340;
const MOVIE_TIMESCALE = 1000;
/** Ticks of a frame. */
const FRAME_TICKS = 512;
/** High profile, level 4.0, 1920 × 1080. */
const AVCC = '01640028ffe1001b67640028acd940780227e5c044000003000400000300c03c60c65801000668ebe3cb22c0';
const ESDS = '000000000380808022000200048080801440150000000002f0440002f04405808080021190068080800102';

type Bytes = Uint8Array<ArrayBuffer>;

const ascii = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0));
const zeros = (count: number): Bytes => new Uint8Array(count);
const u16 = (...values: number[]): Bytes => Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 255]));

function words32(values: readonly number[]): Bytes {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => {
    view.setUint32(index * 4, value);
  });
  return new Uint8Array(view.buffer);
}

const u32 = (...values: number[]): Bytes => words32(values);

function box(type: string, ...parts: Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 8));
  bytes.set(u32(bytes.byteLength));
  bytes.set(ascii(type), 4);
  let offset = 8;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** Display order within a run of three is B B P: the P-frame is decoded first and shown last. */
function compositionFrames(index: number, gopFrames: number, frames: number): number {
  const inGop = index % gopFrames;
  const others = Math.min(gopFrames, frames - index + inGop) - 1;
  const left = others - (others % 3);
  if (inGop === 0 || inGop > left) {
    return 1;
  }
  return inGop % 3 === 1 ? 3 : 0;
}

type Layout = {
  videoSizes: number[];
  audioSizes: number[];
  videoChunks: number[];
  audioChunks: number[];
  /** Packets of each chunk of sound. */
  audioCounts: number[];
  sizeBytes: number;
};

/** A frame, then the packets of sound up to its end, as ffmpeg interleaves them. */
function layout({ seconds, frameRate = 24, gopFrames = 96, frameBytes = 40_000, ...rest }: MovieOptions): Layout {
  const { withSound = true, mediaStart = 48, periodFrames = Number.POSITIVE_INFINITY } = rest;
  const made: Layout = {
    videoSizes: [],
    audioSizes: [],
    videoChunks: [],
    audioChunks: [],
    audioCounts: [],
    sizeBytes: 0,
  };
  const frames = Math.round(seconds * frameRate);
  let offset = mediaStart;
  let random = 1;
  for (let frame = 0; frame < frames; frame++) {
    random = (Math.imul(frame % periodFrames === 0 ? 1 : random, 1103515245) + 12345) >>> 0;
    const share = frame % gopFrames === 0 ? 3 : 0.5 + (random >>> 16) / 0x10000;
    made.videoSizes.push(Math.round(frameBytes * share));
    made.videoChunks.push(offset);
    offset += made.videoSizes.at(-1) ?? 0;
    const due = withSound ? Math.ceil(((frame + 1) * SAMPLE_RATE) / (frameRate * PACKET_SAMPLES)) : 0;
    const count = due - made.audioSizes.length;
    if (count > 0) {
      made.audioChunks.push(offset);
      made.audioCounts.push(count);
      for (let packet = 0; packet < count; packet++) {
        made.audioSizes.push(PACKET_BYTES + ((random >>> packet) & 63));
        offset += made.audioSizes.at(-1) ?? 0;
      }
    }
  }
  return { ...made, sizeBytes: offset };
}

/** Bytes of the file that the index describes: up to the end of the last sample. */
export const movieSizeBytes = (options: MovieOptions): number => layout(options).sizeBytes;

function runs(values: readonly number[]): [count: number, value: number][] {
  const found: [number, number][] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last?.[1] === value) {
      last[0]++;
    } else {
      found.push([1, value]);
    }
  }
  return found;
}

const table = (type: string, rows: readonly number[], perEntry = 1, before: number[] = []): Bytes =>
  box(type, u32(0, ...before, rows.length / perEntry), words32(rows));

function chunkOffsets(offsets: readonly number[]): Bytes {
  if ((offsets.at(-1) ?? 0) < 2 ** 32) {
    return table('stco', offsets);
  }
  return table(
    'co64',
    offsets.flatMap((offset) => [Math.floor(offset / 2 ** 32), offset]),
    2,
  );
}

/** An entry where the number of samples in a chunk changes. */
function sampleToChunk(counts: readonly number[]): Bytes {
  const rows = counts.flatMap((count, index) => (count === counts[index - 1] ? [] : [index + 1, count, 1]));
  return table('stsc', rows, 3);
}

type Track = {
  id: number;
  handler: string;
  timescale: number;
  durationTicks: number;
  startTicks: number;
  mediaHeader: Bytes;
  entry: Bytes;
  tables: Bytes[];
};

function trak({ id, handler, timescale, durationTicks, startTicks, mediaHeader, entry, tables }: Track): Bytes {
  const shown = Math.round((durationTicks * MOVIE_TIMESCALE) / timescale);
  const isVideo = handler === 'vide';
  const size = isVideo ? u32(1920 << 16, 1080 << 16) : u32(0, 0);
  const volume = u16(0, 0, isVideo ? 0 : 0x100, 0);
  const dinf = box('dinf', box('dref', u32(0, 1), box('url ', u32(1))));
  const stbl = box('stbl', box('stsd', u32(0, 1), entry), ...tables);
  return box(
    'trak',
    box('tkhd', u32(3, 0, 0, id, 0, shown, 0, 0), volume, MATRIX, size),
    box('edts', box('elst', u32(0, 1, shown, startTicks, 0x10000))),
    box(
      'mdia',
      box('mdhd', u32(0, 0, 0, timescale, durationTicks), u16(0x55c4, 0)),
      box('hdlr', u32(0, 0), ascii(handler), zeros(13)),
      box('minf', mediaHeader, dinf, stbl),
    ),
  );
}

function videoTrack({ frameRate = 24, gopFrames = 96 }: MovieOptions, { videoSizes, videoChunks }: Layout): Bytes {
  const count = videoSizes.length;
  const offsets = runs(videoSizes.map((_, index) => compositionFrames(index, gopFrames, count) * FRAME_TICKS));
  const sync = videoChunks.flatMap((_, index) => (index % gopFrames === 0 ? [index + 1] : []));
  const fields = [zeros(6), u16(1), zeros(16), u16(1920, 1080), u32(0x480000, 0x480000, 0), u16(1), zeros(32)];
  return trak({
    id: 1,
    handler: 'vide',
    timescale: frameRate * FRAME_TICKS,
    durationTicks: count * FRAME_TICKS,
    startTicks: FRAME_TICKS,
    mediaHeader: box('vmhd', u32(1, 0, 0)),
    entry: box('avc1', ...fields, u16(24, 0xffff), box('avcC', fromHex(AVCC))),
    tables: [
      table('stts', [count, FRAME_TICKS], 2),
      table('stss', sync),
      table('ctts', offsets.flat(), 2),
      table('stsc', [1, 1, 1], 3),
      table('stsz', videoSizes, 1, [0]),
      chunkOffsets(videoChunks),
    ],
  });
}

function audioTrack({ audioSizes, audioChunks, audioCounts }: Layout): Bytes {
  const count = audioSizes.length;
  return trak({
    id: 2,
    handler: 'soun',
    timescale: SAMPLE_RATE,
    durationTicks: count * PACKET_SAMPLES,
    startTicks: PACKET_SAMPLES,
    mediaHeader: box('smhd', u32(0, 0)),
    entry: box('mp4a', zeros(6), u16(1), zeros(8), u16(2, 16, 0, 0, SAMPLE_RATE, 0), box('esds', fromHex(ESDS))),
    tables: [
      table('stts', [count, PACKET_SAMPLES], 2),
      sampleToChunk(audioCounts),
      table('stsz', audioSizes, 1, [0]),
      chunkOffsets(audioChunks),
    ],
  });
}

/** A whole moov box. */
export function movieIndex(options: MovieOptions): Bytes {
  const made = layout(options);
  const ids = u32(0, 0, 0, 0, 0, 0, 3);
  const shown = Math.round(options.seconds * MOVIE_TIMESCALE);
  const mvhd = box('mvhd', u32(0, 0, 0, MOVIE_TIMESCALE, shown, 0x10000, 0x01000000, 0, 0), MATRIX, ids);
  const tracks = [videoTrack(options, made), ...(options.withSound === false ? [] : [audioTrack(made)])];
  return box('moov', mvhd, ...tracks);
}
