/** The static MPD (ISO/IEC 23009-1; docs/architecture/conformance.md). No @bitstreamSwitching: we are avc1 (D20). */

import { formatAttemptMap } from '../../attempt-map.ts';
import { codecRowOf } from '../../codecs/codecs.ts';
import { type Fraction, fractionToNumber } from '../../fraction.ts';
import { initPath, segmentPath } from '../../keys.ts';
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
import { document, element, textElement, type Xml } from './xml.ts';

const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011';

/** xs:duration in seconds only: years and months have no fixed length (D19). */
const duration = (microseconds: number): string => `PT${formatSeconds(microseconds)}S`;

/** Rounded up: players drop a frame that ends after the period (Media Source Extensions, append window). */
function presentationMicroseconds(presentation: Presentation): number {
  const track = longestTrack(presentation);
  return microsecondsOf(trackDurationTicks(track), track.timescale, 'up');
}

/** @bandwidth holds for any start once this much is buffered: the longest segment, whose own rate is within the peak. */
const minBufferMicroseconds = ({ tracks }: Presentation): number =>
  Math.max(...tracks.map((track) => microsecondsOf(longestSegmentTicks(track), track.timescale, 'up')));

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

type TimelineRun = { durationTicks: number; count: number };

/** Equal lengths in a row are one run, which keeps MPDs small. Throws TypeError for a gap in segment numbers. */
function timelineRuns({ id, chunks }: Track, startNumber: number): TimelineRun[] {
  const runs: TimelineRun[] = [];
  let expected = startNumber;
  let last: TimelineRun | undefined;
  for (const { firstNumber, segments } of chunks) {
    // $Number$ has no gaps: every later segment would be off by one.
    if (firstNumber !== expected) {
      throw new TypeError(`track ${id}: segment ${firstNumber} stands where ${expected} is due`);
    }
    expected += segments.length;
    for (const entry of segments) {
      const durationTicks = entry[0];
      if (last?.durationTicks === durationTicks) {
        last.count += 1;
      } else {
        last = { durationTicks, count: 1 };
        runs.push(last);
      }
    }
  }
  return runs;
}

/** @presentationTimeOffset moves media times back to the period's start (ISO/IEC 23009-1 5.3.9.2). */
function segmentTemplate(track: Track): Xml {
  const startNumber = track.chunks[0]?.firstNumber ?? 1;
  const timeline = timelineRuns(track, startNumber).map(({ durationTicks, count }, index) =>
    element('S', {
      t: index === 0 ? track.presentationOffset : undefined,
      d: durationTicks,
      // @r counts repetitions after the first.
      r: count - 1 || undefined,
    }),
  );
  return element(
    'SegmentTemplate',
    {
      timescale: track.timescale,
      presentationTimeOffset: track.presentationOffset || undefined,
      startNumber,
      initialization: initPath(track.id),
      media: segmentPath(track.id, formatAttemptMap(track.chunks), '$Number$'),
    },
    [element('SegmentTimeline', {}, timeline)],
  );
}

/** DASH 5.8.5.5. The scheme has no value for clean speech; accessibility tells it. */
const role = (value: AudioTrack['role']): Xml =>
  element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value: value === 'clean_speech' ? 'alternate' : value });

/** ETSI TS 103 285 (DVB-DASH) 4.4.3 and DASH-IF IOP: TV-Anytime's purposes of sound, 1 for people who do not see, 2 who hear badly. */
const AUDIO_PURPOSES: Partial<Record<AudioTrack['role'], number>> = { description: 1, clean_speech: 2 };

function accessibility({ role: purpose }: AudioTrack): Xml[] {
  const value = AUDIO_PURPOSES[purpose];
  const schemeIdUri = 'urn:tva:metadata:cs:AudioPurposeCS:2007';
  return value === undefined ? [] : [element('Accessibility', { schemeIdUri, value })];
}

function representation(track: Track): Xml {
  const { id, bandwidth, codec } = track;
  const own =
    track.kind === 'video'
      ? // The encoder makes pixels square.
        { width: track.width, height: track.height, frameRate: formatFrameRate(track.frameRate), sar: '1:1' }
      : { audioSamplingRate: track.sampleRate };
  return element('Representation', { id, bandwidth: bandwidth.peak, codecs: codec, ...own }, [
    ...(track.kind === 'audio' ? channelConfiguration(track) : []),
    ...contentProtection(track),
    segmentTemplate(track),
  ]);
}

function videoSet(tracks: readonly VideoTrack[], index: number): Xml {
  const [fastest] = tracks.map((track) => track.frameRate).sort((a, b) => fractionToNumber(b) - fractionToNumber(a));
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
      maxFrameRate: fastest && formatFrameRate(fastest),
    },
    [role('main'), ...tracks.map(representation)],
  );
}

/** One set per audio track: players must not switch between film sound and a commentary of the same language. */
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
    [
      ...(track.name === undefined ? [] : [textElement('Label', track.name)]),
      ...accessibility(track),
      role(track.role),
      representation(track),
    ],
  );
}

/** Players switch within a set only. A switching set has one media profile (CMAF 7.3.4.1): codec family and range. */
function adaptationSets(presentation: Presentation): Xml[] {
  const ascending = videoTracks(presentation).sort((a, b) => a.bandwidth.peak - b.bandwidth.peak);
  const videos = Map.groupBy(ascending, (track) => `${codecRowOf(track.codec)?.name} ${track.videoRange}`);
  const sets = [...videos.values()].map((tracks, index) => videoSet(tracks, index + 1));
  const audio = audioTracks(presentation).map((track, index) => audioSet(track, sets.length + index + 1));
  return [...sets, ...audio];
}

/** `basePath`: of the session's segments, absolute, ending in a slash. Throws TypeError for gaps in segment numbers. */
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
