/** Where the new sessions of isolates go. */
import { expect, test } from 'vitest';
import { KnownWindows, SETTLE_MS } from '../../../../src/analytics/collect/known-windows.ts';
import { FIRST_WINDOW } from '../../../../src/analytics/facts.ts';

const START = Date.UTC(2026, 10, 28);

test('isolates spread over a window, and each has one place in it', () => {
  const isolates = Array.from({ length: 200 }, () => new KnownWindows());
  for (const windows of isolates) {
    windows.learn('asset1', 0, { from: 5, count: 3 }, START);
  }
  const shards = isolates.map((windows) => windows.shardOf('asset1'));
  expect([...new Set(shards)].sort()).toEqual([5, 6, 7]);
  expect(isolates.map((windows) => windows.shardOf('asset1'))).toEqual(shards);
  expect(new Set(isolates.map((windows) => windows.shardOf('asset2')))).toEqual(new Set([0]));
});

test.each([
  [0, 5],
  [0.5, 13],
  [0.999, 20],
])('place %d of a window is in it', (place, shard) => {
  const windows = new KnownWindows(place);
  windows.learn('asset1', 0, { from: 5, count: 16 }, START);
  expect(windows.shardOf('asset1')).toBe(shard);
});

test('a shard of the window before says no more than that it was busy', () => {
  const windows = new KnownWindows(0);
  windows.learn('asset1', 3, { from: 5, count: 16 }, START);
  windows.learn('asset1', 0, { from: 1, count: 4 }, START + SETTLE_MS);
  expect(windows.shardOf('asset1')).toBe(5);
});

test('a window that was opened a moment ago is left for the next one, and not for the one before', () => {
  const windows = new KnownWindows(0);
  windows.learn('asset1', 0, { from: 1, count: 4 }, START);
  windows.learn('asset1', 1, FIRST_WINDOW, START + SETTLE_MS - 1);
  expect(windows.shardOf('asset1')).toBe(1);
  windows.learn('asset1', 1, { from: 5, count: 16 }, START + SETTLE_MS - 1);
  expect(windows.shardOf('asset1')).toBe(5);
  windows.learn('asset1', 6, { from: 5, count: 16 }, START + SETTLE_MS);
  windows.learn('asset1', 5, { from: 1, count: 4 }, START + 2 * SETTLE_MS - 1);
  expect(windows.shardOf('asset1')).toBe(1);
});
