/** A window onto decoded sound that arrives from a pipe: 32-bit float, interleaved, little-endian. */

const BYTES_PER_VALUE = 4;
/** A third of a second of 48 kHz: some blocks of output and what a pipe holds. */
const WINDOW_SAMPLES = 16_384;

export class DecodedSound {
  readonly channels: number;

  /** How many samples have arrived. */
  get arrived(): number {
    return this.#start + Math.floor(this.#bytes / this.#sampleBytes);
  }

  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #sampleBytes: number;
  readonly #window: Float32Array;
  readonly #windowBytes: Uint8Array;
  #start = 0;
  #bytes = 0;
  /** What of the last chunk found no room. */
  #waiting: Uint8Array = new Uint8Array(0);
  #hasEnded = false;

  constructor(chunks: AsyncIterable<Uint8Array>, channels: number) {
    this.channels = channels;
    this.#sampleBytes = BYTES_PER_VALUE * channels;
    this.#window = new Float32Array(channels * WINDOW_SAMPLES);
    this.#windowBytes = new Uint8Array(this.#window.buffer);
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * Samples `from` … `to`, valid until the next call; zeros before the first and after the last. Calls come with `from` never
   * smaller than before, and at most half a window apart.
   */
  async read(from: number, to: number): Promise<Float32Array> {
    const { channels } = this;
    while (this.arrived < to && (await this.#take(Math.max(0, from)))) {
      // One more chunk is in the window.
    }
    if (from >= this.#start && to <= this.arrived) {
      return this.#window.subarray(channels * (from - this.#start), channels * (to - this.#start));
    }
    const padded = new Float32Array(channels * (to - from));
    const [first, last] = [Math.max(from, this.#start), Math.min(to, this.arrived)];
    if (first < last) {
      const known = this.#window.subarray(channels * (first - this.#start), channels * (last - this.#start));
      padded.set(known, channels * (first - from));
    }
    return padded;
  }

  /** Reads on to the end, so that the decoder can end. */
  async finish(): Promise<void> {
    while (await this.#take(Number.POSITIVE_INFINITY)) {
      // Nothing of it is needed.
    }
  }

  async #take(from: number): Promise<boolean> {
    if (this.#waiting.length === 0 && !this.#hasEnded) {
      const next = await this.#chunks.next();
      this.#hasEnded = next.done === true;
      this.#waiting = next.done === true ? this.#waiting : next.value;
    }
    if (this.#hasEnded && this.#waiting.length === 0) {
      return false;
    }
    if (this.#bytes + this.#waiting.length > this.#windowBytes.length) {
      this.#forget(Math.min(from, this.arrived));
    }
    const part = this.#waiting.subarray(0, this.#windowBytes.length - this.#bytes);
    this.#windowBytes.set(part, this.#bytes);
    this.#bytes += part.length;
    this.#waiting = this.#waiting.subarray(part.length);
    return true;
  }

  #forget(before: number): void {
    const bytes = this.#sampleBytes * Math.max(0, before - this.#start);
    this.#windowBytes.copyWithin(0, bytes, this.#bytes);
    this.#bytes -= bytes;
    this.#start += bytes / this.#sampleBytes;
  }
}
