/** Sound of files of all kinds, fitted to a film: a click is heard when its file says, and the film is covered exactly. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUDGET, joinSegments } from '../../../bench/frames/encode-film.ts';
import { inspectSound } from '../../../encoder/inspect/inspect-sound.ts';
import { remuxSource } from '../../../encoder/media/remux.ts';
import { encodeAudio } from '../../../encoder/sound/encode-sound.ts';
import { planDub } from '../../../src/control/encoding/plan/dub-plan.ts';
import { clickSamples, ffmpeg, makeSource, withTempDirectory } from '../media/media-fixtures.ts';

const FILM = { seconds: 6, segmentSeconds: 4 };
const CLICK = 1.5 * 48_000;

const click = (seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `aevalsrc='if(eq(n\\,${CLICK})\\,0.9\\,0)':s=48000:d=${seconds},aformat=channel_layouts=stereo`,
];

/** Where the clicks are in the film, and its length, in samples. */
async function dub(
  directory: string,
  path: string,
  shiftMs = 0,
): Promise<{ clicks: number[]; samples: number; codes: string[] }> {
  let readPath = path;
  const facts = await inspectSound(
    async (remux, read) => {
      if (remux !== undefined) {
        readPath = join(directory, 'copy.nut');
        await remuxSource(path, remux, readPath, { budget: BUDGET });
      }
      return await read(readPath);
    },
    { budget: BUDGET },
  );
  const { audio, originSeconds, warnings } = planDub(facts, FILM, { track: 'a-fr_1', language: 'fr', shiftMs });
  const [stereo] = audio;
  if (stereo === undefined) {
    throw new TypeError('nothing is planned');
  }
  const workDirectory = join(directory, 'work');
  await mkdir(workDirectory);
  const encoded = await encodeAudio({
    sourcePath: readPath,
    audio: stereo,
    originSeconds,
    workDirectory,
    budget: BUDGET,
  });
  const joined = await joinSegments(encoded.outputs, join(directory, 'joined.mp4'));
  const samples = ffmpeg('-i', joined, '-ac', '1', '-f', 's16le', '-').length / 2;
  return { clicks: clickSamples(joined), samples, codes: [...warnings, ...encoded.warnings].map(({ code }) => code) };
}

test.each([
  ['begins later in the file', -1000, [CLICK - 48_000]],
  ['begins behind the end of the file, and is silent', -60_000, []],
])('of a clip, it %s', (_, shiftMs, wanted) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'a.wav');
    ffmpeg(...click(8), path);
    const { clicks, samples } = await dub(directory, path, shiftMs);
    expect(clicks).toEqual(wanted);
    expect(samples).toBeGreaterThanOrEqual(FILM.seconds * 48_000);
  }),
);

/** Of raw AAC and AC-3, nothing says how long their encoder's delay was. */
const MOST_DELAY = 1024;

test.each([
  ['a.mp3', words('-c:a libmp3lame -b:a 192k'), 0],
  ['a.wav', [], 0],
  ['a.flac', [], 0],
  ['a.m4a', words('-c:a aac -b:a 192k'), 0],
  ['a.ogg', words('-c:a libopus -b:a 192k'), 0],
  ['a.aac', words('-c:a aac -b:a 192k'), MOST_DELAY],
  ['a.ac3', words('-c:a ac3 -b:a 192k'), MOST_DELAY],
])('%s', (name, args, delay) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, name);
    ffmpeg(...click(6), ...args, path);
    const { clicks, samples, codes } = await dub(directory, path);
    expect(clicks).toHaveLength(1);
    expect(Math.abs((clicks[0] ?? 0) - CLICK)).toBeLessThanOrEqual(delay + 2);
    expect(samples).toBe(Math.ceil((FILM.seconds * 48_000) / 1024) * 1024);
    expect(codes).toEqual([]);
  }),
);

test.each([
  ['short, and silent behind its end', 3],
  ['long, and cut off', 9],
])('%s', (_, seconds) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'a.wav');
    ffmpeg(...click(seconds), path);
    const { clicks, samples, codes } = await dub(directory, path);
    expect(clicks).toEqual([CLICK]);
    expect(samples).toBe(Math.ceil((FILM.seconds * 48_000) / 1024) * 1024);
    expect(codes).toEqual(['dub_length_differs']);
  }),
);

test.each([
  ['film.mkv', words('-c:a pcm_s16le')],
  ['film.ts', words('-c:a mp2 -output_ts_offset 5000')],
])('the sound of %s, by the time of its picture', (name, args) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, name);
    makeSource(path, '25', 6, ...args);
    const { clicks } = await dub(directory, path);
    expect(clicks).toHaveLength(6);
    // The multiplexer of a transport stream lets sound begin up to two frames of MP2 beside the picture.
    expect(Math.abs((clicks[0] ?? 0) - 24_000)).toBeLessThan(name === 'film.ts' ? 3000 : 2);
  }),
);

function words(text: string): string[] {
  return text.split(' ');
}
