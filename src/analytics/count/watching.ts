/**
 * How many sessions have fetched lately, in constant time for each fact: sessions are counted by the tick of 5 s in which
 * they were last heard of, and a tick that is too old drops out whole. Pure; the clock comes in.
 */
import { WATCHING_MS } from '../facts.ts';

export const TICK_MS = 5_000;
/** The present tick and those that began within WATCHING_MS: who fell silent is counted for up to a tick longer. */
const SLOTS = WATCHING_MS / TICK_MS + 1;

export const tickOf = (ms: number): number => Math.floor(ms / TICK_MS);

export class Watching {
  readonly #slots = new Array<number>(SLOTS).fill(0);
  #tick = 0;
  #count = 0;

  /** Time never goes back here: an older tick changes nothing. */
  advance(tick: number): void {
    for (let next = Math.max(this.#tick + 1, tick - SLOTS + 1); next <= tick; next += 1) {
      this.#count -= this.#slots[next % SLOTS] ?? 0;
      this.#slots[next % SLOTS] = 0;
    }
    this.#tick = Math.max(this.#tick, tick);
  }

  /** A session was heard of in the present tick; `last` is the tick before, -1 for none. Returns the present one. */
  touch(last: number): number {
    if (last === this.#tick) {
      return last;
    }
    this.#drop(last);
    this.#slots[this.#tick % SLOTS] = (this.#slots[this.#tick % SLOTS] ?? 0) + 1;
    this.#count += 1;
    return this.#tick;
  }

  /** Of a session that was stored: it counts where its tick is not over. */
  restore(last: number): void {
    if (last > this.#tick - SLOTS && last <= this.#tick) {
      this.#slots[last % SLOTS] = (this.#slots[last % SLOTS] ?? 0) + 1;
      this.#count += 1;
    }
  }

  /** A session is forgotten. */
  #drop(last: number): void {
    if (last >= 0 && last > this.#tick - SLOTS) {
      this.#slots[last % SLOTS] = (this.#slots[last % SLOTS] ?? 0) - 1;
      this.#count -= 1;
    }
  }

  forget(last: number): void {
    this.#drop(last);
  }

  get count(): number {
    return this.#count;
  }

  /** As `advance` would leave it, without the change: for readers. */
  countAt(tick: number): number {
    let count = this.#count;
    for (let next = Math.max(this.#tick + 1, tick - SLOTS + 1); next <= tick; next += 1) {
      count -= this.#slots[next % SLOTS] ?? 0;
    }
    return count;
  }
}
