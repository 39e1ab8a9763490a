/** Which sound a film has, and what its tracks are called. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { ffmpeg } from '../../../bench/ffmpeg.ts';
import { makeFilm, words } from '../../../bench/frames/make-film.ts';
import { type Case, range, runCases } from './run-cases.ts';

type Label = { language?: string; title?: string; disposition?: string };

/** A short film whose sound is there several times, with these labels. */
async function labelled(directory: string, name: string, labels: readonly Label[]): Promise<string> {
  const film = await makeFilm(directory, 'film.mkv', {
    frames: 25,
    size: '128x72',
    output: words('-c:a aac -b:a 64k'),
  });
  const path = join(directory, name);
  const tags = labels.flatMap(({ language, title, disposition = '0' }, index) => [
    ...(language === undefined ? [] : [`-metadata:s:a:${index}`, `language=${language}`]),
    ...(title === undefined ? [] : [`-metadata:s:a:${index}`, `title=${title}`]),
    ...[`-disposition:a:${index}`, disposition],
  ]);
  const maps = labels.flatMap(() => ['-map', '0:a']);
  const muxer = name.endsWith('.mkv') ? ['-default_mode', 'passthrough'] : [];
  await ffmpeg('-v', 'error', '-i', film, '-map', '0:v', ...maps, '-c', 'copy', ...tags, ...muxer, path);
  return path;
}

const LANGUAGES = ['eng', 'deu', 'fra', 'spa', 'ita', 'por', 'rus', 'jpn', 'kor', 'zho'];

const labels: Case[] = [
  {
    name: 'languages with a region',
    make: (directory) =>
      labelled(directory, 'source.mkv', [{ language: 'pt-BR' }, { language: 'en-US' }, { language: 'zh-Hant-TW' }]),
    right: { tracks: [{ language: 'pt-BR' }, { language: 'en-US' }, { language: 'zh-Hant-TW' }], warnings: [] },
  },
  {
    name: 'a language that is none',
    make: (directory) => labelled(directory, 'source.mkv', [{ language: 'klingon!/..' }]),
    right: { tracks: [{ language: 'und' }], warnings: [] },
  },
  {
    name: 'a commentary and a named track, the second is the default',
    make: (directory) =>
      labelled(directory, 'source.mkv', [
        { language: 'eng' },
        { language: 'deu', title: 'Deutsch', disposition: 'default' },
        { language: 'eng', title: 'Director commentary', disposition: 'comment' },
      ]),
    right: {
      tracks: [
        { language: 'deu', name: 'Deutsch' },
        { language: 'eng' },
        { language: 'eng', name: 'Director commentary', role: 'commentary' },
      ],
      warnings: [],
    },
  },
  {
    name: 'a description for those who do not see, in MOV',
    make: (directory) =>
      labelled(directory, 'source.mkv', [
        { language: 'eng', disposition: 'default' },
        { language: 'eng', title: 'Audio description', disposition: 'visual_impaired' },
      ]),
    right: {
      tracks: [{ language: 'eng' }, { language: 'eng', name: 'Audio description', role: 'description' }],
      warnings: [],
    },
  },
  {
    name: 'three languages without a default, in MP4',
    make: (directory) =>
      labelled(
        directory,
        'source.mp4',
        ['fra', 'eng', 'spa'].map((language) => ({ language })),
      ),
    right: { tracks: ['fra', 'eng', 'spa'].map((language) => ({ language })), warnings: [] },
  },
  {
    name: 'ten languages',
    make: (directory) =>
      labelled(
        directory,
        'source.mkv',
        LANGUAGES.map((language) => ({ language })),
      ),
    right: { tracks: LANGUAGES.map((language) => ({ language })), warnings: [] },
  },
  {
    name: 'ten tracks of one language',
    make: (directory) =>
      labelled(
        directory,
        'source.mkv',
        LANGUAGES.map(() => ({ language: 'eng' })),
      ),
    right: { tracks: LANGUAGES.map(() => ({ language: 'eng' })), warnings: [] },
  },
];

/** A transport stream of several programmes: films whose pictures begin with these numbers. */
async function programmes(directory: string, films: readonly { first: number; size: string }[]): Promise<string> {
  const paths: string[] = [];
  for (const { first, size } of films) {
    // The chirp of each begins elsewhere.
    const film = { frames: 75, firstNumber: first, size, soundFrom: first / 100, output: words('-c:a mp2') };
    paths.push(await makeFilm(directory, `p${first}.ts`, film));
  }
  const path = join(directory, 'source.ts');
  await ffmpeg(
    ...[
      '-v',
      'error',
      ...paths.flatMap((from) => ['-i', from]),
      ...paths.flatMap((_, index) => ['-map', String(index)]),
    ],
    ...['-c', 'copy', ...paths.flatMap((_, n) => ['-program', `title=P${n}:st=${2 * n}:st=${2 * n + 1}`]), path],
  );
  return path;
}
/** 20 ms and more of MP2's delay are compensated by its time stamps; the grid's first frame by no more than this. */
const SOUND_WITHIN = 0.006;

const programs: Case[] = [
  {
    name: 'two programmes of a TS: the larger picture, and only its sound',
    make: (directory) =>
      programmes(directory, [
        { first: 1000, size: '160x90' },
        { first: 2000, size: '320x180' },
      ]),
    right: {
      ...{ numbers: range(2000, 2075), tracks: [{ language: 'und' }], warnings: ['track_dropped'] },
      ...{ sound: [{ from: 0, to: 2.9, ahead: 20 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: 'three programmes of equal size: the first',
    make: (directory) =>
      programmes(
        directory,
        [1000, 2000, 3000].map((first) => ({ first, size: '160x90' })),
      ),
    right: {
      ...{ numbers: range(1000, 1075), tracks: [{ language: 'und' }], warnings: ['track_dropped'] },
      ...{ sound: [{ from: 0, to: 2.9, ahead: 10 }], soundWithin: SOUND_WITHIN },
    },
  },
];

describe('tracks', () => {
  runCases([...labels, ...programs]);
});
