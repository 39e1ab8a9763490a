import { describe, expect, test } from 'vitest';
import { renderMultivariantPlaylist } from '../../../../../src/media/manifest/hls/multivariant-playlist.ts';
import type { Presentation } from '../../../../../src/media/presentation.ts';
import { AUDIOS, audioTrack, presentationOf, textTrack, VIDEOS } from '../fixture.ts';

const render = (changed: Partial<Presentation>): string[] =>
  renderMultivariantPlaylist({ ...presentationOf(VIDEOS), ...changed }, { basePath: '/s/X/' }).split('\n');
const mediaOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('#EXT-X-MEDIA:')).map((line) => line.slice('#EXT-X-MEDIA:'.length));
const variantsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('#EXT-X-STREAM-INF:'));

/** English in four formats, a commentary in stereo alone. */
const surround = { channels: 6, formatOf: 'a128-en' };
const bandwidth = (kbps: number) => ({ average: kbps * 1000, peak: kbps * 1000 });
const SOUNDS = [
  audioTrack('a128-en', 'en', { bandwidth: bandwidth(128) }),
  audioTrack('a384-en', 'en', { ...surround, bandwidth: bandwidth(384), role: 'alternate', name: 'not shown' }),
  audioTrack('a-ec3-384-en', 'en', { ...surround, codec: 'ec-3', bandwidth: bandwidth(385) }),
  audioTrack('a-ac3-448-en', 'en', { ...surround, codec: 'ac-3', bandwidth: bandwidth(448) }),
  audioTrack('a128-en-2', 'en', { role: 'commentary', name: 'The director', bandwidth: bandwidth(140) }),
];

describe('sound in several formats', () => {
  const lines = render({ tracks: [...VIDEOS, ...SOUNDS] });

  test('has a group for each, in which every sound has the same labels', () => {
    const film = 'LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES';
    const other =
      'LANGUAGE="en",NAME="The director (commentary)",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="/s/X/a128-en-2.m3u8"';
    expect(mediaOf(lines)).toEqual(
      [
        ['audio', 2, 'a128-en'],
        ['audio-surround', 6, 'a384-en'],
        ['audio-ec3', 6, 'a-ec3-384-en'],
        ['audio-ac3', 6, 'a-ac3-448-en'],
      ].flatMap(([group, channels, id]) => [
        `TYPE=AUDIO,GROUP-ID="${group}",${film},CHANNELS="${channels}",URI="/s/X/${id}.m3u8"`,
        `TYPE=AUDIO,GROUP-ID="${group}",${other}`,
      ]),
    );
  });

  test('is in variants that say what they need, those for all devices first', () => {
    const brief = variantsOf(lines).map((line) => {
      const [, codecs, height, group] = /CODECS="(.*?)",RESOLUTION=\d+x(\d+),.*AUDIO="(.*?)"/.exec(line) ?? [];
      return `${height} ${group} ${codecs}`;
    });
    const heights = [720, 360, 1080];
    expect(brief).toEqual([
      ...heights.map((height) => `${height} audio avc1.64001f,mp4a.40.2`),
      ...heights.map((height) => `${height} audio-surround avc1.64001f,mp4a.40.2`),
      ...heights.map((height) => `${height} audio-ec3 avc1.64001f,ec-3,mp4a.40.2`),
      ...heights.map((height) => `${height} audio-ac3 avc1.64001f,ac-3,mp4a.40.2`),
    ]);
  });

  test('counts the largest of its group into the bandwidth (HAS 9.13)', () => {
    const [video] = VIDEOS;
    const peaks = variantsOf(lines)
      .filter((line) => line.includes('x360'))
      .map((line) => Number(/BANDWIDTH=(\d+)/.exec(line)?.[1]) - (video?.bandwidth.peak ?? 0));
    expect(peaks).toEqual([140_000, 384_000, 385_000, 448_000]);
  });

  test('is a sound of its own where its stereo track is gone', () => {
    const media = mediaOf(render({ tracks: [...VIDEOS, ...SOUNDS.slice(1)] }));
    expect(media.map((line) => /GROUP-ID="(.*?)".*NAME="(.*?)".*CHANNELS="(\d)"/.exec(line)?.slice(1).join())).toEqual([
      'audio,not shown,6',
      'audio,English,6',
      'audio,English 2,6',
      'audio,The director (commentary),2',
    ]);
  });
});

describe('texts', () => {
  test('have the flags of their kinds, and one default', () => {
    const texts = [
      textTrack('t-en-forced', 'en', { kind: 'forced', isDefault: true }),
      textTrack('t-en', 'en', { isDefault: true }),
      textTrack('t-en-2', 'en', { name: 'Easy "English"' }),
      textTrack('t-en-captions', 'en', { kind: 'captions', isDefault: true }),
      textTrack('t-en-captions-2', 'en', { kind: 'captions' }),
      textTrack('t-en-descriptions', 'en', { kind: 'descriptions' }),
      textTrack('t-pt-br', 'pt-BR'),
      textTrack('t-und', 'und'),
    ];
    const group = 'TYPE=SUBTITLES,GROUP-ID="subs"';
    const captions =
      'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"';
    const lines = render({ texts });
    expect(mediaOf(lines)).toEqual([
      `${group},LANGUAGE="en",NAME="English (forced)",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="/s/X/t-en-forced.m3u8"`,
      `${group},LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,URI="/s/X/t-en.m3u8"`,
      `${group},LANGUAGE="en",NAME="Easy 'English'",DEFAULT=NO,AUTOSELECT=NO,URI="/s/X/t-en-2.m3u8"`,
      `${group},LANGUAGE="en",NAME="English (captions)",DEFAULT=NO,AUTOSELECT=YES,${captions},URI="/s/X/t-en-captions.m3u8"`,
      `${group},LANGUAGE="en",NAME="English (captions) 2",DEFAULT=NO,AUTOSELECT=YES,${captions},URI="/s/X/t-en-captions-2.m3u8"`,
      `${group},LANGUAGE="en",NAME="English (descriptions)",DEFAULT=NO,AUTOSELECT=NO,CHARACTERISTICS="public.accessibility.describes-video",URI="/s/X/t-en-descriptions.m3u8"`,
      `${group},LANGUAGE="pt-BR",NAME="Brazilian Portuguese",DEFAULT=NO,AUTOSELECT=YES,URI="/s/X/t-pt-br.m3u8"`,
      `${group},LANGUAGE="und",NAME="Subtitles",DEFAULT=NO,AUTOSELECT=YES,URI="/s/X/t-und.m3u8"`,
    ]);
    const variants = variantsOf(lines);
    expect(variants).toHaveLength(3);
    for (const variant of variants) {
      expect(variant).toContain('CODECS="avc1.64001f,wvtt"');
      expect(variant).toContain(',SUBTITLES="subs",CLOSED-CAPTIONS=NONE');
    }
    expect(lines.filter((line) => line.startsWith('#EXT-X-I-FRAME')).join()).not.toContain('SUBTITLES');
  });

  test('are not named where there are none', () => {
    expect(render({ tracks: [...VIDEOS, ...AUDIOS], texts: [], chapters: [] }).join()).not.toMatch(
      /SUBTITLES|SESSION-DATA/,
    );
  });
});

test('chapters are session data', () => {
  const chapters = [{ language: 'en', chapters: [{ startMs: 0, title: 'Begin' }] }];
  expect(render({ chapters })).toContain(
    '#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.chapters",URI="/s/X/chapters.json"',
  );
});
