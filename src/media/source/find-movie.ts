/** Finds the index (moov) of an MP4 or MOV file (ISO/IEC 14496-12 8.2.1) with few reads, or in the bytes that are there so far. Pure. */
import { type Box, BoxReader } from '../boxes/boxes.ts';
import { damaged, MAX_INDEX_BYTES, readingBoxes } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';

/** What files begin with: ftyp, or one of the boxes of QuickTime files before it was invented. */
const FIRST_TYPES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
/** Fragmented files have these (8.8, 8.16). */
const FRAGMENT_TYPES = new Set(['moof', 'styp', 'sidx', 'emsg']);
/** Size, type, largesize. */
const HEADER_BYTES = 16;
/** The whole index of a quarter of an hour. */
const READ_BYTES = 2 ** 20;
/** Two or three are usual; files that were recorded in pieces have a few more boxes. */
const MAX_READS = 12;

/** `gone`: no whole header is in the bytes; the next box begins at `offset` of the file. */
type Found = { kind: 'moov'; box: Box } | { kind: 'gone'; offset: number; hasPassedMedia: boolean };

function requireSmall(box: Box, sizeBytes: number): void {
  if (box.end - box.start > MAX_INDEX_BYTES) {
    throw new NotStandard('index_too_large', `${box.end - box.start} bytes`);
  }
  if (box.end > sizeBytes) {
    throw damaged('the index ends behind the file');
  }
}

/** Other formats are told apart before their bytes are taken for boxes. */
function requireMp4(bytes: Uint8Array): void {
  const type = String.fromCharCode(...bytes.subarray(4, 8));
  if (!FIRST_TYPES.has(type) && !FRAGMENT_TYPES.has(type)) {
    throw new NotStandard('not_mp4');
  }
}

/** `bytes` begin at `start` of the file, where a box does. Offsets of a box are of the file. */
function scan(bytes: Uint8Array, start: number, sizeBytes: number): Found {
  if (start === 0) {
    requireMp4(bytes);
  }
  const boxes = readingBoxes(() => new BoxReader(bytes).boxes(0, bytes.byteLength, { prefix: true }));
  let offset = start;
  let hasPassedMedia = false;
  for (const { type, ...inner } of boxes) {
    if (FRAGMENT_TYPES.has(type)) {
      throw new NotStandard('fragmented', `a box ${type}`);
    }
    const isOpen = new DataView(bytes.buffer, bytes.byteOffset + inner.start, 4).getUint32(0) === 0;
    const end = isOpen ? sizeBytes : start + inner.end;
    const box = { type, start: start + inner.start, contentStart: start + inner.contentStart, end };
    if (type === 'moov') {
      requireSmall(box, sizeBytes);
      return { kind: 'moov', box };
    }
    hasPassedMedia ||= type === 'mdat' && end > start + bytes.byteLength;
    offset = end;
  }
  if (offset > sizeBytes - 8) {
    throw new NotStandard('index_missing');
  }
  return { kind: 'gone', offset, hasPassedMedia };
}

/**
 * The whole moov box. `read` returns exactly the bytes asked for, within the file. The end of a file behind its media data
 * is read at once, since it is nearly always the index. Throws NotStandard.
 */
export async function findMovie(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  sizeBytes: number,
): Promise<Uint8Array> {
  let offset = 0;
  for (let reads = 0; reads < MAX_READS && offset + 8 <= sizeBytes; reads++) {
    const left = sizeBytes - offset;
    const length = reads > 0 && left <= MAX_INDEX_BYTES ? left : Math.min(left, READ_BYTES);
    const bytes = await read(offset, length);
    if (bytes.byteLength !== length) {
      throw damaged(`${bytes.byteLength} of ${length} bytes could be read`);
    }
    const found = scan(bytes, offset, sizeBytes);
    if (found.kind === 'moov') {
      return wholeBox(read, found.box, { offset, bytes });
    }
    offset = found.offset;
  }
  throw new NotStandard(offset === 0 ? 'not_mp4' : 'index_missing');
}

async function wholeBox(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  box: Box,
  have: { offset: number; bytes: Uint8Array },
): Promise<Uint8Array> {
  const there = have.bytes.subarray(box.start - have.offset, box.end - have.offset);
  const lengthBytes = box.end - box.start;
  if (there.byteLength === lengthBytes) {
    return there;
  }
  const rest = await read(box.start + there.byteLength, lengthBytes - there.byteLength);
  const whole = new Uint8Array(lengthBytes);
  if (there.byteLength + rest.byteLength !== lengthBytes) {
    throw damaged('the index could not be read whole');
  }
  whole.set(there);
  whole.set(rest, there.byteLength);
  return whole;
}

/**
 * The moov box of the first bytes of a file that has `sizeBytes` in the end. `later`: more bytes are needed; `behind`: the
 * media data comes first. Throws NotStandard.
 */
export function movieInPrefix(prefix: Uint8Array, sizeBytes: number): Uint8Array | 'later' | 'behind' {
  if (prefix.byteLength < HEADER_BYTES && prefix.byteLength < sizeBytes) {
    return 'later';
  }
  const found = scan(prefix, 0, sizeBytes);
  if (found.kind === 'gone') {
    return found.hasPassedMedia ? 'behind' : 'later';
  }
  return found.box.end <= prefix.byteLength ? prefix.subarray(found.box.start, found.box.end) : 'later';
}
