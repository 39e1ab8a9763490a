/** Series as they are shown: what is stored, and over it what still runs in the shards. */

import { DAY_MS } from '../../platform/days.ts';
import type { Dimension, Resolution, SeriesPoint, SeriesQuery } from '../facts.ts';
import type { BaseDay } from './base.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { ViewersOfDay } from './shard-state.ts';
import { addTally, HOUR_MS, MINUTE_MS, SplitCounter, type SplitTally, startOf, type Tally } from './tally.ts';
import { MAX_POINTS, type Retain, type Series, type SeriesRow } from './view-series.ts';

/** Of one shard: what is not in the series yet. */
type Running = { minute: Tally | null; hour: SplitTally | null };
export type Overlay = {
  parts: Running[];
  days: ViewersOfDay[];
  peak: { startMs: number; watching: number };
  /** Days that the catalog had (base.ts). */
  base: readonly BaseDay[];
};

const LENGTHS: Readonly<Record<Resolution, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

type Point = Tally & { split: SplitCounter; viewers: HyperLogLog | null; baseViewers: number };

export function seriesPoints(
  { fromMs, toMs, resolution, by }: SeriesQuery,
  series: Series,
  overlay: Overlay,
  retain: Retain,
  nowMs: number,
): SeriesPoint[] {
  const lengthMs = LENGTHS[resolution];
  const keptMs = { minute: retain.minutesMs, hour: retain.hoursMs, day: retain.daysMs }[resolution];
  const firstMs = Math.max(startOf(fromMs, lengthMs), nowMs - keptMs - lengthMs);
  const points = new Map(series.rows(resolution, firstMs, toMs).map((row) => [row.startMs, pointOf(row)]));
  const at = (ms: number): Point | null => {
    const startMs = startOf(ms, lengthMs);
    if (startMs < firstMs || startMs >= toMs) {
      return null;
    }
    const point = points.get(startMs) ?? emptyPoint(startMs);
    points.set(startMs, point);
    return point;
  };
  for (const { minute, hour } of overlay.parts) {
    const tally = resolution === 'minute' ? minute : hour;
    const point = tally === null ? null : at(tally.startMs);
    if (tally !== null && point !== null) {
      addTally(point, tally);
      point.split.add(hour !== null && resolution !== 'minute' ? hour.by : EMPTY);
    }
  }
  for (const { startMs, viewers } of resolution === 'day' ? overlay.days : []) {
    const point = at(startMs);
    if (point !== null) {
      point.viewers ??= new HyperLogLog();
      point.viewers.merge(viewers);
    }
  }
  for (const { startMs, views, watchMs, viewers } of resolution === 'day' ? overlay.base : []) {
    const point = at(startMs);
    if (point !== null) {
      addTally(point, { startMs, views, watchMs, peak: 0 });
      point.baseViewers += viewers;
    }
  }
  const peakPoint = overlay.peak.watching > 0 ? at(overlay.peak.startMs) : null;
  if (peakPoint !== null) {
    peakPoint.peak = Math.max(peakPoint.peak, overlay.peak.watching);
  }
  return [...points.values()]
    .sort((a, b) => a.startMs - b.startMs)
    .slice(0, MAX_POINTS)
    .map((point) => shown(point, resolution, resolution === 'minute' ? null : by));
}

const EMPTY = { country: [], device: [], rendition: [] };

const emptyPoint = (startMs: number): Point => ({
  ...{ startMs, views: 0, watchMs: 0, peak: 0 },
  split: new SplitCounter(),
  viewers: null,
  baseViewers: 0,
});

const pointOf = ({ split, viewers, ...tally }: SeriesRow): Point => ({
  ...tally,
  split: new SplitCounter(split ?? EMPTY),
  viewers,
  baseViewers: 0,
});

function shown(point: Point, resolution: Resolution, by: Dimension | null): SeriesPoint {
  const { startMs, views, watchMs, peak, split, viewers, baseViewers } = point;
  return {
    ...{ startMs, views, watchMs, peakWatching: peak },
    ...(resolution === 'day' ? { viewers: (viewers?.estimate() ?? 0) + baseViewers } : {}),
    ...(by === null
      ? {}
      : { by: Object.fromEntries(split.split()[by].map(([key, v, ms]) => [key, { views: v, watchMs: ms }])) }),
  };
}
