/**
 * What shard 0 of an asset knows beyond its own sessions: what the other shards have reported, and the series. Most assets
 * have no other shards, and then all of this is the series alone.
 *
 * Reports are kept in memory; a row is written of a shard that is new, that goes idle or is idle no more, and of all that
 * changed at each alarm. After a restart whoever was not idle is asked again (view-counter.ts), so totals never go back.
 */

import { type LiveViews, type SeriesPoint, type SeriesQuery, WATCHING_MS } from '../facts.ts';
import { type Base, NO_BASE, withLost, without } from './base.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { seriesPoints } from './series-points.ts';
import type { Folded, ReportAnswer, ReportedDay, ShardReport } from './shard-report.ts';
import type { ShardState, ViewersOfDay } from './shard-state.ts';
import { decodeViewers, encodeViewers } from './snapshot.ts';
import { HOUR_MS, MINUTE_MS, startOf } from './tally.ts';
import type { Retain, Series } from './view-series.ts';
import { tickOf } from './watching.ts';

/** Without what is kept elsewhere: the union of viewers here, what is over in the series. */
type KeptReport = Omit<ShardReport, 'minutes' | 'hours' | 'viewers' | 'day' | 'days'>;
type Other = { report: KeptReport; folded: Folded; receivedMs: number; isDirty: boolean };

/** How often a shard reports: the root takes 200 reports a second at most, and what is live is half a second old at least. */
const MIN_REPORT_MS = 500;
const REPORT_MS_PER_SHARD = 5;

const sketchOf = ({ startMs, viewers }: ReportedDay): ViewersOfDay => ({
  startMs,
  viewers: HyperLogLog.decode(viewers),
});

export type RootNotes = { viewers: string | null; base: string | null };

export class Root {
  readonly #series: Series;
  readonly #others = new Map<number, Other>();
  #viewers: HyperLogLog;
  readonly #days = new Map<number, HyperLogLog>();
  /** What was counted before this root and these shards. */
  base: Base;
  /** The most who watched at once, in all shards together, in the minute that runs. */
  #peak = { startMs: 0, watching: 0 };

