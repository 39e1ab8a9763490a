/** Media and I-frame playlists of a finished version (RFC 8216 4.3.3, HAS 6 to 8). Presentation → text. */
import { targetDurationSeconds } from '../../contract/bandwidth.ts';
import { initPath, segmentPath } from '../../contract/keys.ts';
import {
  type NumberedSegment,
  type Presentation,
  segmentsOf,
  type Track,
  type VideoTrack,
} from '../../contract/presentation.ts';
import { formatSeconds, microsecondsOf } from '../time.ts';
import { quoted, tag } from './attributes.ts';

/** EXT-X-MAP outside I-frame playlists needs 6 (RFC 8216 7); 7 is what Apple's tools expect of fMP4. */
export const HLS_VERSION = 7;

/** One value for every playlist of a presentation (HAS 8.2): the longest segment of any track, to the nearest second. */
export const presentationTargetDuration = (presentation: Presentation): number =>
  Math.max(
    ...presentation.tracks.map((track) =>
      targetDurationSeconds(
        track.chunks.flatMap((chunk) => chunk.segments),
        track.timescale,
      ),
    ),
  );

/**
 * EXTINF of consecutive segments. Each is the difference of two rounded end times, not a rounded duration, so the sum
 * of any run is within one microsecond of the media (HAS 8.1 allows one frame).
 */
function extinf(segment: NumberedSegment, track: Track): string {
  const start = segment.startTicks - track.presentationOffset;
  const end = microsecondsOf(start + segment.durationTicks, track.timescale, 'nearest');
  return `#EXTINF:${formatSeconds(end - microsecondsOf(start, track.timescale, 'nearest'))},`;
}

function header(presentation: Presentation, track: Track, initUri: string, extra: readonly string[]): string[] {
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${HLS_VERSION}`,
    `#EXT-X-TARGETDURATION:${presentationTargetDuration(presentation)}`,
    `#EXT-X-MEDIA-SEQUENCE:${track.chunks[0]?.firstNumber ?? 1}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...extra,
    tag('EXT-X-MAP', { URI: quoted(initUri) }),
  ];
}

const render = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** The playlist at `{base}{track}.m3u8`; its URIs are relative to that place. */
export function renderMediaPlaylist(presentation: Presentation, track: Track): string {
  const lines = header(presentation, track, initPath(track.id), ['#EXT-X-INDEPENDENT-SEGMENTS']);
  for (const segment of segmentsOf(track)) {
    lines.push(extinf(segment, track), segmentPath(track.id, segment.attempt, segment.number));
  }
  lines.push('#EXT-X-ENDLIST');
  return render(lines);
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
  const lines = header(presentation, track, inFolder(initPath(track.id)), ['#EXT-X-I-FRAMES-ONLY']);
  for (const segment of segmentsOf(track)) {
    lines.push(
      extinf(segment, track),
      `#EXT-X-BYTERANGE:${segment.keyframeBytes ?? 0}@0`,
      inFolder(segmentPath(track.id, segment.attempt, segment.number)),
    );
  }
  lines.push('#EXT-X-ENDLIST');
  return render(lines);
}
