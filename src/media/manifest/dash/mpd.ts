/**
 * The static MPD (ISO/IEC 23009-1; D1 to D12 of docs/architecture/conformance.md). Presentation → text. No
 * @bitstreamSwitching: D20, we are avc1.
 */

import { codecRowOf } from '../../codecs/codecs.ts';
import { type Fraction, fractionToNumber } from '../../fraction.ts';
import { TRACK_KINDS } from '../../media-types.ts';
import {
  type AudioTrack,
  audioTracks,
  longestSegmentTicks,
  longestTrack,
  type Presentation,
  type Track,
  trackDurationTicks,
  type VideoTrack,
  videoTracks,
} from '../../presentation.ts';
import { languageTag } from '../language.ts';
import { formatSeconds, microsecondsOf } from '../time.ts';
import { segmentTemplate } from './segment-template.ts';
import { document, element, textElement, type Xml } from './xml.ts';

const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011';

/** xs:duration in seconds alone: years and months have no fixed length (D19). */
const duration = (microseconds: number): string => `PT${formatSeconds(microseconds)}S`;

/**
 * Rounded up: players drop a frame that ends after the period does (Media Source Extensions, append window), and the
 * last one must not be it.
 */
function presentationMicroseconds(presentation: Presentation): number {
  const track = longestTrack(presentation);
  return microsecondsOf(trackDurationTicks(track), track.timescale, 'up');
}

/** @bandwidth holds for any start once this much is buffered: the longest segment, whose own rate is within the peak. */
function minBufferMicroseconds(presentation: Presentation): number {
  return Math.max(
    ...presentation.tracks.map((track) => microsecondsOf(longestSegmentTicks(track), track.timescale, 'up')),
  );
}

const formatFrameRate = ({ num, den }: Fraction): string => (den === 1 ? String(num) : `${num}/${den}`);

function channelConfiguration({ codec, channels }: AudioTrack): Xml[] {
  const row = codecRowOf(codec);
  const descriptor = row?.kind === 'audio' ? row.dashChannels(channels) : null;
  return descriptor === null ? [] : [element('AudioChannelConfiguration', descriptor)];
}

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function contentProtection({ protection }: Track): Xml[] {
  return (protection?.keyIds ?? []).map((keyId) =>
    element('ContentProtection', {
      schemeIdUri: 'urn:mpeg:dash:mp4protection:2011',
      value: protection?.scheme,
      'cenc:default_KID': uuid(keyId),
    }),
  );
}

const role = (value: 'main' | 'alternate'): Xml => element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value });

function videoRepresentation(track: VideoTrack): Xml {
  return element(
    'Representation',
    {
      id: track.id,
      bandwidth: track.bandwidth.peak,
      codecs: track.codec,
      width: track.width,
      height: track.height,
      frameRate: formatFrameRate(track.frameRate),
      // The encoder makes pixels square.
      sar: '1:1',
    },
    [...contentProtection(track), segmentTemplate(track)],
  );
}

function audioRepresentation(track: AudioTrack): Xml {
  return element(
    'Representation',
    { id: track.id, bandwidth: track.bandwidth.peak, codecs: track.codec, audioSamplingRate: track.sampleRate },
    [...channelConfiguration(track), ...contentProtection(track), segmentTemplate(track)],
  );
}

function videoSet(tracks: readonly VideoTrack[], index: number): Xml {
  const fastest = tracks.reduce<VideoTrack | undefined>(
    (best, track) =>
      best === undefined || fractionToNumber(track.frameRate) > fractionToNumber(best.frameRate) ? track : best,
    undefined,
  );
  return element(
    'AdaptationSet',
    {
      id: index,
      contentType: 'video',
      mimeType: TRACK_KINDS.video.init,
      segmentAlignment: 'true',
      startWithSAP: 1,
      maxWidth: Math.max(...tracks.map((track) => track.width)),
      maxHeight: Math.max(...tracks.map((track) => track.height)),
      maxFrameRate: fastest === undefined ? undefined : formatFrameRate(fastest.frameRate),
    },
    [role('main'), ...tracks.map(videoRepresentation)],
  );
}

/** One set per audio track: two tracks of a language may be film sound and commentary, and must never be switched between. */
function audioSet(track: AudioTrack, index: number): Xml {
  return element(
    'AdaptationSet',
    {
      id: index,
      contentType: 'audio',
      mimeType: TRACK_KINDS.audio.init,
      lang: languageTag(track.language),
      segmentAlignment: 'true',
      startWithSAP: 1,
    },
    [role(track.role), audioRepresentation(track)],
  );
}

/** Players switch within a set only, and a switching set has one media profile (CMAF 7.3.4.1): codec family and range. */
function adaptationSets(presentation: Presentation): Xml[] {
  const ascending = videoTracks(presentation).sort((a, b) => a.bandwidth.peak - b.bandwidth.peak);
  const videos = Map.groupBy(ascending, (track) => `${codecRowOf(track.codec)?.name} ${track.videoRange}`);
  const sets = [...videos.values()].map((tracks, index) => videoSet(tracks, index + 1));
  const audio = audioTracks(presentation).map((track, index) => audioSet(track, sets.length + index + 1));
  return [...sets, ...audio];
}

/**
 * `basePath` is the absolute path, ending in a slash, below which the session's segments stand; it pins the player to
 * its session. Throws TypeError where segment numbers of a track are not consecutive.
 */
export function renderMpd(presentation: Presentation, { basePath }: { basePath: string }): string {
  const isProtected = presentation.tracks.some((track) => track.protection !== undefined);
  const total = duration(presentationMicroseconds(presentation));
  return document(
    element(
      'MPD',
      {
        xmlns: 'urn:mpeg:dash:schema:mpd:2011',
        'xmlns:cenc': isProtected ? 'urn:mpeg:cenc:2013' : undefined,
        type: 'static',
        profiles: LIVE_PROFILE,
        mediaPresentationDuration: total,
        minBufferTime: duration(minBufferMicroseconds(presentation)),
      },
      [
        textElement('BaseURL', basePath),
        element('Period', { id: '1', start: 'PT0S', duration: total }, adaptationSets(presentation)),
      ],
    ),
  );
}
