/** Which audio tracks a version gets, in which order, and their ids. Pure. */
import { audioCodecRow } from '../media/codecs/codecs.ts';
import { MAX_AUDIO_TRACKS } from '../media/limits.ts';
import { AUDIO_SAMPLE_RATE, type AudioPlan } from './plan-schema.ts';
import type { AudioFacts } from './source-facts.ts';

/**
 * The default track first, then the film's own sound, then the file's order. Containers that flag every track leave the
 * choice to the second rule.
 */
export const soundInOrder = <T extends Pick<AudioFacts, 'isDefault' | 'role' | 'streamIndex'>>(
  tracks: readonly T[],
): T[] =>
  tracks.toSorted(
    (a, b) =>
      Number(b.isDefault) - Number(a.isDefault) ||
      Number(a.role !== undefined) - Number(b.role !== undefined) ||
      a.streamIndex - b.streamIndex,
  );

/** Of trackIdSchema (src/media/ids.ts). */
const MAX_ID_LENGTH = 32;
/** `-8`. */
const SUFFIX_LENGTH = 1 + String(MAX_AUDIO_TRACKS).length;

/** `a128-pt-br`; further tracks of a language are `a128-pt-br-2`, … */
function newTrackId(language: string, taken: Set<string>): string {
  const { trackPrefix, bitratesKbps } = audioCodecRow();
  const base = `${trackPrefix}${bitratesKbps[2]}-${language.toLowerCase()}`.slice(0, MAX_ID_LENGTH - SUFFIX_LENGTH);
  let id = base;
  for (let number = 2; taken.has(id); number += 1) {
    id = `${base}-${number}`;
  }
  taken.add(id);
  return id;
}

/** `seconds`: of the whole film. */
export function planAudio(streams: readonly AudioFacts[], seconds: number, segmentSeconds: number): AudioPlan[] {
  const { bitratesKbps, frameSamples } = audioCodecRow();
  const ids = new Set<string>();
  return soundInOrder(streams).map(({ streamIndex, language, name, role }) => ({
    track: newTrackId(language, ids),
    streamIndex,
    language,
    ...(name === undefined ? {} : { name }),
    ...(role === undefined ? {} : { role }),
    bitrateKbps: bitratesKbps[2] ?? 128,
    channels: 2,
    sampleRate: AUDIO_SAMPLE_RATE,
    // The 1e-9 keeps a product that is whole but for float noise from gaining a frame.
    frameCount: Math.max(1, Math.ceil((seconds * AUDIO_SAMPLE_RATE) / frameSamples - 1e-9)),
    segmentSeconds,
  }));
}
