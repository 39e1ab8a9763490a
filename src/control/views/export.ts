/**
 * A series as a file: CSV (RFC 4180) for spreadsheets, NDJSON for programs. One row per point, and where the series is split
 * one per point and value. Pure; text in pieces, because a month by hour and country is 10 MB.
 */
import type { Dimension, Resolution, SeriesPoint } from '../../analytics/facts.ts';
import { pointReport } from './views-report.ts';

/**
 * What counters split by: ISO 3166 codes, device classes, track ids (media/ids.ts). None of them needs quoting, and none
 * begins as a formula does, which spreadsheets would run.
 */
const SPLIT_VALUE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export type ExportFormat = 'csv' | 'ndjson';
type Cell = string | number;
type Row = Record<string, Cell>;

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

const columnsOf = (resolution: Resolution, by: Dimension | null): readonly string[] =>
  by !== null
    ? ['start', by, 'views', 'minutes']
    : ['start', 'views', 'minutes', 'peakWatching', ...(resolution === 'day' ? ['viewers'] : [])];

function rowsOf(point: SeriesPoint, by: Dimension | null): Row[] {
  const { by: parts = {}, viewers, ...whole } = pointReport(point);
  return by === null
    ? [{ ...whole, ...(viewers === undefined ? {} : { viewers }) }]
    : Object.entries(parts).map(([value, part]) => ({ start: whole.start, [by]: value, ...part }));
}

const LINES: Readonly<Record<ExportFormat, (row: Row, columns: readonly string[]) => string>> = {
  csv: (row, columns) => `${columns.map((column) => row[column] ?? '').join(',')}\r\n`,
  ndjson: (row, columns) => `${JSON.stringify(row, [...columns])}\n`,
};

/** Throws TypeError at once, not in the middle of a download, where a value is none that a series may be split by. */
export function exportText(
  points: readonly SeriesPoint[],
  { resolution, by, format }: { resolution: Resolution; by: Dimension | null; format: ExportFormat },
): Iterable<string> {
  for (const value of points.flatMap((point) => Object.keys(point.by ?? {}))) {
    if (!SPLIT_VALUE.test(value)) {
      throw new TypeError(`a series split by ${JSON.stringify(value)}`);
    }
  }
  const columns = columnsOf(resolution, by);
  return (function* text() {
    if (format === 'csv') {
      yield `${columns.join(',')}\r\n`;
    }
    for (const point of points) {
      const lines = rowsOf(point, by).map((row) => LINES[format](row, columns));
      if (lines.length > 0) {
        yield lines.join('');
      }
    }
  })();
}
