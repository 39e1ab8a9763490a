/** How many bytes may be on their way into memory at once, or held on to by answers. Pure: time is passed in. */
import type { SentBuffers } from '../objects/sent-buffers.ts';

export class ByteBudget {
  readonly #bytesMax: number;
  readonly #leaseMs: number;
  readonly #sent: SentBuffers | undefined;
  /** In the order of being made, hence of expiring. */
  readonly #leases = new Map<number, { bytes: number; untilMs: number }>();
  #bytes = 0;
  #last = 0;

  /** A lease ends by itself: a request that the platform kills runs no `finally`. `sent` is taken from the budget. */
  constructor(bytesMax: number, leaseMs: number, sent?: SentBuffers) {
    this.#sent = sent;
    this.#bytesMax = bytesMax;
    this.#leaseMs = leaseMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A lease to `release`, or `null` where the budget is used up. */
  reserve(bytes: number, nowMs: number): number | null {
    for (const [lease, { untilMs }] of this.#leases) {
      if (untilMs > nowMs) {
        break;
      }
      this.release(lease);
    }
    if (this.#bytes + bytes + (this.#sent?.lingeringBytes(nowMs) ?? 0) > this.#bytesMax) {
      return null;
    }
    this.#last += 1;
    this.#leases.set(this.#last, { bytes, untilMs: nowMs + this.#leaseMs });
    this.#bytes += bytes;
    return this.#last;
  }

  /** May be called more than once. */
  release(lease: number): void {
    this.#bytes -= this.#leases.get(lease)?.bytes ?? 0;
    this.#leases.delete(lease);
  }
}
