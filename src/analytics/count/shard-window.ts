/**
 * Which shards new sessions of an asset go to: each shard decides by its own load alone, and stores nothing. A session never
 * moves, so a busy shard sends new sessions on, and one with little to do sends them back
 * (docs/architecture/decisions/shards-by-load.md). Pure; the clock comes in.
 */
import { FIRST_WINDOW, type ShardWindow } from '../facts.ts';

/** `fullness`: the share of the capacity in use, 0–1. */
export type Load = { requestsPerSecond: number; eventsPerSecond: number; fullness: number };

/** At most half of what one object takes: sessions that are there go on, and isolates hear of another window seconds later. */
const BUSY_REQUESTS = 200;
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

/** What lies so far back counts a third. */
const FADE_MS = 5_000;

/** Requests and events per second, of late. */
export class ShardLoad {
  #requests = 0;
  #events = 0;
  #atMs = 0;

  note(events: number, nowMs: number): void {
    this.#fade(nowMs);
    this.#requests += 1;
    this.#events += events;
  }

  rates(nowMs: number): Omit<Load, 'fullness'> {
    this.#fade(nowMs);
    const seconds = FADE_MS / 1000;
    return { requestsPerSecond: this.#requests / seconds, eventsPerSecond: this.#events / seconds };
  }

  #fade(nowMs: number): void {
    const rest = Math.min(1, Math.exp((this.#atMs - nowMs) / FADE_MS));
    this.#requests *= rest;
    this.#events *= rest;
    this.#atMs = nowMs;
  }
}
