/** A part of a film: exactly the frames between two times, and the sound that belongs to them. */
import { describe } from 'vitest';
import { joinParts, makeFilm, words } from '../../../bench/frames/make-film.ts';
import { type Case, range, runCases } from './run-cases.ts';

const held = (number: number, times: number): number[] => Array<number>(times).fill(number);
/** Uncompressed sound has no priming. */
const PCM = words('-c:a pcm_s16le');
const SOUND_WITHIN = 0.001;

const cuts: Case[] = [
  {
    name: '25 fps, in the middle of a group of pictures, over several chunks',
    make: (directory) => makeFilm(directory, 'source.mkv', { frames: 350, output: PCM }),
    options: { start: 2.52, end: 12.4 },
    right: {
      ...{ frameRate: '25', numbers: range(63, 310), warnings: [] },
      ...{ sound: [{ from: 0, to: 9.88, ahead: 2.52 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: '30000/1001 fps in MP4, at the nearest frames',
    make: (directory) => makeFilm(directory, 'source.mp4', { frames: 150, rate: '30000/1001' }),
    // 1.31 s is frame 39.26, 4.2 s frame 125.87.
    options: { start: 1.31, end: 4.2 },
    right: {
      ...{ frameRate: '30000/1001', numbers: range(39, 126), warnings: [] },
      ...{ sound: [{ from: 0, to: 2.9, ahead: (39 * 1001) / 30_000 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: 'a variable rate: the picture that is on the screen where the part begins',
    make: (directory) =>
      makeFilm(directory, 'source.mkv', {
        times: [...range(0, 50).map((index) => index / 25), ...range(0, 50).map((index) => 5 + index / 25)],
        ...{ sound: 7, output: PCM },
      }),
    options: { start: 4, end: 6 },
    right: {
      ...{ frameRate: '25', numbers: [...held(49, 25), ...range(50, 75)] },
      ...{ sound: [{ from: 0, to: 2, ahead: 4 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: 'within the sound before the picture and after it',
    make: (directory) => makeFilm(directory, 'source.mkv', { frames: 25, pictureDelay: 2, sound: 6, output: PCM }),
    options: { start: 1, end: 5 },
    right: {
      ...{ frameRate: '25', numbers: [...held(0, 25), ...range(0, 25), ...held(24, 50)] },
      ...{ sound: [{ from: 0, to: 4, ahead: 1 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: 'after the last picture',
    make: (directory) => makeFilm(directory, 'source.mkv', { frames: 50, sound: 8, output: PCM }),
    options: { start: 4, end: 20 },
    right: {
      ...{ frameRate: '25', numbers: held(49, 100) },
      ...{ sound: [{ from: 0, to: 4, ahead: 4 }], soundWithin: SOUND_WITHIN },
    },
  },
  {
    name: 'of 120 fps: every second frame of the film, as in the whole',
    make: (directory) => makeFilm(directory, 'source.mkv', { frames: 240, rate: '120', output: PCM }),
    options: { start: 0.5, end: 1.5 },
    right: { frameRate: '60', numbers: range(60, 180, 2), warnings: ['frames_dropped'] },
  },
  {
    name: 'of a transport stream whose clock restarts, which is remuxed',
    make: (directory) =>
      joinParts(directory, 'source.ts', [
        { frames: 50, sound: 2, output: ['-c:a', 'mp2', '-output_ts_offset', '10'] },
        { frames: 50, firstNumber: 50, sound: 2, soundFrom: 2, output: ['-c:a', 'mp2', '-output_ts_offset', '10'] },
      ]),
    options: { start: 1, end: 3 },
    right: { frameRate: '25', shows: range(25, 75), seconds: 2, within: 0.09 },
  },
];

describe('parts of films', () => {
  runCases(cuts);
});
