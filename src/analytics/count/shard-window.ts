/**
 * Which shards new sessions of an asset go to: each shard decides by its own load alone. Pure; the clock comes in. Nothing
 * is agreed on and nothing is stored. A session never moves, so a busy shard sends new sessions on, and one with little to
 * do sends them back (docs/architecture/decisions/shards-by-load.md).
 */
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** `fullness`: the share of a shard's capacity that is in use, 0–1. */
export type Load = { requestsPerSecond: number; eventsPerSecond: number; fullness: number };

/**
 * Half of what one object takes: about 500 writing requests each second (the platform advises to stay below 1,000), and
 * 46,000 events. It takes seconds until isolates hear of another window, and sessions that are there go on.
 */
export const BUSY_REQUESTS = 200;
const BUSY_EVENTS = 15_000;
const BUSY_FULLNESS = 0.6;
/** Each is four times as wide as the one before, so at most four times what is needed. */
export const WINDOWS: readonly ShardWindow[] = [
  FIRST_WINDOW,
  { from: 1, count: 4 },
  { from: 5, count: 16 },
  { from: 21, count: 64 },
  { from: 85, count: 256 },
  { from: 341, count: 1_024 },
];
/** With less than this share of BUSY in each shard, the window before could take it all and be half as busy as it may be. */
const FREE = 1 / 8;

/** Where a shard wants new sessions to go. Earlier releases had other windows, so any shard number must have its place. */
export function windowFor(shard: number, { requestsPerSecond, eventsPerSecond, fullness }: Load): ShardWindow {
  const own = WINDOWS.findLastIndex(({ from }) => from <= shard);
  const busyness = Math.max(requestsPerSecond / BUSY_REQUESTS, eventsPerSecond / BUSY_EVENTS, fullness / BUSY_FULLNESS);
  const index = busyness >= 1 ? own + 1 : busyness < FREE ? own - 1 : own;
  return WINDOWS[Math.min(Math.max(index, 0), WINDOWS.length - 1)] ?? FIRST_WINDOW;
}

const SPAN_MS = 5_000;

/** Requests and events per second, over the last five to ten seconds. */
export class ShardLoad {
  #number = 0;
  #present = { requests: 0, events: 0 };
  #before = { requests: 0, events: 0 };

  #roll(nowMs: number): void {
    const number = Math.floor(nowMs / SPAN_MS);
    if (number > this.#number) {
      this.#before = number === this.#number + 1 ? this.#present : { requests: 0, events: 0 };
      this.#present = { requests: 0, events: 0 };
      this.#number = number;
    }
  }

  note(events: number, nowMs: number): void {
    this.#roll(nowMs);
    this.#present.requests += 1;
    this.#present.events += events;
  }

  rates(nowMs: number): Omit<Load, 'fullness'> {
    this.#roll(nowMs);
    const seconds = (SPAN_MS + (nowMs % SPAN_MS)) / 1000;
    return {
      requestsPerSecond: (this.#before.requests + this.#present.requests) / seconds,
      eventsPerSecond: (this.#before.events + this.#present.events) / seconds,
    };
  }
}
