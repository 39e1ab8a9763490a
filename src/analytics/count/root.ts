/**
 * What shard 0 of an asset, its root, knows beyond its own sessions: the series, what the other shards have reported, and
 * what the catalog had before. Reports are kept in memory. A shard's row is written when it is new, goes idle or is no longer
 * idle, and at each alarm while it is in use. After a restart the root asks those that were not idle: totals never go back.
 */
import { configOf } from '../../config.ts';
import { DAY_MS } from '../../platform/days.ts';
import type { LiveViews, Resolution, SeriesPoint, SeriesQuery } from '../facts.ts';
import { COPY_MS, GOES_ON_MS, IN_CATALOG_MS, keptMsOf, RESOLUTION_MS } from '../facts.ts';
import type { Counter } from './counter.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { type Base, type Copied, NO_BASE, readBase, rollUp } from './roll-up.ts';
import type { Folded, ReportAnswer, ShardReport, Sibling } from './shard-report.ts';
import { splitTally } from './shard-state.ts';
import { type SplitTally, startOf, type Tally } from './tally.ts';
import { type PointPart, Series } from './view-series.ts';
import { tickOf } from './watching.ts';

/** Without the viewers, which are united with the root's own. */
type KeptReport = Omit<ShardReport, 'viewers' | 'day' | 'days'>;
type Reported = { report: Pick<KeptReport, 'minutes' | 'hours'>; folded: Folded };
type OtherShard = { report: KeptReport; folded: Folded; receivedMs: number };
const NOTHING_FOLDED: Folded = { minuteMs: -1, hourMs: -1 };

/** How often a shard reports: the root takes at most 200 reports a second, and live numbers are at least half a second old. */
const MIN_REPORT_MS = 500;
const REPORT_MS_PER_SHARD = 5;
/** Of the root's own, which wait in its state for a row of the series. */
const FOLD_MINUTES = 240;
const FOLD_HOURS = 24;
/** After a copy that failed. */
const COPY_AGAIN_MS = 60_000;

type Ask = <R>(shards: readonly number[], call: (shard: Sibling) => Promise<R>) => Promise<R[]>;

export class Root {
  readonly #catalog: D1Database;
  readonly #counter: Counter;
  readonly #series: Series;
  readonly #ask: Ask;
  readonly #others = new Map<number, OtherShard>();
  /** Of the root's own minutes and hours. */
  #folded = NOTHING_FOLDED;
  /** What was counted before this root and these shards. */
  #base: Base;
  /** While a copy is due that is noted as made: when the one before was made. */
  #copiedBeforeMs: number | null = null;
  /** A copy that failed is not made again before, unless it is waited for. */
  #copyAgainMs = 0;
  /** After a restart: shards that may have counted more than is stored here. */
  #restless: number[];
  #reading: Promise<Base> | null = null;
  #copying: Promise<Copied> | null = null;