  constructor(series: Series, { viewers, base }: RootNotes) {
    this.#series = series;
    this.#viewers = viewers === null ? new HyperLogLog() : decodeViewers(viewers);
    this.base = base === null ? NO_BASE : JSON.parse(base);
    for (const { shard, report } of series.reports()) {
      this.#others.set(shard, {
        report: JSON.parse(report),
        folded: series.folded(shard),
        receivedMs: 0,
        isDirty: false,
      });
    }
  }

  /** They may have counted more than is known here. */
  restlessShards(): number[] {
    return [...this.#others].filter(([, { report }]) => !report.isIdle).map(([shard]) => shard);
  }

  /** All that may hold anything, but the root: a shard tells the root before it acknowledges. */
  reportedShards(): number[] {
    return [...this.#others.keys()];
  }

  /** Without an await: what is folded and that it is are stored together. */
  take(report: ShardReport, own: ShardState, nowMs: number): ReportAnswer {
    const { minutes, hours, viewers, day, days, ...kept } = report;
    const known = this.#others.get(report.shard);
    const isAnother = known !== undefined && kept.sinceMs !== (known.report.sinceMs ?? 0);
    const sketch = HyperLogLog.decode(viewers);
    if (known === undefined && kept.sinceMs < this.base.readMs) {
      this.base = without(this.base, report, sketch.estimate());
      this.#series.skip(report.shard, nowMs);
    } else if (isAnother) {
      this.base = withLost(this.base, known.report);
    }
    this.#viewers.merge(sketch);
    if (day !== null) {
      this.#mergeDay(sketchOf(day));
    }
    const isOver = minutes.length + hours.length + days.length > 0;
    const folded = isOver
      ? this.#series.fold(report.shard, { minutes, hours, days: days.map(sketchOf) })
      : (known?.folded ?? this.#series.folded(report.shard));
    // Two reports on their way may change places: totals only grow.
    const isOlder = known !== undefined && !isAnother && kept.watchMs < known.report.watchMs;
    const current = isOlder ? known.report : kept;
    const other = { report: current, folded, receivedMs: nowMs, isDirty: true };
    this.#others.set(report.shard, other);
    if (known === undefined || isAnother || isOver || known.report.isIdle !== current.isIdle) {
      this.#save(report.shard, other);
    }
    this.observe(own, nowMs);
    const intervalMs = Math.max(MIN_REPORT_MS, this.#others.size * REPORT_MS_PER_SHARD);
    return { folded, intervalMs };
  }

  #mergeDay({ startMs, viewers }: ViewersOfDay): void {
    const known = this.#days.get(startMs);
    if (known === undefined) {
      this.#days.set(startMs, viewers.copy());
    } else {
      known.merge(viewers);
    }
  }

  #save(shard: number, other: Other): void {
    this.#series.saveReport(shard, JSON.stringify(other.report));
    other.isDirty = false;
  }

  /** Reports that have changed go to rows, with the viewers of days; returns the note of the union of viewers. */
  saveAll(): string | null {
    let hasSaved = false;
    for (const [shard, other] of this.#others) {
      if (other.isDirty) {
        this.#save(shard, other);
        hasSaved = true;
      }
    }
    if (!hasSaved) {
      return null;
    }
    for (const [startMs, viewers] of this.#days) {
      this.#series.mergeViewers(startMs, viewers);
    }
    this.#days.clear();
    return encodeViewers(this.#viewers);
  }

  /** Notes how many watch in all shards at this moment. Of a single shard its own tallies know. */
  observe(own: ShardState, nowMs: number): void {
    if (this.#others.size === 0) {
      return;
    }
    const startMs = startOf(nowMs, MINUTE_MS);
    if (startMs > this.#peak.startMs) {
      this.savePeak();
      this.#peak = { startMs, watching: 0 };
    }
    this.#peak.watching = Math.max(this.#peak.watching, this.#watching(own, nowMs));
  }

  savePeak(): void {
    const { startMs, watching } = this.#peak;
    if (watching > 0) {
      this.#series.raisePeak('minute', startMs, watching);
      this.#series.raisePeak('hour', startOf(startMs, HOUR_MS), watching);
    }
  }

  /** What finished in the root's own shard. */
  foldOwn(own: ShardState): void {
    own.dropFinished(this.#series.fold(0, own.finished), own.finished.days);
  }

  #watching(own: ShardState, nowMs: number): number {
    let count = own.watching.countAt(tickOf(nowMs));
    for (const { report, receivedMs } of this.#others.values()) {
      // A shard that has gone silent has nobody left who fetches, or tells so soon.
      count += nowMs - receivedMs <= WATCHING_MS ? report.watching : 0;
    }
    return count;
  }

  live(own: ShardState, nowMs: number): LiveViews {
    const { views, watchMs } = this.base;
    const sum = { views: views + own.totals.views, watchMs: watchMs + own.totals.watchMs };
    for (const { report } of this.#others.values()) {
      sum.views += report.views;
      sum.watchMs += report.watchMs;
    }
    const viewers = own.viewers.copy();
    viewers.merge(this.#viewers);
    return { ...sum, watching: this.#watching(own, nowMs), viewers: this.base.viewers + viewers.estimate() };
  }

  points(query: SeriesQuery, own: ShardState, retain: Retain, nowMs: number): SeriesPoint[] {
    const parts = [{ minute: own.minute, hour: own.hourTally }];
    for (const { report, folded } of this.#others.values()) {
      parts.push({
        minute: report.minute !== null && report.minute.startMs > folded.minuteMs ? report.minute : null,
        hour: report.hour !== null && report.hour.startMs > folded.hourMs ? report.hour : null,
      });
    }
    const days = [...this.#days].map(([startMs, viewers]) => ({ startMs, viewers }));
    const ownDays = own.day === null ? own.finished.days : [...own.finished.days, own.day];
    const overlay = { parts, days: [...days, ...ownDays], peak: this.#peak, base: this.base.days };
    return seriesPoints(query, this.#series, overlay, retain, nowMs);
  }
}
