/** The plan of a dub: sound that is added to a version, fitted to its picture. Pure. */

import { audioCodecRow } from '../../../media/codecs/codecs.ts';
import {
  longestSegmentTicks,
  longestTrack,
  type Presentation,
  trackDurationSeconds,
} from '../../../media/presentation.ts';
import { planAudioChunks } from '../../../protocol/audio-chunks.ts';
import { planAudio } from '../../../protocol/audio-plan.ts';
import type { AudioOptions } from '../../../protocol/encode-options.ts';
import type { AudioPlan, EncodePlan } from '../../../protocol/plan-schema.ts';
import type { SoundFacts } from '../../../protocol/sound-facts.ts';
import type { Warning } from '../../../protocol/warnings.ts';

/** `seconds`: of the picture. Sound is cut into segments as long as its own. `isPart`: of a longer film. */
export type Film = { seconds: number; segmentSeconds: number; isPart?: boolean };

export function filmOf(presentation: Pick<Presentation, 'tracks'>): Film {
  const picture = longestTrack(presentation);
  return { seconds: trackDurationSeconds(picture), segmentSeconds: longestSegmentTicks(picture) / picture.timescale };
}

export type DubPlan = {
  audio: AudioPlan[];
  audioChunks?: EncodePlan['audioChunks'];
  /** When the film begins on the clock of the dub. */
  originSeconds: number;
  warnings: Warning[];
};

/** These formats count from the start of the film that they hold: sound that begins later is meant to. */
const COUNTS_FROM_FILM = /^(?:mov|matroska)/;

/** Clocks of other formats, and of recordings of a channel, begin anywhere. */
const originOf = ({ container, fileStartSeconds }: SoundFacts, endSeconds: number): number =>
  COUNTS_FROM_FILM.test(container) && fileStartSeconds < endSeconds ? 0 : fileStartSeconds;

/** A second more or less of silence is not worth a word. */
const LEAST_TOLD_SECONDS = 1;

function lengthWarnings(endSeconds: number, { seconds, isPart }: Film): Warning[] {
  const differs = isPart ? seconds - endSeconds : Math.abs(endSeconds - seconds);
  const rest = endSeconds < seconds ? 'the rest of the film is silent' : 'what is behind its end is cut off';
  const message = `The dub ends at ${Math.max(0, endSeconds).toFixed(1)} s, the film at ${seconds.toFixed(1)} s; ${rest}`;
  return differs > LEAST_TOLD_SECONDS ? [{ code: 'dub_length_differs', message }] : [];
}

/** `aa-fr-k3x9` in 5.1 is `aa-fr-k3x9-384`, in E-AC-3 `aa-fr-k3x9-ec3-384`. */
function formatId(track: string, { codec, bitrateKbps }: AudioPlan): string {
  const name = audioCodecRow(codec).trackPrefix.replace(/^a-?/, '');
  return `${track}-${name}${bitrateKbps}`;
}

/**
 * `track`: of the catalog, and the id of the stereo rendition. `shiftMs`: as its row has it, negative for a clip, which begins
 * later in the file of the dub.
 */
export function planDub(
  facts: SoundFacts,
  film: Film,
  { track, language, shiftMs = 0 }: { track: string; language: string; shiftMs?: number },
  options: AudioOptions = {},
  fleetCores = 0,
): DubPlan {
  // Its names and roles are the catalog's.
  const { name: _name, role: _role, ...stream } = facts.audio;
  const shiftSeconds = shiftMs / 1000;
  const originSeconds = originOf(facts, film.seconds - shiftSeconds) - shiftSeconds;
  const planned = planAudio([{ ...stream, language }], film.seconds, film.segmentSeconds, options);
  const audio = planned.map((format) =>
    format.formatOf === undefined
      ? { ...format, track }
      : { ...format, track: formatId(track, format), formatOf: track },
  );
  const audioChunks = planAudioChunks(audio, 0, fleetCores);
  return {
    audio,
    ...(audioChunks === undefined ? {} : { audioChunks }),
    originSeconds,
    warnings: [
      ...facts.warnings,
      ...lengthWarnings(facts.audio.startSeconds - originSeconds + facts.durationSeconds, film),
    ],
  };
}
