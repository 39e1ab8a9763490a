/**
 * Finds boxes in ISO base media files (ISO/IEC 14496-12 4.2). It knows sizes and types, not what boxes mean. The bytes
 * may come from anyone, so every offset is checked against its parent before use.
 */

/** `truncated`: more bytes are needed. `malformed`: breaks the format. `unsupported`: legal, but not what we make. */
type CmafErrorCode = 'truncated' | 'malformed' | 'unsupported';

/** The only error of the CMAF readers: the bytes break ISO/IEC 14496-12 or our profile of it. */
export class CmafError extends Error {
  override readonly name = 'CmafError';
  readonly code: CmafErrorCode;

  constructor(code: CmafErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Offsets of a box in its file. `contentStart` is after size, type, largesize and the type of a uuid box. */
export type Box = { type: string; start: number; contentStart: number; end: number };

/** Our files hold under ten boxes per level. The limit stops a file that consists of empty boxes. */
const MAX_SIBLINGS = 1000;

export class BoxReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws `truncated` unless `[offset, offset + length)` lies within the bytes and before `end`. */
  requireBytes(offset: number, length: number, end: number): void {
    if (offset < 0 || length < 0 || offset + length > end || offset + length > this.bytes.byteLength) {
      throw new CmafError('truncated', `${length} bytes wanted at ${offset}, the box ends at ${end}`);
    }
  }

  /** Four characters. Every byte is one character, so hostile types cannot collide. */
  fourCharacters(offset: number): string {
    this.requireBytes(offset, 4, this.bytes.byteLength);
    return String.fromCharCode(...this.bytes.subarray(offset, offset + 4));
  }

  uint32(offset: number, end: number): number {
    this.requireBytes(offset, 4, end);
    return this.view.getUint32(offset);
  }

  /** Throws `unsupported` above 2^53 - 1, where a double stops being exact. */
  uint64(offset: number, end: number): number {
    this.requireBytes(offset, 8, end);
    const value = this.view.getBigUint64(offset);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new CmafError('unsupported', `64-bit value at ${offset} is over 2^53`);
    }
    return Number(value);
  }

  /** Version and flags of a full box (14496-12 4.2.2) and where its own fields start. */
  fullBox(box: Box): { version: number; flags: number; fields: number } {
    const word = this.uint32(box.contentStart, box.end);
    return { version: word >>> 24, flags: word & 0xffffff, fields: box.contentStart + 4 };
  }

  /** The first field of a full box whose times have 64 bits in version 1 and 32 bits in version 0. */
  time(box: Box): number {
    const { version, fields } = this.fullBox(box);
    return version === 1 ? this.uint64(fields, box.end) : this.uint32(fields, box.end);
  }

  #header(start: number, end: number): Box {
    let size = this.uint32(start, end);
    const type = this.fourCharacters(start + 4);
    let headerBytes = 8;
    if (size === 1) {
      size = this.uint64(start + 8, end);
      headerBytes = 16;
    } else if (size === 0) {
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
   * The boxes that follow each other in `[start, end)`. With `prefix`, the bytes may stop inside the last box, whose
   * `end` then lies beyond them, or inside its header, which leaves that box out. Throws CmafError.
   */
  boxes(start = 0, end = this.bytes.byteLength, { prefix = false } = {}): Box[] {
    const boxes: Box[] = [];
    let offset = start;
    while (offset < end) {
      const left = end - offset;
      if (prefix && (left < 8 || (left < 16 && this.view.getUint32(offset) === 1))) {
        break;
      }
      const box = this.#header(offset, end);
      if (box.end > end && !prefix) {
        const type = JSON.stringify(box.type);
        throw new CmafError('truncated', `box ${type} at ${box.start} ends at ${box.end}, beyond ${end}`);
      }
      boxes.push(box);
      if (boxes.length > MAX_SIBLINGS) {
        throw new CmafError('malformed', `more than ${MAX_SIBLINGS} boxes in a row`);
      }
      offset = box.end;
    }
    return boxes;
  }

  /** The boxes inside `parent`, whose own fields take `skipBytes`. */
  children(parent: Box, skipBytes = 0): Box[] {
    this.requireBytes(parent.contentStart, skipBytes, parent.end);
    return this.boxes(parent.contentStart + skipBytes, parent.end);
  }
}

export const findBox = (boxes: readonly Box[], type: string): Box | undefined => boxes.find((box) => box.type === type);

/** Throws `malformed` unless exactly one box has this type. */
export function requireBox(boxes: readonly Box[], type: string): Box {
  const found = boxes.filter((box) => box.type === type);
  const [box] = found;
  if (box === undefined || found.length > 1) {
    throw new CmafError('malformed', `${found.length} boxes of type ${type}, wanted one`);
  }
  return box;
}
