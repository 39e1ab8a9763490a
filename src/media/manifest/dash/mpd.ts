/** The static MPD (ISO/IEC 23009-1; docs/architecture/conformance.md). No @bitstreamSwitching: we are avc1 (D20). */

import { codecRowOf } from '../../codecs/codecs.ts';
import { textSlicePath } from '../../delivery-path.ts';
import { fractionToNumber } from '../../fraction.ts';
import { TRACK_KINDS, WEBVTT_TYPE } from '../../media-types.ts';
import {
  type AudioTrack,
  audioTracks,
  longestSegmentTicks,
  longestTrack,
  type Presentation,
  presentationDurationSeconds,
  type TextKind,
  type TextTrack,
  trackDurationTicks,
  type VideoTrack,
  videoTracks,
} from '../../presentation.ts';
import { audioName, languageTag, textName, uniqueName } from '../language.ts';
import { soundsOf } from '../sounds.ts';
import { formatSeconds, microsecondsOf } from '../time.ts';
import { formatFrameRate, representation } from './representation.ts';
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

/** DASH 5.8.5.5. The scheme has no value for clean speech; accessibility tells it. */
const roleOf = (value: string): Xml => element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value });
const audioRole = (value: AudioTrack['role']): Xml => roleOf(value === 'clean_speech' ? 'alternate' : value);

/**
 * ETSI TS 103 285 (DVB-DASH) 4.4.3, 7.1.2 and DASH-IF IOP: TV-Anytime's purposes of sound, which are also those of text:
 * 1 for people who do not see, 2 who hear badly.
 */
const PURPOSES: Partial<Record<AudioTrack['role'] | TextKind, number>> = {
  description: 1,
  clean_speech: 2,
  captions: 2,
};

function accessibility(purpose: AudioTrack['role'] | TextKind): Xml[] {
  const value = PURPOSES[purpose];
  const schemeIdUri = 'urn:tva:metadata:cs:AudioPurposeCS:2007';
  return value === undefined ? [] : [element('Accessibility', { schemeIdUri, value })];
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
    [roleOf('main'), ...tracks.map(representation)],
  );
}

/**
 * Players show sets as one that they cannot tell apart, so no two have the same Label. What was not named has none, unless
 * something before it is of the same language and purpose. `shown`: the name in menus.
 */
function labelsOf(members: readonly { name?: string | undefined; shown: string }[]): Xml[][] {
  const taken = new Set<string>();
  return members.map(({ name, shown }) => {
    const unique = uniqueName(shown, taken);
    return name === undefined && unique === shown ? [] : [textElement('Label', unique)];
  });
}

/**
 * One set per sound and format: players must not switch between film sound and a commentary of the same language, nor to
 * what they cannot decode. `main` has the labels.
 */
function audioSet(track: AudioTrack, main: AudioTrack, label: readonly Xml[], index: number): Xml {
  return element(
    'AdaptationSet',
    {
      id: index,
      contentType: 'audio',
      mimeType: TRACK_KINDS.audio.init,
      lang: languageTag(main.language),
      segmentAlignment: 'true',
      startWithSAP: 1,
    },
    [...label, ...accessibility(main.role), audioRole(main.role), representation(track)],
  );
}

const TEXT_ROLES: Readonly<Record<TextKind, string>> = {
  subtitles: 'subtitle',
  captions: 'caption',
  forced: 'forced-subtitle',
  descriptions: 'description',
};

/**
 * The whole track as one WebVTT file, whose times begin with the period: no @presentationTimeOffset (D12). Its address is
 * absolute: ffmpeg (5.1) resolves a relative BaseURL against the MPD's own address.
 */
function textSet(
  text: TextTrack,
  label: readonly Xml[],
  { seconds, basePath }: { seconds: number; basePath: string },
  index: number,
): Xml {
  const { id, kind, language, isDefault, attempt, wholeBytes } = text;
  const bandwidth = Math.ceil((wholeBytes * 8) / seconds);
  return element(
    'AdaptationSet',
    { id: index, contentType: 'text', mimeType: WEBVTT_TYPE, lang: languageTag(language) },
    [
      ...label,
      ...accessibility(kind),
      roleOf(TEXT_ROLES[kind]),
      ...(isDefault ? [roleOf('main')] : []),
      element('Representation', { id, bandwidth }, [
        textElement('BaseURL', basePath + textSlicePath(id, attempt, 0, wholeBytes)),
      ]),
    ],
  );
}

/** Players switch within a set only. A switching set has one media profile (CMAF 7.3.4.1): codec family and range. */
function adaptationSets(presentation: Presentation, basePath: string): Xml[] {
  const ascending = videoTracks(presentation).sort((a, b) => a.bandwidth.peak - b.bandwidth.peak);
  const videos = Map.groupBy(ascending, (track) => `${codecRowOf(track.codec)?.name} ${track.videoRange}`);
  const sounds = soundsOf(audioTracks(presentation));
  const soundLabels = labelsOf(sounds.map(({ main }) => ({ name: main.name, shown: audioName(main) })));
  const { texts = [] } = presentation;
  const textLabels = labelsOf(texts.map((text) => ({ name: text.name, shown: textName(text) })));
  const seconds = presentationDurationSeconds(presentation);
  const sets = [
    ...[...videos.values()].map((tracks) => (index: number) => videoSet(tracks, index)),
    ...sounds.flatMap(({ main, formats }, sound) =>
      formats.map((track) => (index: number) => audioSet(track, main, soundLabels[sound] ?? [], index)),
    ),
    ...texts.map((text, at) => (index: number) => textSet(text, textLabels[at] ?? [], { seconds, basePath }, index)),
  ];
  return sets.map((set, index) => set(index + 1));
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
        element('Period', { id: '1', start: 'PT0S', duration: total }, adaptationSets(presentation, basePath)),
      ],
    ),
  );
}
