/** The tracks of a version that a link allows. Pure. */
import type { Presentation } from '../media/presentation.ts';
import { refusal } from './refusal.ts';

/**
 * Ids of the tracks under `maxHeight`; `undefined` where all are allowed. Video is measured by its short side, as in
 * the ladder: `maxHeight: 720` allows `v720` in portrait too. Sound is never limited. Throws AppError
 * `link_no_rendition` where no video is left: to show more than was licensed is worse than nothing.
 */
export function allowedTracks(presentation: Presentation, maxHeight: number | undefined): string[] | undefined {
  if (maxHeight === undefined) {
    return undefined;
  }
  const allowed = presentation.tracks.filter(
    (track) => track.kind !== 'video' || Math.min(track.width, track.height) <= maxHeight,
  );
  if (!allowed.some((track) => track.kind === 'video')) {
    throw refusal('link_no_rendition');
  }
  return allowed.length === presentation.tracks.length ? undefined : allowed.map((track) => track.id);
}

/** The presentation as a session sees it; the same object without a limit. */
export const restrictPresentation = (
  presentation: Presentation,
  tracks: readonly string[] | undefined,
): Presentation =>
  tracks === undefined
    ? presentation
    : { ...presentation, tracks: presentation.tracks.filter((track) => tracks.includes(track.id)) };
