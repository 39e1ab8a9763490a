import { describe, expect, test } from 'vitest';
import {
  orderVariants,
  renderMultivariantPlaylist,
} from '../../../../../src/media/manifest/hls/multivariant-playlist.ts';
import type { AudioTrack } from '../../../../../src/media/presentation.ts';
import { AUDIOS, audioTrack, presentation, presentationOf, VIDEOS, videoTrack } from '../fixture.ts';

const options = { basePath: '/s/SESSION/' };
const linesOf = (text: string, tag: string): string[] => text.split('\n').filter((line) => line.startsWith(`#${tag}:`));

describe('the multivariant playlist', () => {
  // By hand, v720: 920,000 bytes in 4.004 s are 1,838,162 b/s (peak); 1,940,000 in 9.5095 s are 1,632,053 (average).
  // Sound: the last two segments, 88,400 bytes in 264,192 samples, are 128,489 b/s; 152,400 in 456,704 are 128,140.
  // I-frames: the last two, 43,000 bytes shown for 5.5055 s, are 62,483 b/s; 63,000 in 9.5095 s are 53,000.
  test('is, for three renditions and two languages', () => {
    expect(renderMultivariantPlaylist(presentation(), options)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="/s/SESSION/a128-en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",LANGUAGE="de",NAME="German",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="/s/SESSION/a128-de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1966651,AVERAGE-BANDWIDTH=1760193,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE
/s/SESSION/v720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=967650,AVERAGE-BANDWIDTH=918929,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE
/s/SESSION/v360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4963654,AVERAGE-BANDWIDTH=4283985,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE
/s/SESSION/v1080.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=62483,AVERAGE-BANDWIDTH=53000,CODECS="avc1.64001f",RESOLUTION=640x360,URI="/s/SESSION/v360/iframes.m3u8"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=62483,AVERAGE-BANDWIDTH=53000,CODECS="avc1.64001f",RESOLUTION=1280x720,URI="/s/SESSION/v720/iframes.m3u8"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=62483,AVERAGE-BANDWIDTH=53000,CODECS="avc1.64001f",RESOLUTION=1920x1080,URI="/s/SESSION/v1080/iframes.m3u8"
`);
  });

  test('of a film without sound names no audio', () => {
    const text = renderMultivariantPlaylist(presentationOf(VIDEOS), options);
    expect(text).not.toContain('AUDIO');
    expect(linesOf(text, 'EXT-X-STREAM-INF')[1]).toContain(
      'BANDWIDTH=839161,AVERAGE-BANDWIDTH=790789,CODECS="avc1.64001f",',
    );
  });

  test('declares VIDEO-RANGE of all where any is not SDR (9.16)', () => {
    const hdr = videoTrack('v1080', 1920, 1080, 2_400_000, { videoRange: 'PQ' });
    const text = renderMultivariantPlaylist(presentationOf([...VIDEOS.slice(0, 2), hdr]), options);
    expect(text.match(/VIDEO-RANGE=(SDR|PQ)/g)).toEqual(
      ['SDR', 'SDR', 'PQ', 'SDR', 'SDR', 'PQ'].map((range) => `VIDEO-RANGE=${range}`),
    );
  });

  test('has I-frame renditions only where every segment has its key frame', () => {
    const [first, second] = VIDEOS[0]?.chunks ?? [];
    const chunks = first && second ? [first, { ...second, keyframeBytes: undefined }] : [];
    const partial = videoTrack('v360', 640, 360, 400_000, { chunks: JSON.parse(JSON.stringify(chunks)) });
    expect(linesOf(renderMultivariantPlaylist(presentationOf([partial]), options), 'EXT-X-I-FRAME-STREAM-INF')).toEqual(
      [],
    );
  });

  test('names every rendition of a group differently, and has one default', () => {
    const tracks = ['en', 'en', 'und', 'qaa', 'fre', 'fre'].map((language, index) =>
      audioTrack(`a128-${index}`, language, { role: index === 1 ? 'main' : 'alternate' }),
    );
    const media = linesOf(renderMultivariantPlaylist(presentationOf([...VIDEOS, ...tracks]), options), 'EXT-X-MEDIA');
    const brief = media.map((line) =>
      /LANGUAGE="(.*?)",NAME="(.*?)",DEFAULT=(\w+),AUTOSELECT=(\w+)/.exec(line)?.slice(1).join(' '),
    );
    expect(brief).toEqual([
      'en English NO NO',
      'en English 2 YES YES',
      'und Audio NO YES',
      'qaa qaa NO YES',
      'fr French NO YES',
      'fr French 2 NO NO',
    ]);
  });

  const briefOf = (tracks: readonly AudioTrack[]): string[] =>
    linesOf(renderMultivariantPlaylist(presentationOf([...VIDEOS, ...tracks]), options), 'EXT-X-MEDIA').map(
      (line) => /LANGUAGE=(.*),CHANNELS/.exec(line)?.[1] ?? '',
    );

  test('has the names of tracks, told apart, and no quotes in them', () => {
    const names = ['English', 'English', undefined, 'The "Director", at home', 'Commentary', undefined];
    const tracks = names.map((name, index) =>
      audioTrack(`a128-${index}`, 'en', { role: index === 0 ? 'main' : 'alternate', ...(name && { name }) }),
    );
    expect(briefOf(tracks).map((line) => /NAME="(.*?)"/.exec(line)?.[1])).toEqual([
      'English',
      'English 2',
      'English 3',
      "The 'Director', at home",
      'Commentary',
      'English 4',
    ]);
  });

  test('says what sound is for, and lets players choose accessible sound but no commentary (HAS 2.12)', () => {
    const tracks = [
      audioTrack('a128-en', 'en'),
      audioTrack('a128-en-2', 'en', { role: 'commentary' }),
      audioTrack('a128-en-3', 'en', { role: 'description' }),
      audioTrack('a128-en-4', 'en', { role: 'description', name: 'Short' }),
      audioTrack('a128-en-5', 'en', { role: 'clean_speech' }),
      audioTrack('a128-fr', 'fr', { role: 'commentary', name: 'Commentary track' }),
      audioTrack('a128-fr-2', 'fr', { role: 'alternate' }),
    ];
    const describes = 'CHARACTERISTICS="public.accessibility.describes-video"';
    expect(briefOf(tracks)).toEqual([
      '"en",NAME="English",DEFAULT=YES,AUTOSELECT=YES',
      '"en",NAME="English (commentary)",DEFAULT=NO,AUTOSELECT=NO',
      `"en",NAME="English (audio description)",DEFAULT=NO,AUTOSELECT=YES,${describes}`,
      `"en",NAME="Short",DEFAULT=NO,AUTOSELECT=YES,${describes}`,
      '"en",NAME="English (clear speech)",DEFAULT=NO,AUTOSELECT=YES,CHARACTERISTICS="public.accessibility.enhances-speech-intelligibility"',
      '"fr",NAME="Commentary track",DEFAULT=NO,AUTOSELECT=NO',
      '"fr",NAME="French",DEFAULT=NO,AUTOSELECT=YES',
    ]);
  });

  test('has no forbidden attribute on I-frame renditions (RFC 8216 4.3.4.3)', () => {
    const lines = linesOf(renderMultivariantPlaylist(presentation(), options), 'EXT-X-I-FRAME-STREAM-INF');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).not.toMatch(/FRAME-RATE|AUDIO|SUBTITLES|CLOSED-CAPTIONS/);
    }
  });

  test('refuses a base path that would break out of its attribute', () => {
    expect(() => renderMultivariantPlaylist(presentation(), { basePath: '/s/"\n/' })).toThrow(TypeError);
  });

  test('refuses a presentation without video', () => {
    expect(() => renderMultivariantPlaylist(presentationOf(AUDIOS), options)).toThrow(TypeError);
  });
});

describe('the order of variants', () => {
  const order = (...averages: number[]): number[] =>
    orderVariants(averages.map((average) => ({ average, peak: average * 1.5 }))).map(({ average }) => average / 1e6);

  test.each([
    ['nearest to 2000 kb/s first, the rest ascending', [5e6, 0.4e6, 1.9e6, 3e6], [1.9, 0.4, 3, 5]],
    ['the lower of two equally near', [2.5e6, 1.5e6], [1.5, 2.5]],
    ['all below', [0.3e6, 0.2e6], [0.3, 0.2]],
    ['all above', [9e6, 4e6, 6e6], [4, 6, 9]],
    ['one', [1e6], [1]],
    ['none', [], []],
  ])('%s', (_, averages, expected) => {
    expect(order(...averages)).toEqual(expected);
  });
});
