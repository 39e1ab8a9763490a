/** Makes sources of numbered pictures and the chirp, with the oddities that ffmpeg itself can write. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg } from '../ffmpeg.ts';
import { chirpInput, steadyPictures, timedPictures } from './inputs.ts';

export type Ingredients = {
  /** Pictures 0, 1, … at a constant rate. */
  frames?: number;
  rate?: string;
  /** The first picture's number. */
  firstNumber?: number;
  /** When each picture is shown, in place of a constant rate. */
  times?: readonly number[];
  size?: string;
  /** Seconds of the chirp; 0 for no sound. */
  sound?: number;
  soundFrom?: number;
  sampleRate?: number;
  channels?: number;
  pictureDelay?: number;
  soundDelay?: number;
  /** Filters between the drawn pictures and the encoder. */
  filters?: string;
  /** Arguments of the output, after those that encode. */
  output?: readonly string[];
};

/** Small, quick, with B-frames. */
const ENCODE = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-bf', '2', '-b_strategy', '0', '-g', '25'],
  ...['-c:a', 'aac', '-b:a', '128k', '-threads', '2'],
];

export const words = (text: string): string[] => text.split(' ');

const framesPerSecond = (rate: string): number => {
  const [num = 0, den = 1] = rate.split('/').map(Number);
  return num / den;
};

export async function makeFilm(directory: string, name: string, ingredients: Ingredients = {}): Promise<string> {
  const { frames = 100, rate = '25', firstNumber = 0, times, size = '160x90', sampleRate = 48_000 } = ingredients;
  const { sound = frames / framesPerSecond(rate), soundFrom = 0, channels = 1, filters, output = [] } = ingredients;
  const numbers = Array.from({ length: frames }, (_, index) => firstNumber + index);
  const pictures =
    times === undefined ? await steadyPictures(directory, numbers, rate) : await timedPictures(directory, times);
  const chirp =
    sound === 0 ? [] : await chirpInput(directory, { sampleRate, seconds: sound, fromSeconds: soundFrom, channels });
  const path = join(directory, name);
  const graph = [`scale=${size.replace('x', ':')}:flags=neighbor,format=yuv420p,setsar=1`, filters ?? []]
    .flat()
    .join(',');
  await ffmpeg(
    ...['-v', 'error', '-itsoffset', String(ingredients.pictureDelay ?? 0), ...pictures],
    ...(sound === 0 ? [] : ['-itsoffset', String(ingredients.soundDelay ?? 0), ...chirp]),
    ...['-map', '0:v', ...(sound === 0 ? [] : ['-map', '1:a']), '-vf', graph, '-fps_mode', 'passthrough'],
    ...[...(times === undefined ? [] : ['-enc_time_base:v', '1:90000', '-video_track_timescale', '90000'])],
    ...[...ENCODE, ...output, path],
  );
  return path;
}

/** Copies the packets of a file, all streams, with these arguments. */
export async function copyTo(directory: string, from: string, name: string, ...args: string[]): Promise<string> {
  const path = join(directory, name);
  await ffmpeg('-v', 'error', '-i', from, '-map', '0', '-c', 'copy', ...args, path);
  return path;
}

/** One file after the other, as `cat` does it. */
export async function concatenate(directory: string, name: string, paths: readonly string[]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, Buffer.concat(await Promise.all(paths.map((part) => readFile(part)))));
  return path;
}

/** Transport streams, one after the other; each part has its own ingredients. */
export async function joinParts(directory: string, name: string, parts: readonly Ingredients[]): Promise<string> {
  const paths: string[] = [];
  for (const [index, part] of parts.entries()) {
    // ffmpeg would shift a part with B-frames that begins at 0, but not one that begins later.
    const output = [...(part.output ?? []), '-avoid_negative_ts', 'disabled'];
    paths.push(await makeFilm(directory, `part-${index}.ts`, { ...part, output }));
  }
  return concatenate(directory, name, paths);
}
