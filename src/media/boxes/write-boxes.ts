/** Writes boxes of ISO base media files (ISO/IEC 14496-12 4.2). It knows sizes and types, not what boxes mean. */

const MAX_BOX_BYTES = 0xffffffff;

/** Big-endian bytes of a value; throws RangeError where it has no such form. */
function bytesOf(length: number, write: (view: DataView) => void, isValid: boolean, value: number): Uint8Array {
  if (!isValid) {
    throw new RangeError(`${value} does not fit ${length} bytes`);
  }
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}

const isUnsigned = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;

export const u8 = (value: number): Uint8Array =>
  bytesOf(1, (view) => view.setUint8(0, value), isUnsigned(value, 0xff), value);
export const u16 = (value: number): Uint8Array =>
  bytesOf(2, (view) => view.setUint16(0, value), isUnsigned(value, 0xffff), value);
export const u32 = (value: number): Uint8Array =>
  bytesOf(4, (view) => view.setUint32(0, value), isUnsigned(value, 0xffffffff), value);
export const u64 = (value: number): Uint8Array =>
  bytesOf(8, (view) => view.setBigUint64(0, BigInt(value)), isUnsigned(value, Number.MAX_SAFE_INTEGER), value);

/** One byte per character, for types and brands. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** A whole box with a 32-bit size. */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 8);
  if (type.length !== 4 || sizeBytes > MAX_BOX_BYTES) {
    throw new RangeError(`no box: type ${JSON.stringify(type)}, ${sizeBytes} bytes`);
  }
  return concatBytes([u32(sizeBytes), ascii(type), ...parts]);
}

/** 14496-12 4.2.2: version and flags come before the fields. */
export const fullBox = (type: string, version: number, flags: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  box(type, u32(version * 0x1000000 + flags), ...parts);
