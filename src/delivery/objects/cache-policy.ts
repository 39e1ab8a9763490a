/** The one table of what delivery sends: media type (HAS 10.4) and Cache-Control by kind. Pure. */
import {
  DASH_TYPE,
  HLS_TYPE,
  IMAGE_TYPES,
  type ImageExtension,
  trackMediaType,
  WEBVTT_TYPE,
} from '../../media/media-types.ts';

export type DeliveryPolicy = { contentType: string; cacheControl: string };

/** Keys are written once, so what is cached is right for ever. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
/** A media playlist is fixed for its session; a minute covers a player's re-reads and pins no bad deploy for long. */
const MINUTE = 'public, max-age=60';
/** Carries a session: two players must never get the same one. */
export const PRIVATE = 'private, no-store';

/** Asked for anew each time, since a link ends; kept all the same, so that a browser can resume what it has a part of. */
const ANEW = 'private, max-age=0, must-revalidate';

export const PLAYLIST_POLICIES = {
  multivariant: { contentType: HLS_TYPE, cacheControl: PRIVATE },
  mpd: { contentType: DASH_TYPE, cacheControl: PRIVATE },
  'media-playlist': { contentType: HLS_TYPE, cacheControl: MINUTE },
  'iframe-playlist': { contentType: HLS_TYPE, cacheControl: MINUTE },
} as const satisfies Record<string, DeliveryPolicy>;

export const trackPolicy = (kind: 'init' | 'segment', track: string): DeliveryPolicy => ({
  contentType: trackMediaType(track, kind),
  cacheControl: IMMUTABLE,
});

export const imagePolicy = (extension: ImageExtension): DeliveryPolicy => ({
  contentType: IMAGE_TYPES[extension],
  cacheControl: IMMUTABLE,
});

/** The link names no version, and a new poster has to show within a minute. */
export const currentImagePolicy = (extension: ImageExtension): DeliveryPolicy => ({
  contentType: IMAGE_TYPES[extension],
  cacheControl: MINUTE,
});

export const TEXT_POLICY: DeliveryPolicy = { contentType: WEBVTT_TYPE, cacheControl: IMMUTABLE };

/** Titles in one language are WebVTT, those in all of them JSON. A link names no revision. */
export const chaptersPolicy = (language: string | undefined): DeliveryPolicy => ({
  contentType: language === undefined ? 'application/json' : WEBVTT_TYPE,
  cacheControl: MINUTE,
});

export const downloadPolicy = (contentType: 'video/mp4' | 'audio/mp4'): DeliveryPolicy => ({
  contentType,
  cacheControl: ANEW,
});
