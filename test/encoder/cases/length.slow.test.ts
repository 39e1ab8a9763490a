/** The film lasts as long as anything is shown or heard; clocks that break are joined; damage is held over. */
import { truncate } from 'node:fs/promises';
import { describe } from 'vitest';
import { concatenate, copyTo, type Ingredients, joinParts, makeFilm, words } from '../../../bench/frames/make-film.ts';
import { type Case, range, runCases } from './run-cases.ts';

const held = (number: number, times: number): number[] => Array<number>(times).fill(number);
/** Uncompressed or Opus sound begins where it says; AAC in MP4 too. Other containers hold the encoder's priming as well. */
const MPEG2 = words('-c:v mpeg2video -q:v 3 -g 50 -bf 2 -sc_threshold 1000000000');

const lengths: Case[] = [
  {
    name: 'sound that is 4 s longer than the picture, in MP4',
    make: (directory) => makeFilm(directory, 'source.mp4', { frames: 50, sound: 6 }),
    right: {
      ...{ frameRate: '25', numbers: [...range(0, 50), ...held(49, 100)], sound: [{ from: 0, to: 6 }] },
      warnings: ['picture_held'],
    },
  },
  {
    name: 'sound that is 4.2 s longer, in Matroska',
    make: (directory) => makeFilm(directory, 'source.mkv', { frames: 50, sound: 6.2, output: words('-c:a flac') }),
    right: {
      ...{ frameRate: '25', numbers: [...range(0, 50), ...held(49, 105)], sound: [{ from: 0, to: 6.2 }] },
      warnings: ['picture_held'],
    },
  },
  {
    name: 'sound that ends 80 ms after the picture, which is padding',
    make: (directory) => makeFilm(directory, 'source.mp4', { frames: 50, sound: 2.08 }),
    right: { frameRate: '25', numbers: range(0, 50), sound: [{ from: 0, to: 2 }], warnings: [] },
  },
  {
    name: 'a picture that begins 2 s after the sound, in MP4',
    make: (directory) => makeFilm(directory, 'source.mp4', { frames: 75, pictureDelay: 2, sound: 5 }),
    right: {
      ...{ frameRate: '25', numbers: [...held(0, 50), ...range(0, 75)], sound: [{ from: 0, to: 5 }] },
      warnings: ['picture_late'],
    },
  },
  {
    name: 'sound that begins 1.5 s before the picture, in TS',
    make: (directory) =>
      makeFilm(directory, 'source.ts', { frames: 75, pictureDelay: 1.52, sound: 4.52, output: words('-c:a mp2') }),
    right: {
      ...{ frameRate: '25', shows: range(0, 75), seconds: 4.52, within: 0.05 },
      ...{ sound: [{ from: 0, to: 4.4 }], soundWithin: 0.045, warnings: ['picture_late'] },
    },
  },
  {
    name: 'a picture that begins 6 s after the sound: a chunk lies wholly before it',
    make: (directory) =>
      makeFilm(directory, 'source.mkv', { frames: 25, pictureDelay: 6, sound: 7, output: words('-c:a pcm_s16le') }),
    right: {
      ...{ frameRate: '25', numbers: [...held(0, 150), ...range(0, 25)], sound: [{ from: 0, to: 7 }] },
      warnings: ['picture_late'],
    },
  },
];

/** Parts of 2 s. The second continues pictures and chirp; its clock is `offset` from where the first one began. */
function parts(offsets: readonly number[]): Ingredients[] {
  return offsets.map((offset, index) => ({
    ...{ frames: 50, firstNumber: 50 * index, sound: 2, soundFrom: 2 * index },
    output: ['-c:a', 'mp2', '-output_ts_offset', String(offset)],
  }));
}
/** Where parts join, sound and picture of the part before end up to two frames apart. */
const JOINT_SECONDS = 0.09;
/** The sound of a part begins with the priming of its encoder: 16 ms of MP2 lie over the part before. */
const JOINT_WARNINGS = ['times_repaired', 'sound_overlaps_cut'] as const;
const joined = (count: number) => ({
  ...{ shows: range(0, 50 * count), seconds: 2 * count, within: count * JOINT_SECONDS },
  ...{
    sound: range(0, count).map((part) => ({ from: 2 * part + 0.1, to: 2 * part + 1.9, ahead: 0 })),
    soundWithin: 0.049,
  },
});

