/** Ids of tracks that are added to an asset. Pure. None is an id that a plan gives to a track of the source. */

import type { TrackRow } from '../../catalog/tracks.ts';
import { randomId } from '../../platform/random-id.ts';

/** The first letter is the track's kind (src/media/media-types.ts). */
const ADDED = /^[at]a-/;

export const isAddedTrack = (id: string): boolean => ADDED.test(id);

/** With `ta-`, the longest kind and a number, 32 characters are not exceeded (src/media/ids.ts). */
const MAX_LANGUAGE_PART = 12;
const SOUND_ID_LENGTH = 4;

/**
 * The first that is free: `ta-en`, `ta-en-2`; `ta-en-captions`. Of sound `aa-en-k3x9`: an id is not used again when the track was
 * deleted, since caches keep its segments for ever.
 */
export function newTrackId(kind: TrackRow['kind'], language: string, isTaken: (id: string) => boolean): string {
  const part = language.toLowerCase().slice(0, MAX_LANGUAGE_PART).replace(/-+$/, '');
  const suffix = kind === 'subtitles' ? '' : `-${kind}`;
  const name = kind === 'audio' ? `aa-${part}-${randomId(SOUND_ID_LENGTH)}` : `ta-${part}${suffix}`;
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : `${name}-${number}`;
    if (!isTaken(id)) {
      return id;
    }
  }
}
