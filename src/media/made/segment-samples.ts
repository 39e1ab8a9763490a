/** The samples of one track in one segment: what a slot stores, and what the header of the segment is made of. */
import type { Slice } from '../source/standard-source.ts';

/** 16 s of 240 frames a second are 3,840. It bounds what a damaged slot can ask for. */
export const MAX_SEGMENT_SAMPLES = 20_000;

/** Samples that follow each other in the file without a gap. */
export type Piece = { offset: number; samples: number };

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

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Without those of empty samples: no store answers for a range of no bytes. */
export function slicesOf({ sizes, pieces }: SegmentSamples): Slice[] {
  let next = 0;
  const slices = pieces.map(({ offset, samples }) => {
    let length = 0;
    for (const end = next + samples; next < end; next += 1) {
      length += sizes[next] ?? 0;
    }
    return { offset, length };
  });
  return slices.filter(({ length }) => length > 0);
}
