/** The order for a load generator (worker/generator.ts), and its report. */

/**
 * What happens to facts. `full`: everything. `collector`: they are collected, but the counter answers without counting.
 * `nothing`: they are dropped. `naive`: each one is a call and a row.
 */
export type LoadMode = 'nothing' | 'collector' | 'full' | 'naive';

export type LoadOrder = {
  mode: LoadMode;
  /** Unique among all generators. */
  name: string;
  seconds: number;
  /** The number of collectors, to simulate isolates. The players are divided among them. */
  collectors: number;
  /** Concurrent players. Each fetches a segment in turn. */
  players: number;
  /**
   * How many players arrive each second. Isolates learn of new shards only with the next answer, and a shard is full
   * with 100,000 sessions, so they must not arrive at once.
   */
  playersPerSecond: number;
  /** After this many segments, a new session replaces the player's session. */
  sessionSegments: number;
  /** The number of assets besides the hot one. Their popularity follows Zipf's law. */
  coldAssets: number;
  /** The share of sessions on the hot asset. */
  hotShare: number;
  /** The share of sessions whose link names a viewer, who is hashed. */
  signedInShare: number;
  /** Whether to wait at the end until all facts are acknowledged. */
  drains: boolean;
  /** The number of shards for the sessions of each asset, or `null` to let the counters choose. */
  shards: number | null;
  /** In real time, each player fetches a segment every SEGMENT_MS. Otherwise as fast as the counters accept facts. */
  isPaced: boolean;
};

export type LoadReport = {
  given: number;
  acknowledged: number;
  hotAcknowledged: number;
  /** The number of calls of counters. */
  requests: number;
  hotRequests: number;
  /** Batches that were lost or refused. Must be 0. */
  failed: number;
  bytesSent: number;
  /** Acknowledged facts of the hot asset, by shard. */
  byHotShard: Record<number, number>;
  seconds: number;
};

/**
 * What the platform bills for an object: calls with batches, other calls and alarms that ran, rows, and alarms that
 * were set (each is a row written); and the bytes written.
 */
export type Billed = {
  requests: number;
  otherCalls: number;
  rowsRead: number;
  rowsWritten: number;
  alarms: number;
  bytesWritten: number;
};
export const NOTHING_BILLED: Readonly<Billed> = {
  ...{ requests: 0, otherCalls: 0, rowsRead: 0, rowsWritten: 0, alarms: 0, bytesWritten: 0 },
};
/** By name of the object. */
export type BilledObjects = Record<string, Billed>;

export const HOT_ASSET = 'hot';
export const coldAsset = (index: number): string => `cold-${index}`;
export const SEGMENT_MS = 4_000;
