/**
 * Finds boxes in ISO base media files (ISO/IEC 14496-12 4.2). Knows sizes and types, not what boxes mean. Every offset is
 * checked against its parent before use: the bytes may come from anyone.
 */
import { CmafError } from './cmaf-error.ts';

/** A box's place in the bytes it was read from; `contentStart` is behind size and type (and largesize, and uuid's type). */
export type Box = { type: string; start: number; contentStart: number; end: number };

/** Our files hold under ten boxes per level; a thousand stops a file that is nothing but empty boxes. */
const MAX_SIBLINGS = 1000;

export type Reader = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
};

export function createReader(bytes: Uint8Array): Reader {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** Four characters at `offset`; every byte maps to one character, so that hostile types cannot collide. */
export function fourCharacters(reader: Reader, offset: number): string {
  requireBytes(reader, offset, 4, reader.bytes.byteLength);
  return String.fromCharCode(...reader.bytes.subarray(offset, offset + 4));
}

/** Throws `truncated` unless `[offset, offset + length)` lies within the bytes and before `end`. */
export function requireBytes(reader: Reader, offset: number, length: number, end: number): void {
  if (offset < 0 || length < 0 || offset + length > end || offset + length > reader.bytes.byteLength) {
    throw new CmafError('truncated', `${length} bytes wanted at ${offset}, the box ends at ${end}`);
  }
}

/** A 64-bit unsigned number. Throws `unsupported` above 2^53 - 1, where a double stops being exact. */
export function readUint64(reader: Reader, offset: number, end: number): number {
  requireBytes(reader, offset, 8, end);
  const value = reader.view.getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CmafError('unsupported', `64-bit value at ${offset} is over 2^53`);
  }
  return Number(value);
}

export function readUint32(reader: Reader, offset: number, end: number): number {
  requireBytes(reader, offset, 4, end);
  return reader.view.getUint32(offset);
}

function readBoxHeader(reader: Reader, start: number, end: number): Box {
  const size32 = readUint32(reader, start, end);
  const type = fourCharacters(reader, start + 4);
  let headerBytes = 8;
  let size = size32;
  if (size32 === 1) {
    size = readUint64(reader, start + 8, end);
    headerBytes = 16;
  } else if (size32 === 0) {
    // 14496-12 4.2.2: the box extends to the end of the file.
    size = end - start;
  }
  if (type === 'uuid') {
    headerBytes += 16;
  }
  if (size < headerBytes) {
    throw new CmafError('malformed', `box ${JSON.stringify(type)} at ${start} has size ${size}`);
  }
  return { type, start, contentStart: start + headerBytes, end: start + size };
}

/**
 * The boxes that lie one after the other in `[start, end)`. With `prefix`, the bytes may stop inside the last box (its
 * `end` then lies beyond them) or inside its header (it is left out). Throws CmafError.
 */
export function readBoxes(reader: Reader, start: number, end: number, options: { prefix?: boolean } = {}): Box[] {
  const boxes: Box[] = [];
  let offset = start;
  while (offset < end) {
    if (options.prefix === true && end - offset < 16) {
      const complete = end - offset >= 8 && reader.view.getUint32(offset) !== 1;
      if (!complete) {
        return boxes;
      }
    }
    const box = readBoxHeader(reader, offset, end);
    if (box.end > end && options.prefix !== true) {
      throw new CmafError(
        'truncated',
        `box ${JSON.stringify(box.type)} at ${box.start} ends at ${box.end}, beyond ${end}`,
      );
    }
    boxes.push(box);
    if (boxes.length > MAX_SIBLINGS) {
      throw new CmafError('malformed', `more than ${MAX_SIBLINGS} boxes in a row`);
    }
    offset = box.end;
  }
  return boxes;
}

/** The boxes inside `parent`, whose own fields (if any) take `skipBytes`. */
export function readChildren(reader: Reader, parent: Box, skipBytes = 0): Box[] {
  requireBytes(reader, parent.contentStart, skipBytes, parent.end);
  return readBoxes(reader, parent.contentStart + skipBytes, parent.end);
}

export const findBox = (boxes: readonly Box[], type: string): Box | undefined => boxes.find((box) => box.type === type);

/** The only box of this type among `boxes`. Throws `malformed` where there is none or more than one. */
export function requireBox(boxes: readonly Box[], type: string): Box {
  const found = boxes.filter((box) => box.type === type);
  const [box] = found;
  if (box === undefined || found.length > 1) {
    throw new CmafError('malformed', `${found.length} boxes of type ${type}, wanted one`);
  }
  return box;
}

/** Version and flags of a full box (14496-12 4.2.2) and where its own fields start. */
export function readFullBox(reader: Reader, box: Box): { version: number; flags: number; fields: number } {
  const word = readUint32(reader, box.contentStart, box.end);
  return { version: word >>> 24, flags: word & 0xffffff, fields: box.contentStart + 4 };
}
