/**
 * Writes an answer from bytes in memory piece by piece. A body given whole is copied for every answer, twice: a thousand
 * players of one 2-MB segment then cost 4 GB where pieces cost some hundred MB and less time (bench/coalesce.ts).
 */
import type { SentBuffers } from '../objects/sent-buffers.ts';

/**
 * Smaller bodies cost less as they are: 200 KB in pieces of 64 KiB took about twice the CPU of one write. Larger pieces
 * gain nothing and hold more for each answer that is under way.
 */
export const PIECE_BYTES = 256 * 1024;

/**
 * What waited for one read is answered in the same moment, and whoever is written to first would get all that a socket
 * takes before the next got anything: of a thousand players of one cold 2-MB segment the median had its first byte after
 * three times as long as the first. So where many are answered together, each is given a beginning, then a pause in which
 * the others get theirs.
 */
const CROWD_MIN = 16;
/** The header of a segment's first fragment and a few frames; what a congestion window begins with. */
const FIRST_PIECE_BYTES = 16 * 1024;
/** What beginning one answer takes; and however many there are, no player waits longer than this. */
const PAUSE_MS_EACH = 0.25;
const PAUSE_MS_MAX = 250;

const pauseFor = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export type Sending = {
  sent: SentBuffers;
  now: () => number;
  /** How many others are answered with the same bytes in the same moment. */
  crowd?: number | undefined;
  pause?: (milliseconds: number) => Promise<void>;
  /** Called when the last piece is written. Where the bytes themselves are the answer, that is for the caller to do. */
  giveBack?: (() => void) | undefined;
};

export function bodyOf(bytes: Uint8Array<ArrayBuffer>, sending: Sending): Uint8Array<ArrayBuffer> | ReadableStream {
  const isCrowded = (sending.crowd ?? 0) >= CROWD_MIN;
  if (bytes.byteLength <= (isCrowded ? FIRST_PIECE_BYTES : PIECE_BYTES)) {
    return bytes;
  }
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  void write(bytes, writable, sending);
  return readable;
}

/** Ends when all is written or the client has gone; a request that is cancelled never comes back from its `await`. */
async function write(bytes: Uint8Array, writable: WritableStream, sending: Sending): Promise<void> {
  const { sent, now, crowd = 0, pause = pauseFor, giveBack } = sending;
  const lease = sent.begin(bytes.buffer, now());
  const writer = writable.getWriter();
  try {
    let offset = 0;
    if (crowd >= CROWD_MIN) {
      await writer.write(bytes.subarray(0, FIRST_PIECE_BYTES));
      await pause(Math.min(crowd * PAUSE_MS_EACH, PAUSE_MS_MAX));
      offset = FIRST_PIECE_BYTES;
    }
    for (; offset < bytes.byteLength; offset += PIECE_BYTES) {
      await writer.write(bytes.subarray(offset, offset + PIECE_BYTES));
      sent.renew(lease, now());
    }
    await writer.close();
  } catch {
    // The client has gone: nobody is left to tell.
  } finally {
    sent.end(lease);
    giveBack?.();
  }
}
