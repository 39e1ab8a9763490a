/** The multivariant playlist (RFC 8216 4.3.4, HAS 9): which renditions there are and what each needs of the player. */
import { measureBandwidth, type SegmentEntry } from '../../bandwidth.ts';
import { iframePlaylistPath, mediaPlaylistPath } from '../../delivery-path.ts';
import { fractionToNumber } from '../../fraction.ts';
import { audioTracks, type Presentation, segmentsOf, type VideoTrack, videoTracks } from '../../presentation.ts';
import { decimalFloat, decimalInteger, enumerated, quoted, resolution, tag } from './attributes.ts';
import { type AudioGroup, audioGroups } from './audio-groups.ts';
import { HLS_VERSION, hasKeyframes } from './media-playlist.ts';

/** HAS 1.32: players start with the first variant; on Wi-Fi that should be the one near 2000 kb/s. */
const FIRST_VARIANT_BANDWIDTH = 2_000_000;

type Variant = { video: VideoTrack; group: AudioGroup | undefined; average: number; peak: number };

/** Every playable combination, with the sums that HAS 9.13 and 9.14 declare. */
function variantsOf(videos: readonly VideoTrack[], groups: readonly AudioGroup[]): Variant[] {
  const combinations = groups.length === 0 ? [undefined] : groups;
  return combinations.flatMap((group) =>
    videos.map((video) => ({
      video,
      group,
      average: video.bandwidth.average + (group?.average ?? 0),
      peak: video.bandwidth.peak + (group?.peak ?? 0),
    })),
  );
}

/** First the variant whose average is nearest to 2000 kb/s (the lower of two equally near), then ascending by peak. */
export function orderVariants<T extends { average: number; peak: number }>(variants: readonly T[]): T[] {
  const ascending = [...variants].sort((a, b) => a.peak - b.peak || a.average - b.average);
  const distance = (variant: T): number => Math.abs(variant.average - FIRST_VARIANT_BANDWIDTH);
  const first = ascending.reduce<T | undefined>(
    (best, variant) => (best === undefined || distance(variant) < distance(best) ? variant : best),
    undefined,
  );
  return first === undefined ? [] : [first, ...ascending.filter((variant) => variant !== first)];
}

function mediaTags(group: AudioGroup, basePath: string): string[] {
  return group.renditions.map(({ track, name, language, isDefault, autoselect }) =>
    tag('EXT-X-MEDIA', {
      TYPE: enumerated('AUDIO'),
      'GROUP-ID': quoted(group.id),
      LANGUAGE: quoted(language),
      NAME: quoted(name),
      DEFAULT: enumerated(isDefault ? 'YES' : 'NO'),
      AUTOSELECT: enumerated(autoselect ? 'YES' : 'NO'),
      CHANNELS: quoted(String(track.channels)),
      URI: quoted(basePath + mediaPlaylistPath(track.id)),
    }),
  );
}

function variantLines({ video, group, average, peak }: Variant, basePath: string, declareRange: boolean): string[] {
  return [
    tag('EXT-X-STREAM-INF', {
      BANDWIDTH: decimalInteger(peak),
      'AVERAGE-BANDWIDTH': decimalInteger(average),
      CODECS: quoted(group === undefined ? video.codec : `${video.codec},${group.codec}`),
      RESOLUTION: resolution(video.width, video.height),
      'FRAME-RATE': decimalFloat(fractionToNumber(video.frameRate), 3),
      'VIDEO-RANGE': declareRange ? enumerated(video.videoRange) : undefined,
      AUDIO: group === undefined ? undefined : quoted(group.id),
      'CLOSED-CAPTIONS': enumerated('NONE'),
    }),
    basePath + mediaPlaylistPath(video.id),
  ];
}

/**
 * FRAME-RATE, AUDIO, SUBTITLES and CLOSED-CAPTIONS are not permitted here (RFC 8216 4.3.4.3). Rates are those of the
 * I-frames alone, each lasting until the next (HAS 6.9).
 */
function iframeTag(video: VideoTrack, basePath: string, declareRange: boolean): string {
  const frames: SegmentEntry[] = [];
  for (const { durationTicks, keyframeBytes } of segmentsOf(video)) {
    frames.push([durationTicks, keyframeBytes ?? 0]);
  }
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

/**
 * `basePath` is the absolute path, ending in a slash, below which the session's media playlists stand.
 * Throws TypeError for a presentation without video: nothing of ours publishes one.
 */
export function renderMultivariantPlaylist(presentation: Presentation, { basePath }: { basePath: string }): string {
  const videos = videoTracks(presentation);
  if (videos.length === 0) {
    throw new TypeError('a presentation without video has no variants');
  }
  const groups = audioGroups(audioTracks(presentation));
  // HAS 9.16: may be left out only where all of it is SDR.
  const declareRange = videos.some((video) => video.videoRange !== 'SDR');
  const byPeak = [...videos].sort((a, b) => a.bandwidth.peak - b.bandwidth.peak);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${HLS_VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...groups.flatMap((group) => mediaTags(group, basePath)),
    ...orderVariants(variantsOf(videos, groups)).flatMap((variant) => variantLines(variant, basePath, declareRange)),
    ...byPeak.filter(hasKeyframes).map((video) => iframeTag(video, basePath, declareRange)),
  ];
  return `${lines.join('\n')}\n`;
}
