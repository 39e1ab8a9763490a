/**
 * Writes an answer from bytes in memory piece by piece. A body that is given whole is copied twice for every answer: a
 * thousand players of one 2-MB segment cost 4 GB, in pieces some hundred MB and less time (bench/coalesce.ts).
 */
import type { SentBuffers } from '../objects/sent-buffers.ts';

/** Smaller bodies cost less in one write: 200 KB in pieces of 64 KiB took about twice the CPU. */
export const PIECE_BYTES = 256 * 1024;

/**
 * Requests that waited for one read are answered in the same moment. If each is written to its end, the last wait long:
 * of a thousand players of one cold 2-MB segment, the median got its first byte three times as late as the first. So
 * each of a crowd gets a beginning, then a pause in which the others get theirs.
 */
const CROWD_MIN = 16;
/** The header of a segment's first fragment and a few frames; what a congestion window begins with. */
const FIRST_PIECE_BYTES = 16 * 1024;
/** What beginning one answer takes; and the longest pause, however large the crowd. */
const PAUSE_MS_EACH = 0.25;
const PAUSE_MS_MAX = 250;

const pauseFor = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export type Sending = {
  sent: SentBuffers;
  now: () => number;
  /** How many others are answered with the same bytes in the same moment. */
  crowd?: number | undefined;
  pause?: (milliseconds: number) => Promise<void>;
  /** Called when the last piece is written. Where `bodyOf` returns the bytes themselves, the caller does it. */
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

/** Ends when all is written or the client has gone; a cancelled request never returns from its `await`. */
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
    // The client has gone.
  } finally {
    sent.end(lease);
    giveBack?.();
  }
}
