/** What the views of a presentation's sessions are counted by. Pure. */

import { audioTracks, type Presentation, type Track, trackDurationTicks, videoTracks } from './presentation.ts';

/** The video, or the sound of an asset without video. Whole milliseconds, so that sums are exact in any order. */
export type Measure = {
  /** Milliseconds of each segment but the last. */
  segmentMs: number;
  /** Number of segments; they are numbered from 1. */
  segments: number;
  durationMs: number;
};

/** The kind of the tracks that count. Sound beside a picture does not count by itself. */
export type MainKind = 'video' | 'audio';

/**
 * All segments but the last have one length; those of sound have it on average. Durations are rounded to milliseconds
 * and the total is their sum, so that no rounding is left over for the last segment.
 */
function measureOf(track: Track): Measure {
  const segments = track.chunks.reduce((count, chunk) => count + chunk.segments.length, 0);
  const toMs = (ticks: number) => Math.max(1, Math.round((ticks * 1000) / track.timescale));
  const total = trackDurationTicks(track);
  if (segments === 1) {
    return { segmentMs: toMs(total), segments, durationMs: toMs(total) };
  }
  const last = track.chunks.at(-1)?.segments.at(-1)?.[0] ?? 0;
  const segmentMs = toMs((total - last) / (segments - 1));
  return { segmentMs, segments, durationMs: segmentMs * (segments - 1) + toMs(last) };
}

/** Of the first video track, whose segments are those of all renditions; or of the first audio track. */
export function countedBy(presentation: Presentation): { main: MainKind; measure: Measure } | null {
  const track = videoTracks(presentation)[0] ?? audioTracks(presentation)[0];
  return track === undefined ? null : { main: track.kind, measure: measureOf(track) };
}
