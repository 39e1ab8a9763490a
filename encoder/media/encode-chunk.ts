/** One chunk, from a local source file to checked CMAF segments in a work folder. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { chunkEncodeArgs, trackMediaPath } from './ffmpeg-args.ts';
import { type PackagedTrack, packagerArgs, packagerBinary } from './packager.ts';
import { runProcess, toTaskFailure } from './process.ts';
import { createProgressReader } from './progress.ts';
import { type PackagedOutput, readTrackFolder } from './segments.ts';
import { chunkLimits, filterThreadsFor, packageLimits, type TaskBudget, threadsFor } from './task-budget.ts';
import type { VideoEncoder } from './video-encoder.ts';

/**
 * How long before a chunk decoding starts, in seconds; each is tried when the one before gave too few frames. 1 s covers
 * files with an index, which seek to a key frame. MPEG transport and program streams (90 kHz clock) seek anywhere, so
 * that a whole GOP has to fit. null decodes from the beginning: slow, and right for any file.
 */
const SEEK_MARGINS_SECONDS = [1, 6, 25, null] as const;
const MPEG_CLOCK_HZ = 90_000;

/** Packaging copies a few seconds of media; a minute means a disk that hangs. */
export const PACKAGE_DEADLINE_MS = 60_000;

/** Calls `use` as soon as there are cores for it. */
export type UseCpu = <T>(use: () => Promise<T>) => Promise<T>;
export const useCpuAtOnce: UseCpu = (use) => use();

export type EncodeChunkOptions = {
  sourcePath: string;
  video: VideoPlan;
  chunk: Chunk;
  /** An empty folder of the caller's, who also removes it. */
  workDirectory: string;
  budget: TaskBudget;
  videoEncoder?: VideoEncoder;
  /** Runs what keeps the CPU busy, when it may. Packaging and checking are not part of it. */
  useCpu?: UseCpu;
  signal?: AbortSignal;
  /** 0 to 1; starts again at 0 where a chunk is decoded again from further back. */
  onProgress?: (fraction: number) => void;
};

function marginsFor({ video, chunk }: EncodeChunkOptions): readonly (number | null)[] {
  if (chunk.firstFrame === 0) {
    return [null];
  }
  const seeksAnywhere = fractionToNumber(video.source.timeBase) === 1 / MPEG_CLOCK_HZ;
  return SEEK_MARGINS_SECONDS.slice(seeksAnywhere ? 1 : 0);
}

async function runEncode(options: EncodeChunkOptions, marginSeconds: number | null): Promise<void> {
  const { sourcePath, video, chunk, workDirectory, budget, videoEncoder = 'x264', signal, onProgress } = options;
  const progress = createProgressReader(({ frames }) => onProgress?.(Math.min(1, frames / chunk.frameCount)));
  const args = chunkEncodeArgs({
    ...{ sourcePath, video, chunk, marginSeconds, videoEncoder },
    ...{ directory: workDirectory, threads: threadsFor(budget) },
    filterThreads: filterThreadsFor(budget, video.source),
  });
  try {
    await runProcess('ffmpeg', args, {
      deadlineMs: budget.deadlineMs,
      limits: chunkLimits(budget, video, chunk),
      onLine: progress.readLine,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw toTaskFailure(error, 'encode_failed', 'encoding');
  }
  const { frames } = progress.latest();
  if (frames !== chunk.frameCount) {
    throw new TaskFailure(
      'output_mismatch',
      `${frames} frames from frame ${chunk.firstFrame}, wanted ${chunk.frameCount}`,
    );
  }
}

async function packageTracks(options: EncodeChunkOptions): Promise<PackagedOutput[]> {
  const { video, chunk, workDirectory, budget, signal } = options;
  const tracks: PackagedTrack[] = video.renditions.map(({ track }) => ({
    kind: 'video',
    mediaPath: trackMediaPath(workDirectory, track),
    directory: join(workDirectory, track),
  }));
  for (const { directory } of tracks) {
    // A try before this one may have left segments.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
  }
  const segmentTicks = video.segmentFrames * video.frameTicks;
  try {
    const args = packagerArgs(tracks, segmentTicks / video.timescale, video.timescale);
    await runProcess(packagerBinary(), args, {
      deadlineMs: PACKAGE_DEADLINE_MS,
      limits: packageLimits(chunkLimits(budget, video, chunk)),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw toTaskFailure(error, 'package_failed', 'packaging');
  }
  const outputs: PackagedOutput[] = [];
  for (const { track } of video.renditions) {
    const output = await readTrackFolder(join(workDirectory, track), {
      track,
      kind: 'video',
      timescale: video.timescale,
      firstNumber: chunk.firstNumber,
      baseDecodeTime: chunk.firstFrame * video.frameTicks,
      durationTicks: chunk.frameCount * video.frameTicks,
      trackDurationTicks: video.frameCount * video.frameTicks,
      sampleCount: chunk.frameCount,
      segmentTicks,
    });
    outputs.push(output);
  }
  return outputs;
}

/**
 * Encodes and packages every rendition of a chunk; one output per rendition, in the plan's order. Throws TaskFailure, or
 * the abort reason of `signal`.
 */
export async function encodeChunk(options: EncodeChunkOptions): Promise<PackagedOutput[]> {
  const { useCpu = useCpuAtOnce } = options;
  let shortfall: TaskFailure | undefined;
  for (const marginSeconds of marginsFor(options)) {
    try {
      await useCpu(() => runEncode(options, marginSeconds));
      return await packageTracks(options);
    } catch (error) {
      if (!(error instanceof TaskFailure) || error.code !== 'output_mismatch') {
        throw error;
      }
      shortfall = error;
    }
  }
  throw shortfall ?? new TaskFailure('internal', 'no way to decode was tried');
}
