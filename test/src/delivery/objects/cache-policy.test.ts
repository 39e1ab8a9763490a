/** The table of what delivery sends, line by line: what players and caches may rely on. */
import { describe, expect, test } from 'vitest';
import {
  currentImagePolicy,
  imagePolicy,
  PLAYLIST_POLICIES,
  trackPolicy,
} from '../../../../src/delivery/objects/cache-policy.ts';

const IMMUTABLE = 'public, max-age=31536000, immutable';

describe('a track', () => {
  test.each([
    ['v1080', 'video/mp4', 'video/iso.segment'],
    ['a128-en', 'audio/mp4', 'audio/mp4'],
    ['t-en', 'application/mp4', 'application/mp4'],
    // Ids that a plain object would find something for.
    ['constructor', 'application/mp4', 'application/mp4'],
    ['', 'application/mp4', 'application/mp4'],
  ])('%s is %s, its segments %s, for ever', (track, init, segment) => {
    expect(trackPolicy('init', track)).toEqual({ contentType: init, cacheControl: IMMUTABLE });
    expect(trackPolicy('segment', track)).toEqual({ contentType: segment, cacheControl: IMMUTABLE });
  });
});

test.each([
  ['jpg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
] as const)(
  'a %s is %s: for ever where the version is named, a minute where it is the current one',
  (extension, contentType) => {
    expect(imagePolicy(extension)).toEqual({ contentType, cacheControl: IMMUTABLE });
    expect(currentImagePolicy(extension)).toEqual({ contentType, cacheControl: 'public, max-age=60' });
  },
);

test('what carries a session is stored nowhere, what belongs to one a minute', () => {
  expect(PLAYLIST_POLICIES).toEqual({
    multivariant: { contentType: 'application/vnd.apple.mpegurl', cacheControl: 'private, no-store' },
    mpd: { contentType: 'application/dash+xml', cacheControl: 'private, no-store' },
    'media-playlist': { contentType: 'application/vnd.apple.mpegurl', cacheControl: 'public, max-age=60' },
    'iframe-playlist': { contentType: 'application/vnd.apple.mpegurl', cacheControl: 'public, max-age=60' },
  });
});
