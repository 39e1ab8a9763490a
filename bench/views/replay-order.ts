/** The order for a replay in virtual time (worker/replay.ts), and its report. */

/** The audience of one asset: sessions come at random, each into one of the isolates. */
export type ReplayOrder = {
  assetId: string;
  viewsPerSecond: number;
  isolates: number;
  /** Each takes SEGMENT_MS. */
  sessionSegments: number;
  signedInShare: number;
  seed: number;
  /** Virtual time before anything is measured, and while it is. */
  warmSeconds: number;
  seconds: number;
};

/** What counting takes. */
export type Use = {
  batches: number;
  /** Calls of counters for reports, and alarms that run. */
  reports: number;
  alarms: number;
  /** By counters; each alarm that is set is a row written. */
  rowsWritten: number;
  rowsRead: number;
  /** How long objects are in use: virtual time, and the real time of what runs. */
  objectSeconds: number;
  /** What is added if each write takes CONFIRM_MS until it is confirmed. */
  confirmSeconds: number;
  d1RowsWritten: number;
  d1RowsRead: number;
};
export const NO_USE: Readonly<Use> = {
  ...{ batches: 0, reports: 0, alarms: 0, rowsWritten: 0, rowsRead: 0 },
  ...{ objectSeconds: 0, confirmSeconds: 0, d1RowsWritten: 0, d1RowsRead: 0 },
};

/**
 * An assumption: on Cloudflare, other machines confirm a write before the answer leaves. It cannot be measured here,
 * where a write is confirmed by the local disk.
 */
export const CONFIRM_MS = 30;

export type ReplayReport = {
  use: Use;
  /** Segments that were given while it was measured. */
  facts: number;
  shards: number;
  /** From the beginning to the end, and what the counters say of it. Both must be the same. */
  given: { views: number; watchMs: number };
  counted: { views: number; watchMs: number };
  /** With each isolate that died a second or more after a session had begun in it. */
  lost: { views: number; watchMs: number }[];
  realSeconds: number;
};
