/**
 * ViewCounter: the Durable Object of one shard of an asset's views. counter.ts takes batches, root.ts is what shard 0 knows
 * besides. A batch costs a request and at most a row; an alarm copies the numbers to the catalog, each minute of a busy asset
 * and each hour of a quiet one (docs/operations/costs.md). While nobody watches, nothing is written or wakes.
 */
import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { Alarm } from '../../platform/alarm.ts';
import { inGroups } from '../../platform/at-once.ts';
import { log } from '../../platform/log.ts';
import type { LiveViews, RecordAnswer, Retention, SeriesPoint, SeriesQuery, ViewCounterApi } from '../facts.ts';
import { COPY_MS, counterName } from '../facts.ts';
import { parseBatch } from './batch.ts';
import { Counter } from './counter.ts';
import { Root } from './root.ts';
import { type StoredFilm, sumRetention } from './session-book.ts';
import { makeReport, type ReportAnswer, type ShardReport, type Sibling } from './shard-report.ts';

/** How long after its first batch a busy counter looks after itself; a quiet one after COPY_MS. */
export const ALARM_MS = 60_000;
/** With so many watching, rankings of today and of all time are to be a minute old. */
export const BUSY_WATCHING = 20;
/** A shard that the root has not heard of for so long tells it before it acknowledges. */
const TELL_MS = 24 * 3_600_000;
/** After a report that failed. */
const REPORT_AGAIN_MS = 500;
/** An asset has up to 4,096 shards: answers of all at once would fill the memory. */
const SHARDS_AT_ONCE = 32;

export type ViewCounterEnv = { VIEWS: DurableObjectNamespace<ViewCounter>; CATALOG: D1Database };
/** `sinceMs`: when it began with nothing; counters of earlier releases have none. */
type Identity = { assetId: string; shard: number; sinceMs?: number };
/** All that is read from storage. */
type Opened = { counter: Counter; root: Root; identity: Identity | null };

export class ViewCounter extends DurableObject<ViewCounterEnv> implements ViewCounterApi, Sibling {
  #opened: Opened;
  readonly #alarm: Alarm;
  /** The last setting of the alarm: nothing is acknowledged before it is done. */
  #waking: Promise<void> = Promise.resolve();
  /** Of a shard: when the root was last told, since this object was made. */
  #toldMs = 0;
  /** Of a shard: whether the root does not know the latest, and whether it is being told. */
  #hasNews = false;
  #isTelling = false;

  constructor(context: DurableObjectState, env: ViewCounterEnv) {
    super(context, env);
    this.#alarm = new Alarm(context.storage);
    this.#opened = this.#open();
  }

  #open(): Opened {
    const counter = new Counter(this.ctx.storage, {
      viewMs: () => configOf(this.env).VIEW_SECONDS * 1000,
      committing: (nowMs) => this.#opened.root.committing(nowMs),
      committed: (nowMs) => {
        this.#noteChange();
        this.#opened.root.observe(nowMs);
      },
      failed: (error) => this.#startOver(error),
    });
    const root = new Root(this.env, counter, (shards, call) => this.#ask(shards, call));
    const note = counter.store.note('counter');
    return { counter, root, identity: note === null ? null : JSON.parse(note) };
  }

