/**
 * The root's part of a counter: root.ts with its storage, its own shard, the other ones to ask, and the catalog. The
 * caller sets the alarm.
 */

import type { LiveViews, Retention, SeriesPoint, SeriesQuery } from '../facts.ts';
import { type Base, NO_BASE, readBase } from './base.ts';
import type { Counter } from './counter.ts';
import { sumRetention } from './retention-counts.ts';
import { Root } from './root.ts';
import { type CatalogEnv, type Copied, copyToCatalog, isInCatalog, retainOf } from './root-copy.ts';
import type { ReportAnswer, ShardReport } from './shard-report.ts';
import type { Sibling } from './siblings.ts';
import { Series } from './view-series.ts';

/** Other shards of this asset, a few at a time. */
export type Ask = <R>(shards: number[], call: (shard: Sibling) => Promise<R>) => Promise<R[]>;

export class AssetTotals {
  readonly #env: CatalogEnv;
  readonly #counter: Counter;
  readonly #series: Series;
  readonly #root: Root;
  readonly #ask: Ask;
  /** After a restart: shards that may have counted more than is stored here. */
  #restless: number[];
  #reading: Promise<Base> | null = null;
  #copying: Promise<Copied> | null = null;

  constructor(env: CatalogEnv, sql: SqlStorage, counter: Counter, ask: Ask) {
    const { store } = counter;
    this.#env = env;
    this.#counter = counter;
    this.#ask = ask;
    this.#series = new Series(sql);
    this.#root = new Root(this.#series, {
      viewers: store.note('viewers'),
      base: store.note('base'),
    });
    this.#restless = this.#root.restlessShards();
  }

  /** Before the first fact, and before a root that has none is asked: what the catalog has is gone on from. */
  async readBase(assetId: string): Promise<void> {
    const nowMs = this.#counter.nowMs();
    this.#reading ??= readBase(this.#env.CATALOG, assetId, nowMs, retainOf(this.#env).daysMs);
    try {
      const base = await this.#reading;
      // Others who waited for it may have counted on from it by now.
      this.#root.base = this.#root.base === NO_BASE ? base : this.#root.base;
    } catch (error) {
      this.#reading = null;
      throw error;
    }
  }

  /** With the first fact, in its transaction. */
  saveBase(): void {
    if (this.#root.base !== NO_BASE) {
      this.#counter.store.setNote('base', JSON.stringify(this.#root.base));
    }
  }

  /** What is over of the root's own shard, also after a restart: the series knows what it has. */
  foldOwn(): void {
    const { state } = this.#counter;
    if (state.hasFinished) {
      this.#root.foldOwn(state);
    }
  }

  /** In the turn in which batches are stored. */
  committed(nowMs: number): void {
    this.foldOwn();
    this.#root.observe(this.#counter.state, nowMs);
  }

  take(report: ShardReport): ReportAnswer {
    const { base } = this.#root;
    const answer = this.#root.take(report, this.#counter.state, this.#counter.nowMs());
    if (this.#root.base !== base) {
      this.saveBase();
    }
    return answer;
  }

  async live(): Promise<LiveViews> {
    await this.#catchUp();
    return this.#root.live(this.#counter.state, this.#counter.nowMs());
  }

  async points(query: SeriesQuery): Promise<SeriesPoint[]> {
    await this.#catchUp();
    return this.#root.points(query, this.#counter.state, retainOf(this.#env), this.#counter.nowMs());
  }

  async retention(version: string | null): Promise<Retention | null> {
    const others = await this.#ask(this.#root.reportedShards(), (shard) => shard.retentionHere(version));
    return sumRetention([this.#counter.state.book.retention(version), ...others]);
  }

  async forgetViewer(hashes: string[]): Promise<number> {
    const found = await this.#ask(this.#root.reportedShards(), (shard) => shard.forgetViewerHere(hashes));
    return found.reduce((sum, one) => sum + one, 0);
  }

  async clearOthers(): Promise<void> {
    await this.#ask(this.#root.reportedShards(), (shard) => shard.clearHere());
  }

  /** So that what was shown before a restart is not followed by less. A shard that does not answer is as it was stored. */
  async #catchUp(): Promise<void> {
    if (this.#restless.length === 0) {
      return;
    }
    const reports = await this.#ask(this.#restless, (shard) => shard.pull().catch(() => null));
    for (const report of reports) {
      if (report !== null) {
        this.take(report);
      }
    }
    this.#restless = [];
  }

  /** The root's minute: what is over goes to the series, what is too old goes, the catalog gets its copy. */
  async lookAfter(assetId: string, nowMs: number): Promise<Copied> {
    const { store } = this.#counter;
    this.foldOwn();
    await this.#catchUp();
    const viewers = this.#root.saveAll();
    if (viewers !== null) {
      store.setNote('viewers', viewers);
    }
    this.prune(nowMs);
    return await this.#copy(assetId, nowMs);
  }

  #copy(assetId: string, nowMs: number): Promise<Copied> {
    const { state, store } = this.#counter;
    return copyToCatalog(this.#env, { assetId, store, root: this.#root, state, nowMs });
  }

  /**
   * Before facts are acknowledged: an erasure, a ranking and a root that begins with nothing go by what the catalog knows.
   * Mostly that is there; an asset that is new, or was not watched for a day, is copied at once.
   */
  async makeKnown(assetId: string): Promise<Copied> {
    const nowMs = this.#counter.nowMs();
    if (isInCatalog(this.#counter.store, nowMs)) {
      return 'copied';
    }
    this.#copying ??= this.#copy(assetId, nowMs).finally(() => {
      this.#copying = null;
    });
    return await this.#copying;
  }

  /** Returns when there will be something to prune again. */
  prune(nowMs: number): number | null {
    return this.#series.prune(nowMs, retainOf(this.#env));
  }
}
