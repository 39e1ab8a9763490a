/** The tracks of a version that a link with `maxHeight` allows. Pure. */
import { isSourceTrack } from '../media/ids.ts';
import { shortSideOf, TEXT_LETTER, TRACK_KINDS } from '../media/media-types.ts';
import type { Presentation, Track } from '../media/presentation.ts';
import { refusal } from './refusal.ts';

/** What limits a session. */
export type TrackLimit = {
  maxHeight?: number | undefined;
  /** Ids, in sessions of earlier releases. */
  tracks?: readonly string[] | undefined;
};

const { letter: SOUND } = TRACK_KINDS.audio;

/**
 * Whether a session may fetch a track, by its id alone: segments are served without the presentation. Sound and text are
 * never limited. An id that tells no height is refused, since it may be that of any picture: a session that plays the source is
 * not limited itself (src/delivery/routes.ts).
 */
export function mayFetch({ tracks, maxHeight }: TrackLimit, track: string): boolean {
  if (tracks !== undefined && !tracks.includes(track)) {
    return false;
  }
  if (maxHeight === undefined || track.startsWith(SOUND) || track.startsWith(TEXT_LETTER)) {
    return true;
  }
  const shortSide = shortSideOf(track);
  return shortSide !== null && shortSide <= maxHeight;
}

/**
 * Video is measured by its short side, as in the ladder: `maxHeight: 720` allows `v720` in portrait too. The id of a picture
 * below the lowest rung may tell a line less than it has.
 */
const isListed = (track: Track, maxHeight: number): boolean =>
  track.kind === 'audio' ||
  ((isSourceTrack(track.id) || mayFetch({ maxHeight }, track.id)) && Math.min(track.width, track.height) <= maxHeight);

/**
 * The presentation as a session sees it; the same object where nothing is left out. Throws AppError `link_no_rendition`
 * where no video is left: to show more than was licensed is worse than nothing.
 */
export function restrictPresentation(presentation: Presentation, maxHeight: number | undefined): Presentation {
  if (maxHeight === undefined) {
    return presentation;
  }
  const tracks = presentation.tracks.filter((track) => isListed(track, maxHeight));
  if (!tracks.some((track) => track.kind === 'video')) {
    throw refusal('link_no_rendition');
  }
  return tracks.length === presentation.tracks.length ? presentation : { ...presentation, tracks };
}
