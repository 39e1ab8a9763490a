/** Bits of an H.264 parameter set (ISO/IEC 14496-10 7.2, 9.1) or of an AudioSpecificConfig. Pure. */
import { damaged } from './movie-boxes.ts';

/** 7.3.1: without the bytes that keep start codes out of the payload. */
export function withoutEmulationPrevention(unit: Uint8Array): Uint8Array {
  const kept: number[] = [];
  let zeros = 0;
  for (const byte of unit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept.push(byte);
  }
  return Uint8Array.from(kept);
}

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bit(): number {
    const byte = this.#bytes[this.#position >>> 3];
    if (byte === undefined) {
      throw damaged('a configuration ends too early');
    }
    const bit = (byte >>> (7 - (this.#position & 7))) & 1;
    this.#position++;
    return bit;
  }

  /** Of at most 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      value = value * 2 + this.bit();
    }
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** ue(v), 9.1. */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros++;
      if (zeros > 31) {
        throw damaged('a number of a parameter set has more than 32 bits');
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), 9.1.1. */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}
