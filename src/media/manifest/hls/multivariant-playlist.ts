/** The multivariant playlist (RFC 8216 4.3.4, HAS 9): the renditions, and what each needs of the player. */
import { measureBandwidth, type SegmentEntry } from '../../bandwidth.ts';
import { iframePlaylistPath, mediaPlaylistPath } from '../../delivery-path.ts';
import { fractionToNumber } from '../../fraction.ts';
import { type AudioTrack, audioTracks, type Presentation, type VideoTrack, videoTracks } from '../../presentation.ts';
import { audioName, languageTag, uniqueName } from '../language.ts';
import { decimalFloat, decimalInteger, enumerated, quoted, resolution, tag } from './attributes.ts';
import { HLS_VERSION, hasKeyframes } from './media-playlist.ts';

/** HAS 1.32: players start with the first variant; on Wi-Fi that should be the one near 2000 kb/s. */
const FIRST_VARIANT_BANDWIDTH = 2_000_000;

/** Audio that a variant names together: same codec and channels, so that one CODECS string holds for all. */
type AudioGroup = { id: string; tracks: readonly AudioTrack[]; codec: string; average: number; peak: number };

/** `audio` for the usual single group. Further ones, in order of appearance, are `audio-2`, … */
function audioGroups(tracks: readonly AudioTrack[]): AudioGroup[] {
  const byKind = Map.groupBy(tracks, (track) => `${track.codec} ${track.channels}`);
  return [...byKind.values()].map((members, index) => ({
    id: index === 0 ? 'audio' : `audio-${index + 1}`,
    tracks: members,
    codec: members[0]?.codec ?? '',
    average: Math.max(...members.map((track) => track.bandwidth.average)),
    peak: Math.max(...members.map((track) => track.bandwidth.peak)),
  }));
}

/** Media characteristics of Apple's platforms, which viewers ask for in the settings of their device (HAS 2.12). */
const CHARACTERISTICS: Partial<Record<AudioTrack['role'], string>> = {
  description: 'public.accessibility.describes-video',
  clean_speech: 'public.accessibility.enhances-speech-intelligibility',
};

/** Players choose among AUTOSELECT=YES members by these alone, so a group has one of each kind. */
const selectionOf = ({ language, role }: AudioTrack): string =>
  `${languageTag(language)} ${CHARACTERISTICS[role] ?? ''}`;

/** The renditions of a group (RFC 8216 4.3.4.1). Their names are unique within it. */
function mediaTags({ id, tracks }: AudioGroup, basePath: string): string[] {
  const defaultTrack = tracks.find((track) => track.role === 'main') ?? tracks[0];
  const selections = new Set(defaultTrack && [selectionOf(defaultTrack)]);
  const names = new Set<string>();
  return tracks.map((track) => {
    const isDefault = track === defaultTrack;
    const selection = selectionOf(track);
    // DEFAULT=YES implies it. Nobody gets a commentary without asking for it.
    const autoselect = isDefault || (track.role !== 'commentary' && !selections.has(selection));
    if (autoselect) {
      selections.add(selection);
    }
    const characteristics = CHARACTERISTICS[track.role];
    return tag('EXT-X-MEDIA', {
      TYPE: enumerated('AUDIO'),
      'GROUP-ID': quoted(id),
      LANGUAGE: quoted(languageTag(track.language)),
      // A quoted-string cannot hold the double quotes that a name may have.
      NAME: quoted(uniqueName(audioName(track).replaceAll('"', "'"), names)),
      DEFAULT: enumerated(isDefault ? 'YES' : 'NO'),
      AUTOSELECT: enumerated(autoselect ? 'YES' : 'NO'),
      CHARACTERISTICS: characteristics === undefined ? undefined : quoted(characteristics),
      CHANNELS: quoted(String(track.channels)),
      URI: quoted(basePath + mediaPlaylistPath(track.id)),
    });
  });
}

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
  const ascending = variants.toSorted((a, b) => a.peak - b.peak || a.average - b.average);
  const distance = (variant: T): number => Math.abs(variant.average - FIRST_VARIANT_BANDWIDTH);
  const [first] = ascending.toSorted((a, b) => distance(a) - distance(b));
  return first === undefined ? [] : [first, ...ascending.filter((variant) => variant !== first)];
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
      AUDIO: group && quoted(group.id),
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

/** `basePath`: of the session's playlists, absolute, with a slash at the end. Throws TypeError without video. */
export function renderMultivariantPlaylist(presentation: Presentation, { basePath }: { basePath: string }): string {
  const videos = videoTracks(presentation);
  if (videos.length === 0) {
    throw new TypeError('a presentation without video has no variants');
  }
  const groups = audioGroups(audioTracks(presentation));
  // HAS 9.16: the range may be left out only where all video is SDR.
  const declareRange = videos.some((video) => video.videoRange !== 'SDR');
  const byPeak = videos.toSorted((a, b) => a.bandwidth.peak - b.bandwidth.peak);
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
