/** Whole objects as bytes in memory. Requests may share them, unlike streams, which belong to their request. */
import { AppError } from '../../errors.ts';
import { type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import type { FoundObject, ObjectRead, TierName } from '../objects/objects.ts';
import { type RangeSpec, resolveRange } from '../objects/ranges.ts';
import type { ByteBudget } from './byte-budget.ts';
import { MAX_HELD_OBJECT_BYTES } from './limits.ts';

export type HeldObject = { bytes: Uint8Array<ArrayBuffer>; etag: string };

/** An answer of a cache, its body unread. */
export type StoredObject = FoundObject & { body: ReadableStream<Uint8Array> };

export type HoldOptions = { budget: ByteBudget; now: () => number; startTimer: StartTimer };

/** The answer to a get: a view of the bytes, never a copy. */
export function readHeld({ bytes, etag }: HeldObject, range: RangeSpec | undefined, tier: TierName): ObjectRead {
  const size = bytes.byteLength;
  if (range === undefined) {
    return { kind: 'found', size, etag, tier, body: bytes, part: { offset: 0, length: size } };
  }
  const part = resolveRange(range, size);
  if (part.kind === 'unsatisfiable') {
    return { kind: 'unsatisfiable', size };
  }
  const { offset, length } = part;
  return { kind: 'found', size, etag, tier, body: bytes.subarray(offset, offset + length), part: { offset, length } };
}

export async function discardBody(read: ObjectRead): Promise<void> {
  if (read.kind === 'found' && read.body instanceof ReadableStream) {
    await read.body.cancel().catch(() => {});
  }
}

/**
 * `null`, with the body untouched, where the object is too large or the budget is used up. Throws AppError
 * `unavailable` where the body has another length. It sets no time limit: its callers bound the whole load.
 */
export async function holdObject({ body, etag, size }: FoundObject, options: HoldOptions): Promise<HeldObject | null> {
  if (body instanceof Uint8Array) {
    return { bytes: body, etag };
  }
  try {
    const bytes = await readWhole(body, size, options);
    return bytes && { bytes, etag };
  } catch (cause) {
    throw new AppError('unavailable', { cause });
  }
}

/**
 * The object as bytes; as it is where it is a part, too large, or the budget is used up. Throws where the body has
 * another length, or is not read within `waitMs`.
 */
export async function holdStored(stored: StoredObject, waitMs: number, options: HoldOptions): Promise<FoundObject> {
  const { body, part, size } = stored;
  const bytes = part.length === size ? await readWhole(body, size, options, waitMs) : null;
  return bytes === null ? stored : { ...stored, body: bytes };
}

/** After a failure the body is cancelled, even where it hangs. Only a reader of our own can do that, no pipe. */
async function readWhole(
  body: ReadableStream<Uint8Array>,
  size: number,
  { budget, now, startTimer }: HoldOptions,
  waitMs?: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const lease = size > MAX_HELD_OBJECT_BYTES ? null : budget.reserve(size, now());
  if (lease === null) {
    return null;
  }
  const reader = body.getReader({ mode: 'byob' });
  try {
    const work = readExactly(reader, size);
    const bytes = await (waitMs === undefined ? work : within(work, waitMs, startTimer));
    if (bytes === TIMED_OUT) {
      throw new Error(`no whole body within ${waitMs} ms`);
    }
    return bytes;
  } catch (error) {
    void reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    budget.release(lease);
  }
}

/** Throws where the body ends early or goes on: neither half an object nor more than it may pass for the whole. */
async function readExactly(reader: ReadableStreamBYOBReader, size: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(size);
  if (size > 0) {
    // The buffer goes with the call and comes back with the answer.
    bytes = (await reader.readAtLeast(size, bytes)).value ?? new Uint8Array();
  }
  const isAtEnd = bytes.byteLength < size || (await reader.read(new Uint8Array(1))).done;
  if (bytes.byteLength !== size || !isAtEnd) {
    throw new Error(`${isAtEnd ? bytes.byteLength : 'more than all'} bytes of ${size}`);
  }
  return bytes;
}

/**
 * An object that the memory tier remembers. V8 lets unused buffers pile up: 65 MB of them beside 50 that were held
 * (bench/memory.ts). So a buffer is freed as soon as it is neither remembered nor lent. A loan that is never given
 * back, as by a request that the platform ends, leaves it to V8: it is freed late, never early.
 */
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
    const read = readHeld(this.#object, range, tier);
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

  forget(): void {
    this.#isForgotten = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#isForgotten && this.#loans === 0 && !this.buffer.detached) {
      // Detaches it: V8 has nothing to collect, and a mistake in counting would show as an error, not as wrong bytes.
      this.buffer.transfer(0);
    }
  }
}
