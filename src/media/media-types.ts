/**
 * Media types (HAS 10.4) and the kinds of tracks. Pure. A track's id begins with the letter of its kind, so that
 * delivery knows the kind without a presentation: `v1080`, `a128-en`.
 */

import { isSourceTrack } from './ids.ts';

export const HLS_TYPE = 'application/vnd.apple.mpegurl';
export const DASH_TYPE = 'application/dash+xml';
export const WEBVTT_TYPE = 'text/vtt';

export const TRACK_KINDS = {
  video: { letter: 'v', init: 'video/mp4', segment: 'video/iso.segment' },
  audio: { letter: 'a', init: 'audio/mp4', segment: 'audio/mp4' },
} as const;
type TrackKind = keyof typeof TRACK_KINDS;

const KINDS = Object.keys(TRACK_KINDS) as TrackKind[];

/** Null for an id of no kind that this release knows. The letter of a source track is its second. */
export const trackKindOf = (track: string): TrackKind | null =>
  KINDS.find((kind) => track.startsWith(TRACK_KINDS[kind].letter, isSourceTrack(track) ? 1 : 0)) ?? null;

/** Ids of text tracks begin with it: `t-en`. */
export const TEXT_LETTER = 't';

/** `v720`, `v-hevc-1080`. */
const RENDITION_ID = /^v(?:-[a-z0-9]+-)?([1-9][0-9]{0,4})$/;

/** Short side of the picture, which the ids of video tracks end in (src/protocol/ladder.ts); null for other ids. */
export function shortSideOf(track: string): number | null {
  const digits = RENDITION_ID.exec(track)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Of a track's init segment or its media segments. */
export function trackMediaType(track: string, part: 'init' | 'segment'): string {
  const kind = trackKindOf(track);
  return kind === null ? 'application/mp4' : TRACK_KINDS[kind][part];
}

/** By the extension of a file below `images/`. */
export const IMAGE_TYPES = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp' } as const;
export type ImageExtension = keyof typeof IMAGE_TYPES;
