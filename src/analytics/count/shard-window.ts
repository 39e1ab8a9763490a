/**
 * Which shards new sessions of an asset go to, as each shard says by its own load alone. Pure. Nothing is agreed on and
 * nothing is stored: a session never moves, so a shard that is busy sends new sessions on, and one with little to do back.
 */
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** `fullness`: sessions held, of those that a shard can hold, 0–1. */
export type Load = { requestsPerSecond: number; eventsPerSecond: number; fullness: number };

/**
 * Half of what one object takes: some 500 requests that write each second (the platform advises to stay below 1,000), and
 * 46,000 events. Word of another window takes seconds, and sessions that are there go on.
 */
export const BUSY_REQUESTS = 200;
const BUSY_EVENTS = 15_000;
const BUSY_FULLNESS = 0.6;
/** Each four times as wide as the one before, so at most four times what is needed. */
export const WINDOWS: readonly ShardWindow[] = [
  FIRST_WINDOW,
  { from: 1, count: 4 },
  { from: 5, count: 16 },
  { from: 21, count: 64 },
  { from: 85, count: 256 },
  { from: 341, count: 1_024 },
];
/** With less than this of BUSY in each of its shards, the window before takes it all and is half as busy as it may be. */
const FREE = 1 / 8;

/** Where a shard wants new sessions to go. Windows of earlier releases lay elsewhere; any number of a shard has its place. */
export function windowFor(shard: number, { requestsPerSecond, eventsPerSecond, fullness }: Load): ShardWindow {
  const own = WINDOWS.findLastIndex(({ from }) => from <= shard);
  const rate = Math.max(requestsPerSecond / BUSY_REQUESTS, eventsPerSecond / BUSY_EVENTS);
  const busyness = Math.max(rate, fullness / BUSY_FULLNESS);
  const index = busyness >= 1 ? own + 1 : busyness < FREE ? own - 1 : own;
  return WINDOWS[Math.min(Math.max(index, 0), WINDOWS.length - 1)] ?? FIRST_WINDOW;
}
