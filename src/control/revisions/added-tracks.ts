/** Ids of tracks that are added to an asset (`isAddedTrack` of src/media/ids.ts). */
import type { TextKind } from '../../media/presentation.ts';
import { randomId } from '../../platform/random-id.ts';

/** Ids have at most 32 characters (src/media/ids.ts); those of a sound's other formats begin with `a-ec3-384-`. */
const MAX_LANGUAGE_PART = 14;

const languagePart = (language: string): string =>
  language.toLowerCase().slice(0, MAX_LANGUAGE_PART).replace(/-+$/, '');

/** The first that is free: `t-en_1`, `t-en-captions_2`. */
function newTextId(kind: TextKind, language: string, isTaken: (id: string) => boolean): string {
  const name = `t-${languagePart(language)}${kind === 'subtitles' ? '' : `-${kind}`}`;
  let number = 1;
  while (isTaken(`${name}_${number}`)) {
    number += 1;
  }
  return `${name}_${number}`;
}

/** `a-fr_k3x9q2`: sound that is deleted and added again is another track, since caches keep the objects of the first. */
const newSoundId = (language: string): string => `a-${languagePart(language)}_${randomId(6)}`;

export const newTrackId = (kind: TextKind | 'audio', language: string, isTaken: (id: string) => boolean): string =>
  kind === 'audio' ? newSoundId(language) : newTextId(kind, language, isTaken);
