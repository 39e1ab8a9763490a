/** The one table of what delivery sends: media type (HAS 10.4) and Cache-Control by kind. Pure. */
import { DASH_TYPE, HLS_TYPE, IMAGE_TYPES, type ImageExtension, trackMediaType } from '../../media/media-types.ts';

export type DeliveryPolicy = { contentType: string; cacheControl: string };

/** Keys are written once, so what is cached is right for ever. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Also fixed for its session; a minute covers a player's re-reads without pinning a bad deploy for long. */
const SHORT = 'public, max-age=60';
/**
 * The address names an asset, not a version: a new poster has to show within a minute. A cache that has a copy gives it
 * for that long to whoever brings the same link, whatever its rules or a revocation say; the link is in the address, so
 * to nobody else.
 */
const CURRENT = 'public, max-age=60';
/** Carries a session: two players must never get the same one. */
export const PRIVATE = 'private, no-store';

export const PLAYLIST_POLICIES = {
  multivariant: { contentType: HLS_TYPE, cacheControl: PRIVATE },
  mpd: { contentType: DASH_TYPE, cacheControl: PRIVATE },
  'media-playlist': { contentType: HLS_TYPE, cacheControl: SHORT },
  'iframe-playlist': { contentType: HLS_TYPE, cacheControl: SHORT },
} as const satisfies Record<string, DeliveryPolicy>;

export const trackPolicy = (kind: 'init' | 'segment', track: string): DeliveryPolicy => ({
  contentType: trackMediaType(track, kind),
  cacheControl: IMMUTABLE,
});

export const imagePolicy = (extension: ImageExtension): DeliveryPolicy => ({
  contentType: IMAGE_TYPES[extension],
  cacheControl: IMMUTABLE,
});

/** Of the asset's current version, whichever that is: the address of a link is not pinned to one. */
export const currentImagePolicy = (extension: ImageExtension): DeliveryPolicy => ({
  contentType: IMAGE_TYPES[extension],
  cacheControl: CURRENT,
});
