/** A presentation → what its sessions are counted by. Pure. */

import type { Measure } from '../analytics/facts.ts';
import type { MainKind } from './countable.ts';
import {
  audioTracks,
  longestSegmentTicks,
  type Presentation,
  type Track,
  trackDurationTicks,
  videoTracks,
} from './presentation.ts';

const segmentCount = ({ chunks }: Track): number => chunks.reduce((count, { segments }) => count + segments.length, 0);

/**
 * All segments but the last have one length, of sound on average; rounded to milliseconds, and the whole is their sum, so
 * that no rounding is left over for the last one.
 */
function measureOf(track: Track): Measure {
  const segments = segmentCount(track);
  const toMs = (ticks: number) => Math.max(1, Math.round((ticks * 1000) / track.timescale));
  const total = trackDurationTicks(track);
  if (segments === 1) {
    return { segmentMs: toMs(total), segments, durationMs: toMs(total) };
  }
  const last = track.chunks.at(-1)?.segments.at(-1)?.[0] ?? longestSegmentTicks(track);
  const segmentMs = toMs((total - last) / (segments - 1));
  return { segmentMs, segments, durationMs: segmentMs * (segments - 1) + toMs(last) };
}

/** The first video track, whose segments are those of all renditions; or the first of sound. */
export function countedBy(presentation: Presentation): { main: MainKind; measure: Measure } | null {
  const video = videoTracks(presentation)[0];
  const track = video ?? audioTracks(presentation)[0];
  return track === undefined ? null : { main: video === undefined ? 'audio' : 'video', measure: measureOf(track) };
}
