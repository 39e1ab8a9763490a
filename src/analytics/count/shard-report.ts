/** What a shard tells the root: absolute numbers, so that a report may come twice, late or not at all. Pure. */
import type { ShardState, ViewersOfDay } from './shard-state.ts';
import type { SplitTally, Tally } from './tally.ts';
import { tickOf } from './watching.ts';

export type ReportedDay = { startMs: number; viewers: Uint8Array };

export type ShardReport = {
  assetId: string;
  shard: number;
  /** When the shard began; counters that are older than this field say 0. A shard that was lost begins later. */
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
  /** The day that runs, and days that are over: whoever sends them keeps them until they are taken. */
  day: ReportedDay | null;
  days: ReportedDay[];
};

/** Where a shard's series have come to: what began no later is in them. */
export type Folded = { minuteMs: number; hourMs: number };
export const NOTHING_FOLDED: Folded = { minuteMs: -1, hourMs: -1 };

export type ReportAnswer = { folded: Folded; intervalMs: number };

/** Of one report; the rest goes with the next, and an hour of minutes is all that gathers when nothing is wrong. */
const MAX_POINTS = 240;

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
    minutes: finished.minutes.slice(0, MAX_POINTS),
    hours: finished.hours.slice(0, MAX_POINTS),
    viewers: viewers.encode(),
    day: day === null ? null : encode(day),
    days: finished.days.map(encode),
  };
}
