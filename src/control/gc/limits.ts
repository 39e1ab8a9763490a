/** How long objects are kept that nothing needs any more, and how much a run does at a time. */
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { DAY_MS } from '../../platform/days.ts';

const HOUR_MS = 3_600_000;

/** Someone looks at a failed job after the weekend; until then a retry continues with its finished chunks. */
export const RETRY_GRACE_MS = 7 * DAY_MS;

/**
 * How long a version is kept after it was seen not to play: the longest session that any configuration allows, plus an hour
 * for pointers that isolates remember (a minute at most), clock differences and requests in progress.
 */
export const SESSIONS_END_MS = MAX_SESSION_SECONDS * 1000 + HOUR_MS;

/** A finished upload that no call has named, and the file of an asset that has failed and never played: until someone comes back. */
export const UNUSED_SOURCE_KEPT_MS = 7 * DAY_MS;

/** How much longer than that sessions last: they may play the file itself. */
export const PLAYED_SOURCE_KEPT_MORE_MS = SESSIONS_END_MS - UNUSED_SOURCE_KEPT_MS;

/** Sources that no asset uses are deleted on request when they are older: R2 keeps unfinished uploads as long. */
export const ORPHAN_AGE_MS = 7 * DAY_MS;

/** Far longer than an encoder or workflow that was cut off could still write for a deleted asset. */
export const DELETED_ASSET_KEPT_MS = 30 * DAY_MS;

/** The most that R2 lists or deletes in one call. */
export const PAGE_KEYS = 1000;

/** An alarm has 15 minutes and 30 s of CPU: a presentation of 12 hours takes some 100 ms to parse. */
export const PAGES_PER_SLICE = 20;
export const SLICE_MS = 10_000;

/** Covers a bucket or catalog that is down for about an hour. The next scheduled run starts anew. */
export const MAX_RUN_FAILURES = 10;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 10 * 60_000;
export const retryAfterMs = (failures: number): number => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));

export const GC_RUNS_KEPT = 100;
