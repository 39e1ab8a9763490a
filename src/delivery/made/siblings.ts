/**
 * The other track of a segment that was made for one: the request for it follows. Bounded by bytes and time, and each is given
 * away once. Pure: time is passed in.
 */
import { SIBLING_MS, SIBLINGS_BYTES_MAX } from './limits.ts';

/** Frees it at once: V8 lets unused buffers pile up (src/delivery/tiers/held-object.ts). */
export function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!buffer.detached) {
    buffer.transfer(0);
  }
}

export class Siblings {
  /** In the order of being put, hence of expiring. */
  readonly #kept = new Map<string, { bytes: Uint8Array<ArrayBuffer>; untilMs: number }>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  put(key: string, bytes: Uint8Array<ArrayBuffer>, nowMs: number): void {
    const replaced = this.take(key, nowMs);
    if (replaced !== null) {
      free(replaced);
    }
    this.#kept.set(key, { bytes, untilMs: nowMs + SIBLING_MS });
    this.#bytes += bytes.byteLength;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= SIBLINGS_BYTES_MAX) {
        break;
      }
      this.#remove(oldest, kept.bytes);
      free(kept.bytes);
    }
  }

  /** The caller's own from now on. */
  take(key: string, nowMs: number): Uint8Array<ArrayBuffer> | null {
    this.#expire(nowMs);
    const kept = this.#kept.get(key);
    if (kept === undefined) {
      return null;
    }
    this.#remove(key, kept.bytes);
    return kept.bytes;
  }

  #expire(nowMs: number): void {
    for (const [key, { bytes, untilMs }] of this.#kept) {
      if (untilMs > nowMs) {
        break;
      }
      this.#remove(key, bytes);
      free(bytes);
    }
  }

  #remove(key: string, { byteLength }: Uint8Array): void {
    this.#kept.delete(key);
    this.#bytes -= byteLength;
  }
}
