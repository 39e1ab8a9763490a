import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderIFramePlaylist, renderMediaPlaylist } from '../../../../../src/media/manifest/hls/media-playlist.ts';
import type { TrackChunk } from '../../../../../src/media/presentation.ts';
import { AUDIOS, presentation, presentationOf, VIDEOS, videoTrack } from '../fixture.ts';

const [v360 = videoTrack('missing', 2, 2, 1)] = VIDEOS;
const [english] = AUDIOS;

describe('a media playlist', () => {
  test('is, for video', () => {
    expect(renderMediaPlaylist(presentation(), v360)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="v360/init.mp4"
#EXTINF:4.004000,
v360/1/1.m4s
#EXTINF:4.004000,
v360/1/2.m4s
#EXTINF:1.501500,
v360/2/3.m4s
#EXT-X-ENDLIST
`);
  });

  // 192,512 samples at 48 kHz are 4.010666…: the second segment takes what rounding the first left over.
  test('is, for sound', () => {
    expect(english && renderMediaPlaylist(presentation(), english)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="a128-en/init.mp4"
#EXTINF:4.010667,
a128-en/1/1.m4s
#EXTINF:4.010666,
a128-en/1/2.m4s
#EXTINF:1.493334,
a128-en/1/3.m4s
#EXT-X-ENDLIST
`);
  });

  test('has the target duration of the longest segment of any track (8.2)', () => {
    const long: TrackChunk[] = [{ attempt: '1', firstNumber: 1, segments: [[30_000 * 6.4, 1000]] }];
    const whole = presentationOf([v360, videoTrack('v720', 1280, 720, 1, { chunks: long })]);
    expect(renderMediaPlaylist(whole, v360)).toContain('#EXT-X-TARGETDURATION:6\n');
  });

  test('does not depend on the presentation offset', () => {
    const shifted = videoTrack('v360', 640, 360, 400_000, { presentationOffset: 2002 });
    expect(renderMediaPlaylist(presentation(), shifted)).toBe(renderMediaPlaylist(presentation(), v360));
  });

  test('keeps the sum of any run within a microsecond of the media (8.1)', () => {
    const durations = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 60 });
    const timescales = fc.constantFrom(24_000, 30_000, 44_100, 48_000, 60_000, 90_000, 2 ** 31);
    fc.assert(
      fc.property(durations, timescales, (ticks, timescale) => {
        const segments = ticks.map((count): [number, number] => [count, 1]);
        const track = { ...v360, timescale, chunks: [{ attempt: '1', firstNumber: 1, segments }] };
        const text = renderMediaPlaylist(presentationOf([track]), track);
        const seconds = [...text.matchAll(/#EXTINF:([0-9.]+),/g)].map((match) => Number(match[1]));
        expect(seconds).toHaveLength(ticks.length);
        for (let start = 0; start < ticks.length; start += 7) {
          const sum = seconds.slice(start).reduce((total, value) => total + value, 0);
          const real = ticks.slice(start).reduce((total, value) => total + value, 0) / timescale;
          expect(Math.abs(sum - real)).toBeLessThan(1.1e-6);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('an I-frame playlist', () => {
  test('addresses the first I-frame of every segment, with its moof', () => {
    expect(renderIFramePlaylist(presentation(), v360)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-I-FRAMES-ONLY
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4.004000,
#EXT-X-BYTERANGE:20000@0
1/1.m4s
#EXTINF:4.004000,
#EXT-X-BYTERANGE:22000@0
1/2.m4s
#EXTINF:1.501500,
#EXT-X-BYTERANGE:21000@0
2/3.m4s
#EXT-X-ENDLIST
`);
  });

  test('does not exist where a segment has no key frame', () => {
    const chunks: TrackChunk[] = [
      {
        attempt: '1',
        firstNumber: 1,
        segments: [
          [1, 1],
          [1, 1],
        ],
        keyframeBytes: [1],
      },
    ];
    expect(renderIFramePlaylist(presentation(), videoTrack('v360', 640, 360, 1, { chunks }))).toBeNull();
  });
});
