/** A series as CSV and NDJSON: read back, it is the series. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SeriesPoint } from '../../../../src/analytics/facts.ts';
import { minutesOf } from '../../../../src/control/resources/live-numbers.ts';
import { EXPORT_TYPES, exportName, exportText } from '../../../../src/control/views/views-report.ts';

const START = Date.parse('2026-11-20T00:00:00Z');
const POINTS: SeriesPoint[] = [
  { startMs: START, views: 3, watchMs: 90_000, peakWatching: 2, viewers: 2 },
  { startMs: START + 86_400_000, views: 0, watchMs: 0, peakWatching: 0, viewers: 0 },
];
const SPLIT: SeriesPoint[] = [
  {
    startMs: START,
    views: 3,
    watchMs: 90_000,
    peakWatching: 2,
    by: { DE: { views: 2, watchMs: 60_000 }, XX: { views: 1, watchMs: 30_000 } },
  },
  { startMs: START + 3_600_000, views: 0, watchMs: 0, peakWatching: 0, by: {} },
];

const textOf = (...asked: Parameters<typeof exportText>): string => [...exportText(...asked)].join('');

describe('an export', () => {
  test('as CSV has a header row, one row per point, and lines as RFC 4180 ends them', () => {
    expect(textOf(POINTS, { resolution: 'day', by: null, format: 'csv' })).toBe(
      'start,views,minutes,peakWatching,viewers\r\n' +
        '2026-11-20T00:00:00.000Z,3,1.5,2,2\r\n' +
        '2026-11-21T00:00:00.000Z,0,0,0,0\r\n',
    );
    expect(textOf([], { resolution: 'hour', by: null, format: 'csv' })).toBe('start,views,minutes,peakWatching\r\n');
  });

  test('of a split series has one row per point and value', () => {
    expect(textOf(SPLIT, { resolution: 'hour', by: 'country', format: 'csv' })).toBe(
      'start,country,views,minutes\r\n' +
        '2026-11-20T00:00:00.000Z,DE,2,1\r\n' +
        '2026-11-20T00:00:00.000Z,XX,1,0.5\r\n',
    );
    expect(textOf(SPLIT, { resolution: 'hour', by: 'country', format: 'ndjson' })).toBe(
      '{"start":"2026-11-20T00:00:00.000Z","country":"DE","views":2,"minutes":1}\n' +
        '{"start":"2026-11-20T00:00:00.000Z","country":"XX","views":1,"minutes":0.5}\n',
    );
  });

  test('as NDJSON is one object a line', () => {
    const lines = textOf(POINTS, { resolution: 'day', by: null, format: 'ndjson' }).split('\n');
    expect(lines.map((line) => (line === '' ? null : JSON.parse(line)))).toEqual([
      { start: '2026-11-20T00:00:00.000Z', views: 3, minutes: 1.5, peakWatching: 2, viewers: 2 },
      { start: '2026-11-21T00:00:00.000Z', views: 0, minutes: 0, peakWatching: 0, viewers: 0 },
      null,
    ]);
  });

  test.each(['=1+1', '@SUM(A1)', '-2', '+1', 'a,b', 'a"b', 'a\r\nb', '', ' '])(
    'is refused before its first line where a value is %j, which no series is split by',
    (value) => {
      const points = [{ ...POINTS[0], by: { [value]: { views: 1, watchMs: 1 } } } as SeriesPoint];
      expect(() => exportText(points, { resolution: 'hour', by: 'rendition', format: 'csv' })).toThrow(TypeError);
    },
  );

  test('read back is the series, whatever it holds', () => {
    const count = fc.nat({ max: 10_000_000 });
    const value = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/);
    const part = fc.record({ views: count, watchMs: count });
    const point = fc.record({
      startMs: fc.integer({ min: 0, max: START }),
      views: count,
      watchMs: count,
      peakWatching: count,
      by: fc.dictionary(value, part, { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const rows = points.flatMap(({ startMs, by }) =>
          Object.entries(by).map(([name, { views, watchMs }]) => ({
            start: new Date(startMs).toISOString(),
            rendition: name,
            views,
            minutes: minutesOf(watchMs),
          })),
        );
        const asked = { resolution: 'hour', by: 'rendition' } as const;
        const [header, ...lines] = textOf(points, { ...asked, format: 'csv' }).split('\r\n');
        expect(header).toBe('start,rendition,views,minutes');
        expect(lines).toEqual([...rows.map((row) => Object.values(row).join(',')), '']);
        const objects = textOf(points, { ...asked, format: 'ndjson' }).split('\n');
        expect(objects).toEqual([...rows.map((row) => JSON.stringify(row)), '']);
      }),
    );
  });

  test('has a name that says what is in it', () => {
    expect(exportName('film', 'hour', null, 'csv')).toBe('views-film-hour.csv');
    expect(exportName('film', 'day', 'country', 'ndjson')).toBe('views-film-day-country.ndjson');
    expect(Object.values(EXPORT_TYPES)).toEqual(['text/csv; charset=utf-8; header=present', 'application/x-ndjson']);
  });
});
