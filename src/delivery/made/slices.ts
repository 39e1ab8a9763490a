/** Slices of a source, ascending, as they come by in a stream of it; and which of them a range of a segment needs. Pure. */
import type { MadeSegment } from '../../media/made/made-segment.ts';
import type { Slice } from '../../media/source/standard-source.ts';

const endOf = ({ offset, length }: Slice): number => offset + length;

/** From the first byte to the last one; empty where there are none. */
export function extentOf(slices: readonly Slice[]): Slice {
  const [first, last] = [slices[0], slices.at(-1)];
  return first === undefined || last === undefined
    ? { offset: 0, length: 0 }
    : { offset: first.offset, length: endOf(last) - first.offset };
}

/** What a range of a segment consists of: a part of its header, then slices. */
export type Cut = { header: Uint8Array; slices: Slice[] };

export function cutOut({ header, slices }: MadeSegment, { offset, length }: Slice): Cut {
  const end = offset + length;
  const cut: Cut = { header: header.subarray(offset, Math.min(end, header.byteLength)), slices: [] };
  let at = header.byteLength;
  for (const slice of slices) {
    const [from, to] = [Math.max(offset, at), Math.min(end, at + slice.length)];
    if (from < to) {
      cut.slices.push({ offset: slice.offset + from - at, length: to - from });
    }
    at += slice.length;
  }
  return cut;
}

/** Goes along the slices as the file comes by, piece after piece. */
export class SliceWalk {
  readonly #slices: readonly Slice[];
  #index = 0;

  constructor(slices: readonly Slice[]) {
    this.#slices = slices;
  }

  /** What of a piece belongs to slices. `offset` is where the piece begins in the file. */
  *partsOf(piece: Uint8Array, offset: number): Generator<Uint8Array> {
    const end = offset + piece.byteLength;
    for (let slice = this.#slices[this.#index]; slice !== undefined; slice = this.#slices[this.#index]) {
      if (slice.offset >= end) {
        return;
      }
      yield piece.subarray(Math.max(0, slice.offset - offset), Math.min(endOf(slice), end) - offset);
      if (endOf(slice) > end) {
        return;
      }
      this.#index += 1;
    }
  }
}
