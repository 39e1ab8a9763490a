/**
 * ViewCounter: the Durable Object of one shard of an asset's views. A thin shell: counter.ts takes batches, asset-totals.ts
 * is what shard 0 knows besides, reporter.ts tells it. Objects of one asset: counterName() in protocol.ts.
 *
 * Cost, worked out from the price list: a batch is a request ($0.15 a million) and at most a row ($1 a million); where
 * more than four batches a second arrive, four rows a second. Every 128 rows there is a snapshot of one row for each 1.5 MB
 * of state, every minute of use an alarm and a handful of rows. Nothing is written, and nothing wakes, while nobody watches.
 */
import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import {
  counterName,
  FIRST_WINDOW,
  type LiveViews,
  type RecordAnswer,
  type Retention,
  type SeriesPoint,
  type SeriesQuery,
  type ShardWindow,
  type ViewCounterApi,
} from '../protocol.ts';
import { AssetTotals } from './asset-totals.ts';
import { parseBatch } from './batch.ts';
import { Counter } from './counter.ts';
import { makeReport, type ReportAnswer, type ShardReport } from './report.ts';
import { Reporter } from './reporter.ts';
import { type Sibling, siblingsOf } from './siblings.ts';
import { tickOf } from './watching.ts';

/** How often a counter in use looks after itself: folds, copies to the catalog, steers. */
export const ALARM_MS = 60_000;
export type ViewCounterEnv = { VIEWS: DurableObjectNamespace<ViewCounter>; CATALOG: D1Database };
type Identity = { assetId: string; shard: number };
/** All that is read from storage. */
type Opened = { counter: Counter; totals: AssetTotals; identity: Identity | null; window: ShardWindow };

export class ViewCounter extends DurableObject<ViewCounterEnv> implements ViewCounterApi {
  #opened: Opened;
  readonly #reporter = new Reporter({ report: () => this.#sendReport(false), wait: (ms) => scheduler.wait(ms) });
  /** Since the last alarm. */
  #hasChanged = false;
  /** Null: none, or not known after a restart. Setting one again is a row; a later one that stands is brought forward. */
  #alarmMs: number | null = null;

  constructor(context: DurableObjectState, env: ViewCounterEnv) {
    super(context, env);
    this.#opened = this.#open();
  }

  #open(): Opened {
    const { storage } = this.ctx;
    const counter = new Counter(storage, {
      viewMs: () => configOf(this.env).VIEW_SECONDS * 1000,
      committed: (nowMs) => this.#committed(nowMs),
      failed: (error) => this.#startOver(error),
    });
    const totals = new AssetTotals(this.env, storage.sql, counter, (shards, call) => this.#ask(shards, call));
    const [note, window] = [counter.store.note('counter'), counter.store.note('window')];
    const identity: Identity | null = note === null ? null : JSON.parse(note);
    if (identity?.shard === 0) {
      totals.foldOwn();
    }
    return { counter, totals, identity, window: window === null ? FIRST_WINDOW : JSON.parse(window) };
  }

