/** Whole objects as bytes in memory, which requests may share, unlike streams, which belong to the one that opened them. */
import { AppError } from '../../errors.ts';
import type { FoundObject, ObjectRead, TierName } from '../objects/objects.ts';
import { type RangeSpec, resolveRange } from '../objects/ranges.ts';
import type { ByteBudget } from './byte-budget.ts';
import { MAX_HELD_OBJECT_BYTES } from './limits.ts';
import { readExactly } from './read-whole.ts';

export type HeldObject = { bytes: Uint8Array<ArrayBuffer>; etag: string };

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

/** Lets go of a body that nobody will read. */
export async function discardBody(read: ObjectRead): Promise<void> {
  if (read.kind === 'found' && read.body instanceof ReadableStream) {
    await read.body.cancel().catch(() => {});
  }
}

/**
 * Reads a whole object into memory; `null`, with the body untouched, where it is too large or too much is being read
 * already. Throws AppError `unavailable` where the body breaks off, ends early or goes on beyond its size: neither half an
 * object nor more than it must ever be remembered. One buffer, of its size, is all that this costs.
 */
export async function holdObject(read: FoundObject, budget: ByteBudget, nowMs: number): Promise<HeldObject | null> {
  const { body, etag, size } = read;
  if (body instanceof Uint8Array) {
    return { bytes: body, etag };
  }
  const lease = size > MAX_HELD_OBJECT_BYTES ? null : budget.reserve(size, nowMs);
  if (lease === null) {
    return null;
  }
  const reader = body.getReader({ mode: 'byob' });
  try {
    return { bytes: await readExactly(reader, size), etag };
  } catch (cause) {
    void reader.cancel(cause).catch(() => {});
    throw new AppError('unavailable', { cause });
  } finally {
    budget.release(lease);
  }
}
