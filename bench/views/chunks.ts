/** What the players of the truth test (truth.ts) and the Worker that serves them (worker/) say to each other. */
import type { LiveViews, Retention, SeriesPoint, ShardWindow } from '../../src/analytics/facts.ts';

/** One part of the sessions `from` to `to`, which is not included. */
export type Chunk = {
  isolate: number;
  seed: number;
  /** Of the whole audience. */
  sessions: number;
  from: number;
  to: number;
  part: number;
  /** By asset, as they were known when these sessions began. */
  windows: Record<string, ShardWindow>;
  /** Whether the isolate dies of it: before anything is sent, or after something was stored and before it hears of it. */
  dies: 'before' | 'after' | null;
};

export type ChunkAnswer = { outcome: 'acknowledged' | 'died'; windows: Record<string, ShardWindow> };

export type AssetAnswer = {
  live: LiveViews;
  retention: (Retention | null)[];
  series: Record<'rendition' | 'country' | 'device', SeriesPoint[]>;
};

/** How the counters are wrong. `add`: what comes twice counts twice. `forget`: a restart loses what no snapshot has. */
export type Fault = 'add' | 'forget' | 'none';
