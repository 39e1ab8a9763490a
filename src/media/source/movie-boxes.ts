/** Boxes of a movie's index, and the limits of one. Bytes may come from anyone: each count is checked against its box. Pure. */
import { type Box, type BoxReader, CmafError } from '../boxes/boxes.ts';
import { NotStandard } from './not-standard.ts';

/** An isolate has 128 MB, and the index of 3 h has 9 to 12 MB. */
export const MAX_INDEX_BYTES = 24 * 2 ** 20;
/** Of all tracks that play: 6 h at 60 frames a second and 48 kHz have 2.3 million. Each costs about 30 ns of CPU. */
export const MAX_SAMPLES = 3_000_000;
/** Languages and text tracks of the fullest releases stay below it. */
export const MAX_MOVIE_TRACKS = 32;

export const damaged = (detail: string): NotStandard => new NotStandard('index_damaged', detail);

/** What `read` returns; the errors of the box reader as `index_damaged`. */
export function readingBoxes<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CmafError ? damaged(error.message) : error;
  }
}

/**
 * The boxes inside `parent`, whose own fields take `skipBytes`. QuickTime ends some lists with a zero word, which is
 * shorter than a box.
 */
export function childrenOf(reader: BoxReader, parent: Box, skipBytes = 0): Box[] {
  reader.requireBytes(parent.contentStart, skipBytes, parent.end);
  const boxes = reader.boxes(parent.contentStart + skipBytes, parent.end, { prefix: true });
  const long = boxes.find((box) => box.end > parent.end);
  if (long !== undefined) {
    throw damaged(`box ${JSON.stringify(long.type)} ends behind its parent`);
  }
  return boxes;
}

/** `count` entries of equal size from `start` on, which lie within their box. */
export type Table = { start: number; count: number };

/** Reads the number of entries, which stands `skipBytes` behind version and flags. */
export function readTable(reader: BoxReader, box: Box, entryBytes: number, skipBytes = 0): Table {
  const at = reader.fullBox(box).fields + skipBytes;
  const count = reader.uint32(at, box.end);
  const start = at + 4;
  if (count * entryBytes > box.end - start) {
    throw damaged(`${count} entries in a box ${box.type} of ${box.end - box.start} bytes`);
  }
  return { start, count };
}
