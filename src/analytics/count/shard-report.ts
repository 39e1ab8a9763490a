/** What the shards of an asset tell each other. Reports hold absolute numbers, so one may come twice, late or not at all. */
import type { StoredFilm } from './session-book.ts';
import { type ShardState, splitTally, type ViewersOfDay } from './shard-state.ts';
import type { SplitTally, Tally } from './tally.ts';

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
  /** HyperLogLog, stored form, as in days. */
  viewers: Uint8Array;
  /** What still runs is shown, and not added to the series. */
  minute: Tally | null;
  hour: SplitTally | null;
  day: ReportedDay | null;
  /** What is over: the shard keeps it until the root has taken it. */
  minutes: Tally[];
  hours: SplitTally[];
  days: ReportedDay[];
};

/** How far a shard's series have been folded in: everything that began no later is in the root's. */
export type Folded = { minuteMs: number; hourMs: number };
/** `intervalMs`: how long the shard waits with its next report. */
export type ReportAnswer = { folded: Folded; intervalMs: number };

export interface Sibling {
  report(report: ShardReport): Promise<ReportAnswer>;
  pull(): Promise<ShardReport | null>;
  retentionHere(version: string | null): Promise<StoredFilm[]>;
  forgetViewerHere(hashes: string[]): Promise<number>;
  clearHere(): Promise<void>;
}

/** Of one report; the rest goes with the next. Without a fault, no more than an hour of minutes gathers. */
const MAX_FINISHED = 240;

/** Of a state whose time has been advanced to now. */
export function makeReport(
  { totals, viewers, watching, over, minutes, hours, days }: ShardState,
  who: Pick<ShardReport, 'assetId' | 'shard' | 'sinceMs' | 'isIdle'>,
): ShardReport {
  const encode = ({ startMs, viewers: ofDay }: ViewersOfDay) => ({ startMs, viewers: ofDay.encode() });
  return {
    ...who,
    ...totals,
    watching: watching.count(),
    minute: minutes[over.minutes.length] ?? null,
    hour: hours.slice(over.hours.length).map(splitTally)[0] ?? null,
    minutes: over.minutes.slice(0, MAX_FINISHED),
    hours: over.hours.slice(0, MAX_FINISHED),
    viewers: viewers.encode(),
    day: days.slice(over.days.length).map(encode)[0] ?? null,
    days: over.days.map(encode),
  };
}
