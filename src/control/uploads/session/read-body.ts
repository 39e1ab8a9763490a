/** A body, read in the rows that it is kept in. */
import { PART_BYTES } from '../../../platform/multipart.ts';
import { READ_BYTES_MAX, READ_BYTES_MIN, ROW_BYTES } from './limits.ts';

/** `cut`: the connection ended before the body did, or another writer came. `long`: it goes on at the limit. */
export type BodyEnd = 'whole' | 'cut' | 'long';

export type BodyReader = ReadableStreamBYOBReader;

/** No row lies in two parts. */
const roomAt = (position: number): number => Math.min(ROW_BYTES, PART_BYTES - (position % PART_BYTES));

/**
 * Calls `keep` for each row; what came before a cut is kept. Nothing of the last row is where the body is longer than
 * `limit` allows. `keep` may be called with the same buffer again once it has resolved.
 */
export async function readBody(
  reader: BodyReader,
  from: { offset: number; limit: number },
  keep: (bytes: Uint8Array) => Promise<void>,
): Promise<BodyEnd> {
  const row = new Uint8Array(ROW_BYTES);
  // A failed read takes its buffer along: what came before it is held apart.
  let scratch = new ArrayBuffer(READ_BYTES_MAX);
  let [position, filled] = [from.offset, 0];
  for (;;) {
    const room = Math.min(roomAt(position), from.limit - position) - filled;
    const wanted = Math.min(Math.max(room, 1), scratch.byteLength);
    const read = await reader
      .readAtLeast(Math.min(READ_BYTES_MIN, wanted), new Uint8Array(scratch, 0, wanted))
      .catch(() => null);
    const bytes = read?.value ?? new Uint8Array(0);
    if (bytes.byteLength > room) {
      return 'long';
    }
    row.set(bytes, filled);
    filled += bytes.byteLength;
    const isEnd = read === null || read.done;
    // At the limit the row waits for the end of the body.
    if (filled > 0 && (isEnd || (bytes.byteLength === room && position + filled < from.limit))) {
      await keep(row.subarray(0, filled));
      position += filled;
      filled = 0;
    }
    if (isEnd) {
      return read === null ? 'cut' : 'whole';
    }
    scratch = bytes.buffer as ArrayBuffer;
  }
}
