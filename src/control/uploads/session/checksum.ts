/** A checksum of a body as it arrives: native for SHA, a table for CRC-32 (RFC 1952 section 8), which the runtime lacks. */
import { toBase64 } from '../../../platform/encodings.ts';
import type { AppendOrder } from './session-port.ts';

export type Checksum = {
  /** The bytes may be changed once it has resolved. */
  add(bytes: Uint8Array): Promise<void>;
  /** In base64. */
  digest(): Promise<string>;
};

type Algorithm = NonNullable<AppendOrder['checksum']>['algorithm'];

export const startChecksum = (algorithm: Algorithm): Checksum =>
  algorithm === 'crc32' ? crc32() : sha(algorithm === 'sha1' ? 'SHA-1' : 'SHA-256');

function sha(name: 'SHA-1' | 'SHA-256'): Checksum {
  const stream = new crypto.DigestStream(name);
  // A body that is cut never asks for it.
  stream.digest.catch(() => {});
  const writer = stream.getWriter();
  return {
    add: (bytes) => writer.write(bytes),
    async digest() {
      await writer.close();
      return toBase64(new Uint8Array(await stream.digest));
    },
  };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return value;
});

function crc32(): Checksum {
  let state = 0xffff_ffff;
  return {
    async add(bytes) {
      let crc = state;
      for (const byte of bytes) {
        crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
      }
      state = crc;
    },
    /** Four bytes, the highest first. */
    async digest() {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, ~state >>> 0);
      return toBase64(bytes);
    },
  };
}
