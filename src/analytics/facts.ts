/**
 * What collectors, counters and readers of views say to each other. Pure: types, limits, names.
 *
 * A fact is "this session was given this segment". Facts are unioned, never added up, so a batch may come twice, late or
 * out of order (docs/architecture/decisions/facts-unioned.md). A session belongs to one shard for life: the shard's number
 * is chosen when the session is made and is in its token.
 */

import type { Measure } from '../media/measure.ts';
import { DAY_MS } from '../platform/days.ts';

export const DEVICE_CLASSES = ['desktop', 'mobile', 'tablet', 'tv', 'console', 'other'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/** ISO 3166-1 alpha-2 as Cloudflare gives it; `XX` if unknown, `T1` for Tor. */
export const UNKNOWN_COUNTRY = 'XX';

/** Runs of segments of one rendition: its index in the batch's `tracks`, the first and the last number, both included. */
export type Run = [track: number, first: number, last: number];

/** What one session was given since the batch before. An array, for its size: a batch holds thousands. */
export type SessionFacts = [
  sessionId: string,
  /** Unix seconds at which its token ends; the session is remembered a little longer. */
  expiresAt: number,
  /** 16 hex digits (viewer-hash.ts), or '' if the link names no viewer: the session then counts as one. */
  viewer: string,
  country: string,
  /** Index in DEVICE_CLASSES. */
  device: number,
  runs: Run[],
];

/** Facts of one shard. JSON text on the wire, and as it came in the log of the shard. */
export type Batch = {
  schema: 1;
  assetId: string;
  shard: number;
  versions: { version: string; measure: Measure; tracks: string[]; sessions: SessionFacts[] }[];
  /**
   * Sessions of this batch that have stopped fetching, the seconds since their last fetch, and those since this isolate last
   * reported that they go on: another may have done so later. The others go on: their isolate reports them again within
   * GOES_ON_MS. Earlier releases neither send nor read it.
   */
  silent?: [sessionId: string, seconds: number, toldSeconds: number][];
};

/** An isolate takes a session without a fact for so long for ended, and tells its counter. */
export const SILENT_MS = 15_000;

/** The same version with another measure, such as a film's sound alone, is another film. */
export const filmKey = (version: string, { segmentMs, segments, durationMs }: Measure): string =>
  `${version} ${segmentMs} ${segments} ${durationMs}`;

/** Shards that new sessions are spread over: `from`, `from + 1`, …, `count` of them. */
export type ShardWindow = { from: number; count: number };
export const FIRST_WINDOW: ShardWindow = { from: 0, count: 1 };

/** Sent when the batch is durable. `window`: where the shard wants new sessions to go. `invalid` is final: do not retry. */
export type RecordAnswer =
  | { outcome: 'recorded' | 'full'; window: ShardWindow }
  | { outcome: 'invalid'; reason: string };

/** The numbers of this moment. */
export type LiveViews = {
  views: number;
  /** Sessions that fetched within the last WATCHING_MS. */
  watching: number;
  /** Media delivered, each segment once per session. */
  watchMs: number;
  /** Estimate, see hyperloglog.ts. */
  viewers: number;
};

export const RESOLUTIONS = ['minute', 'hour', 'day'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];
export const RESOLUTION_MS: Readonly<Record<Resolution, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };
/** How long points are kept, by the configuration. */
export const keptMsOf = (
  config: Record<'VIEW_MINUTES_DAYS' | 'VIEW_HOURS_DAYS' | 'VIEW_DAYS_DAYS', number>,
): Readonly<Record<Resolution, number>> => ({
  minute: config.VIEW_MINUTES_DAYS * DAY_MS,
  hour: config.VIEW_HOURS_DAYS * DAY_MS,
  day: config.VIEW_DAYS_DAYS * DAY_MS,
});
export const DIMENSIONS = ['country', 'device', 'rendition'] as const;
/** What hours and days may be split by; minutes are not kept split. */
export type Dimension = (typeof DIMENSIONS)[number];

export type SeriesPoint = {
  /** Unix milliseconds, start of the minute, hour or day in UTC. */
  startMs: number;
  views: number;
  watchMs: number;
  /** The most who watched at the same time. */
  peakWatching: number;
  /** Only for days. */
  viewers?: number;
  /** By value of the requested dimension. A rendition has no views of its own: 0. */
  by?: Record<string, { views: number; watchMs: number }>;
};

export type SeriesQuery = { fromMs: number; toMs: number; resolution: Resolution; by: Dimension | null };

/** How many sessions fetched each segment, first to last. */
export type Retention = { version: string; measure: Measure; sessions: number; counts: number[] };

/** The Durable Object's methods, as its callers see them. Objects of one asset: counterName(). */
export interface ViewCounterApi {
  /** To the shard that the batch names. */
  record(batchJson: string): Promise<RecordAnswer>;
  // To shard 0 alone, which holds what all shards have reported:
  live(): Promise<LiveViews>;
  series(query: SeriesQuery): Promise<SeriesPoint[]>;
  /** Null names the version last seen, and answers that nobody has watched it. */
  retention(version: string | null): Promise<Retention | null>;
  /** Removes what still ties sessions to these viewer hashes, in all shards. Returns how many sessions were tied. */
  forgetViewer(hashes: string[]): Promise<number>;
  /** The asset is gone: all of its shards delete what they hold. */
  clear(): Promise<void>;
}

/** Objects are found by name. Shard 0 is the root; most assets have no other. */
export const counterName = (assetId: string, shard: number): string => (shard === 0 ? assetId : `${assetId}/${shard}`);

/** A session without a fetch for so long has stopped; players fetch at least every 35 s (access/concurrency/session-slots.ts). */
export const WATCHING_MS = 45_000;
/**
 * A session that goes on is reported again within so long: VIEW_FLUSH_SECONDS at most, and the 19 s in which its isolate sees
 * that it does not. With less, those that end shortly before would be reported once more, and then as silent.
 */
export const GOES_ON_MS = 80_000;
/** A batch in flight may be this late, also by a wrong clock; a session is forgotten only after it. */
export const FORGET_AFTER_MS = 10 * 60_000;
/** While an asset is watched, its numbers are copied to the catalog at least so often. */
export const COPY_MS = 3_600_000;
/** When a counter acknowledges a fact, its last copy in the catalog is at most this old. */
export const IN_CATALOG_MS = 2 * DAY_MS;
export const MAX_BATCH_EVENTS = 4_096;
/** Below the 2 MB that one row of a Durable Object holds. */
export const MAX_BATCH_BYTES = 512 * 1024;
