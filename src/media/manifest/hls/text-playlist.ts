/** The media playlist of a text track (RFC 8216 3.5, HAS 5): WebVTT files that are byte ranges of its pack. */
import { textSlicePath } from '../../delivery-path.ts';
import { longestTrack, type Presentation, type TextTrack, trackDurationTicks } from '../../presentation.ts';
import { formatSeconds, microsecondsOf } from '../time.ts';

/** Segments without EXT-X-MAP need no more. */
const VERSION = 3;

/**
 * The playlist at `{base}{track}.m3u8`. Segments begin every `segmentSeconds`; the last one ends with the film, which the
 * playlist covers exactly (HAS 5.5). Its target duration is its own (RFC 8216bis 6.2.4).
 */
export function renderTextPlaylist(presentation: Presentation, { id, attempt, ...text }: TextTrack): string {
  const film = longestTrack(presentation);
  const end = microsecondsOf(trackDurationTicks(film), film.timescale, 'nearest');
  const step = text.segmentSeconds * 1_000_000;
  const lines: string[] = [];
  let offset = text.wholeBytes;
  for (const [index, bytes] of text.segmentBytes.entries()) {
    const isLast = index === text.segmentBytes.length - 1;
    const duration = isLast ? end - index * step : step;
    lines.push(`#EXTINF:${formatSeconds(duration)},`, textSlicePath(id, attempt, offset, bytes));
    offset += bytes;
  }
  return `${[
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${text.segmentSeconds}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...lines,
    '#EXT-X-ENDLIST',
  ].join('\n')}\n`;
}
