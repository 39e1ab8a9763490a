/** Arguments by which ffmpeg reads numbered pictures and a chirp as raw files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chirpAt } from './chirp.ts';
import { DRAWN_SIDE, drawNumber, type Rotation } from './numbered-picture.ts';
import { timedFrames } from './timed-frames.ts';

/** `rate` as ffmpeg takes it: `25`, `30000/1001`. */
export async function steadyPictures(
  directory: string,
  numbers: readonly number[],
  rate: string,
  rotation: Rotation = 0,
): Promise<string[]> {
  const path = join(directory, `pictures-${numbers[0]}.raw`);
  await writeFile(path, Buffer.concat(numbers.map((number) => drawNumber(number, rotation))));
  const size = `${DRAWN_SIDE}x${DRAWN_SIDE}`;
  return ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', size, '-framerate', rate, '-i', path];
}

/** Pictures 0, 1, … at these times. */
export async function timedPictures(
  directory: string,
  times: readonly number[],
  rotation: Rotation = 0,
): Promise<string[]> {
  const path = join(directory, 'pictures.mkv');
  const pictures = times.map((_, number) => drawNumber(number, rotation));
  await writeFile(path, timedFrames(pictures, times, DRAWN_SIDE));
  return ['-i', path];
}

export type ChirpInput = { sampleRate: number; seconds: number; fromSeconds?: number; channels?: number };

/** The chirp from `fromSeconds` on, the same in every channel. */
export async function chirpInput(directory: string, chirp: ChirpInput): Promise<string[]> {
  const { sampleRate, seconds, fromSeconds = 0, channels = 1 } = chirp;
  const path = join(directory, `chirp-${fromSeconds}-${channels}.raw`);
  const samples = Int16Array.from({ length: Math.round(seconds * sampleRate) * channels }, (_, index) =>
    Math.round(chirpAt(fromSeconds + Math.floor(index / channels) / sampleRate) * 32_767),
  );
  await writeFile(path, Buffer.from(samples.buffer));
  return ['-f', 's16le', '-ac', String(channels), '-ar', String(sampleRate), '-i', path];
}
