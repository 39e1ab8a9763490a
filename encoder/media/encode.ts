/** A chunk or one whole audio rendition, from a local source file to checked CMAF segments in a work folder. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import { type AudioPlan, audioSampleCount, type Chunk, type VideoPlan } from '../../src/protocol/plan-schema.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { audioEncodeArgs, chunkEncodeArgs } from './ffmpeg-args.ts';
import { packageTracks } from './packager.ts';
import { runForTask } from './process.ts';
import { createProgressReader } from './progress.ts';
import type { ExpectedTrack, PackagedOutput } from './segments.ts';
import { audioLimits, chunkLimits, filterThreadsFor, type TaskBudget, threadsFor } from './task-budget.ts';
import type { VideoEncoder } from './video-encoder.ts';

/**
 * How long before a chunk decoding starts, in seconds. Each is tried when the one before gave too few frames. 1 s covers
 * files with an index, which seek to a key frame. MPEG transport and program streams (90 kHz clock) seek anywhere, so that
 * a whole GOP has to fit. null decodes from the beginning: slow, and right for any file.
 */
const SEEK_MARGINS_SECONDS = [1, 6, 25, null] as const;
const MPEG_CLOCK_HZ = 90_000;

/** Calls `use` as soon as there are cores for it. */
export type UseCpu = <T>(use: () => Promise<T>) => Promise<T>;
const useCpuAtOnce: UseCpu = (use) => use();

export type EncodeOptions = {
  sourcePath: string;
  /** An empty folder. The caller removes it. */
  workDirectory: string;
  budget: TaskBudget;
  /** Runs ffmpeg when there are cores for it. Packaging and checking are not part of it. */
  useCpu?: UseCpu;
  signal?: AbortSignal;
  /** 0 to 1. Starts again at 0 when a chunk is decoded again from further back. */
  onProgress?: (fraction: number) => void;
};

type ChunkOptions = EncodeOptions & { video: VideoPlan; chunk: Chunk; videoEncoder?: VideoEncoder };
/** `originSeconds`: the video's first presentation time on the source's clock. */
type AudioOptions = EncodeOptions & { audio: AudioPlan; originSeconds: number };

function marginsFor({ video, chunk }: ChunkOptions): readonly (number | null)[] {
  if (chunk.firstFrame === 0) {
    return [null];
  }
  const seeksAnywhere = fractionToNumber(video.source.timeBase) === 1 / MPEG_CLOCK_HZ;
  return SEEK_MARGINS_SECONDS.slice(seeksAnywhere ? 1 : 0);
}

async function runEncode(options: ChunkOptions, marginSeconds: number | null): Promise<void> {
  const { video, chunk, workDirectory, budget, videoEncoder = 'x264', signal, onProgress } = options;
  const progress = createProgressReader(({ frames }) => onProgress?.(Math.min(1, frames / chunk.frameCount)));
  const args = chunkEncodeArgs({
    ...options,
    directory: workDirectory,
    marginSeconds,
    videoEncoder,
    threads: threadsFor(budget),
    filterThreads: filterThreadsFor(budget, video.source),
  });
  const limits = chunkLimits(budget, video, chunk);
  const run = { deadlineMs: budget.deadlineMs, limits, signal, onLine: progress.readLine };
  await runForTask('ffmpeg', args, run, 'encode_failed', 'encoding');
  const { frames } = progress.latest();
  if (frames !== chunk.frameCount) {
    const message = `${frames} frames from frame ${chunk.firstFrame}, wanted ${chunk.frameCount}`;
    throw new TaskFailure('output_mismatch', message);
  }
}

async function packageChunk(options: ChunkOptions): Promise<PackagedOutput[]> {
  const { video, chunk, workDirectory, budget, signal } = options;
  const { timescale, frameTicks } = video;
  const segmentTicks = video.segmentFrames * frameTicks;
  const expected = video.renditions.map(
    ({ track }): ExpectedTrack => ({
      track,
      kind: 'video',
      timescale,
      firstNumber: chunk.firstNumber,
      baseDecodeTime: chunk.firstFrame * frameTicks,
      durationTicks: chunk.frameCount * frameTicks,
      trackDurationTicks: video.frameCount * frameTicks,
      sampleCount: chunk.frameCount,
      segmentTicks,
    }),
  );
  return await packageTracks(expected, {
    segmentSeconds: segmentTicks / timescale,
    timescale,
    workDirectory,
    limits: chunkLimits(budget, video, chunk),
    signal,
  });
}

/** One output per rendition of the chunk, in the plan's order. Throws TaskFailure, or the abort reason of `signal`. */
export async function encodeChunk(options: ChunkOptions): Promise<PackagedOutput[]> {
  const { useCpu = useCpuAtOnce } = options;
  let shortfall: unknown;
  for (const marginSeconds of marginsFor(options)) {
    try {
      await useCpu(() => runEncode(options, marginSeconds));
      return await packageChunk(options);
    } catch (error) {
      if (!(error instanceof TaskFailure) || error.code !== 'output_mismatch') {
        throw error;
      }
      shortfall = error;
    }
  }
  throw shortfall;
}

/** The output of one audio rendition. Throws as encodeChunk does. */
export async function encodeAudio(options: AudioOptions): Promise<PackagedOutput[]> {
  const { audio, workDirectory, budget, useCpu = useCpuAtOnce, signal, onProgress } = options;
  const { track, sampleRate, segmentSeconds, frameCount } = audio;
  const limits = audioLimits(budget, audio);
  const durationTicks = audioSampleCount(audio);
  const progress = createProgressReader(({ outSeconds }) =>
    onProgress?.(Math.min(1, Math.max(0, (outSeconds * sampleRate) / durationTicks))),
  );
  const args = audioEncodeArgs({ ...options, directory: workDirectory });
  const run = { deadlineMs: budget.deadlineMs, limits, signal, onLine: progress.readLine };
  await useCpu(() => runForTask('ffmpeg', args, run, 'encode_failed', 'audio encoding'));
  const expected: ExpectedTrack = {
    track,
    kind: 'audio',
    timescale: sampleRate,
    firstNumber: 1,
    baseDecodeTime: 0,
    durationTicks,
    trackDurationTicks: durationTicks,
    sampleCount: frameCount,
  };
  return await packageTracks([expected], { segmentSeconds, timescale: sampleRate, workDirectory, limits, signal });
}
