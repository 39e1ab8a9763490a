/** Grows a list of 32-bit numbers without ever copying it: tables of long films have millions. */

const BLOCK_WORDS = 64 * 1024;

export class Words {
  readonly #blocks: DataView[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const index = this.#length % BLOCK_WORDS;
    let block = this.#blocks.at(-1);
    if (index === 0 || block === undefined) {
      block = new DataView(new ArrayBuffer(4 * BLOCK_WORDS));
      this.#blocks.push(block);
    }
    block.setUint32(4 * index, value);
    this.#length += 1;
  }

  /** Big-endian, as tables have them. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(4 * this.#length);
    for (const [index, { buffer }] of this.#blocks.entries()) {
      const offset = 4 * BLOCK_WORDS * index;
      bytes.set(new Uint8Array(buffer, 0, Math.min(buffer.byteLength, bytes.byteLength - offset)), offset);
    }
    return bytes;
  }
}

/** A table in which neighbours with the same values share a row of a count and those values. */
export class Runs {
  readonly words = new Words();
  #count = 0;
  #value = 0;

  push(value: number): void {
    if (this.#count > 0 && value !== this.#value) {
      this.end();
    }
    this.#value = value;
    this.#count += 1;
  }

  /** After the last value. */
  end(): void {
    if (this.#count > 0) {
      this.words.push(this.#count);
      this.words.push(this.#value);
      this.#count = 0;
    }
  }
}
