/** Further films: made-films.test.ts has those that `npm test` plays. */
import { expect, test } from 'vitest';
import { clipPath } from '../../system/films.ts';
import { withTempDirectory } from '../media/media-fixtures.ts';
import { make, picture, sound, writeMade, x264 } from './film.ts';
import { hashes, testFilms } from './test-films.ts';

testFilms([
  {
    name: '23.976 fps, 44.1 kHz',
    input: [...picture('24000/1001', 11), ...sound(44_100, 11)],
    output: x264(48),
    rate: 24_000 / 1001,
  },
  { name: 'no sound', input: picture('25', 9), output: x264(25), rate: 25 },
  {
    name: 'sound that begins later',
    input: [...picture('25', 9), '-itsoffset', '0.2', ...sound(48_000, 9)],
    output: x264(25),
    rate: 25,
  },
  {
    name: 'MOV, 600 ticks a second, no B-frames',
    input: [...picture('30', 9), ...sound(44_100, 9)],
    output: ['-video_track_timescale', '600', ...x264(30, 0)],
    file: 'film.mov',
    rate: 30,
  },
  {
    name: 'signed composition offsets',
    input: [...picture('25', 9), ...sound(48_000, 9)],
    output: ['-movflags', 'negative_cts_offsets', ...x264(30, 3)],
    rate: 25,
  },
  {
    name: 'key frames 12 s apart',
    input: [...picture('25', 25), ...sound(48_000, 25)],
    output: x264(300),
    rate: 25,
  },
  {
    name: 'a picture that is turned',
    input: picture('25', 5),
    output: x264(25),
    facts: { rotation: 90, width: 48, height: 64 },
  },
]);

/** Real films, of other encoders, which lie beside a checkout on some machines. */
const CLIPS = [
  { name: 'Sintel, the trailer', file: 'sintel_trailer_720p24_52s.mp4', rate: 24 },
  { name: 'Tears of Steel', file: 'wave_tos_1080p2997_8s.mp4', rate: 30_000 / 1001 },
];
const here = CLIPS.flatMap(({ file, ...film }) => {
  const path = clipPath(file);
  return path === null ? [] : [{ ...film, path }];
});
if (here.length < CLIPS.length) {
  console.log(`skipped: ${CLIPS.length - here.length} clips are not on this machine`);
}
testFilms(here);

test.each([
  [90, 'transpose=clock'],
  [180, 'hflip,vflip'],
  [270, 'transpose=cclock'],
] as const)('players turn a picture clockwise by %d degrees', async (rotation, filter) => {
  await withTempDirectory(async (directory) => {
    const film = { name: 'plain', input: picture('25', 1), output: x264(25), facts: { rotation } };
    const made = await make(directory, film);
    const [track] = made.index.tracks;
    const turned = track && hashes('-i', writeMade(made, track));
    expect(turned).toEqual(hashes('-i', made.path, '-vf', filter));
  });
});
