/** The table of docs/reference/urls.md: the URLs of players, with Content-Type and Cache-Control of the answer. */
import {
  chaptersPolicy,
  currentImagePolicy,
  type DeliveryPolicy,
  downloadPolicy,
  imagePolicy,
  PLAYLIST_POLICIES,
  PRIVATE,
  TEXT_POLICY,
  trackPolicy,
} from '../../src/delivery/objects/cache-policy.ts';
import { IMAGE_TYPES, TRACK_KINDS } from '../../src/media/media-types.ts';
import type { RequestKind } from '../../src/metrics/metric-series.ts';
import { markdownTable } from './markdown.ts';

type PlayerUrl = { kind: RequestKind; path: string; is: string; policies: readonly DeliveryPolicy[] };

const ofTracks = (part: 'init' | 'segment'): DeliveryPolicy[] =>
  Object.values(TRACK_KINDS).map(({ letter }) => trackPolicy(part, letter));
const IMAGES = Object.keys(IMAGE_TYPES) as (keyof typeof IMAGE_TYPES)[];

/** A test checks them against delivery's URL parser and the request kinds of the metrics. */
export const PLAYER_URLS: readonly PlayerUrl[] = [
  {
    kind: 'multivariant',
    path: '/v/{link}/main.m3u8',
    is: 'HLS multivariant playlist; starts a session',
    policies: [PLAYLIST_POLICIES.multivariant],
  },
  {
    kind: 'mpd',
    path: '/v/{link}/manifest.mpd',
    is: 'DASH MPD; starts a session',
    policies: [PLAYLIST_POLICIES.mpd],
  },
  {
    kind: 'media-playlist',
    path: '/s/{session}/{track}.m3u8',
    is: 'HLS media playlist of a track',
    policies: [PLAYLIST_POLICIES['media-playlist']],
  },
  {
    kind: 'iframe-playlist',
    path: '/s/{session}/{track}/iframes.m3u8',
    is: 'HLS trick-play playlist of a track',
    policies: [PLAYLIST_POLICIES['iframe-playlist']],
  },
  { kind: 'init', path: '/s/{session}/{track}/init.mp4', is: 'CMAF init segment', policies: ofTracks('init') },
  {
    kind: 'segment',
    path: '/s/{session}/{track}/{attempt}/{number}.m4s',
    is: 'CMAF media segment',
    policies: ofTracks('segment'),
  },
  {
    kind: 'text',
    path: '/s/{session}/{track}/{attempt}/{offset}-{length}.vtt',
    is: 'WebVTT: a segment of a text track, or the whole track',
    policies: [TEXT_POLICY],
  },
  {
    kind: 'chapters',
    path: '/s/{session}/chapters.json',
    is: "Chapters with titles in all languages, in Apple's format",
    policies: [chaptersPolicy(undefined)],
  },
  {
    kind: 'chapters',
    path: '/s/{session}/chapters/{language}.vtt',
    is: 'Chapters in one language as WebVTT',
    policies: [chaptersPolicy('en')],
  },
  {
    kind: 'image',
    path: '/s/{session}/images/{file}',
    is: "Image of the session's version",
    policies: IMAGES.map(imagePolicy),
  },
  {
    kind: 'image',
    path: '/v/{link}/images/{file}',
    is: 'Image of the current version, for a link of `aud` `image` or the id of a public asset; starts no session',
    policies: IMAGES.map(currentImagePolicy),
  },
  {
    kind: 'chapters',
    path: '/v/{link}/chapters.json',
    is: 'Chapters of the current version, for the page around the player; starts no session',
    policies: [chaptersPolicy(undefined)],
  },
  {
    kind: 'download',
    path: '/v/{link}/download/{file}',
    is: 'A whole file, for a link with the claim `downloads`; starts no session',
    policies: [downloadPolicy('video/mp4'), downloadPolicy('audio/mp4')],
  },
  {
    kind: 'views',
    path: '/v/{link}/views',
    is: '`{views, watching}` for the holder of the link, at most half a second old; starts no session',
    policies: [{ contentType: 'application/json', cacheControl: PRIVATE }],
  },
];

const distinct = (texts: readonly string[]): string => [...new Set(texts)].map((text) => `\`${text}\``).join(', ');

export const urlBlocks = {
  'player-urls': () =>
    markdownTable(
      ['GET', 'is', 'Content-Type', 'Cache-Control'],
      PLAYER_URLS.map(({ path, is, policies }) => [
        `\`${path}\``,
        is,
        distinct(policies.map(({ contentType }) => contentType)),
        distinct(policies.map(({ cacheControl }) => cacheControl)),
      ]),
    ),
};
