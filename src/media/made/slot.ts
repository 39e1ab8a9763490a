/** Reads a slot of `source.idx`: the headers of a segment's picture and sound, and where their bytes are in the source. */
import { CmafError } from '../boxes/boxes.ts';
import { MAX_SEGMENT_BYTES } from '../limits.ts';
import type { Slice } from '../source/standard-source.ts';
import { SLOT_FORMAT } from './encode-slot.ts';
import { type MadeSegment, makeSegment } from './made-segment.ts';
import { commonRange } from './ranges.ts';
import { MAX_SEGMENT_SAMPLES, type Piece, type SegmentSamples, sum } from './segment-samples.ts';
import { VarintReader } from './varint.ts';

/** What one slot of `source.idx` says. */
export type Slot = {
  video: MadeSegment;
  /** Null: the sound has ended before. */
  audio: MadeSegment | null;
  /** One range that has both tracks with little between them; null: each is read by itself. */
  range: Slice | null;
};

/** Fields of trun have 32 bits. */
const MAX_U32 = 0xffff_ffff;
const MAX_I32 = 0x7fff_ffff;

function refuse(message: string): never {
  throw new CmafError('malformed', message);
}

function readSizes(reader: VarintReader, count: number): number[] {
  const sizes: number[] = [];
  for (let index = 0; index < count; index += 1) {
    sizes.push(reader.read(MAX_SEGMENT_BYTES));
  }
  const payloadBytes = sum(sizes);
  if (payloadBytes === 0 || payloadBytes > MAX_SEGMENT_BYTES) {
    refuse(`the samples of a slot have ${payloadBytes} bytes`);
  }
  return sizes;
}

function readDurations(reader: VarintReader, count: number, unit: number): number[] {
  const durations: number[] = [];
  while (durations.length < count) {
    const run = reader.read(count - durations.length);
    const duration = reader.read(MAX_U32) * unit;
    if (run === 0 || duration > MAX_U32) {
      refuse('a duration of a slot has no run, or more than 32 bits');
    }
    for (let index = 0; index < run; index += 1) {
      durations.push(duration);
    }
  }
  return durations;
}

function readOffsets(reader: VarintReader, count: number, unit: number): number[] {
  const hasOffsets = reader.read(1) === 1;
  return Array.from({ length: count }, () => {
    const offset = hasOffsets ? reader.readSigned() * unit : 0;
    return Math.abs(offset) <= MAX_I32 ? offset : refuse('a composition offset of a slot has more than 32 bits');
  });
}

function readSyncs(reader: VarintReader, count: number): number[] {
  let index = 0;
  return Array.from({ length: reader.read(count - 1) }, () => {
    const step = reader.read(count - 1 - index);
    index += step === 0 ? refuse('a sync sample stands twice in a slot') : step;
    return index;
  });
}

function readPieces(reader: VarintReader, sizes: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (let next = 0; next < sizes.length; ) {
    const offset = end + reader.read();
    const samples = reader.read(sizes.length - next);
    if (samples === 0) {
      refuse('a piece of a slot has no samples');
    }
    const length = sum(sizes.slice(next, next + samples));
    pieces.push({ offset, length, samples });
    end = offset + length;
    next += samples;
  }
  return Number.isSafeInteger(end) ? pieces : refuse('a piece of a slot lies beyond all files');
}

function readTrack(reader: VarintReader, kind: SegmentSamples['kind']): SegmentSamples {
  const decodeTicks = reader.read();
  const unit = reader.read(MAX_U32);
  const count = reader.read(MAX_SEGMENT_SAMPLES);
  if (count === 0) {
    refuse('a track of a slot has no samples');
  }
  const sizes = readSizes(reader, count);
  const durations = readDurations(reader, count, unit);
  const isVideo = kind === 'video';
  const compositionOffsets = isVideo ? readOffsets(reader, count, unit) : [];
  const laterSyncs = isVideo ? readSyncs(reader, count) : [];
  return { kind, decodeTicks, sizes, durations, compositionOffsets, laterSyncs, pieces: readPieces(reader, sizes) };
}

/** The samples of both tracks. */
function decodeSlot(bytes: Uint8Array, number: number): { video: SegmentSamples; audio: SegmentSamples | null } {
  const reader = new VarintReader(bytes);
  const [format, found] = [reader.read(), reader.read()];
  if (format !== SLOT_FORMAT) {
    throw new CmafError('unsupported', `a slot of format ${format}`);
  }
  if (found !== number) {
    refuse(`slot ${found} stands where ${number} is due`);
  }
  const hasAudio = reader.read(1) === 1;
  const video = readTrack(reader, 'video');
  return { video, audio: hasAudio ? readTrack(reader, 'audio') : null };
}

/** `bytes`: the slot of segment `number`, zeros behind it. Throws CmafError for bytes that are no slot of this number. */
export function readSlot(bytes: Uint8Array, number: number): Slot {
  const samples = decodeSlot(bytes, number);
  const video = makeSegment(number, samples.video);
  const audio = samples.audio === null ? null : makeSegment(number, samples.audio);
  return { video, audio, range: samples.audio === null ? null : commonRange(samples.video, samples.audio) };
}
