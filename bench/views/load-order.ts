/** What a generator of load (worker/generator.ts) is told, and what it tells. */

/**
 * What becomes of a fact. `nothing`: it is only made, `collector`: its counter answers at once without counting, `full`:
 * everything, `naive`: a call and a row of its own.
 */
export type LoadMode = 'nothing' | 'collector' | 'full' | 'naive';

export type LoadOrder = {
  mode: LoadMode;
  /** Of this generator alone: unique among all. */
  name: string;
  seconds: number;
  /** Collectors, as many isolates have them: the players of this generator are shared out among them. */
  collectors: number;
  /** Who play at one time; each is given a segment in turn. */
  players: number;
  /**
   * So many come each second until all are there: of one asset's windows, isolates hear with the next answer, and a shard
   * is full with 100,000 sessions.
   */
  playersPerSecond: number;
  /** After so many segments a player's session ends, and another one begins in its place. */
  sessionSegments: number;
  /** Assets beside the hot one, of Zipf popularity. */
  coldAssets: number;
  /** Of the sessions. */
  hotShare: number;
  /** Of the sessions: their link names a viewer, who is hashed. */
  signedInShare: number;
  /** Whether facts that still wait at the end are waited for. */
  drains: boolean;
  /** New sessions of every asset are spread over so many shards; `null`: over those that the counters name. */
  shards: number | null;
  /** In real time, a segment of a player every SEGMENT_MS. Otherwise as fast as the counters take the facts. */
  isPaced: boolean;
};

export type LoadReport = {
  given: number;
  acknowledged: number;
  hotAcknowledged: number;
  /** Calls of counters. */
  requests: number;
  hotRequests: number;
  /** Lost or refused: must be 0. */
  failed: number;
  bytesSent: number;
  /** Acknowledged facts of the hot asset by shard. */
  byHotShard: Record<number, number>;
  seconds: number;
};

/**
 * What the platform bills of an object: calls that bring batches, all other calls and alarms that ran, rows that
 * statements wrote, alarms that were set (a row each); and bytes.
 */
export type Billed = {
  requests: number;
  otherCalls: number;
  rowsWritten: number;
  alarms: number;
  bytesWritten: number;
};
/** By name of the object. */
export type BilledObjects = Record<string, Billed>;

export const HOT_ASSET = 'hot';
export const coldAsset = (index: number): string => `cold-${index}`;
export const SEGMENT_MS = 4_000;
