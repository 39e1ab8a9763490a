/** Text tracks and chapters of real files: what the inspection finds, and what the text task makes of it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ffmpeg } from '../../../bench/ffmpeg.ts';
import { withCaptions } from '../../../bench/frames/captions.ts';
import { BUDGET, encodeFilm, originOf } from '../../../bench/frames/encode-film.ts';
import { inspectLocal } from '../../../bench/frames/inspect-local.ts';
import { makeFilm, words } from '../../../bench/frames/make-film.ts';
import { extractTexts } from '../../../encoder/text/extract-texts.ts';
import { MAX_AUDIO_TRACKS, MAX_TEXT_TRACKS } from '../../../src/media/limits.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import type { SourceFacts } from '../../../src/protocol/source-facts.ts';
import { withTempDirectory } from '../media/media-fixtures.ts';

const SRT =
  '1\n00:00:00,523 --> 00:00:01,457\n<i>Erste</i>\n\n2\n00:00:02,000 --> 00:00:03,999\n{\\an8}Zweite\nZeile\n';
const VTT = 'WEBVTT\n\n00:00:00.523 --> 00:00:01.457 line:10% align:start\n<v Anna>First</v>\n';
const ASS = `[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Alignment
Style: Default,Arial,16,0,0,2
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.52,0:00:01.45,Default,{\\i1}Un{\\i0}
`;
const CHAPTERS = `;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=Anfang
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=4000
title=Ende
`;

async function texts(directory: string): Promise<Record<'srt' | 'vtt' | 'ass' | 'meta', string>> {
  const paths = { srt: 'a.srt', vtt: 'b.vtt', ass: 'c.ass', meta: 'chapters.txt' };
  const files = { srt: SRT, vtt: VTT, ass: ASS, meta: CHAPTERS };
  for (const key of ['srt', 'vtt', 'ass', 'meta'] as const) {
    paths[key] = join(directory, paths[key]);
    await writeFile(paths[key], files[key]);
  }
  return paths;
}

/** What the text task makes of it, by track. */
async function extracted(source: string, directory: string) {
  const { facts, readPath } = await inspectLocal(source, join(directory, 'copy.nut'));
  const { video, texts: plans = [] } = planEncode(facts, { preset: 'ultrafast' });
  const durationSeconds = (video.frameCount * video.frameTicks) / video.timescale;
  const film = { originSeconds: originOf(video), durationSeconds, isCut: false, picture: video.source.streamIndex };
  const workDirectory = join(directory, 'work');
  await mkdir(workDirectory);
  const found = await extractTexts({ ...film, texts: plans, sourcePath: readPath, workDirectory, budget: BUDGET });
  const vtt = Object.fromEntries(found.texts.map(({ track, cues }) => [track, new TextDecoder().decode(cues)]));
  return { facts, vtt, warnings: found.warnings };
}

const codes = ({ warnings }: Pick<SourceFacts, 'warnings'>): string[] => warnings.map(({ code }) => code);

/** 100 pictures, 25 a second. Matroska would shift pictures by the delay of AAC. */
const FILM = { frames: 100, size: '128x72', output: words('-c:a flac') };