  constructor(env: { CATALOG: D1Database }, counter: Counter, ask: Ask) {
    this.#catalog = env.CATALOG;
    this.#counter = counter;
    this.#series = new Series(counter.store, keptMsOf(configOf(env)));
    this.#ask = ask;
    const { store, state } = counter;
    const viewers = store.note('viewers');
    if (viewers !== null) {
      // Earlier releases kept the other shards' viewers apart.
      state.viewers.merge(HyperLogLog.fromJSON(viewers));
    }
    this.#base = JSON.parse(store.note('base') ?? 'null') ?? NO_BASE;
    for (const { shard, report, ...folded } of this.#series.shards()) {
      if (shard === 0) {
        this.#folded = folded;
      } else if (report !== null) {
        // Reports that earlier releases stored have neither minutes nor hours.
        this.#others.set(shard, { report: { minutes: [], hours: [], ...JSON.parse(report) }, folded, receivedMs: 0 });
      }
    }
    // 0.1.0 noted the day of the last copy.
    state.copiedMs ||= Number(store.note('rolled-day') ?? 0);
    // What is folded is over, and a replay of the log brings it again.
    state.advance(Math.max(this.#folded.minuteMs + RESOLUTION_MS.minute, this.#folded.hourMs + RESOLUTION_MS.hour));
    state.drop(this.#folded, []);
    this.#restless = [...this.#others].filter(([, { report }]) => !report.isIdle).map(([shard]) => shard);
  }

  /** All other shards that may hold anything: a shard tells the root before it acknowledges. */
  get shards(): number[] {
    return [...this.#others.keys()];
  }

  /** Before the first fact, and before a root without facts is asked. */
  async readBase(assetId: string): Promise<void> {
    this.#reading ??= readBase(this.#catalog, assetId, this.#counter.nowMs()).catch((error) => {
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

  #addToBase({ views, watchMs, viewers }: Omit<Base, 'readMs' | 'days'>): void {
    const base = this.#base;
    this.#base = {
      ...base,
      views: Math.max(0, base.views + views),
      watchMs: Math.max(0, base.watchMs + watchMs),
      viewers: Math.max(0, base.viewers + viewers),
    };
    this.saveBase();
  }

  /** Before the numbers are stored: a copy that is due is noted as made, since noting it afterwards would be another row. */
  committing(nowMs: number): void {
    const { state } = this.#counter;
    if (nowMs - state.copiedMs >= COPY_MS && !this.#isUnknown(nowMs)) {
      this.#copiedBeforeMs ??= state.copiedMs;
      state.copiedMs = nowMs;
    }
  }

  /** Whether the catalog may not know that the asset has views. */
  #isUnknown(nowMs: number): boolean {
    return nowMs - this.#counter.state.copiedMs > IN_CATALOG_MS;
  }

  /** Puts what is over, of all shards, into the series. Without an await: one transaction. */
  #fold(): void {
    const { state } = this.#counter;
    const { over } = state;
    const own: Reported = { folded: this.#folded, report: over };
    const all: [number, Reported][] = [[0, own], ...this.#others];
    const [minutes, hours] = [all.flatMap(([, each]) => newMinutes(each)), all.flatMap(([, each]) => newHours(each))];
    for (const [shard, each] of all) {
      const { minuteMs, hourMs } = each.folded;
      each.folded = {
        minuteMs: Math.max(minuteMs, ...each.report.minutes.map(({ startMs }) => startMs)),
        hourMs: Math.max(hourMs, ...each.report.hours.map(({ startMs }) => startMs)),
      };
      this.#series.saveShard(shard, each.folded, this.#others.get(shard)?.report ?? null);
    }
    this.#series.add('minute', minutes);
    this.#series.add('hour', hours);
    this.#series.add('day', [...hours, ...over.days]);
    this.#folded = own.folded;
    state.drop(own.folded, over.days);
  }

  /** Without an await: what is stored is stored together. */
  take(report: ShardReport): ReportAnswer {
    // What waits counts at a time that may be over after this.
    this.#counter.flush();
    this.#counter.mustLive();
    const nowMs = this.#counter.nowMs();
    const { viewers, day, days, ...kept } = report;
    const known = this.#others.get(report.shard);
    const isAnother = known !== undefined && kept.sinceMs !== (known.report.sinceMs ?? 0);
    const sketch = HyperLogLog.decode(viewers);
    let begun = NOTHING_FOLDED;
    if (known === undefined && kept.sinceMs < this.#base.readMs) {
      // The shard outlived the root and is part of the base; from now on its own reports count it.
      this.#addToBase({ views: -kept.views, watchMs: -kept.watchMs, viewers: -sketch.estimate() });
      begun = { minuteMs: startOf(nowMs, 'minute'), hourMs: startOf(nowMs, 'hour') };
    } else if (isAnother) {
      // The shard has begun with nothing: what it had told before stays counted. Its viewers are in the union.
      this.#fold();
      this.#addToBase({ ...known.report, viewers: 0 });
    }
    const folded = known?.folded ?? begun;
    this.#counter.state.unite(sketch, day === null ? days : [...days, day]);
    // Two reports on their way may overtake each other: totals only grow.
    const isOlder = known !== undefined && !isAnother && kept.watchMs < known.report.watchMs;
    const current = isOlder ? known.report : kept;
    this.#others.set(report.shard, { report: current, folded, receivedMs: nowMs });
    if (known === undefined || isAnother || known.report.isIdle || current.isIdle) {
      this.#series.saveShard(report.shard, folded, current);
    }
    if (current.isIdle || days.length > 0) {
      // After a restart an idle shard is not asked again, and each keeps the viewers of days that are over until they are taken.
      this.#counter.store.snapshot(this.#counter.state);
    }
    this.observe(nowMs);
    return { folded, intervalMs: Math.max(MIN_REPORT_MS, this.#others.size * REPORT_MS_PER_SHARD) };
  }

  /** Notes how many watch in all shards at this moment. A single shard's own tallies know. */
  observe(nowMs: number): void {
    const watching = this.#others.size === 0 ? 0 : this.watching(nowMs);
    if (watching > 0) {
      this.#counter.state.raisePeak(watching, nowMs);
    }
  }

  watching(nowMs: number): number {
    let count = this.#counter.state.watching.count(tickOf(nowMs));
    for (const { report, receivedMs } of this.#others.values()) {
      // A shard that has gone silent has nobody left who fetches, or tells so soon.
      count += nowMs - receivedMs <= GOES_ON_MS ? report.watching : 0;
    }
    return count;
  }

  async live(): Promise<LiveViews> {
    await this.#catchUp();
    const { totals, viewers } = this.#counter.state;
    const all = [this.#base, totals, ...Array.from(this.#others.values(), ({ report }) => report)];
    const sumOf = (number: 'views' | 'watchMs') => all.reduce((sum, each) => sum + each[number], 0);
    return {
      ...{ views: sumOf('views'), watchMs: sumOf('watchMs'), watching: this.watching(this.#counter.nowMs()) },
      viewers: this.#base.viewers + viewers.estimate(),
    };
  }

  async points(query: SeriesQuery): Promise<SeriesPoint[]> {
    await this.#catchUp();
    return this.#series.points(query, this.#running(query.resolution), this.#counter.nowMs());
  }

  /** What is not in the series, and the days that the catalog had. */
  #running(resolution: Resolution): PointPart[] {
    const { minutes, hours, days } = this.#counter.state;
    const others = [...this.#others.values()];
    if (resolution === 'minute') {
      return [...minutes, ...others.flatMap((each) => newMinutes(each, each.report.minute))];
    }
    const parts = [...hours.map(splitTally), ...others.flatMap((each) => newHours(each, each.report.hour))];
    return resolution === 'hour'
      ? parts
      : [...parts, ...days, ...this.#base.days.map(({ viewers, ...tally }) => ({ ...tally, viewersBefore: viewers }))];
  }

  /** So that what was shown before a restart is not followed by less. A shard that does not answer is as it was stored. */
  async #catchUp(): Promise<void> {
    const reports = await this.#ask(this.#restless, (shard) => shard.pull().catch(() => null));
    for (const report of reports.filter((each) => each !== null)) {
      this.take(report);
    }
    this.#restless = [];
  }

  /** When its alarm rings: stores what is known of other shards, drops old points, and copies the numbers to the catalog. */
  async lookAfter(assetId: string): Promise<Copied> {
    await this.#catchUp();
    this.#counter.mustLive();
    const { minutes, hours } = this.#counter.state;
    const hasNew = [...this.#others.values()].some((each) => newHours(each).length > 0);
    if (minutes.length > FOLD_MINUTES || hours.length > FOLD_HOURS || hasNew) {
      this.#fold();
    }
    const inUse = [...this.#others].filter(([, { report }]) => !report.isIdle);
    for (const [shard, { folded, report }] of inUse) {
      this.#series.saveShard(shard, folded, report);
    }
    if (inUse.length > 0) {
      // The viewers and peaks of all.
      this.#counter.store.snapshot(this.#counter.state);
    }
    this.#series.prune(this.#counter.nowMs());
    return this.#copy(assetId);
  }

  /**
   * After a batch is stored: the copy that is due, or null. Erasures, rankings and a root that begins with nothing rely on the
   * catalog, so nothing is acknowledged that it has not heard of for IN_CATALOG_MS (`isAwaited`). Others are tried again.
   */
  dueCopy(assetId: string): { copy: Promise<Copied>; isAwaited: boolean } | null {
    const isAwaited = this.#isUnknown(this.#counter.nowMs());
    const isDue = this.#copiedBeforeMs !== null && this.#counter.nowMs() >= this.#copyAgainMs;
    if (!isAwaited && !isDue) {
      return null;
    }
    this.#copying ??= this.#copy(assetId).finally(() => {
      this.#copying = null;
    });
    return { copy: this.#copying, isAwaited };
  }

  async #copy(assetId: string): Promise<Copied> {
    const { state } = this.#counter;
    const nowMs = this.#counter.nowMs();
    const today = startOf(nowMs, 'day');
    // Those before today are copied once a day.
    const hasDays = (this.#copiedBeforeMs ?? state.copiedMs) < today;
    const range = { fromMs: hasDays ? 0 : today, toMs: today + DAY_MS };
    const days = await this.points({ ...range, resolution: 'day', by: null });
    const live = await this.live();
    const copied = await rollUp(this.#catalog, { assetId, live, days, hasDays, nowMs });
    this.#counter.mustLive();
    this.#copyAgainMs = nowMs + COPY_AGAIN_MS;
    if (copied === 'copied') {
      const wasUnknown = this.#isUnknown(nowMs);
      state.copiedMs = nowMs;
      this.#copiedBeforeMs = null;
      if (wasUnknown) {
        // Stored at once: else an object that is evicted before its next batch would wait for the catalog again.
        this.#counter.store.snapshot(state);
      }
    }
    return copied;
  }
}

/** What is not in the series yet, and what still runs. */
const newMinutes = ({ folded, report }: Reported, running: Tally | null = null): Tally[] =>
  [...report.minutes, ...(running ? [running] : [])].filter(({ startMs }) => startMs > folded.minuteMs);
const newHours = ({ folded, report }: Reported, running: SplitTally | null = null): SplitTally[] =>
  [...report.hours, ...(running ? [running] : [])].filter(({ startMs }) => startMs > folded.hourMs);
