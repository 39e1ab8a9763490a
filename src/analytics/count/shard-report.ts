/** What the shards of an asset tell each other. Reports hold absolute numbers, so one may come twice, late or not at all. */
import type { StoredFilm } from './session-book.ts';
import type { ShardState, ViewersOfDay } from './shard-state.ts';
import type { SplitTally, Tally } from './tally.ts';
import { tickOf } from './watching.ts';

type ReportedDay = { startMs: number; viewers: Uint8Array };

export type ShardReport = {
  assetId: string;
  shard: number;
  /** When the shard began; 0 for counters that are older than this field. A shard that was lost begins later. */
  sinceMs: number;
  views: number;
  watchMs: number;
  watching: number;
  /** Nothing changes any more without another report. */
  isIdle: boolean;
  /** They still run: shown, and not added to the series. */
  minute: Tally | null;
  hour: SplitTally | null;
  /** They are over. */
  minutes: Tally[];
  hours: SplitTally[];
  /** HyperLogLog, stored form. */
  viewers: Uint8Array;
  /** The day that runs, and days that are over: the shard keeps them until the root has taken them. */
  day: ReportedDay | null;
  days: ReportedDay[];
};

/** How far a shard's series have been folded in: everything that began no later is in the root's. */
export type Folded = { minuteMs: number; hourMs: number };
/** `intervalMs`: how long the shard waits with its next report. */
export type ReportAnswer = { folded: Folded; intervalMs: number };

/** What the shards of an asset ask of each other. */
export interface Sibling {
  report(report: ShardReport): Promise<ReportAnswer>;
  pull(): Promise<ShardReport | null>;
  retentionHere(version: string | null): Promise<StoredFilm[]>;
  forgetViewerHere(hashes: string[]): Promise<number>;
  clearHere(): Promise<void>;
}

/** Of one report; the rest goes with the next. Without a fault, no more than an hour of minutes gathers. */
const MAX_FINISHED = 240;

export function makeReport(
  state: ShardState,
  who: { assetId: string; shard: number; sinceMs: number; isIdle: boolean },
  nowMs: number,
): ShardReport {
  const { totals, minute, hourTally, day, finished, viewers, watching } = state;
  const encode = ({ startMs, viewers: ofDay }: ViewersOfDay) => ({ startMs, viewers: ofDay.encode() });
  return {
    ...who,
    ...totals,
    watching: watching.countAt(tickOf(nowMs)),
    minute,
    hour: hourTally,
    minutes: finished.minutes.slice(0, MAX_FINISHED),
    hours: finished.hours.slice(0, MAX_FINISHED),
    viewers: viewers.encode(),
    day: day === null ? null : encode(day),
    days: finished.days.map(encode),
  };
}