  /** Storage has undone what it could not do, memory has not: it is read again. Whoever was refused sends again. */
  #startOver(error: unknown): void {
    console.error(JSON.stringify({ event: 'views_not_stored', reason: String(error) }));
    try {
      this.#opened = this.#open();
    } catch (cause) {
      this.ctx.abort(`views cannot be read: ${cause}`);
    }
  }

  async record(batchJson: string): Promise<RecordAnswer> {
    const parsed = parseBatch(batchJson);
    if ('reason' in parsed) {
      return { outcome: 'invalid', reason: parsed.reason };
    }
    const { assetId, shard } = parsed.batch;
    if (!this.#isMine({ assetId, shard })) {
      return { outcome: 'invalid', reason: 'addressed to another counter' };
    }
    const outcome = await this.#opened.counter.take({ text: batchJson, ...parsed });
    const { totals, window } = this.#opened;
    return outcome === 'full' ? { outcome } : { outcome, window: this.#isRoot ? totals.window : window };
  }

  #isMine({ assetId, shard }: Identity): boolean {
    const { name } = this.ctx.id;
    if (name !== undefined && name !== counterName(assetId, shard)) {
      return false;
    }
    const { counter, identity } = this.#opened;
    if (identity === null) {
      this.#opened.identity = { assetId, shard };
      counter.store.setNote('counter', JSON.stringify(this.#opened.identity));
      return true;
    }
    return identity.assetId === assetId && identity.shard === shard;
  }

  get #isRoot(): boolean {
    return (this.#opened.identity?.shard ?? 0) === 0;
  }

  #identity(): Identity {
    const { identity } = this.#opened;
    if (identity === null) {
      throw new TypeError('a counter that has counted nothing');
    }
    return identity;
  }

  /** In the turn in which batches are stored. */
  #committed(nowMs: number): void {
    this.#noteChange(nowMs);
    if (this.#isRoot) {
      this.#opened.totals.committed(nowMs);
    } else {
      this.ctx.waitUntil(this.#reporter.changed());
    }
  }

  #noteChange(nowMs: number): void {
    this.#hasChanged = true;
    this.#wakeBy(nowMs + ALARM_MS);
  }

  #wakeBy(atMs: number): void {
    if (this.#alarmMs === null || this.#alarmMs > atMs) {
      this.#alarmMs = atMs;
      this.ctx.waitUntil(this.ctx.storage.setAlarm(atMs));
    }
  }

  #ask<R>(shards: number[], call: (shard: Sibling) => Promise<R>): Promise<R[]> {
    return shards.length === 0 ? Promise.resolve([]) : siblingsOf(this.env, this.#identity().assetId)(shards, call);
  }

  async #sendReport(isIdle: boolean): Promise<ReportAnswer> {
    const report = this.#makeReport(isIdle);
    const { days } = this.#opened.counter.state.finished;
    const [answer] = await this.#ask([0], (root) => root.report(report));
    if (answer === undefined) {
      throw new TypeError('no answer of the root');
    }
    const { counter, window: known } = this.#opened;
    counter.state.dropFinished(answer.folded, days);
    if (answer.window.from !== known.from || answer.window.count !== known.count) {
      this.#opened.window = answer.window;
      counter.store.setNote('window', JSON.stringify(answer.window));
    }
    return answer;
  }

  #makeReport(isIdle: boolean): ShardReport {
    const { counter } = this.#opened;
    const nowMs = counter.nowMs();
    counter.advance(nowMs);
    return makeReport(counter.state, { ...this.#identity(), load: counter.load(), isIdle }, nowMs);
  }

  /** To the root, from a shard. */
  async report(report: ShardReport): Promise<ReportAnswer> {
    if (report.shard === 0 || !this.#isMine({ assetId: report.assetId, shard: 0 })) {
      throw new TypeError('a report to the wrong counter');
    }
    this.#noteChange(this.#opened.counter.nowMs());
    return this.#opened.totals.take(report);
  }

  /** To a shard, from the root that was restarted. Null: nothing has been counted here. */
  async pull(): Promise<ShardReport | null> {
    return this.#opened.identity === null ? null : this.#makeReport(false);
  }

  live(): Promise<LiveViews> {
    return this.#opened.totals.live();
  }

  series(query: SeriesQuery): Promise<SeriesPoint[]> {
    return this.#opened.totals.points(query);
  }

  retention(version: string | null): Promise<Retention | null> {
    return this.#opened.totals.retention(version);
  }

  /** Of one shard; the root sums up. */
  async retentionHere(version: string | null): Promise<(Retention & { lastSeenMs: number })[]> {
    return this.#opened.counter.state.book.retention(version);
  }

  async forgetViewer(hashes: string[]): Promise<number> {
    return (await this.forgetViewerHere(hashes)) + (await this.#opened.totals.forgetViewer(hashes));
  }

  async forgetViewerHere(hashes: string[]): Promise<number> {
    return this.#opened.counter.forgetViewers(hashes);
  }

  async clear(): Promise<void> {
    await this.#opened.totals.clearOthers();
    await this.clearHere();
  }

  async clearHere(): Promise<void> {
    this.#opened.counter.flush();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#opened = this.#open();
    this.#alarmMs = null;
    this.#hasChanged = false;
  }

  override async alarm(): Promise<void> {
    this.#alarmMs = null;
    const { counter, identity, totals } = this.#opened;
    if (identity === null) {
      return;
    }
    const nowMs = counter.nowMs();
    const isBusy = this.#hasChanged || counter.state.watching.countAt(tickOf(nowMs)) > 0;
    this.#hasChanged = false;
    counter.advance(nowMs);
    counter.settle(nowMs);
    const done = this.#isRoot ? await totals.lookAfter(identity.assetId, nowMs) : await this.#tellRoot(!isBusy);
    if (done === 'gone') {
      // Facts came in after the asset had been deleted and its counters cleared.
      await this.clear();
      return;
    }
    if (isBusy || done === 'failed') {
      this.#wakeBy(nowMs + ALARM_MS);
      return;
    }
    const times = [counter.state.book.forgetAtMs('last'), this.#isRoot ? totals.prune(nowMs) : null];
    const nextMs = Math.min(...times.map((ms) => ms ?? Infinity));
    if (Number.isFinite(nextMs)) {
      this.#wakeBy(Math.max(nextMs, nowMs + ALARM_MS));
    }
  }

  async #tellRoot(isIdle: boolean): Promise<'done' | 'failed'> {
    try {
      await this.#sendReport(isIdle);
      return this.#opened.counter.state.hasFinished ? 'failed' : 'done';
    } catch (error) {
      console.warn(JSON.stringify({ event: 'views_unreported', reason: String(error) }));
      return 'failed';
    }
  }
}
