import { describe, expect, test } from 'vitest';
import { liveOf, retentionOf, ShapeError, seriesOf, titleOf } from '../../../console/src/stats/shapes.ts';

const LIVE = { views: 3, watching: 1, viewers: 2, minutes: 1.5 };
const POINT = { start: '2026-11-20T10:00:00.000Z', views: 2, minutes: 1.5, peakWatching: 2 };
const SERIES = { ...LIVE, viewSeconds: 3, from: '2026-11-20T10:00:00Z', to: '2026-11-20T12:00:00Z', series: [POINT] };
const CURVE = [{ segment: 1, startSeconds: 0, sessions: 2, share: 1 }];

describe('what the API answers', () => {
  test('is taken as it is', () => {
    expect(liveOf({ ...LIVE, later: true })).toEqual(LIVE);
    expect(titleOf({ title: 'Sintel' })).toBe('Sintel');
    expect(seriesOf(SERIES)).toMatchObject({
      viewSeconds: 3,
      points: [{ startMs: Date.UTC(2026, 10, 20, 10), views: 2, minutes: 1.5, peakWatching: 2 }],
    });
    expect(retentionOf({ version: 'v', segmentSeconds: 4, sessions: 2, curve: CURVE })).toEqual({
      segmentSeconds: 4,
      sessions: 2,
      curve: CURVE,
    });
  });

  test('split, is a map: no value is taken for a member that all objects have', () => {
    const by = JSON.parse('{"__proto__": {"views": 1, "minutes": 2}, "HR": {"views": 3, "minutes": 4}}');
    const { points } = seriesOf({ ...SERIES, series: [{ ...POINT, by }] });
    expect([...(points[0]?.by ?? [])]).toEqual([
      ['__proto__', { views: 1, minutes: 2 }],
      ['HR', { views: 3, minutes: 4 }],
    ]);
  });

  test('of an asset that nobody has watched has no curve', () => {
    expect(retentionOf({ version: null, segmentSeconds: null, sessions: 0, curve: [] })).toBeNull();
  });

  test.each([
    ['nothing', () => liveOf(null)],
    ['a list', () => liveOf([])],
    ['a missing count', () => liveOf({ ...LIVE, viewers: undefined })],
    ['a negative count', () => liveOf({ ...LIVE, views: -1 })],
    ['a count in words', () => liveOf({ ...LIVE, views: '3' })],
    ['a time that is none', () => seriesOf({ ...SERIES, from: 'yesterday' })],
    ['no list', () => seriesOf({ ...SERIES, series: {} })],
    ['a point that is none', () => seriesOf({ ...SERIES, series: [null] })],
    ['a split that is none', () => seriesOf({ ...SERIES, series: [{ ...POINT, by: { HR: 3 } }] })],
  ])('%s is refused', (_, parse) => {
    expect(parse).toThrow(ShapeError);
  });
});
