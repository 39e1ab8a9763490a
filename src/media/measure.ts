/** A presentation → what its sessions are counted by. Pure. */

import {
  audioTracks,
  longestSegmentTicks,
  type Presentation,
  type Track,
  trackDurationTicks,
  videoTracks,
} from './presentation.ts';

/**
 * The media that a session's views are counted by: its video, or the sound of an asset without picture. Whole milliseconds:
 * sums of them are exact in any order.
 */
export type Measure = {
  /** Of each segment but the last, milliseconds. */
  segmentMs: number;
  /** Segments of the film; they are numbered from 1. */
  segments: number;
  durationMs: number;
};

/** The tracks that a session is counted by. Sound beside picture is no watching of its own. */
export type MainKind = 'video' | 'audio';

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
