/**
 * A shard in memory: its state, where it is stored, and neither is ever ahead of the other. A batch changes the state and
 * is written in one turn. If a write fails, this object is useless and is built anew from storage. The platform's output
 * gate holds answers until the rows are durable.
 */

import type { Batch, RecordAnswer, ShardWindow } from '../facts.ts';
import { CommitQueue } from './commit-queue.ts';
import { CounterStore } from './counter-store.ts';
import { CounterTables } from './counter-tables.ts';
import type { ShardState } from './shard-state.ts';
import { ShardLoad, windowFor } from './shard-window.ts';

/** An asset has few hashes of a viewer within the life of a session; more are for many viewers at once. */
const MAX_FORGET = 1_000;
/** A full shard looks no more often for sessions that are over: the search passes all of them. */
const SEARCH_EVERY_MS = 10_000;
const VIEWER_HASH = /^[0-9a-f]{16}$/;

export type TakenBatch = { text: string; batch: Batch; events: number };
type Taken = Exclude<RecordAnswer, { outcome: 'invalid' }>['outcome'];

type CounterHooks = {
  viewMs: () => number;
  /** In the turn of the batches, after they are taken: what is written here is stored with them. */
  committed: (nowMs: number) => void;
  /** Memory and storage may differ: this object must not be used any more. */
  failed: (error: unknown) => void;
};

export class Counter {
  readonly tables: CounterTables;
  readonly store: CounterStore;
  readonly state: ShardState;
  readonly #storage: DurableObjectStorage;
  readonly #hooks: CounterHooks;
  readonly #load = new ShardLoad();
  #searchedMs = 0;
  readonly #queue = new CommitQueue<TakenBatch, Taken>((batches) => this.#commit(batches));

  constructor(storage: DurableObjectStorage, hooks: CounterHooks) {
    this.#storage = storage;
    this.tables = new CounterTables(storage.sql);
    this.store = new CounterStore(this.tables);
    this.state = this.store.load();
    this.#hooks = hooks;
  }

  take(batch: TakenBatch): Promise<Taken> {
    const nowMs = this.nowMs();
    this.#load.note(batch.events, nowMs);
    return this.#queue.add(batch, batch.text.length, nowMs);
  }

  /** The shard's own time, which never goes back. */
  nowMs(): number {
    return Math.max(Date.now(), this.state.clockMs);
  }

  /** Closes what has ended, and stores that it has: it must be closed after a restart as well. */
  advance(nowMs: number): void {
    if (this.state.advance(nowMs)) {
      this.store.setNote('clock', String(nowMs));
    }
  }

  /** Where new sessions are to go. */
  windowFor(shard: number): ShardWindow {
    return windowFor(shard, { ...this.#load.rates(this.nowMs()), fullness: this.state.fullness });
  }

  /** Stores at once what waits. */
  flush(): void {
    this.#queue.flush();
  }

  #commit(batches: TakenBatch[]): Taken[] {
    try {
      const nowMs = this.nowMs();
      const results = this.#storage.transactionSync(() => this.#store(batches, nowMs));
      this.#hooks.committed(nowMs);
      return results;
    } catch (error) {
      this.#hooks.failed(error);
      throw error;
    }
  }

  #store(batches: TakenBatch[], nowMs: number): Taken[] {
    const viewMs = this.#hooks.viewMs();
    const taken: string[] = [];
    const results: Taken[] = [];
    if (this.store.mustSnapshot) {
      this.state.prune(nowMs);
      this.store.snapshot(this.state);
    }
    for (const { text, batch } of batches) {
      const hasRoom = this.state.hasRoomFor(batch) || (this.#makeRoom(nowMs) && this.state.hasRoomFor(batch));
      results.push(hasRoom ? 'recorded' : 'full');
      if (hasRoom) {
        taken.push(text);
        // At once: the next one's question for room takes it into account.
        this.state.apply(batch, nowMs, viewMs);
      }
    }
    if (taken.length > 0) {
      this.store.append(taken, nowMs, viewMs);
    }
    return results;
  }

  /** Whether sessions were forgotten. A replay without this forgets them too, by the clock. */
  #makeRoom(nowMs: number): boolean {
    if (nowMs - this.#searchedMs < SEARCH_EVERY_MS) {
      return false;
    }
    this.#searchedMs = nowMs;
    return this.state.prune(nowMs);
  }

  /** Each minute of use: forgets sessions that are over, and, when none are left, the batches that named them. */
  settle(nowMs: number): void {
    const hasForgotten = this.state.prune(nowMs);
    if (hasForgotten || (this.state.book.sessions.size === 0 && this.store.hasLog)) {
      this.store.snapshotAndClearLog(this.state);
    }
  }

  /** Returns how many sessions named one of the viewers. Afterwards no row does. */
  forgetViewers(viewers: readonly string[]): number {
    if (viewers.length > MAX_FORGET || !viewers.every((viewer) => VIEWER_HASH.test(viewer))) {
      throw new TypeError('not hashes of viewers');
    }
    this.flush();
    const found = this.state.book.forgetViewers(new Set(viewers));
    if (found > 0 || this.store.logNames(viewers)) {
      this.store.snapshotAndClearLog(this.state);
    }
    return found;
  }
}
