/** The plan of a dub: sound that is added to a version, fitted to its picture. Pure. */

import { audioCodecRow } from '../../../media/codecs/codecs.ts';
import {
  longestSegmentTicks,
  longestTrack,
  type Presentation,
  trackDurationSeconds,
} from '../../../media/presentation.ts';
import { planAudio } from '../../../protocol/audio-plan.ts';
import type { AudioOptions } from '../../../protocol/encode-options.ts';
import type { AudioPlan } from '../../../protocol/plan-schema.ts';
import type { SoundFacts } from '../../../protocol/sound-facts.ts';
import type { Warning } from '../../../protocol/warnings.ts';

/** `seconds`: of the picture. Sound is cut into segments as long as its own. */
export type Film = { seconds: number; segmentSeconds: number };

export function filmOf(presentation: Pick<Presentation, 'tracks'>): Film {
  const picture = longestTrack(presentation);
  return { seconds: trackDurationSeconds(picture), segmentSeconds: longestSegmentTicks(picture) / picture.timescale };
}

export type DubPlan = {
  audio: AudioPlan[];
  /** When the film begins on the clock of the dub. */
  originSeconds: number;
  warnings: Warning[];
};

/** These formats count from the start of the film that they hold: sound that begins later is meant to. */
const COUNTS_FROM_FILM = /^(?:mov|matroska)/;

/** Clocks of other formats, and of recordings of a channel, begin anywhere. */
const originOf = ({ container, fileStartSeconds }: SoundFacts, film: Film): number =>
  COUNTS_FROM_FILM.test(container) && fileStartSeconds < film.seconds ? 0 : fileStartSeconds;

/** A second more or less of silence is not worth a word. */
const LEAST_TOLD_SECONDS = 1;

function lengthWarnings(endSeconds: number, { seconds }: Film): Warning[] {
  const rest = endSeconds < seconds ? 'the rest of the film is silent' : 'what is behind its end is cut off';
  const message = `The dub ends at ${endSeconds.toFixed(1)} s, the film at ${seconds.toFixed(1)} s; ${rest}`;
  return Math.abs(endSeconds - seconds) > LEAST_TOLD_SECONDS ? [{ code: 'dub_length_differs', message }] : [];
}

/** `aa-fr-k3x9` in 5.1 is `aa-fr-k3x9-384`, in E-AC-3 `aa-fr-k3x9-ec3-384`. */
function formatId(track: string, { codec, bitrateKbps }: AudioPlan): string {
  const name = audioCodecRow(codec).trackPrefix.replace(/^a-?/, '');
  return `${track}-${name}${bitrateKbps}`;
}

/** `track`: of the catalog, and the id of the stereo rendition. */
export function planDub(
  facts: SoundFacts,
  film: Film,
  { track, language }: { track: string; language: string },
  options: AudioOptions = {},
): DubPlan {
  // Its names and roles are the catalog's.
  const { name: _name, role: _role, ...stream } = facts.audio;
  const originSeconds = originOf(facts, film);
  const planned = planAudio([{ ...stream, language }], film.seconds, film.segmentSeconds, options);
  return {
    audio: planned.map((audio) =>
      audio.formatOf === undefined ? { ...audio, track } : { ...audio, track: formatId(track, audio), formatOf: track },
    ),
    originSeconds,
    warnings: [
      ...facts.warnings,
      ...lengthWarnings(facts.audio.startSeconds - originSeconds + facts.durationSeconds, film),
    ],
  };
}
