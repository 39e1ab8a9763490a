/** Where a shard sends new sessions, by its load. */

import { describe, expect, test } from 'vitest';
import { MAX_SHARDS } from '../../../../src/access/sessions.ts';
import { type Load, WINDOWS, windowFor } from '../../../../src/analytics/count/shard-window.ts';
import { FIRST_WINDOW } from '../../../../src/analytics/facts.ts';

const calm: Load = { requestsPerSecond: 100, eventsPerSecond: 5_000, fullness: 0.2 };
const idle: Load = { requestsPerSecond: 1, eventsPerSecond: 10, fullness: 0.01 };
const BUSY: [string, Partial<Load>][] = [
  ['requests', { requestsPerSecond: 250 }],
  ['events', { eventsPerSecond: 20_000 }],
  ['sessions', { fullness: 0.7 }],
];

test('windows follow each other without gaps and end before the last shard', () => {
  for (const [index, { from }] of WINDOWS.entries()) {
    const before = WINDOWS[index - 1];
    expect(from).toBe(before === undefined ? 0 : before.from + before.count);
  }
  const last = WINDOWS.at(-1) ?? FIRST_WINDOW;
  expect(last.from + last.count).toBeLessThanOrEqual(MAX_SHARDS);
});

describe('a shard', () => {
  test.each([0, 1, 4, 5, 20, 21, 340, 341])('with something to do keeps what comes: %d', (shard) => {
    const { from, count } = windowFor(shard, calm);
    expect(shard).toBeGreaterThanOrEqual(from);
    expect(shard).toBeLessThan(from + count);
  });

  test.each(BUSY)('with many %s sends new sessions on', (_, load) => {
    expect(windowFor(0, { ...idle, ...load })).toEqual({ from: 1, count: 4 });
    expect(windowFor(3, { ...idle, ...load })).toEqual({ from: 5, count: 16 });
  });

  test('with little to do sends them back by one window', () => {
    expect(windowFor(30, idle)).toEqual({ from: 5, count: 16 });
    expect(windowFor(4, idle)).toEqual(FIRST_WINDOW);
    expect(windowFor(0, idle)).toEqual(FIRST_WINDOW);
  });

  test('with little to do and many sessions does not: the window before would have to hold them', () => {
    expect(windowFor(4, { ...idle, fullness: 0.1 })).toEqual({ from: 1, count: 4 });
  });

  test('of the last window, or beyond all of them, has none to send to', () => {
    const last = WINDOWS.at(-1);
    for (const shard of [1_364, 2_000, MAX_SHARDS - 1]) {
      expect(windowFor(shard, { ...idle, requestsPerSecond: 250 })).toEqual(last);
      expect(windowFor(shard, idle)).toEqual(WINDOWS.at(-2));
    }
  });
});
