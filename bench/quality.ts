/**
 * The SSIM of encoded tracks, frame by frame. The reference is the source on the plan's frame grid, scaled to the
 * rendition's size with the same scaler. ffmpeg's `ssim` weights the three planes by their number of samples.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VideoPlan } from '../src/protocol/plan-schema.ts';
import { runFfmpeg } from './measure-command.ts';
import { sum } from './numbers.ts';
import { scaleOf } from './plain-ffmpeg.ts';

export type Quality = { mean: number; worst: number };

/** Reads the `All` value of each line of ffmpeg's statistics file. */
export function qualityOf(statistics: string): Quality & { frames: number } {
  const values = [...statistics.matchAll(/ All:([0-9.]+)/g)].map(([, value]) => Number(value));
  return { frames: values.length, mean: sum(values) / values.length, worst: Math.min(...values) };
}

/** Pairs frames by their number, regardless of their times. */
const BY_NUMBER = 'settb=1/25,setpts=N';

const statisticsOf = (folder: number, track: string): string => `ssim-${folder}-${track}.txt`;

/**
 * The quality of each rendition in each of `folders`, which hold `{track}.mp4`, in the order of the plan. The source is
 * decoded once for all. Leaves statistics files in `workDirectory`. Throws if the number of frames differs from the
 * plan.
 */
export function measureQuality(
  sourcePath: string,
  { source, frameRate, frameCount, renditions }: VideoPlan,
  folders: readonly string[],
  workDirectory: string,
): Quality[][] {
  const grid = `setpts=PTS-STARTPTS,fps=${frameRate.num}/${frameRate.den}:round=near:start_time=0`;
  const pieces = renditions.map((rendition, at) => {
    const references = folders.map((_, folder) => `[r${folder}-${at}]`).join('');
    return `[s${at}]${scaleOf(rendition)},${BY_NUMBER},split=${folders.length}${references}`;
  });
  const encodes = folders.flatMap((directory, folder) =>
    renditions.map(({ track }, at) => ({ directory, folder, track, at, input: 1 + folder * renditions.length + at })),
  );
  const comparisons = encodes.flatMap(({ folder, track, at, input }) => [
    `[${input}:v]${BY_NUMBER}[e${input}]`,
    `[e${input}][r${folder}-${at}]ssim=stats_file=${statisticsOf(folder, track)}[o${input}]`,
  ]);
  const graph = [
    `[0:${source.streamIndex}]${grid},split=${renditions.length}${renditions.map((_, at) => `[s${at}]`).join('')}`,
    ...pieces,
    ...comparisons,
  ];
  const args = [
    ...['-nostdin', '-v', 'error', '-y', '-i', sourcePath],
    ...encodes.flatMap(({ directory, track }) => ['-i', join(directory, `${track}.mp4`)]),
    ...['-filter_complex', graph.join(';')],
    ...encodes.flatMap(({ input }) => ['-map', `[o${input}]`, '-fps_mode', 'passthrough', '-f', 'null', '-']),
  ];
  runFfmpeg(args, workDirectory);
  return folders.map((directory, folder) =>
    renditions.map(({ track }) => {
      const { frames, ...quality } = qualityOf(readFileSync(join(workDirectory, statisticsOf(folder, track)), 'utf8'));
      if (frames !== frameCount) {
        throw new Error(`${directory}/${track}.mp4 has ${frames} frames instead of ${frameCount}`);
      }
      return quality;
    }),
  );
}
