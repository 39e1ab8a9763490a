/**
 * A copy of what has been counted in Analytics Engine, for those who keep their figures there (ANALYTICS=on). Write-only
 * and not exact: a batch that was sent twice is in it twice. Locally its writes do nothing.
 */

import { log } from '../../platform/log.ts';
import { DEVICE_CLASSES, UNKNOWN_COUNTRY } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';
import { runsOf } from './visitor.ts';

/** The platform takes no more from one invocation. The smallest groups beyond it become one. */
const MAX_DATA_POINTS = 250;
const OTHER = 'other';

type Sum = 'sessions' | 'segments' | 'watchMs';
type DataPoint = Record<'assetId' | 'country' | 'device' | 'rendition', string> & Record<Sum, number>;

/** Grouped by country, device class and rendition. A session with two renditions is in two groups. */
export function pointsOf(facts: CollectedBatch): DataPoint[] {
  const { assetId } = facts;
  const points = new Map<string, DataPoint>();
  for (const entry of facts.entries) {
    if (entry.isRepeat) {
      continue; // An earlier batch had it.
    }
    const { country, device: deviceIndex, views } = entry.visitor;
    const device = DEVICE_CLASSES[deviceIndex] ?? OTHER;
    const seen = new Set<string>();
    for (const { track: rendition, first, last } of runsOf(entry)) {
      const key = `${country} ${device} ${rendition}`;
      const point = points.get(key) ?? { assetId, country, device, rendition, sessions: 0, segments: 0, watchMs: 0 };
      const segments = last - first + 1;
      point.segments += segments;
      point.watchMs += segments * views.measure.segmentMs;
      point.sessions += seen.has(rendition) ? 0 : 1;
      seen.add(rendition);
      points.set(key, point);
    }
  }
  return bounded([...points.values()], assetId);
}

function bounded(points: DataPoint[], assetId: string): DataPoint[] {
  if (points.length <= MAX_DATA_POINTS) {
    return points;
  }
  const rest = points.sort((a, b) => b.segments - a.segments).splice(MAX_DATA_POINTS - 1);
  const sum = (key: Sum) => rest.reduce((total, point) => total + point[key], 0);
  const others = { assetId, country: UNKNOWN_COUNTRY, device: OTHER, rendition: OTHER };
  return [...points, { ...others, sessions: sum('sessions'), segments: sum('segments'), watchMs: sum('watchMs') }];
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
      // A fault of the copy must not harm the counting.
      log.warn({ event: 'analytics_unwritten', reason: String(error) });
    }
  };
