/** Generated sources and decoders for the tests that run the real ffmpeg. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeChunks, encodeSound } from '../../../bench/frames/encode-film.ts';
import { inspectLocal } from '../../../bench/frames/inspect-local.ts';
import type { PackagedOutput } from '../../../encoder/media/segments.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../src/protocol/plan-schema.ts';

export { BUDGET, joinSegments } from '../../../bench/frames/encode-film.ts';

export async function withTempDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-media-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], { maxBuffer: 64 * 1024 * 1024 });
}

/** Grey level of frame n: neighbours differ by more than x264's error, and it repeats only after 40 frames. */
export const greyOf = (frame: number): number => 30 + ((frame * 65) % 200);

/** A source whose every frame says which it is, with a click at each whole second. Further arguments are output options. */
export function makeSource(path: string, rate: string, seconds: number, ...output: string[]): void {
  ffmpeg(
    ...['-f', 'lavfi', '-i', `nullsrc=s=64x48:r=${rate}:d=${seconds},geq=lum='30+mod(N*65\\,200)':cb=128:cr=128`],
    ...[
      '-f',
      'lavfi',
      '-i',
      `aevalsrc='if(eq(mod(n\\,48000)\\,24000)\\,0.9\\,0)':s=48000:d=${seconds},aformat=channel_layouts=stereo`,
    ],
    ...[
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-bf',
      '2',
      '-b_strategy',
      '0',
      '-crf',
      '10',
      '-g',
      '24',
    ],
    ...['-colorspace', 'bt709', '-color_range', 'tv', ...output, path],
  );
}

/** Mean luma of every frame, in presentation order. */
export function frameGreys(path: string): number[] {
  // The centre of a flat picture. Not format=gray, which would stretch the range.
  return [
    ...ffmpeg('-i', path, '-an', '-vf', 'crop=2:2,extractplanes=y', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'),
  ].filter((_, index) => index % 4 === 0);
}

/** Sample numbers of the clicks in the first channel. */
export function clickSamples(path: string): number[] {
  const raw = ffmpeg('-i', path, '-vn', '-ac', '1', '-f', 's16le', '-');
  const clicks: number[] = [];
  for (let sample = 0; sample < raw.length / 2; sample++) {
    // Within 100 samples it is the same click; the loudest counts.
    const level = Math.abs(raw.readInt16LE(sample * 2));
    const last = clicks.at(-1);
    if (level > 5_000 && (last === undefined || sample - last > 100)) {
      clicks.push(sample);
    } else if (last !== undefined && sample - last <= 100 && level > Math.abs(raw.readInt16LE(last * 2))) {
      clicks[clicks.length - 1] = sample;
    }
  }
  return clicks;
}

/** Where planOf puts the remuxed copy of a source that needs one. Tasks then read it. */
const copyOf = (sourcePath: string): string => `${sourcePath}.nut`;
const readPathOf = (sourcePath: string): string => (existsSync(copyOf(sourcePath)) ? copyOf(sourcePath) : sourcePath);

export async function planOf(sourcePath: string, chunkSegments = 1): Promise<EncodePlan> {
  const { facts } = await inspectLocal(sourcePath, copyOf(sourcePath));
  return planEncode(facts, { preset: 'ultrafast', chunkSegments });
}

export async function runChunks(sourcePath: string, plan: EncodePlan, directory: string): Promise<PackagedOutput[][]> {
  return (await encodeChunks(readPathOf(sourcePath), plan, directory)).map(({ outputs }) => outputs);
}

export async function runAudio(sourcePath: string, plan: EncodePlan, directory: string): Promise<PackagedOutput> {
  const [audio] = plan.audio;
  const [output] =
    audio === undefined ? [] : (await encodeSound(readPathOf(sourcePath), plan.video, audio, directory)).outputs;
  if (output === undefined) {
    throw new Error('the plan has no audio, or it gave no output');
  }
  return output;
}

export const trackOutputs = (chunks: readonly PackagedOutput[][], index: number): PackagedOutput[] =>
  chunks.flatMap((outputs) => outputs.slice(index, index + 1));
