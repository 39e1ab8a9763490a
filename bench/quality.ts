/**
 * SSIM of encoded tracks against their source, frame by frame: the reference is the source on the plan's frame grid, by
 * the same scaler at the rendition's size, never encoded. ffmpeg's `ssim`, all three planes weighted by their samples.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VideoPlan } from '../src/protocol/plan-schema.ts';
import { scaleOf } from './plain-ffmpeg.ts';

export type Quality = { mean: number; worst: number };

/** The `All` of each line of ffmpeg's statistics file. */
export function qualityOf(statistics: string): Quality & { frames: number } {
  const values = [...statistics.matchAll(/ All:([0-9.]+)/g)].map(([, value]) => Number(value));
  const total = values.reduce((sum, value) => sum + value, 0);
  return { frames: values.length, mean: total / values.length, worst: Math.min(...values) };
}

/** Frames are paired by their number, whatever their times are. */
const BY_NUMBER = 'settb=1/25,setpts=N';

const statisticsOf = (folder: number, track: string): string => `ssim-${folder}-${track}.txt`;

/**
 * For each of `folders`, which hold `{track}.mp4`, the quality of each rendition in the plan's order. One decode of the
 * source for all. Statistics are left in `workDirectory`. Throws where an encode has other frames than the plan.
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
  const { status, stderr } = spawnSync('ffmpeg', args, {
    ...{ cwd: workDirectory, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  });
  if (status !== 0) {
    throw new Error(`ffmpeg ended with ${status}: ${stderr.slice(-2000)}`);
  }
  return folders.map((directory, folder) =>
    renditions.map(({ track }) => {
      const { frames, ...quality } = qualityOf(readFileSync(join(workDirectory, statisticsOf(folder, track)), 'utf8'));
      if (frames !== frameCount) {
        throw new Error(`${directory}/${track}.mp4: ${frames} frames, planned ${frameCount}`);
      }
      return quality;
    }),
  );
}
