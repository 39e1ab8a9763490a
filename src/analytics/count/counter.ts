/**
 * A shard in memory: its state, and where it is stored. A batch changes the state when it comes and is acknowledged when its
 * row is written; the platform's output gate holds answers until rows are durable. Live numbers may be ahead of storage by
 * PAUSE_MS, acknowledgements never. If a write fails, this object is useless and is built anew from storage.
 */
import type { Batch, ShardWindow } from '../facts.ts';
import { CounterStore } from './counter-store.ts';
import type { ShardState } from './shard-state.ts';
import { ShardLoad, windowFor } from './shard-window.ts';

/** An asset has few hashes of a viewer within the life of a session. */
const MAX_FORGET = 1_000;
/** A full shard looks no more often for sessions that are over: the search passes all of them. */
const SEARCH_EVERY_MS = 10_000;
const VIEWER_HASH = /^[0-9a-f]{16}$/;
/** Where more come per second, they share a row. An object awake costs 1.6 rows a second (docs/operations/costs.md). */
const BUSY_BATCHES = 3;
const PAUSE_MS = 250;
/** A row holds 2 MB; with the last batch (MAX_BATCH_BYTES) it stays below. */
const MAX_ROW_BYTES = 1024 * 1024;

type CounterHooks = {
  viewMs: () => number;
  /** Before the state is stored. */
  committing: (nowMs: number) => void;
  /** In the same turn, after it: what is written here is stored with it. */
  committed: (nowMs: number) => void;
  /** Memory and storage may differ: this object must not be used any more. */
  failed: (error: unknown) => void;
};

export class Counter {
  readonly store: CounterStore;
  readonly state: ShardState;
  readonly #storage: DurableObjectStorage;
  readonly #hooks: CounterHooks;
  readonly #load = new ShardLoad();
  #searchedMs = 0;
  #isDead = false;
  /** Applied and not stored yet. They count at the time at which the first of them came, as a replay of their row counts them. */
  #texts: string[] = [];
  #bytes = 0;
  #atMs = 0;
  #waiting: PromiseWithResolvers<void>[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(storage: DurableObjectStorage, hooks: CounterHooks) {
    this.#storage = storage;
    this.store = new CounterStore(storage.sql);
    this.state = this.store.load();
    this.#hooks = hooks;
  }

  /** Resolves when the batch is stored. */
  async take(text: string, { batch, events }: { batch: Batch; events: number }): Promise<'recorded' | 'full'> {
    const nowMs = this.nowMs();
    this.#load.note(events, nowMs);
    try {
      if (!this.state.hasRoomFor(batch) && !(this.#makeRoom(nowMs) && this.state.hasRoomFor(batch))) {
        return 'full';
      }
      this.mustLive();
      this.#atMs = this.#texts.length === 0 ? nowMs : this.#atMs;
      if (this.state.apply(batch, this.#atMs, this.#hooks.viewMs())) {
        this.#texts.push(text);
        this.#bytes += text.length;
      } else if (this.#texts.length === 0) {
        return 'recorded';
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    const stored = Promise.withResolvers<void>();
    this.#waiting.push(stored);
    if (this.#bytes >= MAX_ROW_BYTES || this.#load.rates(nowMs).requestsPerSecond < BUSY_BATCHES) {
      this.flush();
    } else {
      this.#timer ??= setTimeout(() => this.flush(), PAUSE_MS);
    }
    await stored.promise;
    return 'recorded';
  }

  /** The shard's own time, which never goes back. */
  nowMs(): number {
    return Math.max(Date.now(), this.state.clockMs);
  }

  /** Where new sessions are to go. */
  windowFor(shard: number): ShardWindow {
    return windowFor(shard, { ...this.#load.rates(this.nowMs()), fullness: this.state.fullness });
  }

  /** Stores at once what waits. Before the state's time is advanced: what waits counts at a time that is over then. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#texts.length === 0) {
      return;
    }
    const texts = this.#texts;
    this.#texts = [];
    this.#bytes = 0;
    try {
      const nowMs = this.nowMs();
      this.#hooks.committing(nowMs);
      if (this.state.isSmall) {
        this.state.prune(this.#atMs);
      }
      this.#storage.transactionSync(() => this.store.store(this.state, texts, this.#atMs, this.#hooks.viewMs()));
      this.#hooks.committed(nowMs);
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const { resolve } of this.#waiting.splice(0)) {
      resolve();
    }
  }

  /** Throws where a write has failed: what is in memory must be neither stored nor used any more. */
  mustLive(): void {
    if (this.#isDead) {
      throw new Error('the counter is read from storage again');
    }
  }

  #fail(error: unknown): void {
    this.#isDead = true;
    clearTimeout(this.#timer);
    this.#texts = [];
    this.#hooks.failed(error);
    for (const { reject } of this.#waiting.splice(0)) {
      reject(error);
    }
  }

  /** Whether sessions were forgotten. A replay without this forgets them too, by the clock. */
  #makeRoom(nowMs: number): boolean {
    if (nowMs - this.#searchedMs < SEARCH_EVERY_MS) {
      return false;
    }
    this.#searchedMs = nowMs;
    this.flush();
    return this.state.prune(nowMs);
  }

  /** At each alarm: forgets sessions that are over. If nobody is watching, deletes the batches too, since they name viewers. */
  settle(nowMs: number): void {
    const hasForgotten = this.state.prune(nowMs);
    if (this.state.watching.count() === 0 && (hasForgotten || this.store.hasLog)) {
      this.store.snapshotAndClearLog(this.state);
    }
  }

  /** Returns how many sessions batches here tied to one of the viewers. Afterwards no row does. */
  forgetViewers(viewers: readonly string[]): number {
    if (viewers.length > MAX_FORGET || !viewers.every((viewer) => VIEWER_HASH.test(viewer))) {
      throw new TypeError('not hashes of viewers');
    }
    this.flush();
    this.mustLive();
    const found = this.store.sessionsOf(viewers).size;
    if (found > 0 || this.store.snapshotNames(viewers)) {
      this.store.snapshotAndClearLog(this.state);
    }
    return found;
  }
}
