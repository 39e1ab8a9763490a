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

/** Each EXTINF is the difference of two rounded end times: rounding does not add up (HAS 8.1 allows one frame). */
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

/** No EXT-X-MEDIA-SEQUENCE: no segment was removed. Players take any number but 0 for live. */
function render(presentation: Presentation, initUri: string, flag: string, segments: readonly string[]): string {
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${HLS_VERSION}`,
    `#EXT-X-TARGETDURATION:${presentationTargetDuration(presentation)}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    flag,
    tag('EXT-X-MAP', { URI: quoted(initUri) }),
    ...segments,
    '#EXT-X-ENDLIST',
  ];
  return `${lines.join('\n')}\n`;
}

/** The playlist at `{base}{track}.m3u8`. Its URIs are relative to that path. */
export function renderMediaPlaylist(presentation: Presentation, track: Track): string {
  const lines = segmentLines(track, ({ attempt, number }) => segmentPath(track.id, attempt, number));
  return render(presentation, initPath(track.id), '#EXT-X-INDEPENDENT-SEGMENTS', lines);
}

/** Whether the first I-frame of every segment can be addressed. Otherwise the track has no I-frame playlist. */
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
  // URIs are relative to the track's folder, one level below the media playlists.
  const inFolder = (path: string): string => path.slice(track.id.length + 1);
  const lines = segmentLines(
    track,
    ({ attempt, number, keyframeBytes = 0 }) =>
      `#EXT-X-BYTERANGE:${keyframeBytes}@0\n${inFolder(segmentPath(track.id, attempt, number))}`,
  );
  return render(presentation, inFolder(initPath(track.id)), '#EXT-X-I-FRAMES-ONLY', lines);
}