describe('Matroska', () => {
  test('three formats in three languages, and chapters', () =>
    withTempDirectory(async (directory) => {
      const film = await makeFilm(directory, 'film.mkv', FILM);
      const { srt, vtt, ass, meta } = await texts(directory);
      const source = join(directory, 'source.mkv');
      await ffmpeg(
        ...['-v', 'error', ...[film, srt, vtt, ass, meta].flatMap((path) => ['-i', path])],
        ...words('-map 0 -map 1 -map 2 -map 3 -map_chapters 4 -c copy'),
        ...words('-metadata:s:s:0 language=ger -disposition:s:0 default -metadata:s:s:1 language=eng'),
        ...words('-disposition:s:1 hearing_impaired -metadata:s:s:2 language=pt-BR -disposition:s:2 forced'),
        source,
      );
      const { facts, vtt: made, warnings } = await extracted(source, directory);
      expect(facts.texts?.map(({ codec, kind, language, isDefault }) => [codec, kind, language, isDefault])).toEqual([
        ['subrip', 'subtitles', 'de', true],
        ['webvtt', 'captions', 'en', false],
        ['ass', 'forced', 'pt-BR', false],
      ]);
      expect(codes(facts)).toEqual([]);
      expect(facts.chapters).toEqual([
        {
          language: 'und',
          chapters: [
            { startMs: 0, title: 'Anfang' },
            { startMs: 2000, title: 'Ende' },
          ],
        },
      ]);
      expect(warnings).toEqual([]);
      expect(made['t-de']).toMatch(
        /^WEBVTT\n\n00:00:00.523 --> 00:00:01.457\n<i>Erste<\/i>\n\n00:00:02.000 --> 00:00:03.999/,
      );
      expect(made['t-en-captions']).toContain(
        '00:00:00.523 --> 00:00:01.457 line:10% align:start\n<v Anna>First</v>\n',
      );
      expect(made['t-pt-br-forced']).toContain('00:00:00.520 --> 00:00:01.450\n<i>Un</i>\n');
    }));

  test('times are from the first frame, wherever the clock begins', () =>
    withTempDirectory(async (directory) => {
      const film = await makeFilm(directory, 'film.mkv', FILM);
      const { srt } = await texts(directory);
      const source = join(directory, 'source.mkv');
      const late = ['-itsoffset', '7.3'];
      await ffmpeg(
        ...['-v', 'error', ...late, '-i', film, ...late, '-i', srt, ...words('-map 0 -map 1 -c copy -copyts'), source],
      );
      const { facts, vtt } = await extracted(source, directory);
      expect(facts.video.startTicks).toBe(7300);
      expect(vtt['t-und']).toContain('\n00:00:00.523 --> 00:00:01.457\n');
    }));

  test('a track that cannot be read costs no other', () =>
    withTempDirectory(async (directory) => {
      const film = await makeFilm(directory, 'film.mkv', FILM);
      const { srt } = await texts(directory);
      const source = join(directory, 'source.mkv');
      await ffmpeg('-v', 'error', '-i', film, '-i', srt, ...words('-map 0 -map 1 -c copy'), source);
      const text = { codec: 'subrip', kind: 'subtitles', language: 'de', isDefault: false } as const;
      const plans = [
        { track: 't-de', streamIndex: 99, ...text },
        { track: 't-de-2', streamIndex: 2, ...text },
      ];
      const film4s = { originSeconds: 0, durationSeconds: 4, isCut: false, picture: 0, texts: plans };
      const found = await extractTexts({ ...film4s, sourcePath: source, workDirectory: directory, budget: BUDGET });
      expect(found.texts.map(({ track }) => track)).toEqual(['t-de-2']);
      expect(found.warnings).toMatchObject([
        { code: 'track_dropped', message: expect.stringContaining('(subtitles, German)') },
      ]);
    }));

  test('a track without cues, and one behind the film, cost nothing but a warning', () =>
    withTempDirectory(async (directory) => {
      const film = await makeFilm(directory, 'film.mkv', FILM);
      const { srt } = await texts(directory);
      const source = join(directory, 'source.mkv');
      const inputs = ['-i', film, '-i', srt, '-itsoffset', '60', '-i', srt];
      await ffmpeg('-v', 'error', ...inputs, ...words('-map 0 -map 1 -map 2 -c copy'), source);
      const found = await extracted(source, directory);
      expect(Object.keys(found.vtt)).toEqual(['t-und']);
      expect(codes(found)).toEqual(['track_dropped']);
    }));
});

test('as many sounds and texts as a version has', () =>
  withTempDirectory(async (directory) => {
    const film = await makeFilm(directory, 'film.mkv', FILM);
    const { srt } = await texts(directory);
    const source = join(directory, 'source.mkv');
    const maps = (count: number, map: string) => Array.from({ length: count }, () => ['-map', map]).flat();
    const all = ['-map', '0:v', ...maps(MAX_AUDIO_TRACKS, '0:a'), ...maps(MAX_TEXT_TRACKS, '1')];
    await ffmpeg('-v', 'error', '-i', film, '-i', srt, ...all, '-c', 'copy', source);
    const { facts, vtt } = await extracted(source, directory);
    expect(facts).toMatchObject({ audio: { length: MAX_AUDIO_TRACKS }, texts: { length: MAX_TEXT_TRACKS } });
    expect(Object.keys(vtt)).toHaveLength(MAX_TEXT_TRACKS);
  }));

