/** Where the new sessions of isolates go. */
import { expect, test } from 'vitest';
import { KnownWindows } from '../../../../src/analytics/collect/known-windows.ts';

test('isolates spread over a window, and each has one place in it', () => {
  const isolates = Array.from({ length: 200 }, () => new KnownWindows());
  for (const windows of isolates) {
    windows.learn('asset1', 0, { from: 5, count: 3 });
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
  windows.learn('asset1', 0, { from: 5, count: 16 });
  expect(windows.shardOf('asset1')).toBe(shard);
});
