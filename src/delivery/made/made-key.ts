/** Keys of objects that are made from a source: the segments of its tracks. Pure. */
import { isSourceTrack } from '../../media/ids.ts';
import { parseKey, type VersionRef, versionPrefix } from '../../media/keys.ts';
import type { Slot } from '../../media/made/slot.ts';
import { SOURCE_AUDIO, SOURCE_VIDEO } from '../../media/made/source-index.ts';

/** A track of a slot. */
export type MadeTrack = Exclude<keyof Slot, 'range'>;

const TRACKS: ReadonlyMap<string, MadeTrack> = new Map([
  [SOURCE_VIDEO, 'video'],
  [SOURCE_AUDIO, 'audio'],
]);

export type MadeKey = {
  ref: VersionRef;
  /** Null: no such track is ever made. */
  track: MadeTrack | null;
  stride: number;
  number: number;
  /** The same for both tracks, and the key of no object. */
  place: string;
};

/** Null for the key of anything that is stored. */
export function madeKeyOf(key: string): MadeKey | null {
  const object = parseKey(key);
  if (object.kind !== 'segment' || !isSourceTrack(object.track)) {
    return null;
  }
  const { assetId, version, attempt, number } = object;
  const ref = { assetId, version };
  return {
    ref,
    track: TRACKS.get(object.track) ?? null,
    stride: Number(attempt),
    number,
    place: `${versionPrefix(ref)}${attempt}/${number}`,
  };
}
