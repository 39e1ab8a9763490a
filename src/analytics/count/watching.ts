/**
 * How many sessions have fetched lately. Sessions are counted by the tick of 5 s in which they last fetched, and a tick that
 * is too old drops out as a whole, so each fact takes constant time. One that goes on is reported up to a minute late, so it
 * is counted by a tick ahead: until WATCHING_MS after that tick its next report is not overdue. Pure; the clock comes in.
 */
import { GOES_ON_MS, WATCHING_MS } from '../facts.ts';

export const TICK_MS = 5_000;
const AHEAD_MS = GOES_ON_MS - WATCHING_MS;
/** Ticks ahead, the present one, and those that began within WATCHING_MS: a silent session counts for one tick longer at most. */
const AHEAD = AHEAD_MS / TICK_MS;
const BACK = WATCHING_MS / TICK_MS;
const SLOTS = AHEAD + 1 + BACK;

export const tickOf = (ms: number): number => Math.floor(ms / TICK_MS);

/** The tick to count a session by that is reported now; `silentSeconds` since its last fetch, null if it goes on. */
export const tickOfReport = (nowMs: number, silentSeconds: number | null): number =>
  tickOf(silentSeconds === null ? nowMs + AHEAD_MS : nowMs - silentSeconds * 1000);

/** Whether a session of this tick was reported to go on after that time: its isolate then knows better. */
export const isReportedAfter = (tick: number, ms: number): boolean => tick - AHEAD > tickOf(ms) + 1;

export class Watching {
  readonly #slots = new Array<number>(SLOTS).fill(0);
  #tick = 0;

  /** Time never goes back here: an older tick changes nothing. */
  advance(tick: number): void {
    for (let next = Math.max(this.#tick + 1, tick - SLOTS + 1); next <= tick; next += 1) {
      this.#slots[(next + AHEAD) % SLOTS] = 0;
    }
    this.#tick = Math.max(this.#tick, tick);
  }

  /** Adds sessions to those of a tick: 1 was reported, or -1 has another tick now or is forgotten. A tick that is over holds none. */
  add(tick: number, sessions: number): void {
    if (tick >= 0 && tick >= this.#tick - BACK && tick <= this.#tick + AHEAD) {
      this.#slots[tick % SLOTS] = (this.#slots[tick % SLOTS] ?? 0) + sessions;
    }
  }

  /** As `advance` to this tick would leave it, without the change. */
  count(tick = this.#tick): number {
    let count = 0;
    for (let each = Math.max(tick, this.#tick) - BACK; each <= this.#tick + AHEAD; each += 1) {
      count += this.#slots[each % SLOTS] ?? 0;
    }
    return count;
  }
}
