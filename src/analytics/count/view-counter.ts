/**
 * ViewCounter: the Durable Object of one shard of an asset's views. A thin shell: counter.ts takes batches, asset-totals.ts
 * is what shard 0 knows besides, shard-reporter.ts tells it. Objects of one asset: counterName() in facts.ts.
 *
 * Cost, worked out from the price list: a batch is a request ($0.15 a million) and at most a row ($1 a million); where
 * more than four batches a second arrive, four rows a second. Every 128 rows there is a snapshot of one row for each 1.5 MB
 * of state, every minute of use an alarm and a handful of rows. Nothing is written, and nothing wakes, while nobody watches.
 */

import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { Alarm } from '../../platform/alarm.ts';
import { log } from '../../platform/log.ts';
import {
  counterName,
  type LiveViews,
  type RecordAnswer,
  type Retention,
  type SeriesPoint,
  type SeriesQuery,
  type ViewCounterApi,
} from '../facts.ts';
import { AssetTotals } from './asset-totals.ts';
import { parseBatch } from './batch.ts';
import { Counter } from './counter.ts';
import { makeReport, type ReportAnswer, type ShardReport } from './shard-report.ts';
import { ShardReporter } from './shard-reporter.ts';
import { windowFor } from './shard-window.ts';
import { type Sibling, siblingsOf } from './siblings.ts';
import { tickOf } from './watching.ts';

/** How often a counter in use looks after itself: folds, copies to the catalog. */
export const ALARM_MS = 60_000;
/** A shard that the root has not heard of for so long tells it before it acknowledges. */
const TELL_MS = 24 * 3_600_000;
export type ViewCounterEnv = { VIEWS: DurableObjectNamespace<ViewCounter>; CATALOG: D1Database };
/** `sinceMs`: when it began with nothing; counters that are older than this field have none. */
type Identity = { assetId: string; shard: number; sinceMs?: number };
/** All that is read from storage. */
type Opened = { counter: Counter; totals: AssetTotals; identity: Identity | null };

export class ViewCounter extends DurableObject<ViewCounterEnv> implements ViewCounterApi, Sibling {
  #opened: Opened;
  readonly #reporter = new ShardReporter({ report: () => this.#sendReport(false), wait: (ms) => scheduler.wait(ms) });
  /** Since the last alarm. */
  #hasChanged = false;
  readonly #alarm: Alarm;
  /** The last time that it was set: before it is, nothing is acknowledged. */
  #waking: Promise<void> = Promise.resolve();
  /** Of a shard: when the root was last told, in this life. */
  #toldMs = 0;

  constructor(context: DurableObjectState, env: ViewCounterEnv) {
    super(context, env);
    this.#alarm = new Alarm(context.storage);
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
    const note = counter.store.note('counter');
    const identity: Identity | null = note === null ? null : JSON.parse(note);
    if (identity?.shard === 0) {
      totals.foldOwn();
    }
    return { counter, totals, identity };
  }

