/** The table of docs/reference/urls.md: what players ask for, with the type and Cache-Control of the answer. */
import {
  currentImagePolicy,
  type DeliveryPolicy,
  PLAYLIST_POLICIES,
  PRIVATE,
  trackPolicy,
} from '../../src/delivery/objects/cache-policy.ts';
import { IMAGE_TYPES, TRACK_KINDS } from '../../src/media/media-types.ts';
import type { RequestKind } from '../../src/metrics/metric-series.ts';
import { markdownTable } from './markdown.ts';

type PlayerKind = Exclude<RequestKind, 'other' | 'api' | 'encoder'>;

const ofTracks = (part: 'init' | 'segment'): DeliveryPolicy[] =>
  Object.values(TRACK_KINDS).map(({ letter }) => trackPolicy(part, letter));

const URLS: Readonly<Record<PlayerKind, { path: string; is: string; policies: readonly DeliveryPolicy[] }>> = {
  multivariant: {
    path: '/v/{link}/main.m3u8',
    is: 'HLS multivariant playlist; starts a session',
    policies: [PLAYLIST_POLICIES.multivariant],
  },
  mpd: { path: '/v/{link}/manifest.mpd', is: 'DASH MPD; starts a session', policies: [PLAYLIST_POLICIES.mpd] },
  'media-playlist': {
    path: '/s/{session}/{track}.m3u8',
    is: 'HLS media playlist of a track',
    policies: [PLAYLIST_POLICIES['media-playlist']],
  },
  'iframe-playlist': {
    path: '/s/{session}/{track}/iframes.m3u8',
    is: 'HLS trick-play playlist of a track',
    policies: [PLAYLIST_POLICIES['iframe-playlist']],
  },
  init: { path: '/s/{session}/{track}/init.mp4', is: 'CMAF init segment', policies: ofTracks('init') },
  segment: {
    path: '/s/{session}/{track}/{attempt}/{number}.m4s',
    is: 'CMAF media segment',
    policies: ofTracks('segment'),
  },
  image: {
    path: '/v/{link}/images/{file}',
    is: 'Image of the current version, for a link of `aud` `image` or the id of a public asset; starts no session',
    policies: (Object.keys(IMAGE_TYPES) as (keyof typeof IMAGE_TYPES)[]).map(currentImagePolicy),
  },
  views: {
    path: '/v/{link}/views',
    is: '`{views, watching}` for the holder of the link, at most half a second old; starts no session',
    policies: [{ contentType: 'application/json', cacheControl: PRIVATE }],
  },
};

const distinct = (texts: readonly string[]): string => [...new Set(texts)].map((text) => `\`${text}\``).join(', ');

export const urlBlocks = {
  'player-urls': () =>
    markdownTable(
      ['GET', 'is', 'Content-Type', 'Cache-Control'],
      Object.values(URLS).map(({ path, is, policies }) => [
        `\`${path}\``,
        is,
        distinct(policies.map(({ contentType }) => contentType)),
        distinct(policies.map(({ cacheControl }) => cacheControl)),
      ]),
    ),
};
