import { expect, test } from 'vitest';
import { pointsOf } from '../../../console/src/stats/points.ts';

const POINT = { start: '2026-11-20T10:00:00.000Z', views: 2, minutes: 1.5, peakWatching: 2 };

test('a series is points in time', () => {
  expect(pointsOf({ series: [{ ...POINT, viewers: 1 }] })).toEqual([
    { startMs: Date.UTC(2026, 10, 20, 10), views: 2, minutes: 1.5, peakWatching: 2, by: new Map() },
  ]);
});

test('split, it is a map: no value is taken for a member that all objects have', () => {
  const by = JSON.parse('{"__proto__": {"views": 1, "minutes": 2}, "HR": {"views": 3, "minutes": 4}}');
  const [point] = pointsOf({ series: [{ ...POINT, by }] });
  expect([...(point?.by ?? [])]).toEqual([
    ['__proto__', { views: 1, minutes: 2 }],
    ['HR', { views: 3, minutes: 4 }],
  ]);
});
