/** A range of a file as slices of what it is made of. Pure. */
import { placeAt } from './media-layout.ts';
import type { FrontPiece, MovieFile } from './movie-file.ts';

/** Bytes `[offset, offset + length)` of a front piece or of a segment. */
export type FileSlice =
  | { of: 'front'; piece: FrontPiece; offset: number; length: number }
  | { of: 'segment'; place: number; offset: number; length: number };

/** `[offset, offset + length)` lies within the file. */
export function* slicesOf(file: MovieFile, offset: number, length: number): Generator<FileSlice> {
  const end = offset + length;
  let start = 0;
  for (const piece of file.front) {
    const size = piece.kind === 'bytes' ? piece.bytes.byteLength : piece.length;
    const [from, to] = [Math.max(offset, start), Math.min(end, start + size)];
    if (from < to) {
      yield { of: 'front', piece, offset: from - start, length: to - from };
    }
    start += size;
  }
  const { media, mediaStart } = file;
  if (end <= mediaStart) {
    return;
  }
  const first = placeAt(media, Math.max(0, offset - mediaStart));
  for (let place = first; place < media.trackAt.length; place++) {
    const segmentStart = mediaStart + (media.starts[place] ?? 0);
    const segmentEnd = mediaStart + (media.starts[place + 1] ?? 0);
    if (segmentStart >= end) {
      return;
    }
    const from = Math.max(offset, segmentStart);
    yield { of: 'segment', place, offset: from - segmentStart, length: Math.min(end, segmentEnd) - from };
  }
}
