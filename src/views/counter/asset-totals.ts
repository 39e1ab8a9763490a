/**
 * The root's part of a counter: root.ts with its storage, its own shard, and the other ones to ask. Whoever calls looks
 * after the alarm.
 */

import type { LiveViews, Retention, SeriesPoint, SeriesQuery, ShardWindow } from '../protocol.ts';
import type { Counter } from './counter.ts';
import type { ReportAnswer, ShardReport } from './report.ts';
import { sumRetention } from './retention.ts';
import { Root } from './root.ts';
import { type CatalogEnv, copyToCatalog, retainOf } from './root-copy.ts';
import { Series } from './series.ts';
import type { Sibling } from './siblings.ts';

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

  constructor(env: CatalogEnv, sql: SqlStorage, counter: Counter, ask: Ask) {
    const { store } = counter;
    this.#env = env;
    this.#counter = counter;
    this.#ask = ask;
    this.#series = new Series(sql);
    this.#root = new Root(this.#series, { window: store.note('window'), viewers: store.note('viewers') });
    this.#restless = this.#root.restlessShards();
  }

  get window(): ShardWindow {
    return this.#root.window;
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
    this.#steer(nowMs, false);
  }

  take(report: ShardReport): ReportAnswer {
    const nowMs = this.#counter.nowMs();
    const answer = this.#root.take(report, this.#counter.state, nowMs);
    this.#steer(nowMs, false);
    return { ...answer, window: this.#root.window };
  }

  #steer(nowMs: number, mayShrink: boolean): void {
    const note = this.#root.steer(this.#counter.load(), nowMs, { mayShrink });
    if (note !== null) {
      this.#counter.store.setNote('window', note);
    }
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
    const found = await this.#ask(this.#root.otherShards(), (shard) => shard.forgetViewerHere(hashes));
    return found.reduce((sum, one) => sum + one, 0);
  }

  async clearOthers(): Promise<void> {
    await this.#ask(this.#root.otherShards(), (shard) => shard.clearHere());
  }

  /** So that what was shown before a restart is not followed by less. A shard that does not answer is as it was stored. */
  async #catchUp(): Promise<void> {
    if (this.#restless.length === 0) {
      return;
    }
    const reports = await this.#ask(this.#restless, (shard) => shard.pull().catch(() => null));
    for (const report of reports) {
      if (report !== null) {
        this.#root.take(report, this.#counter.state, this.#counter.nowMs());
      }
    }
    this.#restless = [];
  }

  /** The root's minute: what is over goes to the series, what is too old goes, the catalog gets its copy. */
  async lookAfter(assetId: string, nowMs: number): Promise<'copied' | 'gone' | 'failed'> {
    const { state, store } = this.#counter;
    this.foldOwn();
    await this.#catchUp();
    const viewers = this.#root.saveAll();
    if (viewers !== null) {
      store.setNote('viewers', viewers);
    }
    this.#steer(nowMs, true);
    this.prune(nowMs);
    return await copyToCatalog(this.#env, { assetId, store, root: this.#root, state, nowMs });
  }

  /** Returns when there will be something to prune again. */
  prune(nowMs: number): number | null {
    return this.#series.prune(nowMs, retainOf(this.#env));
  }
}
