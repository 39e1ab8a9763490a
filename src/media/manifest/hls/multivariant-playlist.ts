/** The multivariant playlist (RFC 8216 4.3.4, HAS 9): the renditions, and what each needs of the player. */
import { measureBandwidth, type SegmentEntry } from '../../bandwidth.ts';
import { CHAPTERS_PATH, iframePlaylistPath, mediaPlaylistPath } from '../../delivery-path.ts';
import { fractionToNumber } from '../../fraction.ts';
import { audioTracks, type Presentation, type VideoTrack, videoTracks } from '../../presentation.ts';
import { decimalFloat, decimalInteger, enumerated, quoted, resolution, tag } from './attributes.ts';
import { HLS_VERSION, hasKeyframes } from './media-playlist.ts';
import { type AudioGroup, audioGroups, audioTags, SUBTITLES_GROUP, textTags } from './renditions.ts';

/** HAS 1.32: players start with the first variant; on Wi-Fi that should be the one near 2000 kb/s. */
const FIRST_VARIANT_BANDWIDTH = 2_000_000;

type Variant = { video: VideoTrack; group: AudioGroup | undefined; average: number; peak: number };

/** Every playable combination, with the sums that HAS 9.13 and 9.14 declare; those that all devices play come first. */
function variantsOf(videos: readonly VideoTrack[], groups: readonly AudioGroup[]): Variant[] {
  const combinations = groups.length === 0 ? [undefined] : groups;
  return combinations.flatMap((group) =>
    orderVariants(
      videos.map((video) => ({
        video,
        group,
        average: video.bandwidth.average + (group?.average ?? 0),
        peak: video.bandwidth.peak + (group?.peak ?? 0),
      })),
    ),
  );
}

/** First the variant whose average is nearest to 2000 kb/s (the lower of two equally near), then ascending by peak. */
export function orderVariants<T extends { average: number; peak: number }>(variants: readonly T[]): T[] {
  const ascending = variants.toSorted((a, b) => a.peak - b.peak || a.average - b.average);
  const distance = (variant: T): number => Math.abs(variant.average - FIRST_VARIANT_BANDWIDTH);
  const [first] = ascending.toSorted((a, b) => distance(a) - distance(b));
  return first === undefined ? [] : [first, ...ascending.filter((variant) => variant !== first)];
}

function variantLines(
  { video, group, average, peak }: Variant,
  basePath: string,
  { declareRange, hasTexts }: { declareRange: boolean; hasTexts: boolean },
): string[] {
  return [
    tag('EXT-X-STREAM-INF', {
      BANDWIDTH: decimalInteger(peak),
      'AVERAGE-BANDWIDTH': decimalInteger(average),
      CODECS: quoted([video.codec, ...(group?.codecs ?? [])].join()),
      RESOLUTION: resolution(video.width, video.height),
      'FRAME-RATE': decimalFloat(fractionToNumber(video.frameRate), 3),
      'VIDEO-RANGE': declareRange ? enumerated(video.videoRange) : undefined,
      AUDIO: group && quoted(group.id),
      SUBTITLES: hasTexts ? quoted(SUBTITLES_GROUP) : undefined,
      // The encoder takes them out of the picture.
      'CLOSED-CAPTIONS': enumerated('NONE'),
    }),
    basePath + mediaPlaylistPath(video.id),
  ];
}

/** RFC 8216 4.3.4.3 permits no FRAME-RATE, AUDIO or CLOSED-CAPTIONS. Rates are those of the I-frames alone (HAS 6.9). */
function iframeTag(video: VideoTrack, basePath: string, declareRange: boolean): string {
  const frames = video.chunks.flatMap(({ segments, keyframeBytes }) =>
    segments.map((entry, index): SegmentEntry => [entry[0], keyframeBytes?.[index] ?? 0]),
  );
  const { average, peak } = measureBandwidth(frames, video.timescale);
  return tag('EXT-X-I-FRAME-STREAM-INF', {
    BANDWIDTH: decimalInteger(peak),
    'AVERAGE-BANDWIDTH': decimalInteger(average),
    CODECS: quoted(video.codec),
    RESOLUTION: resolution(video.width, video.height),
    'VIDEO-RANGE': declareRange ? enumerated(video.videoRange) : undefined,
    URI: quoted(basePath + iframePlaylistPath(video.id)),
  });
}

/** Apple, "Providing JavaScript Object Notation (JSON) chapters". */
const chaptersTag = (basePath: string): string =>
  tag('EXT-X-SESSION-DATA', {
    'DATA-ID': quoted('com.apple.hls.chapters'),
    URI: quoted(basePath + CHAPTERS_PATH),
  });

/** `basePath`: of the session's playlists, absolute, with a slash at the end. Throws TypeError without video. */
export function renderMultivariantPlaylist(presentation: Presentation, { basePath }: { basePath: string }): string {
  const videos = videoTracks(presentation);
  if (videos.length === 0) {
    throw new TypeError('a presentation without video has no variants');
  }
  const { texts = [], chapters = [] } = presentation;
  const hasTexts = texts.length > 0;
  const groups = audioGroups(audioTracks(presentation));
  // HAS 9.16: the range may be left out only where all video is SDR.
  const declareRange = videos.some((video) => video.videoRange !== 'SDR');
  const byPeak = videos.toSorted((a, b) => a.bandwidth.peak - b.bandwidth.peak);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${HLS_VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...audioTags(audioTracks(presentation), groups, basePath),
    ...textTags(texts, basePath),
    ...(chapters.length === 0 ? [] : [chaptersTag(basePath)]),
    ...variantsOf(videos, groups).flatMap((variant) => variantLines(variant, basePath, { declareRange, hasTexts })),
    ...byPeak.filter(hasKeyframes).map((video) => iframeTag(video, basePath, declareRange)),
  ];
  return `${lines.join('\n')}\n`;
}
