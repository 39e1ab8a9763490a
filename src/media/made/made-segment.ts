/** The header of a CMAF segment (ISO/IEC 23000-19 7.3.2): styp, a moof with one traf and one trun, and the start of mdat. */
import { ascii, box, u32 } from '../boxes/write-boxes.ts';
import { SEGMENT_BRANDS } from '../cmaf/finish-segment.ts';
import type { Slice } from '../source/standard-source.ts';
import { payloadBytesOf, type SegmentSamples, slicesOf } from './segment-samples.ts';

/** A CMAF segment that is made of a source: `header`, then the slices in their order. */
export type MadeSegment = {
  /** styp, moof and the header of mdat. */
  header: Uint8Array;
  /** Of the whole segment. */
  sizeBytes: number;
  /** Ascending in the file; neighbours are merged. */
  slices: readonly Slice[];
};

/** CMAF 7.5.16: offsets count from the moof. */
const DEFAULT_BASE_IS_MOOF = 0x02_0000;
const DEFAULT_DURATION = 0x08;
const DEFAULT_FLAGS = 0x20;
const DATA_OFFSET = 0x001;
const FIRST_SAMPLE_FLAGS = 0x004;
const SAMPLE_DURATION = 0x100;
const SAMPLE_SIZE = 0x200;
const SAMPLE_FLAGS = 0x400;
const SAMPLE_COMPOSITION_OFFSET = 0x800;

/** 14496-12 8.8.3.1: depends on no other sample. */
const SYNC = 0x0200_0000;
/** Depends on others, and is no sync sample. */
const NOT_SYNC = 0x0101_0000;

const STYP = box('styp', ascii(SEGMENT_BRANDS[0]), u32(0), ...SEGMENT_BRANDS.map(ascii));
const MFHD_BYTES = 16;
const TFDT_BYTES = 20;
const BOX_BYTES = 8;
const FULL_BOX_BYTES = 12;

/** Sizes of boxes and flags of fields: all that the length of a header depends on. Only what is needed is written. */
function layoutOf({ kind, sizes, durations, compositionOffsets, laterSyncs }: SegmentSamples) {
  const isEven = durations.every((duration) => duration === durations[0]);
  const hasOffsets = compositionOffsets.some((offset) => offset !== 0);
  const hasFlags = laterSyncs.length > 0;
  const hasFirstFlags = kind === 'video' && !hasFlags;
  const sampleBytes = 4 * (1 + Number(!isEven) + Number(hasFlags) + Number(hasOffsets));
  const tfhdBytes = FULL_BOX_BYTES + 8 + (isEven ? 4 : 0);
  const trunBytes = FULL_BOX_BYTES + 8 + (hasFirstFlags ? 4 : 0) + sampleBytes * sizes.length;
  const trafBytes = BOX_BYTES + tfhdBytes + TFDT_BYTES + trunBytes;
  const moofBytes = BOX_BYTES + MFHD_BYTES + trafBytes;
  const headerBytes = STYP.byteLength + moofBytes + BOX_BYTES;
  return { isEven, hasOffsets, hasFlags, hasFirstFlags, tfhdBytes, trunBytes, trafBytes, moofBytes, headerBytes };
}
type Layout = ReturnType<typeof layoutOf>;

/** Bytes before the first sample. */
export const headerBytesOf = (samples: SegmentSamples): number => layoutOf(samples).headerBytes;

/** A header is made for every request, so it is written in place. */
class HeaderWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#offset);
    this.#offset += bytes.byteLength;
  }

  /** Negative values as two's complement. */
  u32(value: number): void {
    this.#view.setUint32(this.#offset, value);
    this.#offset += 4;
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.#offset, BigInt(value));
    this.#offset += 8;
  }

  box(type: string, sizeBytes: number): void {
    this.u32(sizeBytes);
    for (let index = 0; index < 4; index += 1) {
      this.bytes[this.#offset++] = type.charCodeAt(index);
    }
  }

  fullBox(type: string, sizeBytes: number, version: number, flags: number): void {
    this.box(type, sizeBytes);
    this.u32(version * 0x100_0000 + flags);
  }
}

function writeTrackHeader(
  header: HeaderWriter,
  { kind, durations, decodeTicks }: SegmentSamples,
  layout: Layout,
): void {
  const flags = DEFAULT_BASE_IS_MOOF | DEFAULT_FLAGS | (layout.isEven ? DEFAULT_DURATION : 0);
  header.fullBox('tfhd', layout.tfhdBytes, 0, flags);
  // The only track of its file.
  header.u32(1);
  if (layout.isEven) {
    header.u32(durations[0] ?? 0);
  }
  header.u32(kind === 'video' ? NOT_SYNC : SYNC);
  header.fullBox('tfdt', TFDT_BYTES, 1, 0);
  header.u64(decodeTicks);
}

function writeRun(header: HeaderWriter, samples: SegmentSamples, layout: Layout): void {
  const { sizes, durations, compositionOffsets, laterSyncs } = samples;
  const { isEven, hasFlags, hasFirstFlags, hasOffsets } = layout;
  const flags =
    (DATA_OFFSET | SAMPLE_SIZE) +
    (hasFirstFlags ? FIRST_SAMPLE_FLAGS : 0) +
    (isEven ? 0 : SAMPLE_DURATION) +
    (hasFlags ? SAMPLE_FLAGS : 0) +
    (hasOffsets ? SAMPLE_COMPOSITION_OFFSET : 0);
  // CMAF 9.2.1: version 1, whose offsets are signed, in tracks without an edit list.
  header.fullBox('trun', layout.trunBytes, 1, flags);
  header.u32(sizes.length);
  header.u32(layout.moofBytes + BOX_BYTES);
  if (hasFirstFlags) {
    header.u32(SYNC);
  }
  const syncs = new Set([0, ...laterSyncs]);
  for (let index = 0; index < sizes.length; index += 1) {
    if (!isEven) {
      header.u32(durations[index] ?? 0);
    }
    header.u32(sizes[index] ?? 0);
    if (hasFlags) {
      header.u32(syncs.has(index) ? SYNC : NOT_SYNC);
    }
    if (hasOffsets) {
      header.u32(compositionOffsets[index] ?? 0);
    }
  }
}

/** `number`: of the segment, from 1. Sequence numbers increase over a track (14496-12 8.8.5). */
export function makeSegment(number: number, samples: SegmentSamples): MadeSegment {
  const layout = layoutOf(samples);
  const payloadBytes = payloadBytesOf(samples);
  const header = new HeaderWriter(layout.headerBytes);
  header.copy(STYP);
  header.box('moof', layout.moofBytes);
  header.fullBox('mfhd', MFHD_BYTES, 0, 0);
  header.u32(number);
  header.box('traf', layout.trafBytes);
  writeTrackHeader(header, samples, layout);
  writeRun(header, samples, layout);
  // At most MAX_SEGMENT_BYTES, so 32 bits are enough.
  header.box('mdat', BOX_BYTES + payloadBytes);
  return { header: header.bytes, sizeBytes: layout.headerBytes + payloadBytes, slices: slicesOf(samples) };
}
