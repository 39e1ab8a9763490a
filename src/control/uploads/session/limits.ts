/** Sizes and times of uploads in progress. */
import { MULTIPART_BYTES_MAX, PART_BYTES } from '../../../platform/multipart.ts';

export const UPLOAD_BYTES_MAX = MULTIPART_BYTES_MAX;

/** Bytes wait in rows of this size: SQLite in a Durable Object takes 2 MB at most, and each row is billed. */
export const ROW_BYTES = 1024 ** 2;

/**
 * A read of a body ends with this many bytes; a cut loses those of the read that it interrupts. The default, 4 KiB, takes
 * sixteen times as many calls.
 */
export const READ_BYTES_MIN = 64 * 1024;
export const READ_BYTES_MAX = 256 * 1024;

/**
 * Rows in memory, of all uploads in an isolate, which has 128 MB: three parts. Above this, and where they are old (a slow
 * client, or a slow bucket), rows are written down as they come. So much may have to be sent again if an object dies.
 */
export const HELD_BYTES_MAX = 3 * PART_BYTES;
export const HELD_MS_MAX = 15_000;

/** What waits in rows: the part that is filled, beside the one that is being stored. Reading stops here if R2 does. */
export const WAITING_BYTES_MAX = 2 * PART_BYTES;

/** Of the part that reading waits for. Its bytes are kept if all fail, and the client comes back. */
export const PART_TRIES = 3;

/**
 * The largest body of a request that Cloudflare takes on most plans. Refused here too, so that it is noticed locally. One with a
 * checksum waits in rows until its end.
 */
export const MAX_BODY_BYTES = 100_000_000;

/** The rest of a storing goes on in the next alarm, so that a crash repeats little and other calls are not delayed. */
export const SLICE_MS = 30_000;

/** How long the state of an ended upload is kept: a request that has read its row before may still ask. */
export const FORGET_AFTER_MS = 3_600_000;

const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 10 * 60_000;
/** Until what ends an upload is tried again. The upload's expiry is the last of it. */
export const retryAfterMs = (failures: number): number => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
