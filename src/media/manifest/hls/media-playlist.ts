/** Media and I-frame playlists of a finished version (RFC 8216 4.3.3, HAS 6 to 8). Presentation → text. */
import { targetDurationSeconds } from '../../bandwidth.ts';
import { initPath, segmentPath } from '../../keys.ts';
import { longestSegmentTicks, type Presentation, type Track, type VideoTrack } from '../../presentation.ts';
import { formatSeconds, microsecondsOf } from '../time.ts';
import { quoted, tag } from './attributes.ts';

/** EXT-X-MAP outside I-frame playlists needs 6 (RFC 8216 7); 7 is what Apple's tools expect of fMP4. */
export const HLS_VERSION = 7;

/** One value for every playlist of a presentation (HAS 8.2): the longest segment of any track, to the nearest second. */
const presentationTargetDuration = (presentation: Presentation): number =>
  Math.max(...presentation.tracks.map((track) => targetDurationSeconds(longestSegmentTicks(track), track.timescale)));

type ListedSegment = { attempt: string; number: number; keyframeBytes: number | undefined };

/**
 * The lines of consecutive segments. Each EXTINF is the difference of two rounded end times, not a rounded duration, so
 * the sum of any run is within one microsecond of the media (HAS 8.1 allows one frame).
 */
function segmentLines(track: Track, linesOf: (segment: ListedSegment) => string): string[] {
  const lines: string[] = [];
  let ticks = 0;
  let start = 0;
  for (const { attempt, firstNumber, segments, keyframeBytes } of track.chunks) {
    for (let index = 0; index < segments.length; index += 1) {
      ticks += segments[index]?.[0] ?? 0;
      const end = microsecondsOf(ticks, track.timescale, 'nearest');
      const segment = { attempt, number: firstNumber + index, keyframeBytes: keyframeBytes?.[index] };
      lines.push(`#EXTINF:${formatSeconds(end - start)},`, linesOf(segment));
      start = end;
    }
  }
  return lines;
}

/** No EXT-X-MEDIA-SEQUENCE: nothing was removed before the first segment. Players take another number than 0 for live. */
function header(presentation: Presentation, initUri: string, extra: readonly string[]): string[] {
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${HLS_VERSION}`,
    `#EXT-X-TARGETDURATION:${presentationTargetDuration(presentation)}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...extra,
    tag('EXT-X-MAP', { URI: quoted(initUri) }),
  ];
}

const render = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** The playlist at `{base}{track}.m3u8`; its URIs are relative to that place. */
export function renderMediaPlaylist(presentation: Presentation, track: Track): string {
  return render([
    ...header(presentation, initPath(track.id), ['#EXT-X-INDEPENDENT-SEGMENTS']),
    ...segmentLines(track, ({ attempt, number }) => segmentPath(track.id, attempt, number)),
    '#EXT-X-ENDLIST',
  ]);
}

/** Whether every segment's first I-frame can be addressed; otherwise the track has no I-frame playlist. */
export const hasKeyframes = (track: VideoTrack): boolean =>
  track.chunks.every((chunk) => chunk.keyframeBytes?.length === chunk.segments.length);

/**
 * The playlist at `{base}{track}/iframes.m3u8`: one I-frame per segment, shown until the next. The byte range starts at
 * the segment's first byte, so that it includes the `moof` (HAS 6.10). `null` where `hasKeyframes` is false.
 */
export function renderIFramePlaylist(presentation: Presentation, track: VideoTrack): string | null {
  if (!hasKeyframes(track)) {
    return null;
  }
  // URIs are relative to the track's folder, one level below where media playlists stand.
  const inFolder = (path: string): string => path.slice(track.id.length + 1);
  const linesOf = ({ attempt, number, keyframeBytes = 0 }: ListedSegment): string =>
    `#EXT-X-BYTERANGE:${keyframeBytes}@0\n${inFolder(segmentPath(track.id, attempt, number))}`;
  return render([
    ...header(presentation, inFolder(initPath(track.id)), ['#EXT-X-I-FRAMES-ONLY']),
    ...segmentLines(track, linesOf),
    '#EXT-X-ENDLIST',
  ]);
}
