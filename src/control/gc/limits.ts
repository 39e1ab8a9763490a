/** How long things are kept that nothing needs any more, and how much a run does in one go. */
import { MAX_SESSION_SECONDS } from '../../config.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A failed job is looked at after the weekend; its retry goes on with the finished chunks until then. */
export const RETRY_GRACE_MS = 7 * DAY_MS;

/**
 * After a version was seen not to play: the longest session under any configuration, an earlier one too, plus an hour for
 * the pointer that isolates remember (a minute at most), for clocks that differ and for requests under way.
 */
export const SESSIONS_END_MS = MAX_SESSION_SECONDS * 1000 + HOUR_MS;

/** Sources that no asset was made of, where it is asked to delete them: as long as R2 keeps an unfinished upload. */
export const ORPHAN_AGE_MS = 7 * DAY_MS;

/** How long an encoder or workflow that was cut off may still write for a deleted asset, by far. */
export const DELETED_ASSET_KEPT_MS = 30 * DAY_MS;

/** What R2 lists in one call, and deletes in one. */
export const PAGE_KEYS = 1000;

/** An alarm has 15 minutes and the isolate 30 s of CPU: a presentation of 12 hours takes some 100 ms to parse. */
export const PAGES_PER_SLICE = 20;
export const SLICE_MS = 10_000;

/** A bucket or catalog that is away for about an hour; then the next scheduled run begins anew. */
export const MAX_RUN_FAILURES = 10;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 10 * 60_000;
export const retryAfterMs = (failures: number): number => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));

/** Reports kept to be looked at. */
export const GC_RUNS_KEPT = 100;
