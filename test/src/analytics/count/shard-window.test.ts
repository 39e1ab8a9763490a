/** When an asset's new sessions go to more shards, to others, or to fewer. */

import { describe, expect, test } from 'vitest';
import { MAX_SHARDS } from '../../../../src/access/sessions.ts';
import { type Load, nextWindow } from '../../../../src/analytics/count/shard-window.ts';
import { FIRST_WINDOW } from '../../../../src/analytics/facts.ts';

const quiet: Load = { requestsPerSecond: 1, eventsPerSecond: 10, fullness: 0.01 };
const loads = (...entries: [number, Partial<Load>][]) =>
  new Map(entries.map(([shard, load]) => [shard, { ...quiet, ...load }]));

describe('the window of new sessions', () => {
  test('stays where it is while its shards have time and room', () => {
    expect(nextWindow(FIRST_WINDOW, loads([0, {}]))).toBe(FIRST_WINDOW);
    expect(nextWindow(FIRST_WINDOW, new Map())).toBe(FIRST_WINDOW);
    expect(nextWindow(FIRST_WINDOW, loads([0, {}]), { mayShrink: true })).toBe(FIRST_WINDOW);
  });

  test.each([
    ['requests', { requestsPerSecond: 250 }, 3],
    ['events', { eventsPerSecond: 60_000 }, 8],
    ['sessions', { fullness: 0.7 }, 1],
  ])('opens behind a shard with many %s, for twice as much as there is', (_, load, count) => {
    expect(nextWindow(FIRST_WINDOW, loads([0, load]))).toEqual({ from: 1, count });
  });

  test('counts what the window does together, and not what old shards do', () => {
    const busy = { requestsPerSecond: 250 };
    expect(nextWindow({ from: 1, count: 2 }, loads([0, busy], [1, { requestsPerSecond: 350 }], [2, {}]))).toEqual({
      from: 1,
      count: 2,
    });
    expect(nextWindow({ from: 1, count: 2 }, loads([0, busy], [1, busy], [2, busy]))).toEqual({ from: 3, count: 5 });
  });

  test('takes shards again that have emptied', () => {
    expect(nextWindow({ from: 1, count: 2 }, loads([0, {}], [1, { fullness: 0.7 }], [2, {}]))).toEqual({
      from: 0,
      count: 1,
    });
  });

  test('never goes beyond the last shard: smaller where there is little room, the same where there is none', () => {
    const present = { from: MAX_SHARDS - 2, count: 2 };
    const busy = { requestsPerSecond: 250 };
    const all = loads(...Array.from({ length: MAX_SHARDS }, (_, shard): [number, Partial<Load>] => [shard, busy]));
    expect(nextWindow(present, all)).toBe(present);
    all.set(7, quiet);
    expect(nextWindow(present, all)).toEqual({ from: 7, count: 1 });
  });

  test('becomes smaller only when asked, and goes home', () => {
    const wide = { from: 1, count: 8 };
    const calm = loads(...Array.from({ length: 9 }, (_, shard): [number, Partial<Load>] => [shard, {}]));
    expect(nextWindow(wide, calm)).toBe(wide);
    expect(nextWindow(wide, calm, { mayShrink: true })).toEqual(FIRST_WINDOW);
    expect(nextWindow({ from: 5, count: 1 }, calm, { mayShrink: true })).toEqual(FIRST_WINDOW);
  });
});
