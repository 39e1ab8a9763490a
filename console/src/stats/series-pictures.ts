/** A series as charts and as a table: views and minutes, in total or by group. Pure; plot.ts draws them. */
import { countOf, countText, minutesText, shareText, shortText } from '../numbers.ts';
import { pointName, tickName, timeTicks, valueTicks } from './axis.ts';
import { type Group, partsOf } from './groups.ts';
import type { PlotModel } from './plot.ts';
import type { Part, Point } from './points.ts';
import type { Range, Split } from './ranges.ts';
import type { Table } from './table.ts';

export type Measured = 'views' | 'minutes';
export type SplitSeries = { points: readonly Point[]; range: Range; split: Split; groups: readonly Group[] };

const TICKS_WANTED = 3;

const textOf: Readonly<Record<Measured, (value: number) => string>> = {
  views: (value) => countOf(value, 'view'),
  minutes: (value) => `${minutesText(value)} min`,
};

/** Views are not split by rendition, because a session may play several. */
export const isSplit = ({ groups, split }: SplitSeries, measured: Measured): boolean =>
  groups.length > 0 && !(split === 'rendition' && measured === 'views');

export function pictureOf(series: SplitSeries, measured: Measured): PlotModel {
  const { points, range, groups } = series;
  const splits = isSplit(series, measured);
  const columns = points.map((point) => {
    const parts = splits ? partsOf(point, groups) : [];
    const total = `${pointName(point.startMs, range.resolution)} · ${textOf[measured](point[measured])}`;
    return {
      values: splits ? parts.map((part) => part[measured]) : [point[measured]],
      text: [total, ...namedParts(parts, groups, measured)].join(' · '),
    };
  });
  const most = Math.max(0, ...columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0)));
  const starts = points.map(({ startMs }) => startMs);
  return {
    kind: 'bars',
    columns,
    summary: `${textOf[measured](points.reduce((sum, point) => sum + point[measured], 0))} in ${range.label}`,
    valueTicks: valueTicks(most, TICKS_WANTED, measured === 'views').map((value) => ({
      value,
      label: shortText(value),
    })),
    ticks: (labelsMax) =>
      timeTicks(starts, range.resolution, labelsMax).map((index) => ({
        index,
        label: tickName(starts[index] ?? 0, range.resolution),
      })),
  };
}

const namedParts = (parts: readonly Part[], groups: readonly Group[], measured: Measured): string[] =>
  parts.flatMap((part, index) => {
    const text = (measured === 'views' ? countText : minutesText)(part[measured]);
    return part[measured] > 0 ? [`${groups[index]?.label} ${text}`] : [];
  });

export type LegendEntry = { label: string; text: string };

/** In the order of the layers. */
export function legendOf({ groups, split }: SplitSeries): LegendEntry[] {
  const whole = groups.reduce((sum, { minutes }) => sum + minutes, 0);
  return groups.map(({ label, views, minutes }) => {
    const share = whole > 0 ? ` (${shareText(minutes / whole)})` : '';
    const counted = split === 'rendition' ? '' : `${countOf(views, 'view')} · `;
    return { label, text: `${counted}${minutesText(minutes)} min${share}` };
  });
}

/** Latest first, without points in which nothing happened. */
export function tableOf({ points, range, groups, split }: SplitSeries): Table {
  const groupHeads = groups.flatMap(({ label }) =>
    split === 'rendition' ? [label] : [`${label}: views`, `${label}: minutes`],
  );
  const cells = (part: Part): string[] =>
    split === 'rendition' ? [minutesText(part.minutes)] : [countText(part.views), minutesText(part.minutes)];
  const rows = points
    .filter(({ views, minutes, peakWatching }) => views > 0 || minutes > 0 || peakWatching > 0)
    .toReversed()
    .map((point) => [
      pointName(point.startMs, range.resolution),
      countText(point.views),
      minutesText(point.minutes),
      countText(point.peakWatching),
      ...partsOf(point, groups).flatMap(cells),
    ]);
  return { head: ['Time (UTC)', 'Views', 'Minutes', 'Peak watching', ...groupHeads], rows };
}
