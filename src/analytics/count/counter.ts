/**
 * A shard that is awake: its state, where that is stored, and that neither is ever ahead of the other. A batch changes the
 * state and is written in one turn; where a write fails, all of this is to be made anew from what is stored. Answers leave when the rows are durable: the platform's output gate holds them.
 */

import type { Batch, RecordAnswer } from '../facts.ts';
import { CommitQueue } from './commit-queue.ts';
import { CounterStore } from './counter-store.ts';
import { ShardLoad } from './shard-load.ts';
import type { ShardState } from './shard-state.ts';
import type { Load } from './shard-window.ts';

/** Looking through all sessions takes milliseconds, and a shard that is full is asked often. */
const SEARCH_EVERY_MS = 10_000;

/** An asset has few hashes of a viewer within the life of a session; the rest is for many viewers at once. */
const MAX_FORGET = 1_000;
const VIEWER_HASH = /^[0-9a-f]{16}$/;

export type TakenBatch = { text: string; batch: Batch; events: number };
export type Taken = Exclude<RecordAnswer, { outcome: 'invalid' }>['outcome'];

export type CounterHooks = {
  viewMs: () => number;
  /** In the turn of the batches, after they are taken: what is written here is stored with them. */
  committed: (nowMs: number) => void;
  /** Memory and storage may differ: nothing of this object can be trusted any more. */
  failed: (error: unknown) => void;
};

export class Counter {
  readonly store: CounterStore;
  readonly state: ShardState;
  readonly #storage: DurableObjectStorage;
  readonly #hooks: CounterHooks;
  readonly #meter = new ShardLoad();
  readonly #queue: CommitQueue<TakenBatch, Taken>;

  /** When there was last a search for room. */
  #searchedMs = 0;

  constructor(storage: DurableObjectStorage, hooks: CounterHooks) {
    this.#storage = storage;
    this.store = new CounterStore(storage.sql);
    this.state = this.store.load();
    this.#hooks = hooks;
    this.#queue = new CommitQueue((batches) => this.#commit(batches));
  }

  take(batch: TakenBatch): Promise<Taken> {
    const nowMs = this.nowMs();
    this.#meter.note(batch.events, nowMs);
    return this.#queue.add(batch, batch.text.length, nowMs);
  }

  /** The shard's own time, which never goes back. */
  nowMs(): number {
    return Math.max(Date.now(), this.state.clockMs);
  }

  /** Closes what has ended. What is called over once must be over after a restart as well. */
  advance(nowMs: number): void {
    if (this.state.advance(nowMs)) {
      this.store.setNote('clock', String(nowMs));
    }
  }

  load(): Load {
    return { ...this.#meter.rates(this.nowMs()), fullness: this.state.fullness };
  }

  /** What waits is stored now. */
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
        // Each is taken into account by the next one's question for room.
        this.state.apply(batch, nowMs, viewMs);
      }
    }
    if (taken.length > 0) {
      this.store.append(taken, nowMs, viewMs);
    }
    return results;
  }

  /** Whether sessions were forgotten. A replay without this forgets them too: their facts are refused by the clock. */
  #makeRoom(nowMs: number): boolean {
    if (nowMs - this.#searchedMs < SEARCH_EVERY_MS) {
      return false;
    }
    this.#searchedMs = nowMs;
    return this.state.prune(nowMs);
  }

  /** At rest: whoever is over is forgotten, and where nobody is left, so are the batches that named them. */
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
