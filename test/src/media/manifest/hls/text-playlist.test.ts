import { expect, test } from 'vitest';
import { renderTextPlaylist } from '../../../../../src/media/manifest/hls/text-playlist.ts';
import { presentation, textTrack } from '../fixture.ts';

test('the playlist of a text names the segments behind the whole, and covers the film exactly (HAS 5.5)', () => {
  expect(renderTextPlaylist(presentation(), textTrack('t-en', 'en', { attempt: '3' }))).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:4.000000,
t-en/3/250-120.vtt
#EXTINF:4.000000,
t-en/3/370-110.vtt
#EXTINF:1.509500,
t-en/3/480-60.vtt
#EXT-X-ENDLIST
`);
});
