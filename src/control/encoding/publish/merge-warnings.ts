/** The warnings of a version: what the inspection and the tasks found of the source, each told once. Pure. */
import type { AudioPlan } from '../../../protocol/plan-schema.ts';
import { MAX_WARNINGS, type Warning, warningsSchema } from '../../../protocol/warnings.ts';
import type { ReportedChunk } from './assemble.ts';

type Report = Pick<ReportedChunk, 'warnings'> & { tracks: readonly { track: string }[] };

/** The longest message (src/protocol/warnings.ts). */
const MAX_MESSAGE = 500;

/** Where a warning has no place, it concerns the whole film. */
const placeOf = ({ at }: Warning): number => at ?? -1;

/**
 * Sorted by place. Tasks of picture see one chunk each, and those of the early rendition the same frames as the others: what
 * they find alike is one warning, with the inspection's. Tasks of one sound, in parts and formats, hear the same.
 */
export function mergeWarnings(
  inspected: readonly Warning[],
  reports: readonly Report[],
  audio: readonly Pick<AudioPlan, 'track' | 'formatOf'>[],
): Warning[] {
  const soundOf = new Map(audio.map(({ track, formatOf }) => [track, formatOf ?? track]));
  const inSurround = new Set(audio.map(({ formatOf }) => formatOf));
  const groups = new Map<string, Warning[]>(inspected.map((warning, index) => [`inspect ${index}`, [warning]]));
  for (const { tracks, warnings } of reports) {
    const sound = soundOf.get(tracks[0]?.track ?? '');
    // The task of a stereo track does not know that its sound is also there as it was.
    const isTold = ({ code }: Warning): boolean => code !== 'surround_to_stereo' || !inSurround.has(sound);
    for (const warning of warnings.filter(isTold)) {
      const index = sound === undefined ? inspected.findIndex(({ code }) => code === warning.code) : -1;
      const key = index >= 0 ? `inspect ${index}` : `${sound ?? 'picture'} ${warning.code}`;
      groups.set(key, [...(groups.get(key) ?? []), warning]);
    }
  }
  // There are fewer codes than warnings allowed.
  const kept = groups.size > MAX_WARNINGS ? Map.groupBy([...groups.values()].flat(), ({ code }) => code) : groups;
  return warningsSchema.parse([...kept.values()].map(toldOnce).sort((a, b) => placeOf(a) - placeOf(b)));
}

/** The first in the film, and in how many more places there is the like. */
function toldOnce(alike: readonly Warning[]): Warning {
  const first = alike.reduce((a, b) => (placeOf(b) < placeOf(a) ? b : a));
  const others = new Set(alike.map(({ message, at }) => at ?? message)).size - 1;
  const more = others === 0 ? '' : `; also in ${others} more ${others === 1 ? 'place' : 'places'}`;
  const message = others === 0 ? first.message : first.message.replace(/\.$/, '').slice(0, MAX_MESSAGE - more.length);
  return { ...first, message: `${message}${more}` };
}
