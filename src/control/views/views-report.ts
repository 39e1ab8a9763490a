/** What counters tell, as the API shows it: times as ISO 8601, media in minutes, shares. Pure. */

import type { z } from 'zod';
import type { Retention, SeriesPoint } from '../../analytics/facts.ts';
import { minutesOf } from '../resources/live-numbers.ts';
import type { retentionSchema, seriesPointSchema } from './schemas.ts';

export type ReportedPoint = z.infer<typeof seriesPointSchema>;

export const pointReport = ({ startMs, views, watchMs, peakWatching, viewers, by }: SeriesPoint): ReportedPoint => ({
  start: new Date(startMs).toISOString(),
  views,
  minutes: minutesOf(watchMs),
  peakWatching,
  ...(viewers === undefined ? {} : { viewers }),
  ...(by === undefined
    ? {}
    : {
        by: Object.fromEntries(
          Object.entries(by).map(([value, part]) => [value, { views: part.views, minutes: minutesOf(part.watchMs) }]),
        ),
      }),
});

const EMPTY_RETENTION = { version: null, segmentSeconds: null, sessions: 0, curve: [] };

/** Share to four digits: a hundredth of a per cent. */
export function retentionReport(retention: Retention | null): z.infer<typeof retentionSchema> {
  if (retention === null) {
    return EMPTY_RETENTION;
  }
  const { version, measure, sessions, counts } = retention;
  const segmentSeconds = measure.segmentMs / 1000;
  return {
    version,
    segmentSeconds,
    sessions,
    curve: counts.map((count, index) => ({
      segment: index + 1,
      startSeconds: Math.round(index * measure.segmentMs) / 1000,
      sessions: count,
      share: sessions === 0 ? 0 : Math.round((count / sessions) * 1e4) / 1e4,
    })),
  };
}
