/** The samples of one track in one segment: what a slot stores, and what the header of the segment is made of. */
import type { Slice } from '../source/standard-source.ts';

/** 16 s of 240 frames a second are 3,840. It bounds what a damaged slot can ask for. */
export const MAX_SEGMENT_SAMPLES = 20_000;

/** Samples that follow each other in the file without a gap. */
export type Piece = Slice & { samples: number };

/** In decode order, in ticks of the made track. */
export type SegmentSamples = {
  kind: 'video' | 'audio';
  /** Of the first sample. */
  decodeTicks: number;
  sizes: number[];
  durations: number[];
  /** Signed. Empty for sound, which has none. */
  compositionOffsets: number[];
  /** Indexes of sync samples; the first is always one. Empty for sound, of which all are. */
  laterSyncs: number[];
  /** Ascending in the file. */
  pieces: Piece[];
};

/** A loop: films of hours have a million samples, and a callback for each takes several times as long. */
export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

/** Bytes of all samples. */
export function payloadBytesOf({ pieces }: SegmentSamples): number {
  let bytes = 0;
  for (const { length } of pieces) {
    bytes += length;
  }
  return bytes;
}

/** Without those of empty samples: no store answers for a range of no bytes. */
export const slicesOf = ({ pieces }: SegmentSamples): Slice[] =>
  pieces.filter(({ length }) => length > 0).map(({ offset, length }) => ({ offset, length }));
