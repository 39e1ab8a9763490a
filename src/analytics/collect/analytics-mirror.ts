/**
 * A copy of what has been counted in Analytics Engine, for those who keep their figures there (ANALYTICS=on). Written only,
 * never read, and not exact: a batch that was sent twice is in it twice. Locally its writes do nothing.
 */

import { log } from '../../platform/log.ts';
import { DEVICE_CLASSES, UNKNOWN_COUNTRY } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';

/** What the platform takes from one invocation; the smallest groups beyond it are one. */
const MAX_POINTS = 250;
const OTHER = 'other';

export type Point = {
  assetId: string;
  country: string;
  device: string;
  rendition: string;
  sessions: number;
  segments: number;
  watchMs: number;
};

/** Grouped by country, device class and rendition. A session with two renditions is in two groups. */
export function pointsOf(facts: CollectedBatch): Point[] {
  const points = new Map<string, Point>();
  for (const { visitor, runs } of facts.entries()) {
    const { country, views } = visitor;
    const device = DEVICE_CLASSES[visitor.device] ?? OTHER;
    const seen = new Set<string>();
    for (const { track, first, last } of runs) {
      const key = `${country} ${device} ${track}`;
      const point = points.get(key) ?? { ...newPoint(facts.assetId), country, device, rendition: track };
      const segments = last - first + 1;
      point.segments += segments;
      point.watchMs += segments * views.measure.segmentMs;
      point.sessions += seen.has(track) ? 0 : 1;
      seen.add(track);
      points.set(key, point);
    }
  }
  return bounded([...points.values()], facts.assetId);
}

const newPoint = (assetId: string): Point => ({
  assetId,
  country: UNKNOWN_COUNTRY,
  device: OTHER,
  rendition: OTHER,
  sessions: 0,
  segments: 0,
  watchMs: 0,
});

function bounded(points: Point[], assetId: string): Point[] {
  if (points.length <= MAX_POINTS) {
    return points;
  }
  points.sort((a, b) => b.segments - a.segments);
  const rest = newPoint(assetId);
  for (const point of points.splice(MAX_POINTS - 1)) {
    rest.sessions += point.sessions;
    rest.segments += point.segments;
    rest.watchMs += point.watchMs;
  }
  return [...points, rest];
}

/** Blobs: asset, country, device, rendition. Doubles: sessions, segments, watch time in milliseconds. Index: asset. */
export const mirrorTo =
  (dataset: AnalyticsEngineDataset) =>
  (facts: CollectedBatch): void => {
    try {
      for (const { assetId, country, device, rendition, sessions, segments, watchMs } of pointsOf(facts)) {
        dataset.writeDataPoint({
          indexes: [assetId],
          blobs: [assetId, country, device, rendition],
          doubles: [sessions, segments, watchMs],
        });
      }
    } catch (error) {
      // A mirror's fault is no fault of what it shows.
      log.warn({ event: 'analytics_unwritten', reason: String(error) });
    }
  };
