/**
 * What shard 0 of an asset, its root, knows beyond its own sessions: the series, what the other shards have reported, and
 * what the catalog had before. Most assets have no other shards.
 *
 * Reports are kept in memory. A shard's row is written when it is new, goes idle or is no longer idle, and at each alarm
 * while it is in use. After a restart the root asks the shards that were not idle, so totals never go back.
 */

import { configOf } from '../../config.ts';
import { DAY_MS } from '../../platform/days.ts';
import {
  IN_CATALOG_MS,
  keptMsOf,
  type LiveViews,
  type Resolution,
  type SeriesPoint,
  type SeriesQuery,
  WATCHING_MS,
} from '../facts.ts';
import type { Counter } from './counter.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { type Base, type Copied, NO_BASE, readBase, rollUp } from './roll-up.ts';
import type { Folded, ReportAnswer, ShardReport, Sibling } from './shard-report.ts';
import { decodeViewers, encodeViewers } from './snapshot.ts';
import { startOf } from './tally.ts';
import { type PointPart, type Retain, Series } from './view-series.ts';
import { tickOf } from './watching.ts';

/** Without what is kept elsewhere: the union of viewers here, what is over in the series. */
type KeptReport = Omit<ShardReport, 'minutes' | 'hours' | 'viewers' | 'day' | 'days'>;
type OtherShard = { report: KeptReport; folded: Folded; receivedMs: number };

/** How often a shard reports: the root takes at most 200 reports a second, and live numbers are at least half a second old. */
const MIN_REPORT_MS = 500;
const REPORT_MS_PER_SHARD = 5;
/** Days that one copy to the catalog catches up with, after a long time without any. */
const MAX_COPIED_DAYS = 31;

/** Calls other shards of the asset, a few at a time. */
type Ask = <R>(shards: readonly number[], call: (shard: Sibling) => Promise<R>) => Promise<R[]>;

export class Root {
  readonly #catalog: D1Database;
  readonly #retain: Retain;
  readonly #counter: Counter;
  readonly #series: Series;
  readonly #ask: Ask;
  readonly #others = new Map<number, OtherShard>();
  /** The other shards' viewers, of all times; and of days, as far as they are not in the series. */
  readonly #viewers: HyperLogLog;
  readonly #days = new Map<number, HyperLogLog>();
  /** What was counted before this root and these shards. */
  #base: Base;
  /** The most who watched at once, in all shards together, in the minute that runs. */
  #peak = { startMs: 0, peak: 0 };
  /** After a restart: shards that may have counted more than is stored here. */
  #restless: number[];
  #reading: Promise<Base> | null = null;
  #copying: Promise<Copied> | null = null;

  constructor(env: { CATALOG: D1Database }, counter: Counter, ask: Ask) {
    this.#catalog = env.CATALOG;
    this.#retain = keptMsOf(configOf(env));
    this.#counter = counter;
    this.#series = new Series(counter.tables);
    this.#ask = ask;
    const [viewers, base] = [counter.store.note('viewers'), counter.store.note('base')];
    this.#viewers = viewers === null ? new HyperLogLog() : decodeViewers(viewers);
    this.#base = base === null ? NO_BASE : JSON.parse(base);
    for (const { shard, report, ...folded } of this.#series.reports()) {
      this.#others.set(shard, { report: JSON.parse(report), folded, receivedMs: 0 });
    }
    this.#restless = [...this.#others].filter(([, { report }]) => !report.isIdle).map(([shard]) => shard);
  }