  /** Storage has undone what it could not do, memory has not: it is read again. Whoever was refused sends again. */
  #startOver(error: unknown): void {
    log.error({ event: 'views_not_stored', reason: String(error) });
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
    if (!(await this.#isMine({ assetId, shard }))) {
      return { outcome: 'invalid', reason: 'addressed to another counter' };
    }
    const outcome = await this.#opened.counter.take({ text: batchJson, ...parsed });
    if (outcome === 'recorded') {
      await this.#waking;
      await this.#makeKnown({ assetId, shard });
    }
    return { outcome, window: windowFor(shard, this.#opened.counter.load()) };
  }

  /** The first who asks says which counter this is; it begins with what the catalog has of it. */
  async #isMine({ assetId, shard }: Identity): Promise<boolean> {
    const { name } = this.ctx.id;
    if (name !== undefined && name !== counterName(assetId, shard)) {
      return false;
    }
    if (this.#opened.identity === null && shard === 0) {
      await this.#opened.totals.readBase(assetId);
    }
    const { counter, totals } = this.#opened;
    if (this.#opened.identity === null) {
      this.#opened.identity = { assetId, shard, sinceMs: counter.nowMs() };
      counter.store.setNote('counter', JSON.stringify(this.#opened.identity));
      totals.saveBase();
    }
    const { identity } = this.#opened;
    return identity.assetId === assetId && identity.shard === shard;
  }

  get #mustTell(): boolean {
    return this.#opened.counter.nowMs() - this.#toldMs > TELL_MS;
  }

  /** Makes this counter findable: the root by the catalog, a shard by the root. Throws if that fails. */
  async #makeKnown({ assetId, shard }: Identity): Promise<void> {
    if (shard !== 0) {
      if (this.#mustTell) {
        await this.#sendReport(false);
      }
      return;
    }
    const done = await this.#opened.totals.makeKnown(assetId);
    if (done === 'gone') {
      // Facts came in after the asset had been deleted and its counters cleared.
      await this.clear();
    } else if (done === 'failed') {
      throw new Error('the catalog cannot be told of this counter');
    }
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
    this.#noteChange();
    if (this.#isRoot) {
      this.#opened.totals.committed(nowMs);
    } else if (!this.#mustTell) {
      this.ctx.waitUntil(this.#reporter.changed());
    }
  }

  #noteChange(): void {
    this.#hasChanged = true;
    this.#waking = this.#alarm.setBy(Date.now() + ALARM_MS);
    this.ctx.waitUntil(this.#waking);
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
    const { counter, identity } = this.#opened;
    // Null: cleared meanwhile, since the asset is gone.
    this.#toldMs = identity === null ? 0 : counter.nowMs();
    counter.state.dropFinished(answer.folded, days);
    return answer;
  }

  #makeReport(isIdle: boolean): ShardReport {
    const { counter } = this.#opened;
    const nowMs = counter.nowMs();
    counter.advance(nowMs);
    return makeReport(counter.state, { sinceMs: 0, ...this.#identity(), isIdle }, nowMs);
  }

  /** To the root, from a shard. */
  async report(report: ShardReport): Promise<ReportAnswer> {
    if (report.shard === 0 || !(await this.#isMine({ assetId: report.assetId, shard: 0 }))) {
      throw new TypeError('a report to the wrong counter');
    }
    this.#noteChange();
    const answer = this.#opened.totals.take(report);
    await this.#waking;
    await this.#makeKnown({ assetId: report.assetId, shard: 0 });
    return answer;
  }

  /** To a shard, from the root that was restarted. Null: nothing has been counted here. */
  async pull(): Promise<ShardReport | null> {
    return this.#opened.identity === null ? null : this.#makeReport(false);
  }

  async live(): Promise<LiveViews> {
    return (await this.#totals()).live();
  }

  async series(query: SeriesQuery): Promise<SeriesPoint[]> {
    return (await this.#totals()).points(query);
  }

  /** Also of a root that has counted nothing yet: it shows what the catalog has, and stores nothing. */
  async #totals(): Promise<AssetTotals> {
    const { name } = this.ctx.id;
    if (this.#opened.identity === null && name !== undefined) {
      await this.#opened.totals.readBase(name);
    }
    return this.#opened.totals;
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
    this.#toldMs = 0;
    this.#hasChanged = false;
  }

  override async alarm(): Promise<void> {
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
      await this.#alarm.setBy(Date.now() + ALARM_MS);
      return;
    }
    const times = [counter.state.book.forgetAtMs('last'), this.#isRoot ? totals.prune(nowMs) : null];
    const nextMs = Math.min(...times.map((ms) => ms ?? Infinity));
    if (Number.isFinite(nextMs)) {
      await this.#alarm.setBy(Date.now() + Math.max(nextMs - nowMs, ALARM_MS));
    }
  }

  async #tellRoot(isIdle: boolean): Promise<'done' | 'failed'> {
    try {
      await this.#sendReport(isIdle);
      return this.#opened.counter.state.hasFinished ? 'failed' : 'done';
    } catch (error) {
      log.warn({ event: 'views_unreported', reason: String(error) });
      return 'failed';
    }
  }
}