test('MP4: text and chapters', () =>
  withTempDirectory(async (directory) => {
    const film = await makeFilm(directory, 'film.mp4', { ...FILM, output: words('-c:a aac -b:a 64k') });
    const { srt, meta } = await texts(directory);
    const source = join(directory, 'source.mp4');
    await ffmpeg(
      ...['-v', 'error', ...[film, srt, meta].flatMap((path) => ['-i', path])],
      ...words('-map 0 -map 1 -map_chapters 2 -c copy -c:s mov_text -metadata:s:s:0 language=ger'),
      source,
    );
    const { facts, vtt } = await extracted(source, directory);
    expect(facts.texts).toMatchObject([{ codec: 'mov_text', kind: 'subtitles', language: 'de' }]);
    expect(facts.chapters?.[0]?.chapters.map(({ startMs, title }) => [startMs, title])).toEqual([
      [0, 'Anfang'],
      [2000, 'Ende'],
    ]);
    expect(vtt['t-de']).toContain('\n00:00:00.523 --> 00:00:01.457\n<i>Erste</i>\n');
  }));

describe('captions in the picture', () => {
  const CUES = [
    { from: 25, to: 50, text: 'HELLO' },
    { from: 70, to: 90, text: 'AGAIN' },
  ];

  const TIMES = [
    ['01.000', '02.000', 'HELLO'],
    ['02.800', '03.600', 'AGAIN'],
  ];
  const timesIn = (vtt: Record<string, string>): (string | undefined)[][] =>
    [...(vtt['t-und-captions'] ?? '').matchAll(/(\d\d\.\d{3}) --> 00:00:(\d\d\.\d{3}).*\n(.*)/g)].map((match) =>
      match.slice(1),
    );

  async function captioned(directory: string, name: string, ...output: string[]): Promise<string> {
    const film = await makeFilm(directory, 'film.h264', {
      ...FILM,
      sound: 0,
      output: words('-bf 0 -x264-params aud=1'),
    });
    const stream = join(directory, 'captioned.h264');
    await writeFile(stream, withCaptions(await readFile(film), CUES));
    const path = join(directory, name);
    await ffmpeg('-v', 'error', '-framerate', '25', '-i', stream, '-c', 'copy', ...output, path);
    return path;
  }

  test.each(['source.mp4', 'source.ts'])('become a text track, within a frame: %s', (name) =>
    withTempDirectory(async (directory) => {
      // A path with everything that a filter graph would take for its own.
      const folder = join(directory, "a'b:c,d[e];f\\g h");
      await mkdir(folder);
      const { facts, vtt, warnings } = await extracted(await captioned(folder, name), folder);
      expect(facts.texts).toEqual([
        { streamIndex: 0, codec: 'eia_608', kind: 'captions', language: 'und', isDefault: false },
      ]);
      expect(codes(facts)).toEqual([]);
      expect(warnings).toEqual([]);
      expect(timesIn(vtt)).toEqual(TIMES);
    }),
  );

  test('of a recording whose clock began half a day ago', () =>
    withTempDirectory(async (directory) => {
      const { vtt } = await extracted(await captioned(directory, 'source.ts', '-output_ts_offset', '50000'), directory);
      expect(timesIn(vtt)).toEqual(TIMES);
    }));

  test('are read on behind a picture that cannot be decoded', () =>
    withTempDirectory(async (directory) => {
      const path = await captioned(directory, 'source.mp4');
      const bytes = await readFile(path);
      let at = 0;
      for (let picture = 0; picture <= 55; picture++) {
        at = bytes.indexOf('GA94', at + 1);
      }
      // Behind the captions, the length of the slice.
      await writeFile(path, bytes.fill(0x55, at, at + 60));
      expect(timesIn((await extracted(path, directory)).vtt)).toEqual(TIMES);
    }));

  test('are not in the segments', () =>
    withTempDirectory(async (directory) => {
      const { videoPaths } = await encodeFilm(await captioned(directory, 'source.mp4'), directory);
      for (const path of videoPaths) {
        expect((await readFile(path)).includes('GA94')).toBe(false);
      }
      expect(videoPaths.length).toBeGreaterThan(0);
    }));
});