  /** All other shards that may hold anything: a shard tells the root before it acknowledges. */
  get shards(): number[] {
    return [...this.#others.keys()];
  }

  /** Before the first fact, and before a root without facts is asked. */
  async readBase(assetId: string): Promise<void> {
    this.#reading ??= readBase(this.#catalog, assetId, this.#counter.nowMs(), this.#retain.day).catch((error) => {
      this.#reading = null;
      throw error;
    });
    const base = await this.#reading;
    // Others who waited for it may have counted on from it by now.
    this.#base = this.#base === NO_BASE ? base : this.#base;
  }

  /** With the first fact, in its transaction. */
  saveBase(): void {
    if (this.#base !== NO_BASE) {
      this.#counter.store.setNote('base', JSON.stringify(this.#base));
    }
  }

  #addToBase({ views, watchMs, viewers }: { views: number; watchMs: number; viewers: number }): void {
    this.#base = {
      ...this.#base,
      views: Math.max(0, this.#base.views + views),
      watchMs: Math.max(0, this.#base.watchMs + watchMs),
      viewers: Math.max(0, this.#base.viewers + viewers),
    };
    this.saveBase();
  }

  /** Puts what is over of the root's own shard into the series, also after a restart: the series knows what it has. */
  foldOwn(): void {
    const { state } = this.#counter;
    if (state.hasFinished) {
      state.dropFinished(this.#series.fold(0, state.finished), state.finished.days);
    }
  }

  /** In the turn in which batches are stored. */
  committed(nowMs: number): void {
    this.foldOwn();
    this.#observe(nowMs);
  }

  /** Without an await: what is folded is stored together with the fact that it is. */
  take(report: ShardReport): ReportAnswer {
    const nowMs = this.#counter.nowMs();
    const { minutes, hours, viewers, day, days, ...kept } = report;
    const known = this.#others.get(report.shard);
    const isAnother = known !== undefined && kept.sinceMs !== (known.report.sinceMs ?? 0);
    const sketch = HyperLogLog.decode(viewers);
    if (known === undefined && kept.sinceMs < this.#base.readMs) {
      // The shard outlived the root and is part of the base; from now on its own reports count it.
      this.#addToBase({ views: -kept.views, watchMs: -kept.watchMs, viewers: -sketch.estimate() });
      this.#series.skip(report.shard, nowMs);
    } else if (isAnother) {
      // The shard has begun with nothing: what it had told before stays counted. Its viewers are in the union.
      this.#addToBase({ ...known.report, viewers: 0 });
    }
    this.#viewers.merge(sketch);
    if (day !== null) {
      const union = this.#days.get(day.startMs) ?? new HyperLogLog();
      union.merge(HyperLogLog.decode(day.viewers));
      this.#days.set(day.startMs, union);
    }
    const finishedDays = days.map(({ startMs, viewers: ofDay }) => ({ startMs, viewers: HyperLogLog.decode(ofDay) }));
    const folded = this.#series.fold(report.shard, { minutes, hours, days: finishedDays });
    // Two reports on their way may overtake each other: totals only grow.
    const isOlder = known !== undefined && !isAnother && kept.watchMs < known.report.watchMs;
    const current = isOlder ? known.report : kept;
    this.#others.set(report.shard, { report: current, folded, receivedMs: nowMs });
    const isOver = minutes.length + hours.length + days.length > 0;
    if (known === undefined || isAnother || isOver || known.report.isIdle || current.isIdle) {
      this.#series.saveReport(report.shard, current);
    }
    if (current.isIdle) {
      // After a restart it is not asked again.
      this.#saveViewers();
    }
    this.#observe(nowMs);
    return { folded, intervalMs: Math.max(MIN_REPORT_MS, this.#others.size * REPORT_MS_PER_SHARD) };
  }

  /** Of all shards in use, with their viewers. */
  #saveReports(): void {
    const active = [...this.#others].filter(([, { report }]) => !report.isIdle);
    for (const [shard, { report }] of active) {
      this.#series.saveReport(shard, report);
    }
    if (active.length > 0) {
      this.#saveViewers();
    }
  }

  #saveViewers(): void {
    for (const [startMs, viewers] of this.#days) {
      this.#series.add('day', { startMs, viewers });
    }
    this.#days.clear();
    this.#counter.store.setNote('viewers', encodeViewers(this.#viewers));
  }

  /** Notes how many watch in all shards at this moment. A single shard's own tallies know. */
  #observe(nowMs: number): void {
    if (this.#others.size === 0) {
      return;
    }
    const startMs = startOf(nowMs, 'minute');
    if (startMs > this.#peak.startMs) {
      if (this.#peak.peak > 0) {
        this.#series.add('minute', this.#peak);
        this.#series.add('hour', this.#peak);
      }
      this.#peak = { startMs, peak: 0 };
    }
    this.#peak.peak = Math.max(this.#peak.peak, this.#watching(nowMs));
  }

  #watching(nowMs: number): number {
    let count = this.#counter.state.watching.countAt(tickOf(nowMs));
    for (const { report, receivedMs } of this.#others.values()) {
      // A shard that has gone silent has nobody left who fetches, or tells so soon.
      count += nowMs - receivedMs <= WATCHING_MS ? report.watching : 0;
    }
    return count;
  }

  async live(): Promise<LiveViews> {
    await this.#catchUp();
    const { totals, viewers } = this.#counter.state;
    let views = this.#base.views + totals.views;
    let watchMs = this.#base.watchMs + totals.watchMs;
    for (const { report } of this.#others.values()) {
      views += report.views;
      watchMs += report.watchMs;
    }
    const union = viewers.copy();
    union.merge(this.#viewers);
    const watching = this.#watching(this.#counter.nowMs());
    return { views, watchMs, watching, viewers: this.#base.viewers + union.estimate() };
  }

  async points(query: SeriesQuery): Promise<SeriesPoint[]> {
    await this.#catchUp();
    return this.#series.points(query, this.#running(query.resolution), this.#retain, this.#counter.nowMs());
  }

  /** What is not in the series: what still runs, and the days that the catalog had. */
  #running(resolution: Resolution): PointPart[] {
    const { minute, hourTally, day, finished } = this.#counter.state;
    const others = [...this.#others.values()];
    const parts: (PointPart | null)[] =
      resolution === 'minute'
        ? [minute, ...others.map(({ report, folded }) => after(folded.minuteMs, report.minute))]
        : [hourTally, ...others.map(({ report, folded }) => after(folded.hourMs, report.hour))];
    if (this.#peak.peak > 0) {
      parts.push(this.#peak);
    }
    if (resolution === 'day') {
      parts.push(...Array.from(this.#days, ([startMs, viewers]) => ({ startMs, viewers })), ...finished.days, day);
      parts.push(...this.#base.days.map(({ viewers, ...tally }) => ({ ...tally, viewersBefore: viewers })));
    }
    return parts.filter((part) => part !== null);
  }

  /** So that what was shown before a restart is not followed by less. A shard that does not answer is as it was stored. */
  async #catchUp(): Promise<void> {
    const reports = await this.#ask(this.#restless, (shard) => shard.pull().catch(() => null));
    for (const report of reports) {
      if (report !== null) {
        this.take(report);
      }
    }
    this.#restless = [];
  }

  /** Each minute of use: stores what is known of other shards, drops old points, and copies the numbers to the catalog. */
  async lookAfter(assetId: string): Promise<Copied> {
    this.foldOwn();
    await this.#catchUp();
    this.#saveReports();
    this.prune();
    return this.#copy(assetId);
  }

  /** Drops points that are too old. Returns when there will be some again, or Infinity. */
  prune(): number {
    return this.#series.prune(this.#counter.nowMs(), this.#retain);
  }

  /**
   * Before facts are acknowledged: erasures, rankings and a root that begins with nothing rely on the catalog. It usually
   * knows the asset; one that is new, or was not watched for a day, is copied at once.
   */
  async makeKnown(assetId: string): Promise<Copied> {
    if (this.#rolledDayMs > this.#counter.nowMs() - IN_CATALOG_MS) {
      return 'copied';
    }
    this.#copying ??= this.#copy(assetId).finally(() => {
      this.#copying = null;
    });
    return this.#copying;
  }

  /** The day that ran at the last copy. */
  get #rolledDayMs(): number {
    return Number(this.#counter.store.note('rolled-day') ?? 0);
  }

  async #copy(assetId: string): Promise<Copied> {
    const nowMs = this.#counter.nowMs();
    const today = startOf(nowMs, 'day');
    // The day that ran at the last copy has been added to since.
    const fromMs = Math.max(this.#rolledDayMs, today - MAX_COPIED_DAYS * DAY_MS);
    const days = await this.points({ fromMs, toMs: today + DAY_MS, resolution: 'day', by: null });
    const live = await this.live();
    const copied = await rollUp(this.#catalog, { assetId, live, days, nowMs });
    if (copied === 'copied' && fromMs !== today) {
      this.#counter.store.setNote('rolled-day', String(today));
    }
    return copied;
  }
}

/** A shard's tally, unless the series has it. */
const after = (foldedMs: number, tally: PointPart | null): PointPart | null =>
  tally !== null && tally.startMs > foldedMs ? tally : null;
