/** Every bound of the tiers, each with its reason. An isolate has 128 MB; what is held at once must stay under 100 MB. */

const MIB = 1024 * 1024;

/**
 * The largest object that is held in memory while it is shared or remembered; above it a read streams through. A 4-s
 * segment of 16 Mb/s fits; a larger limit would let a handful of objects push everything else out.
 */
export const MAX_HELD_OBJECT_BYTES = 8 * MIB;

/** What the memory tier remembers: a quarter of the isolate; parsed presentations take another quarter. */
export const MEMORY_BYTES_MAX = 32 * MIB;

/** The shield may share an isolate with the Worker: its own memory is half of that. */
export const SHIELD_MEMORY_BYTES_MAX = 16 * MIB;

/**
 * Beside what is remembered: bodies being read into memory, and those that slow clients still read after they were
 * forgotten. Eight segments of 2 MB; what comes beyond streams, unshared.
 */
export const BYTES_IN_FLIGHT_MAX = 16 * MIB;

/** Sizes and tags outlive the bodies: about 300 bytes each, key included. */
export const HEADS_MAX = 4096;

/** Keys that were not there; a flood of made-up names turns this over, and no more. */
export const MISSING_MAX = 4096;
/** What is published a moment after somebody asked for it must not stay missing. */
export const MISSING_MS = 1000;

/** A key and the bookkeeping of an entry, added to its bytes: 2-KB objects must not be counted as free of it. */
export const ENTRY_OVERHEAD_BYTES = 512;

/** A follower waits this long for the leader, then loads on its own: players give up a segment after 8–10 s. */
export const FOLLOWER_WAIT_MS = 5000;
/** One read of the tiers below, body included where it is held. Two attempts stay within waitUntil's 30 s. */
export const LOAD_MS = 10_000;
/** The first read and one more: a fault of the bucket is mostly gone at the second. */
export const LOAD_ATTEMPTS = 2;

/** An answer that has written nothing for this long is presumed dead: a player has given up long before. */
export const SEND_STALL_MS = 30_000;

/**
 * The Cache API is in the same data centre and answers in milliseconds; whoever waits a second would rather ask R2. With
 * everything between hanging, R2 is still asked within LOAD_MS (bounds.test.ts).
 */
export const EDGE_MATCH_WAIT_MS = 1000;
/** Of what is held, so at most 8 MiB: 4 MB/s, a small part of what a data centre's network gives. */
export const EDGE_BODY_WAIT_MS = 2000;
/** What is stored beside an answer, or copied there: the platform ends waitUntil then, and what is older is dead. */
export const EDGE_PUT_MS = 30_000;

/** The media origin may wait for its shield, then read R2; with the Cache API's wait, 4 s of LOAD_MS are left for R2. */
export const MEDIA_ORIGIN_WAIT_MS = 5000;
/** Of what it answers, where that is held: see EDGE_BODY_WAIT_MS; the bytes may come from another data centre. */
export const MEDIA_ORIGIN_BODY_WAIT_MS = 2000;

/** The shield answers in one round trip plus a read; a player is better served by R2 than by waiting longer. */
export const SHIELD_WAIT_MS = 3000;

/** Objects too large to hold that are being copied to the edge cache by this isolate at once; they stream. */
export const EDGE_COPIES_MAX = 4;

/** How old a load may be that others join, and how long they wait for it. */
export const SHARED_LOAD = { joinMs: LOAD_MS, waitMs: FOLLOWER_WAIT_MS } as const;
