/**
 * Buffers that answers are being written from. A slow client holds on to its buffer long after the memory tier has
 * forgotten it, so these bytes count towards what the isolate holds. Pure: time is passed in.
 */

export class SentBuffers {
  readonly #leaseMs: number;
  /** Those that the memory tier remembers: counted there. */
  readonly #remembered = new WeakSet<ArrayBufferLike>();
  /** How many answers are being written from each. */
  readonly #answers = new Map<ArrayBufferLike, number>();
  /** In the order of expiring: a renewed one goes to the end. */
  readonly #leases = new Map<number, { buffer: ArrayBufferLike; untilMs: number }>();
  #last = 0;

  /** A lease ends by itself: a request whose client goes away runs no `finally`, and must not count for good. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  remember(buffer: ArrayBufferLike): void {
    this.#remembered.add(buffer);
  }

  forget(buffer: ArrayBufferLike): void {
    this.#remembered.delete(buffer);
  }

  /** A lease to renew with every piece that has been written, and to end. */
  begin(buffer: ArrayBufferLike, nowMs: number): number {
    this.#expire(nowMs);
    this.#last += 1;
    this.#leases.set(this.#last, { buffer, untilMs: nowMs + this.#leaseMs });
    this.#answers.set(buffer, (this.#answers.get(buffer) ?? 0) + 1);
    return this.#last;
  }

  renew(lease: number, nowMs: number): void {
    const known = this.#leases.get(lease);
    if (known !== undefined) {
      this.#leases.delete(lease);
      this.#leases.set(lease, { buffer: known.buffer, untilMs: nowMs + this.#leaseMs });
    }
  }

  /** May be called more than once. */
  end(lease: number): void {
    const known = this.#leases.get(lease);
    if (known === undefined) {
      return;
    }
    this.#leases.delete(lease);
    const answers = (this.#answers.get(known.buffer) ?? 1) - 1;
    if (answers > 0) {
      this.#answers.set(known.buffer, answers);
    } else {
      this.#answers.delete(known.buffer);
    }
  }

  /** Bytes that only answers hold on to. Asked once per cold read, so it is added up then. */
  lingeringBytes(nowMs: number): number {
    this.#expire(nowMs);
    let bytes = 0;
    for (const buffer of this.#answers.keys()) {
      bytes += this.#remembered.has(buffer) ? 0 : buffer.byteLength;
    }
    return bytes;
  }

  #expire(nowMs: number): void {
    for (const [lease, { untilMs }] of this.#leases) {
      if (untilMs > nowMs) {
        break;
      }
      this.end(lease);
    }
  }
}
