/** The end of a file by its own outermost headers. A copy that was cut off is shorter. */
import { type FileHandle, open } from 'node:fs/promises';

/** Two boxes per second for twelve hours of fragments. What follows them is not read. */
const MAX_BOXES = 100_000;
/** Boxes that hold the film. A cut through any other box, e.g. padding, loses nothing. */
const FILM_BOXES = new Set(['moov', 'moof', 'mdat']);
/** The boxes that an ISO base media or QuickTime file may start with. */
const FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot']);
const EBML_ID = 0x1a45dfa3;
const SEGMENT_ID = 0x18538067;
/** Holds an EBML header, which has few elements, and the head of the Segment behind it. */
const HEAD_BYTES = 256;

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** ISO/IEC 14496-12 4.2: size and type, the size of 1 in 64 bits behind it, 0 for "to the end of the file". */
async function endOfBoxes(file: FileHandle, sizeBytes: number): Promise<number | null> {
  let position = 0;
  for (let count = 0; count < MAX_BOXES && position + 8 <= sizeBytes; count++) {
    const head = await readAt(file, position, 16);
    const size32 = head.readUInt32BE(0);
    const size = size32 === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : size32;
    if (size < 8) {
      return null;
    }
    if (position + size > sizeBytes) {
      return FILM_BOXES.has(head.toString('latin1', 4, 8)) ? position + size : null;
    }
    position += size;
  }
  return position;
}

/** RFC 8794 4: as many leading zero bits as further bytes; all ones mean "unknown". */
function readVint(bytes: Buffer, at: number): { value: number; end: number } | null {
  const length = Math.clz32(bytes[at] ?? 0) - 23;
  if (length > 8 || at + length > bytes.length) {
    return null;
  }
  let value = (bytes[at] ?? 0) & (0xff >> length);
  let isUnknown = value === 0xff >> length;
  for (const byte of bytes.subarray(at + 1, at + length)) {
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return isUnknown ? null : { value, end: at + length };
}

/** Matroska: the EBML header, then one Segment with everything (RFC 9559 4.5). In live recordings its size is unknown. */
function endOfSegment(head: Buffer): number | null {
  const header = readVint(head, 4);
  const segmentAt = header === null ? head.length : header.end + header.value;
  if (segmentAt + 12 > head.length || head.readUInt32BE(segmentAt) !== SEGMENT_ID) {
    return null;
  }
  const segment = readVint(head, segmentAt + 4);
  return segment === null ? null : segment.end + segment.value;
}

/** In bytes from the start; null if the file does not tell. */
export async function declaredEnd(path: string): Promise<number | null> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = await readAt(file, 0, HEAD_BYTES);
    if (head.length < 16) {
      return null;
    }
    if (head.readUInt32BE(0) === EBML_ID) {
      return endOfSegment(head);
    }
    return FIRST_BOXES.has(head.toString('latin1', 4, 8)) ? await endOfBoxes(file, size) : null;
  } finally {
    await file.close();
  }
}
