/** Every bound of the tiers, with its reason. An isolate has 128 MB; what is held at once must stay under 100 MB. */

const MIB = 1024 * 1024;

/** The largest object that is held in memory; larger ones stream. A 4-s segment of 16 Mb/s fits. */
export const MAX_HELD_OBJECT_BYTES = 8 * MIB;

/** What the memory tier remembers: a quarter of the isolate; parsed presentations take another quarter. */
export const MEMORY_BYTES_MAX = 32 * MIB;

/** The shield may share an isolate with the Worker: its own memory is half of that. */
export const SHIELD_MEMORY_BYTES_MAX = 16 * MIB;

/** Being read into memory, or forgotten and still read by slow clients: eight segments of 2 MB. The rest streams. */
export const BYTES_IN_FLIGHT_MAX = 16 * MIB;

/** Sizes and tags outlive the bodies: about 300 bytes each, key included. */
export const HEADS_MAX = 4096;

/** Keys that were not there; a flood of made-up names turns this over, and no more. */
export const MISSING_MAX = 4096;
/** An object that is published a moment after somebody asked for it must not stay missing. */
export const MISSING_MS = 1000;

/** A key and the bookkeeping of an entry, added to its bytes: small objects are not free. */
export const ENTRY_OVERHEAD_BYTES = 512;

/** A follower waits this long for the leader, then loads on its own: players give up a segment after 8–10 s. */
export const FOLLOWER_WAIT_MS = 5000;
/** One read of the tiers below, body included where it is held. Two attempts stay within waitUntil's 30 s. */
export const LOAD_MS = 10_000;
/** How old a load may be that others join, and how long they wait for it. */
export const SHARED_LOAD = { joinMs: LOAD_MS, waitMs: FOLLOWER_WAIT_MS } as const;

/** An answer that has written nothing for this long is presumed dead: a player has given up long before. */
export const SEND_STALL_MS = 30_000;

/** In the same data centre. Even with every tier between hanging, R2 is asked within LOAD_MS (bounds.test.ts). */
export const EDGE_MATCH_WAIT_MS = 1000;
/** Of what is held, so at most 8 MiB: 4 MB/s, a small part of what a data centre's network gives. */
export const EDGE_BODY_WAIT_MS = 2000;
/** The platform ends waitUntil after it, so an older copy is dead. */
export const EDGE_PUT_MS = 30_000;
/** Objects too large to hold that this isolate copies to the edge cache at once; they stream. */
export const EDGE_COPIES_MAX = 4;

/** The media origin may wait for its shield, then read R2; with the Cache API's wait, 4 s of LOAD_MS are left for R2. */
export const MEDIA_ORIGIN_WAIT_MS = 5000;
/** As EDGE_BODY_WAIT_MS; the bytes may come from another data centre. */
export const MEDIA_ORIGIN_BODY_WAIT_MS = 2000;

/** The shield answers in one round trip plus a read; beyond that a player is served sooner by R2. */
export const SHIELD_WAIT_MS = 3000;
