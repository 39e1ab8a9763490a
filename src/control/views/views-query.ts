/** A request for a series, resolved: whole points, a bounded number of them. Pure; the clock comes in. */

import {
  type Dimension,
  RESOLUTION_MS,
  RESOLUTIONS,
  type Resolution,
  type SeriesQuery,
} from '../../analytics/facts.ts';
import { AppError, invalidMember } from '../../errors.ts';
import { DAY_MS } from '../../platform/days.ts';

/** The default range: a day, and of days a month. */
const DEFAULT_SPAN_MS: Readonly<Record<Resolution, number>> = { minute: DAY_MS, hour: DAY_MS, day: 30 * DAY_MS };

/** 25 hours by minute, two months by hour, four years by day: more than a chart can show, and 150 KB at most. */
export const MAX_POINTS = 1_500;
/** A month by hour. Each has up to 250 countries: 8 MB of numbers; the counter may answer with 32 MB. */
export const MAX_SPLIT_POINTS = 750;

export type SeriesRequest = {
  fromMs: number | undefined;
  toMs: number | undefined;
  resolution: Resolution;
  by: Dimension | null;
};

/** The points that a range touches: from the start of the first to the end of the last. */
function wholePoints(fromMs: number, toMs: number, resolution: Resolution) {
  const stepMs = RESOLUTION_MS[resolution];
  const range = { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: Math.ceil(toMs / stepMs) * stepMs };
  return { ...range, points: (range.toMs - range.fromMs) / stepMs };
}

/** The same range at a coarser resolution, or as much of its end as one answer holds. */
function whatFits({ fromMs, toMs, resolution }: SeriesQuery, maxPoints: number) {
  const coarser = RESOLUTIONS.slice(RESOLUTIONS.indexOf(resolution) + 1).find(
    (one) => wholePoints(fromMs, toMs, one).points <= maxPoints,
  );
  const from = coarser === undefined ? toMs - maxPoints * RESOLUTION_MS[resolution] : fromMs;
  return {
    from: new Date(from).toISOString(),
    to: new Date(toMs).toISOString(),
    resolution: coarser ?? resolution,
  };
}

/** Throws AppError `invalid_request`, `resolution_too_fine` or `range_too_large`, which says what would fit. */
export function resolveSeries(request: SeriesRequest, nowMs: number): SeriesQuery {
  const { resolution, by } = request;
  if (by !== null && resolution === 'minute') {
    throw new AppError('resolution_too_fine', { detail: 'Minutes are not kept split; ask by hour or by day.' });
  }
  const toMs = request.toMs ?? nowMs;
  const fromMs = request.fromMs ?? toMs - DEFAULT_SPAN_MS[resolution];
  if (fromMs >= toMs) {
    throw invalidMember(request.fromMs === undefined ? 'to' : 'from', 'must be before the end');
  }
  const { points, ...range } = wholePoints(fromMs, toMs, resolution);
  const query = { ...range, resolution, by };
  const maxPoints = by === null ? MAX_POINTS : MAX_SPLIT_POINTS;
  if (points > maxPoints) {
    throw new AppError('range_too_large', {
      detail: `That is ${points} points; one answer holds at most ${maxPoints}.`,
      extra: { points, maxPoints, fits: whatFits(query, maxPoints) },
    });
  }
  return query;
}
