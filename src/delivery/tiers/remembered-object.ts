/**
 * An object that the memory tier remembers, and the end of its buffer. V8 lets array buffers that nobody uses pile up
 * before it collects any: 65 MB of them beside 50 that were held (bench/memory.ts). So a buffer is freed the moment that it
 * is neither remembered nor lent. Who never gives it back, as a request that the platform ends, leaves it to V8: it is
 * freed late, never early.
 */

import type { FoundObject, ObjectRead, TierName } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import { type HeldObject, readHeld } from './held-object.ts';

export class RememberedObject {
  readonly #object: HeldObject;
  #loans = 0;
  #isForgotten = false;

  constructor(object: HeldObject) {
    this.#object = object;
  }

  get buffer(): ArrayBuffer {
    return this.#object.bytes.buffer;
  }

  /** The answer to a get, its bytes lent until `giveBack`; `null` where they have been freed. */
  read(range: RangeSpec | undefined, tier: TierName): ObjectRead | null {
    if (this.buffer.detached) {
      return null;
    }
    const read: FoundObject | Exclude<ObjectRead, FoundObject> = readHeld(this.#object, range, tier);
    if (read.kind === 'found') {
      read.giveBack = this.lend();
    }
    return read;
  }

  /** Keeps the bytes until what it returns is called, which may be more than once. */
  lend(): () => void {
    this.#loans += 1;
    let isLent = true;
    return () => {
      this.#loans -= isLent ? 1 : 0;
      isLent = false;
      this.#freeIfUnused();
    };
  }

  /** The tier remembers it no more. */
  forget(): void {
    this.#isForgotten = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#isForgotten && this.#loans === 0 && !this.buffer.detached) {
      // Detaches it: nothing of it is left to collect, and a mistake in counting would show as an error, not as wrong bytes.
      this.buffer.transfer(0);
    }
  }
}
