/** The time ranges of the series, each with a resolution, and the dimensions that split them. Pure. */
import type { Part, Point } from './points.ts';

/** The length of a point at each resolution. */
export const STEP_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export type Resolution = keyof typeof STEP_MS;
export type Range = { resolution: Resolution; points: number; label: string };

export const RANGES: readonly Range[] = [
  { resolution: 'minute', points: 180, label: '3 hours' },
  { resolution: 'hour', points: 48, label: '48 hours' },
  { resolution: 'day', points: 30, label: '30 days' },
];

export const SPLITS = ['none', 'country', 'device', 'rendition'] as const;
export type Split = (typeof SPLITS)[number];

/** Minutes are not stored by dimension. */
export const canSplit = ({ resolution }: Range): boolean => resolution !== 'minute';

/** The start and the end of the chart. The last point is still under way. */
export function spanOf({ resolution, points }: Range, nowMs: number): { fromMs: number; toMs: number } {
  const stepMs = STEP_MS[resolution];
  const toMs = (Math.floor(nowMs / stepMs) + 1) * stepMs;
  return { fromMs: toMs - points * stepMs, toMs };
}

/** The query of the API call. */
export function seriesQuery(range: Range, split: Split, nowMs: number) {
  const { fromMs, toMs } = spanOf(range, nowMs);
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    resolution: range.resolution,
    ...(split !== 'none' && canSplit(range) ? { by: split } : {}),
  };
}

/** Fills in the points that the API leaves out because nothing happened. */
export function withoutGaps(points: readonly Point[], range: Range, nowMs: number): Point[] {
  const known = new Map(points.map((point) => [point.startMs, point]));
  const { fromMs } = spanOf(range, nowMs);
  return Array.from({ length: range.points }, (_, index) => {
    const startMs = fromMs + index * STEP_MS[range.resolution];
    return known.get(startMs) ?? { startMs, views: 0, minutes: 0, peakWatching: 0, by: new Map<string, Part>() };
  });
}
