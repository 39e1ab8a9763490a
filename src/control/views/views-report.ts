/** What counters answer, as the API shows it: times as ISO 8601, media in minutes, shares; and a series as a file. Pure. */

import type { z } from 'zod';
import type { Dimension, Resolution, Retention, SeriesPoint } from '../../analytics/facts.ts';
import { minutesOf } from '../resources/live-numbers.ts';
import type { retentionSchema, seriesPointSchema } from './schemas.ts';

const partReport = ({ views, watchMs }: { views: number; watchMs: number }) => ({ views, minutes: minutesOf(watchMs) });

export const pointReport = (point: SeriesPoint): z.infer<typeof seriesPointSchema> => ({
  start: new Date(point.startMs).toISOString(),
  ...partReport(point),
  peakWatching: point.peakWatching,
  viewers: point.viewers,
  by: point.by && Object.fromEntries(Object.entries(point.by).map(([value, part]) => [value, partReport(part)])),
});

const EMPTY_RETENTION = { version: null, segmentSeconds: null, sessions: 0, curve: [] };

/** Share to four digits: a hundredth of a per cent. */
export function retentionReport(retention: Retention | null): z.infer<typeof retentionSchema> {
  if (retention === null) {
    return EMPTY_RETENTION;
  }
  const { version, measure, sessions, counts } = retention;
  return {
    version,
    segmentSeconds: measure.segmentMs / 1000,
    sessions,
    curve: counts.map((count, index) => ({
      segment: index + 1,
      startSeconds: Math.round(index * measure.segmentMs) / 1000,
      sessions: count,
      share: sessions === 0 ? 0 : Math.round((count / sessions) * 1e4) / 1e4,
    })),
  };
}

/**
 * What counters split by: ISO 3166 codes, device classes, track ids (media/ids.ts). None of them needs quoting, and none
 * begins as a formula does, which spreadsheets would run.
 */
const SPLIT_VALUE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export type ExportFormat = 'csv' | 'ndjson';
type ExportRow = Record<string, unknown>;

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** Ids hold nothing that would need escaping in a header. */
export const exportName = (
  assetId: string,
  resolution: Resolution,
  by: Dimension | null,
  format: ExportFormat,
): string => `views-${assetId}-${resolution}${by === null ? '' : `-${by}`}.${format}`;

const columnsOf = (resolution: Resolution, by: Dimension | null): string[] =>
  by !== null
    ? ['start', by, 'views', 'minutes']
    : ['start', 'views', 'minutes', 'peakWatching', ...(resolution === 'day' ? ['viewers'] : [])];

function rowsOf(point: SeriesPoint, by: Dimension | null): ExportRow[] {
  const { by: parts = {}, ...whole } = pointReport(point);
  return by === null
    ? [whole]
    : Object.entries(parts).map(([value, part]) => ({ start: whole.start, [by]: value, ...part }));
}

/**
 * CSV (RFC 4180) for spreadsheets, NDJSON for programs. One row per point; if the series is split, one per point and value.
 * Throws TypeError if a value is none that a series may be split by.
 */
export function exportText(
  points: readonly SeriesPoint[],
  { resolution, by, format }: { resolution: Resolution; by: Dimension | null; format: ExportFormat },
): string {
  for (const value of points.flatMap((point) => Object.keys(point.by ?? {}))) {
    if (!SPLIT_VALUE.test(value)) {
      throw new TypeError(`a series split by ${JSON.stringify(value)}`);
    }
  }
  const columns = columnsOf(resolution, by);
  const line = (cells: readonly unknown[]): string => `${cells.join(',')}\r\n`;
  const lineOf = (row: ExportRow): string =>
    format === 'ndjson' ? `${JSON.stringify(row, columns)}\n` : line(columns.map((column) => row[column] ?? ''));
  // A point at a time: a month by hour and country is 10 MB of text, and several times that as rows.
  const texts = points.map((point) => rowsOf(point, by).map(lineOf).join(''));
  return (format === 'csv' ? line(columns) : '') + texts.join('');
}
