/** Every bound of made objects, with its reason. */

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What is read of a source at once. Reads of 4 KiB, the default, reach a fifteenth of the speed (docs/architecture/platform.md);
 * 256 KiB cost no less CPU than this, and each of a hundred streams holds one (bench/instant/memory.ts).
 */
export const PIECE_BYTES = 64 * KIB;

/** Slots as they are used, some 10 KB each: those of the segments that are being watched. */
export const SLOTS_BYTES_MAX = 2 * MIB;
/** Key, facts and bookkeeping of a slot. */
export const SLOT_OVERHEAD_BYTES = 512;
/** Of a slice in memory. */
export const SLICE_BYTES = 32;

/** The other track of segments that were made for one: of two films of 8 Mb/s, or of many in the order sound, picture. */
export const SIBLINGS_BYTES_MAX = 8 * MIB;
/** Players ask for picture and sound of a time at once, or one right after the other. */
export const SIBLING_MS = 4000;

/**
 * A follower waits this long for a leader, then reads for itself. Twice, for slot and segment, and a read still fit into what
 * the media origin is waited for (src/delivery/tiers/limits.ts).
 */
export const FOLLOWER_WAIT_MS = 1500;
/** One read with its body. Longer than any caller waits for the first time; it ends what hangs. */
export const READ_MS = 8000;

/** Versions that have been reported. */
export const REPORTS_MAX = 1024;
/**
 * A report may change nothing: the version is not what plays, or the file is back. It may play again, and lose its file again. Sessions
 * on a version that was withdrawn end within seconds.
 */
export const REPORT_AGAIN_MS = 60_000;