const clocks: Case[] = [
  {
    name: 'TS whose clock restarts',
    make: (directory) => joinParts(directory, 'source.ts', parts([0, 0])),
    right: { ...joined(2), warnings: JOINT_WARNINGS },
  },
  {
    name: 'TS whose clock restarts twice',
    make: (directory) => joinParts(directory, 'source.ts', parts([0, 0, 0])),
    right: { ...joined(3), warnings: JOINT_WARNINGS },
  },
  {
    name: 'TS whose clock jumps an hour ahead',
    make: (directory) => joinParts(directory, 'source.ts', parts([0, 3600])),
    right: { ...joined(2), warnings: JOINT_WARNINGS },
  },
  {
    name: 'TS whose clock wraps after 26.5 hours',
    make: (directory) => makeFilm(directory, 'source.ts', { output: words('-output_ts_offset 95442 -c:a mp2') }),
    right: { frameRate: '25', numbers: range(0, 100), sound: [{ from: 0, to: 3.9 }] },
  },
  {
    name: 'an MPEG program stream whose clock restarts',
    make: async (directory) => {
      const output = [...MPEG2, ...words('-c:a mp2')];
      const first = await makeFilm(directory, 'a.mpg', { frames: 50, output });
      const second = await makeFilm(directory, 'b.mpg', { frames: 50, firstNumber: 50, soundFrom: 2, output });
      return concatenate(directory, 'source.mpg', [first, second]);
    },
    right: { ...joined(2), warnings: JOINT_WARNINGS },
  },
];

/** Without its first packets of video. */
const startsAt = async (directory: string, path: string, packets: number): Promise<string> =>
  copyTo(directory, path, 'cut.ts', '-copyinkf', '-bsf:v', `noise=drop=lt(n\\,${packets})`);
/** Packets from this one on are noise. */
const damagedFrom = (first: number): string[] => ['-bsf:v', `noise=amount=if(gte(n\\,${first})\\,1\\,0)`];

const damage: Case[] = [
  {
    name: 'TS that starts in mid-GOP, without a key frame in its first 60 packets',
    make: async (directory) =>
      startsAt(directory, await makeFilm(directory, 'whole.ts', { frames: 150, output: words('-g 75 -c:a mp2') }), 10),
    right: {
      ...{ frameRate: '25', numbers: range(75, 150), sound: [{ from: 0, to: 2.9, ahead: 3 }] },
      warnings: ['start_undecodable'],
    },
  },
  {
    name: 'MPEG-2 that starts in mid-GOP',
    make: async (directory) =>
      startsAt(directory, await makeFilm(directory, 'whole.ts', { sound: 0, output: [...MPEG2, '-bf', '0'] }), 10),
    right: { frameRate: '25', numbers: range(50, 100), warnings: ['start_undecodable'] },
  },
  {
    name: 'the last ten packets are undecodable',
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.mp4', { output: words('-bf 0') });
      return copyTo(directory, path, 'source.mp4', ...damagedFrom(90));
    },
    right: {
      frameRate: '25',
      frames: 100,
      shows: range(0, 90),
      sound: [{ from: 0, to: 4 }],
      warnings: ['end_damaged'],
    },
  },
  {
    name: 'a film of which one frame can be decoded',
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.mkv', { frames: 50, output: words('-bf 0 -c:a flac') });
      return copyTo(directory, path, 'source.mkv', ...damagedFrom(1));
    },
    right: { frames: 50, shows: [0], warnings: ['end_damaged'] },
  },
  {
    name: 'TS that is cut off in the middle of a packet',
    make: async (directory) => {
      const path = await makeFilm(directory, 'source.ts', { output: words('-bf 0 -c:a mp2') });
      await truncate(path, 188 * 400 + 100);
      return path;
    },
    right: { frameRate: '25', halfOf: range(0, 100) },
  },
];

describe('length', () => {
  runCases([...lengths, ...clocks, ...damage]);
});
