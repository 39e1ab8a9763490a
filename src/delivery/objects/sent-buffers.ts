/**
 * Buffers that answers are being written from. A slow client holds on to its buffer after the memory tier has forgotten
 * it, so these bytes count towards what the isolate holds. Pure: time is passed in.
 */

export class SentBuffers {
  readonly #leaseMs: number;
  /** Those that the memory tier remembers: counted there. */
  readonly #remembered = new WeakSet<ArrayBufferLike>();
  /** One for each answer, the first to expire first: a renewed one goes to the end. */
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
    return this.#last;
  }

  renew(lease: number, nowMs: number): void {
    const known = this.#leases.get(lease);
    if (known !== undefined) {
      this.#leases.delete(lease);
      this.#leases.set(lease, { buffer: known.buffer, untilMs: nowMs + this.#leaseMs });
    }
  }

  end(lease: number): void {
    this.#leases.delete(lease);
  }

  /** Bytes that only answers hold on to, each buffer once. Added up when it is asked for: once per cold read. */
  lingeringBytes(nowMs: number): number {
    this.#expire(nowMs);
    const lingering = new Set<ArrayBufferLike>();
    for (const { buffer } of this.#leases.values()) {
      if (!this.#remembered.has(buffer)) {
        lingering.add(buffer);
      }
    }
    return [...lingering].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  #expire(nowMs: number): void {
    for (const [lease, { untilMs }] of this.#leases) {
      if (untilMs > nowMs) {
        break;
      }
      this.#leases.delete(lease);
    }
  }
}
