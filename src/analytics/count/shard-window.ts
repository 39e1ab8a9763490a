/**
 * Which shards new sessions go to. Pure. A session never moves, so growing needs no agreement: when the present window is
 * busy the root opens another one, and who has not heard of it yet goes on sending new sessions to the old one.
 */
import { MAX_SHARDS } from '../../access/sessions.ts';
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** `fullness`: sessions held, of those that a shard can hold, 0–1. */
export type Load = { requestsPerSecond: number; eventsPerSecond: number; fullness: number };

/**
 * Half of what one object takes: some 500 requests that write each second (the platform advises to stay below 1,000), and
 * 46,000 events. Word of a new window takes seconds, and sessions that are there go on.
 */
const BUSY_REQUESTS = 200;
const BUSY_EVENTS = 15_000;
const BUSY_FULLNESS = 0.6;
/** A shard with less than this of BUSY can be part of a new window. */
const FREE = 0.3;
const MAX_COUNT = 1_024;
/** A new window takes so long to show what load it has. */
export const SHRINK_AFTER_MS = 10 * 60_000;

const rateOf = ({ requestsPerSecond, eventsPerSecond }: Load): number =>
  Math.max(requestsPerSecond / BUSY_REQUESTS, eventsPerSecond / BUSY_EVENTS);
const busynessOf = (load: Load): number => Math.max(rateOf(load), load.fullness / BUSY_FULLNESS);

/** The window as it is to be; the same object where it is to stay. Shards whose load is not known have none. */
export function nextWindow(
  window: ShardWindow,
  loads: ReadonlyMap<number, Load>,
  { mayShrink = false }: { mayShrink?: boolean } = {},
): ShardWindow {
  const present = [...loads].filter(([shard]) => isWithin(shard, window)).map(([, load]) => load);
  const rate = present.reduce((sum, load) => sum + rateOf(load), 0);
  const isFull = present.some(({ fullness }) => fullness >= BUSY_FULLNESS);
  const needed = Math.max(1, Math.ceil(rate * 2));
  if (isFull || rate >= window.count) {
    const count = Math.min(MAX_COUNT, rate >= window.count ? needed : Math.max(needed, Math.ceil(window.count / 2)));
    return freeBlock(window, count, loads) ?? window;
  }
  if (mayShrink && window.count > 1 && needed <= window.count / 4) {
    return freeBlock(window, needed, loads) ?? window;
  }
  return mayShrink && window.from !== 0 && window.count === 1 && needed === 1 && isFree(loads.get(0))
    ? FIRST_WINDOW
    : window;
}

const isWithin = (shard: number, { from, count }: ShardWindow): boolean => shard >= from && shard < from + count;
const isFree = (load: Load | undefined): boolean => load === undefined || busynessOf(load) < FREE;

/** The first `count` shards in a row that have little to do and are not in the present window; fewer where there are none. */
function freeBlock(window: ShardWindow, count: number, loads: ReadonlyMap<number, Load>): ShardWindow | null {
  let length = 0;
  for (let shard = 0; shard < MAX_SHARDS; shard += 1) {
    length = !isWithin(shard, window) && isFree(loads.get(shard)) ? length + 1 : 0;
    if (length === count) {
      return { from: shard - count + 1, count };
    }
  }
  return count > 1 ? freeBlock(window, Math.ceil(count / 2), loads) : null;
}
