/**
 * HyperLogLog: how many distinct viewers, within 1.9 % (standard error, 1.04 / √3,036) in 1.5 KB. Pure.
 *
 * The estimator is Ertl's improved one (arXiv:1702.01284, algorithm 6), which needs no tables, without its correction for
 * ranks at the end of the hash: below a billion viewers it changes nothing. In memory registers are a byte each, so that
 * union is exact in any order; stored they are 4 bits above the lowest, and the rare ones out of reach are listed.
 */
import { fromBase64, toBase64 } from '../../platform/encodings.ts';

/** 1 byte base, 4 bits each, and EXCEPTIONS × 3 bytes make 1,534. */
const REGISTERS = 3_036;
/** 33, if all 32 bits that say the rank are zero. */
const MAX_RANK = 33;
const EXCEPTIONS = 5;
export const STORED_BYTES = 1 + REGISTERS / 2 + EXCEPTIONS * 3;
const OFFSETS = 16;

export class HyperLogLog {
  readonly #registers = new Uint8Array(REGISTERS);

  /** Of a uniform 64-bit hash: `high` chooses the register by its share of the range, `low` gives the rank. Both unsigned. */
  add(high: number, low: number): void {
    this.#raise(Math.floor((high / 2 ** 32) * REGISTERS), Math.clz32(low) + 1);
  }

  merge(other: HyperLogLog): void {
    for (const [index, rank] of other.#registers.entries()) {
      this.#raise(index, rank);
    }
  }

  #raise(index: number, rank: number): void {
    if (rank > (this.#registers[index] ?? 0)) {
      this.#registers[index] = rank;
    }
  }

  estimate(): number {
    let zeros = 0;
    let z = 0;
    for (const rank of this.#registers) {
      if (rank === 0) {
        zeros += 1;
      } else {
        z += 2 ** -rank;
      }
    }
    // Infinite if all are zero: nobody.
    z += REGISTERS * sigma(zeros / REGISTERS);
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z));
  }

  /** Lossless but for one sketch in 10,000: more registers are out of reach than it has places, and off by a rank or two. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(STORED_BYTES);
    let base = MAX_RANK;
    for (const rank of this.#registers) {
      base = Math.min(base, rank);
    }
    bytes[0] = base;
    let at = 1 + REGISTERS / 2;
    for (let index = 0; index < REGISTERS; index += 1) {
      const value = this.#registers[index] ?? 0;
      const offset = Math.min(value - base, OFFSETS - 1);
      const byte = 1 + (index >> 1);
      bytes[byte] = (bytes[byte] ?? 0) | (offset << (index % 2 === 0 ? 0 : 4));
      if (base + offset !== value && at + 3 <= STORED_BYTES) {
        // One more than the index: a place that is not used is zero.
        bytes.set([(index + 1) >> 8, (index + 1) & 255, value], at);
        at += 3;
      }
    }
    return bytes;
  }

  toJSON(): string {
    return toBase64(this.encode());
  }

  static fromJSON(text: string): HyperLogLog {
    return HyperLogLog.decode(fromBase64(text));
  }

  /** Throws a TypeError for what is no sketch. */
  static decode(bytes: Uint8Array): HyperLogLog {
    if (bytes.length !== STORED_BYTES || (bytes[0] ?? 0) > MAX_RANK) {
      throw new TypeError('not a HyperLogLog of this layout');
    }
    const sketch = new HyperLogLog();
    const registers = sketch.#registers;
    const base = bytes[0] ?? 0;
    for (let index = 0; index < REGISTERS; index += 1) {
      registers[index] = base + (((bytes[1 + (index >> 1)] ?? 0) >> (index % 2 === 0 ? 0 : 4)) & 15);
    }
    for (let at = 1 + REGISTERS / 2; at + 3 <= STORED_BYTES; at += 3) {
      const index = ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0) - 1;
      if (index >= 0 && index < REGISTERS) {
        registers[index] = bytes[at + 2] ?? 0;
      }
    }
    return sketch;
  }
}

/** x + Σ x^(2^k) · 2^(k−1): what registers that were never met stand for. Infinite for all of them. */
function sigma(share: number): number {
  let x = share;
  let y = 1;
  let z = share;
  for (let previous = -1; z !== previous; ) {
    previous = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

/** Adds a viewer by its hash (viewer-hash.ts), or a session without a viewer by its id. */
export function addViewer(viewers: HyperLogLog, viewer: string, sessionId: string): void {
  if (viewer !== '') {
    viewers.add(Number.parseInt(viewer.slice(0, 8), 16), Number.parseInt(viewer.slice(8), 16));
    return;
  }
  // Ids are random, and nobody gains by choosing one.
  viewers.add(hash32(sessionId, 0x811c9dc5), hash32(sessionId, 0x9747b28c));
}

/** FNV-1a, then the finaliser of MurmurHash3. */
function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
