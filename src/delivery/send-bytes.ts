/**
 * Writes an answer from bytes in memory piece by piece. A body given whole is copied for every answer, twice: a thousand
 * players of one 2-MB segment then cost 4 GB where pieces cost some hundred MB and less time (bench/coalesce.ts).
 */
import type { SentBuffers } from './tiers/sent-buffers.ts';

/**
 * Smaller bodies cost less as they are: 200 KB in pieces of 64 KiB took about twice the CPU of one write. Larger pieces
 * gain nothing and hold more for each answer that is under way.
 */
export const PIECE_BYTES = 256 * 1024;

export type Sending = { sent: SentBuffers; now: () => number };

export function bodyOf(bytes: Uint8Array<ArrayBuffer>, sending: Sending): Uint8Array<ArrayBuffer> | ReadableStream {
  if (bytes.byteLength <= PIECE_BYTES) {
    return bytes;
  }
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  void write(bytes, writable, sending);
  return readable;
}

/** Ends when all is written or the client has gone; a request that is cancelled never comes back from its `await`. */
async function write(bytes: Uint8Array, writable: WritableStream, { sent, now }: Sending): Promise<void> {
  const lease = sent.begin(bytes.buffer, now());
  const writer = writable.getWriter();
  try {
    for (let offset = 0; offset < bytes.byteLength; offset += PIECE_BYTES) {
      await writer.write(bytes.subarray(offset, offset + PIECE_BYTES));
      sent.renew(lease, now());
    }
    await writer.close();
  } catch {
    // The client has gone: nobody is left to tell.
  } finally {
    sent.end(lease);
  }
}
