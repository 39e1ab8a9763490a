import { describe, expect, test } from 'vitest';
import { groupsOf, labelOf, partsOf } from '../../../console/src/stats/groups.ts';
import type { Point } from '../../../console/src/stats/points.ts';
import { RANGES, type Range, type Split, seriesQuery, spanOf, withoutGaps } from '../../../console/src/stats/ranges.ts';
import { isSplit, legendOf, pictureOf, tableOf } from '../../../console/src/stats/series-pictures.ts';

const NOW = Date.UTC(2026, 10, 20, 10, 30, 15);
const rangeOf = (resolution: string): Range => RANGES.find((range) => range.resolution === resolution) as Range;
const [MINUTES, HOURS, DAYS] = [rangeOf('minute'), rangeOf('hour'), rangeOf('day')];

const point = (startMs: number, by: Record<string, [views: number, minutes: number]> = {}): Point => {
  const parts = Object.values(by);
  return {
    startMs,
    views: parts.reduce((sum, [views]) => sum + views, 0),
    minutes: parts.reduce((sum, [, minutes]) => sum + minutes, 0),
    peakWatching: 1,
    by: new Map(Object.entries(by).map(([value, [views, minutes]]) => [value, { views, minutes }])),
  };
};

describe('the span of a picture', () => {
  test.each([
    [MINUTES, '2026-11-20T07:31:00.000Z', '2026-11-20T10:31:00.000Z'],
    [HOURS, '2026-11-18T11:00:00.000Z', '2026-11-20T11:00:00.000Z'],
    [DAYS, '2026-10-22T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
  ])('ends with the point under way: $resolution', (range, from, to) => {
    const { fromMs, toMs } = spanOf(range, NOW);
    expect([new Date(fromMs).toISOString(), new Date(toMs).toISOString()]).toEqual([from, to]);
  });

  test('is what the API is asked for; minutes are never asked split', () => {
    const [from, to] = ['2026-11-18T11:00:00.000Z', '2026-11-20T11:00:00.000Z'];
    expect(seriesQuery(HOURS, 'none', NOW)).toEqual({ from, to, resolution: 'hour' });
    expect(seriesQuery(HOURS, 'country', NOW)).toEqual({ from, to, resolution: 'hour', by: 'country' });
    expect(seriesQuery(MINUTES, 'country', NOW)).not.toHaveProperty('by');
  });

  test('has a point for each moment, also for those that the API leaves out', () => {
    const known = point(Date.UTC(2026, 10, 20, 10), { HR: [2, 3] });
    const points = withoutGaps([known], HOURS, NOW);
    expect(points).toHaveLength(48);
    expect(points.at(-1)).toBe(known);
    expect(points.slice(0, -1).every(({ views, minutes }) => views === 0 && minutes === 0)).toBe(true);
    expect(points.map(({ startMs }) => startMs)).toEqual(
      Array.from({ length: 48 }, (_, index) => Date.UTC(2026, 10, 18, 11) + index * 3_600_000),
    );
  });
});

describe('groups', () => {
  const many = Object.fromEntries(['AT', 'DE', 'HR', 'HU', 'IT', 'PL', 'SI'].map((code, i) => [code, [i, 10 - i]]));
  const points = [point(0, many as Record<string, [number, number]>), point(1, { HR: [100, 50] })];

  test('are the most watched, and the others together', () => {
    const groups = groupsOf(points, 'country');
    expect(groups.map(({ label }) => label)).toEqual(['Croatia', 'Austria', 'Germany', 'Hungary', 'Italy', '2 others']);
    expect(groups[0]).toMatchObject({ value: 'HR', views: 102, minutes: 58 });
    expect(groups.at(-1)).toMatchObject({ value: null, views: 5 + 6, minutes: 5 + 4 });
  });

  test('take a point apart without losing any of it', () => {
    const groups = groupsOf(points, 'country');
    for (const one of points) {
      const parts = partsOf(one, groups);
      expect(parts.reduce((sum, { views }) => sum + views, 0)).toBe(one.views);
      expect(parts.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(one.minutes);
    }
    expect(partsOf(points[1] as Point, groups).map(({ views }) => views)).toEqual([100, 0, 0, 0, 0, 0]);
  });

  test.each<[Split, string, string]>([
    ['country', 'HR', 'Croatia'],
    ['country', 'XX', 'Unknown'],
    ['country', 'T1', 'Tor'],
    ['country', 'ZZ', 'Unknown Region'],
    ['device', 'tv', 'TV'],
    ['device', 'mobile', 'Mobile'],
    ['rendition', 'v1080', '1080p'],
    ['rendition', 'v-avc-1080', '1080p AVC'],
    ['rendition', 'sv0', 'Source'],
    ['rendition', 'a128-en', 'a128-en'],
  ])('of %s: %s is called %s', (split, value, label) => {
    expect(labelOf(split, value)).toBe(label);
  });
});

describe('a series', () => {
  const hour = Date.UTC(2026, 10, 20, 10);
  const seriesOf = (split: Split, by: Record<string, [number, number]>) => {
    const points = withoutGaps([point(hour, by)], HOURS, NOW);
    return { points, range: HOURS, split, groups: split === 'none' ? [] : groupsOf(points, split) };
  };

  test('as a picture stands on the point under way, and says what it holds', () => {
    const picture = pictureOf(seriesOf('device', { tv: [1, 4.5], mobile: [2, 1] }), 'views');
    expect(picture.columns.at(-1)).toEqual({
      values: [1, 2],
      text: 'Fri 20 Nov, 10:00 · 3 views · TV 1 · Mobile 2',
    });
    expect(picture.summary).toBe('3 views in 48 hours');
    expect(picture.valueTicks.map(({ label }) => label)).toEqual(['0', '1', '2', '3']);
  });

  test('by rendition has split minutes and whole views', () => {
    const series = seriesOf('rendition', { v720: [0, 4], v360: [0, 2] });
    expect(isSplit(series, 'views')).toBe(false);
    expect(pictureOf(series, 'views').columns.at(-1)?.values).toHaveLength(1);
    expect(pictureOf(series, 'minutes').columns.at(-1)?.values).toEqual([4, 2]);
    expect(legendOf(series)).toEqual([
      { label: '720p', text: '4.0 min (66.7%)' },
      { label: '360p', text: '2.0 min (33.3%)' },
    ]);
    expect(tableOf(series).head.slice(4)).toEqual(['720p', '360p']);
  });

  test('as a table begins with the latest', () => {
    const points = withoutGaps([point(hour - 3_600_000, { tv: [1, 1] }), point(hour, { tv: [2, 1] })], HOURS, NOW);
    expect(tableOf({ points, range: HOURS, split: 'none', groups: [] }).rows.map(([, views]) => views)).toEqual([
      '2',
      '1',
    ]);
  });

  test('as a table has its rows that are not empty, with a cell for each head', () => {
    const { head, rows } = tableOf(seriesOf('device', { tv: [1, 4.5] }));
    expect(rows).toEqual([['Fri 20 Nov, 10:00', '1', '4.5', '1', '1', '4.5']]);
    expect(head).toHaveLength(6);
  });
});
