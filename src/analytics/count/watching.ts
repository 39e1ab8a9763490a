/**
 * How many sessions have fetched lately. Sessions are counted by the tick of 5 s in which they last fetched, and a tick that
 * is too old drops out as a whole, so each fact takes constant time. Pure; the clock comes in.
 */
import { WATCHING_MS } from '../facts.ts';

export const TICK_MS = 5_000;
/** The present tick and those that began within WATCHING_MS: a silent session counts for up to one tick longer. */
const SLOTS = WATCHING_MS / TICK_MS + 1;

export const tickOf = (ms: number): number => Math.floor(ms / TICK_MS);

export class Watching {
  readonly #slots = new Array<number>(SLOTS).fill(0);
  #tick = 0;

  /** Time never goes back here: an older tick changes nothing. */
  advance(tick: number): void {
    for (let next = Math.max(this.#tick + 1, tick - SLOTS + 1); next <= tick; next += 1) {
      this.#slots[next % SLOTS] = 0;
    }
    this.#tick = Math.max(this.#tick, tick);
  }

  /** A session fetched in the present tick, which is returned; `last` is the tick of its fetch before, -1 for none. */
  touch(last: number): number {
    if (last !== this.#tick) {
      this.add(last, -1);
      this.add(this.#tick, 1);
    }
    return this.#tick;
  }

  /** Sessions whose last fetch was in this tick: 1 was read from storage, or -1 is forgotten. A tick that is over holds none. */
  add(tick: number, sessions: number): void {
    if (tick >= 0 && tick > this.#tick - SLOTS && tick <= this.#tick) {
      this.#slots[tick % SLOTS] = (this.#slots[tick % SLOTS] ?? 0) + sessions;
    }
  }

  get count(): number {
    return this.countAt(this.#tick);
  }

  /** As `advance` to this tick would leave it, without the change. */
  countAt(tick: number): number {
    let count = 0;
    for (let each = Math.max(tick, this.#tick) - SLOTS + 1; each <= this.#tick; each += 1) {
      count += this.#slots[each % SLOTS] ?? 0;
    }
    return count;
  }
}
