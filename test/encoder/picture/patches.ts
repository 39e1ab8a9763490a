/** Flat patches of known colours, by the equations of the standards (ITU-T H.273 8.3), and what an encode shows of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import { ffmpeg, joinSegments, planOf, runChunks, trackOutputs } from '../media/media-fixtures.ts';

/** R'G'B', or Y'CbCr with chroma around 0; 0 to 1. */
export type Triple = readonly [number, number, number];

const PATCH = 32;
const COLUMNS = 4;
const ROWS = 3;
export const WIDTH = PATCH * COLUMNS;
export const HEIGHT = PATCH * ROWS;

export const COLORS: readonly Triple[] = [
  ...([
    [0, 0, 0],
    [1, 1, 1],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
  ] as const),
  ...([
    [0, 1, 1],
    [1, 0, 1],
    [0.5, 0.5, 0.5],
    [0.9, 0.7, 0.6],
    [0.2, 0.35, 0.3],
    [0.1, 0.1, 0.4],
  ] as const),
];
export const GREYS: readonly Triple[] = COLORS.map((_, index): Triple => [index / 11, index / 11, index / 11]);

/** Kr and Kb of each matrix (H.273 table 4). */
const LUMA = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  fcc: [0.3, 0.11],
  smpte240m: [0.212, 0.087],
  bt2020nc: [0.2627, 0.0593],
} as const;
export type Matrix = keyof typeof LUMA;

export function toYcc([red, green, blue]: Triple, matrix: Matrix): Triple {
  const [kr, kb] = LUMA[matrix];
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  return [luma, (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))];
}

/** H.273 with MatrixCoefficients 8 takes codes of R'G'B', so that chroma has the steps of luma. */
export const toYcgco = ([red, green, blue]: Triple): Triple => [
  (red + 2 * green + blue) / 4,
  ((-red + 2 * green - blue) / 4) * (219 / 224),
  ((red - blue) / 2) * (219 / 224),
];

export function toCodes([luma, cb, cr]: Triple, range: 'tv' | 'pc', depth: number): Triple {
  const [step, middle] = [2 ** (depth - 8), 2 ** (depth - 1)];
  const full = 2 ** depth - 1;
  return range === 'pc'
    ? [luma * full, Math.min(full, cb * full + middle), Math.min(full, cr * full + middle)]
    : [(16 + 219 * luma) * step, middle + 224 * step * cb, middle + 224 * step * cr];
}

/** One plane of patches. `across` and `down`: samples of a patch. */
export function plane(values: readonly number[], across: number, down: number, depth: number): Buffer {
  const bytes = depth > 8 ? 2 : 1;
  const line = across * COLUMNS;
  const out = Buffer.alloc(line * down * ROWS * bytes);
  for (let index = 0; index < line * down * ROWS; index++) {
    const patch = Math.floor(index / (line * down)) * COLUMNS + Math.floor((index % line) / across);
    out.writeUIntLE(Math.round(values[patch] ?? 0), index * bytes, bytes);
  }
  return out;
}

/** A lossless source of one picture, five times. `tags` are output options. */
export async function makePatches(path: string, format: string, raw: Buffer, tags: readonly string[]): Promise<void> {
  await writeFile(`${path}.raw`, Buffer.concat(Array.from({ length: 5 }, () => raw)));
  const input = ['-f', 'rawvideo', '-pix_fmt', format, '-s', `${WIDTH}x${HEIGHT}`, '-r', '25', '-i', `${path}.raw`];
  ffmpeg(...input, '-pix_fmt', format, '-c:v', 'ffv1', ...tags, path);
}

/** The codes of the encode's first frame in the middle of each patch: Y', Cb, Cr. */
export async function shownPatches(
  source: string,
  directory: string,
  facts: Partial<VideoFacts> = {},
): Promise<Triple[]> {
  const plan = await planOf(source);
  Object.assign(plan.video.source, facts);
  const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
  const raw = ffmpeg(
    ...['-i', await joinSegments(outputs, join(directory, 'joined.mp4'))],
    ...['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
  );
  const mean = (offset: number, line: number, side: number, patch: number): number => {
    const start = offset + (Math.floor(patch / COLUMNS) + 0.5) * side * line + ((patch % COLUMNS) + 0.5) * side;
    const samples = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => raw[start + y * line + x] ?? 0));
    return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  };
  const chroma = WIDTH * HEIGHT;
  return COLORS.map((_, patch) => [
    mean(0, WIDTH, PATCH, patch),
    mean(chroma, WIDTH / 2, PATCH / 2, patch),
    mean(chroma * 1.25, WIDTH / 2, PATCH / 2, patch),
  ]);
}
