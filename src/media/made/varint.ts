/** Unsigned integers in groups of seven bits, the lowest first; the top bit says that more follow. */
import { CmafError } from '../boxes/boxes.ts';

/** Eight groups hold every safe integer. */
const MAX_VARINT_BYTES = 8;

export class VarintWriter {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** `value`: a safe integer, not negative. */
  write(value: number): void {
    if (this.#length + MAX_VARINT_BYTES > this.#bytes.byteLength) {
      // By half: the slots of a film of hours have megabytes.
      const grown = new Uint8Array(1.5 * this.#bytes.byteLength);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    // Bit operations end at 32 bits.
    while (rest > 0x7fff_ffff) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** 0, -1, 1, -2 … become 0, 1, 2, 3 …. */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Of what was written: valid until more is. */
  part(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }
}

/** Throws CmafError: `truncated` behind the end, `malformed` for more than a safe integer or above `most`. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(most = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    for (let index = 0, factor = 1; index < MAX_VARINT_BYTES; index += 1, factor *= 0x80) {
      const byte = this.#bytes[this.#offset];
      if (byte === undefined) {
        throw new CmafError('truncated', `a slot of ${this.#bytes.byteLength} bytes ends within a number`);
      }
      this.#offset += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > most) {
          break;
        }
        return value;
      }
    }
    throw new CmafError('malformed', `a number of a slot is above ${most}`);
  }

  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
