/** Answers of a cache, read into one buffer within a time: what then turns out not to be whole can still be passed by. */

import { type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import type { FoundObject } from '../objects/objects.ts';
import type { ByteBudget } from './byte-budget.ts';
import { MAX_HELD_OBJECT_BYTES } from './limits.ts';

/** Body unread. */
export type StoredObject = FoundObject & { body: ReadableStream<Uint8Array> };

export type HoldOptions = { budget: ByteBudget; now: () => number; startTimer: StartTimer };

/**
 * The object as bytes; as it is where it is a part, too large, or too much is being read already. Throws where its body
 * is not whole, or not within the time.
 */
export async function holdStored(
  stored: StoredObject,
  waitMs: number,
  { budget, now, startTimer }: HoldOptions,
): Promise<FoundObject> {
  const { body, part, size } = stored;
  const isHeld = part.length === size && size <= MAX_HELD_OBJECT_BYTES;
  const lease = isHeld ? budget.reserve(size, now()) : null;
  if (lease === null) {
    return stored;
  }
  try {
    return { ...stored, body: await readWhole(body, { sizeBytes: size, waitMs, startTimer }) };
  } finally {
    budget.release(lease);
  }
}

type WholeOptions = { sizeBytes: number; waitMs: number; startTimer: StartTimer };

/**
 * Throws where the body stalls, breaks off, ends early or goes on beyond its size: half an object must never pass for a
 * whole one. Whatever is left of it is then let go, also where it hangs: by a reader of our own, since a body that a
 * Response or a pipe reads cannot be cancelled.
 */
async function readWhole(
  body: ReadableStream<Uint8Array>,
  { sizeBytes, waitMs, startTimer }: WholeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader({ mode: 'byob' });
  try {
    const bytes = await within(readExactly(reader, sizeBytes), waitMs, startTimer);
    if (bytes === TIMED_OUT) {
      throw new Error(`no whole body within ${waitMs} ms`);
    }
    return bytes;
  } catch (error) {
    void reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** Throws where the body does not end with just this byte. */
export async function readExactly(
  reader: ReadableStreamBYOBReader,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(sizeBytes);
  if (sizeBytes > 0) {
    // The buffer goes with the call and comes back with the answer.
    bytes = (await reader.readAtLeast(sizeBytes, bytes)).value ?? new Uint8Array();
  }
  const isAtEnd = bytes.byteLength < sizeBytes || (await reader.read(new Uint8Array(1))).done;
  if (bytes.byteLength !== sizeBytes || !isAtEnd) {
    throw new Error(`${isAtEnd ? bytes.byteLength : 'more than all'} bytes of ${sizeBytes}`);
  }
  return bytes;
}