  /** Storage has undone what failed, memory has not: it is read again. */
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
      return { outcome: 'invalid', ...parsed };
    }
    const { assetId, shard } = parsed.batch;
    if (!(await this.#isMine({ assetId, shard }))) {
      return { outcome: 'invalid', reason: 'addressed to another counter' };
    }
    const taken = this.#opened.counter.take(batchJson, parsed);
    if (shard !== 0 && !this.#mustTell) {
      this.ctx.waitUntil(this.#tellSoon());
    }
    const outcome = await taken;
    if (outcome === 'recorded') {
      await this.#waking;
      await this.#makeKnown({ assetId, shard });
    }
    return { outcome, window: this.#opened.counter.windowFor(shard) };
  }

  /** The first call says which counter this is; it begins with what the catalog has of it. */
  async #isMine({ assetId, shard }: Identity): Promise<boolean> {
    if ((this.ctx.id.name ?? counterName(assetId, shard)) !== counterName(assetId, shard)) {
      return false;
    }
    if (this.#opened.identity === null && shard === 0) {
      await this.#opened.root.readBase(assetId);
    }
    const { counter, root } = this.#opened;
    if (this.#opened.identity === null) {
      this.#opened.identity = { assetId, shard, sinceMs: counter.nowMs() };
      counter.store.setNote('counter', JSON.stringify(this.#opened.identity));
      root.saveBase();
    }
    const { identity } = this.#opened;
    return identity.assetId === assetId && identity.shard === shard;
  }

  get #mustTell(): boolean {
    return this.#opened.counter.nowMs() - this.#toldMs > TELL_MS;
  }

  /** Makes this counter findable: the root by the catalog, a shard by the root. Throws if that fails. */
  async #makeKnown({ assetId, shard }: Identity): Promise<void> {
    if (shard !== 0 && this.#mustTell) {
      await this.#sendReport(false);
    }
    const due = shard === 0 ? this.#opened.root.dueCopy(assetId) : null;
    if (due === null) {
      return;
    }
    const done = due.copy.then(async (copied) => {
      if (copied === 'gone') {
        // Facts came in after the asset had been deleted and its counters cleared.
        await this.clear();
      } else if (copied === 'failed' && due.isAwaited) {
        throw new Error('the catalog cannot be told of this counter');
      }
    });
    this.ctx.waitUntil(done);
    await (due.isAwaited ? done : null);
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

  #noteChange(): void {
    const { counter, root } = this.#opened;
    const isBusy = !this.#isRoot || root.watching(counter.nowMs()) >= BUSY_WATCHING;
    this.#waking = this.#alarm.setBy(Date.now() + (isBusy ? ALARM_MS : COPY_MS));
    this.ctx.waitUntil(this.#waking);
  }

  #sibling(shard: number): Sibling {
    const { VIEWS } = this.env;
    const id = VIEWS.idFromName(counterName(this.#identity().assetId, shard));
    // The stub's own type changes tuples and byte arrays into similar types.
    return VIEWS.get(id) as unknown as Sibling;
  }

  #ask<R>(shards: readonly number[], call: (shard: Sibling) => Promise<R>): Promise<R[]> {
    return inGroups(shards, SHARDS_AT_ONCE, (shard) => call(this.#sibling(shard)));
  }

  /** Tells the root what has changed, as often as it wishes, until it knows the latest. The next report makes up for a lost one. */
  async #tellSoon(): Promise<void> {
    this.#hasNews = true;
    while (this.#hasNews && !this.#isTelling) {
      this.#hasNews = false;
      this.#isTelling = true;
      const answer = await this.#tryReport(false);
      await scheduler.wait(answer?.intervalMs ?? REPORT_AGAIN_MS);
      this.#isTelling = false;
    }
  }

  #tryReport(isIdle: boolean): Promise<ReportAnswer | null> {
    return this.#sendReport(isIdle).catch((error) => {
      log.warn({ event: 'views_unreported', reason: String(error) });
      return null;
    });
  }

  async #sendReport(isIdle: boolean): Promise<ReportAnswer> {
    const report = this.#makeReport(isIdle);
    const { days } = this.#opened.counter.state.over;
    const answer = await this.#sibling(0).report(report);
    const { counter, identity } = this.#opened;
    // Null: cleared meanwhile, since the asset is gone.
    this.#toldMs = identity === null ? 0 : counter.nowMs();
    counter.state.drop(answer.folded, days);
    return answer;
  }

  #makeReport(isIdle: boolean): ShardReport {
    this.#opened.counter.flush();
    const { counter } = this.#opened;
    counter.state.advance(counter.nowMs());
    return makeReport(counter.state, { sinceMs: 0, ...this.#identity(), isIdle });
  }

  /** To the root, from a shard. */
  async report(report: ShardReport): Promise<ReportAnswer> {
    if (report.shard === 0 || !(await this.#isMine({ assetId: report.assetId, shard: 0 }))) {
      throw new TypeError('a report to the wrong counter');
    }
    this.#noteChange();
    const answer = this.#opened.root.take(report);
    await this.#waking;
    await this.#makeKnown({ assetId: report.assetId, shard: 0 });
    return answer;
  }

  /** To a shard, from the root that was restarted. Null: nothing has been counted here. */
  async pull(): Promise<ShardReport | null> {
    return this.#opened.identity === null ? null : this.#makeReport(false);
  }

  async live(): Promise<LiveViews> {
    return (await this.#root()).live();
  }

  async series(query: SeriesQuery): Promise<SeriesPoint[]> {
    return (await this.#root()).points(query);
  }

  /** A root that has counted nothing yet shows what the catalog has, and stores nothing. */
  async #root(): Promise<Root> {
    const { name } = this.ctx.id;
    if (this.#opened.identity === null && name !== undefined) {
      await this.#opened.root.readBase(name);
    }
    return this.#opened.root;
  }

  async retention(version: string | null): Promise<Retention | null> {
    const others = await this.#ask(this.#opened.root.shards, (shard) => shard.retentionHere(version));
    return sumRetention([...(await this.retentionHere(version)), ...others.flat()]);
  }

  async retentionHere(version: string | null): Promise<StoredFilm[]> {
    return this.#opened.counter.state.book.storedFilms(version);
  }

  async forgetViewer(hashes: string[]): Promise<number> {
    const here = await this.forgetViewerHere(hashes);
    const others = await this.#ask(this.#opened.root.shards, (shard) => shard.forgetViewerHere(hashes));
    return others.reduce((sum, found) => sum + found, here);
  }

  async forgetViewerHere(hashes: string[]): Promise<number> {
    return this.#opened.counter.forgetViewers(hashes);
  }

  async clear(): Promise<void> {
    await this.#ask(this.#opened.root.shards, (shard) => shard.clearHere());
    await this.clearHere();
  }

  async clearHere(): Promise<void> {
    this.#opened.counter.flush();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#opened = this.#open();
    this.#toldMs = 0;
  }

  override async alarm(): Promise<void> {
    this.#opened.counter.flush();
    const { counter, identity, root } = this.#opened;
    if (identity === null) {
      return;
    }
    const nowMs = counter.nowMs();
    counter.state.advance(nowMs);
    const isIdle = counter.state.watching.count() === 0;
    counter.settle(nowMs);
    const done = this.#isRoot ? await root.lookAfter(identity.assetId) : await this.#tryReport(isIdle);
    if (done === 'gone') {
      await this.clear();
    } else if (done === null || done === 'failed' || (!isIdle && (!this.#isRoot || counter.store.hasLog))) {
      await this.#alarm.setBy(Date.now() + ALARM_MS);
    }
  }
}
