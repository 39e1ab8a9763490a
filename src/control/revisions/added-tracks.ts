/**
 * Ids of tracks that are added to an asset. Pure. An underscore tells them from tracks of the source: the ids that a plan gives
 * have a language, and a language has none.
 */
import type { TextKind } from '../../media/presentation.ts';

export const isAddedTrack = (id: string): boolean => id.includes('_');

/** With `t-`, the longest kind and a number, 32 characters are not exceeded (src/media/ids.ts). */
const MAX_LANGUAGE_PART = 14;

/** The first that is free: `t-en_1`, `t-en-captions_2`. */
export function newTextId(kind: TextKind, language: string, isTaken: (id: string) => boolean): string {
  const part = language.toLowerCase().slice(0, MAX_LANGUAGE_PART).replace(/-+$/, '');
  const name = kind === 'subtitles' ? `t-${part}` : `t-${part}-${kind}`;
  let number = 1;
  while (isTaken(`${name}_${number}`)) {
    number += 1;
  }
  return `${name}_${number}`;
}
