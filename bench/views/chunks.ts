/** The messages between the players of the truth test (truth.ts) and the Worker that serves them (worker/). */
import type { LiveViews, Retention, SeriesPoint, ShardWindow } from '../../src/analytics/facts.ts';

/** One part of the sessions from `from` up to, but not including, `to`. */
export type Chunk = {
  isolate: number;
  seed: number;
  /** The size of the whole audience. */
  sessions: number;
  from: number;
  to: number;
  part: number;
  /** The windows of each asset that were known when these sessions started. */
  windows: Record<string, ShardWindow>;
  /** When the isolate dies: before it sends anything, or after facts were stored but before it learns of that. */
  dies: 'before' | 'after' | null;
};

export type ChunkAnswer = { outcome: 'acknowledged' | 'died'; windows: Record<string, ShardWindow> };

export type AssetAnswer = {
  live: LiveViews;
  retention: (Retention | null)[];
  series: Record<'rendition' | 'country' | 'device', SeriesPoint[]>;
};

/**
 * A deliberate fault of the counters. `add`: duplicates count twice. `forget`: a restart loses what is in no snapshot.
 */
export type Fault = 'add' | 'forget' | 'none';
