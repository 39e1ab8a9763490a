/** A chunk of the picture, from a local source file to checked CMAF segments in a work folder. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type Encoded, type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { packageTracks } from '../media/packager.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import type { ExpectedTrack, PackagedOutput } from '../media/segments.ts';
import { chunkLimits, filterThreadsFor, threadsFor } from '../media/task-budget.ts';
import { chunkEncodeArgs } from './chunk-args.ts';
import { writeToneMap } from './tone-map.ts';
import type { VideoEncoder } from './video-encoder.ts';

/**
 * How long before a chunk decoding starts, in seconds. Each is tried when the one before gave too few frames. 1 s covers
 * files with an index, which seek to a key frame. MPEG transport and program streams (90 kHz clock) seek anywhere, so that
 * a whole GOP has to fit. null decodes from the beginning: slow, and right for any file.
 */
const SEEK_MARGINS_SECONDS = [1, 6, 25, null] as const;
const MPEG_CLOCK_HZ = 90_000;

type ChunkOptions = EncodeOptions & { video: VideoPlan; chunk: Chunk; videoEncoder?: VideoEncoder };
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
export async function encodeChunk(options: ChunkOptions): Promise<Encoded> {
  const { useCpu = useCpuAtOnce } = options;
  await writeToneMap(options.video.source, options.workDirectory);
  let shortfall: unknown;
  for (const marginSeconds of marginsFor(options)) {
    try {
      await useCpu(() => runEncode(options, marginSeconds));
      return { outputs: await packageChunk(options), warnings: [] };
    } catch (error) {
      if (!(error instanceof TaskFailure) || error.code !== 'output_mismatch') {
        throw error;
      }
      shortfall = error;
    }
  }
  throw shortfall;
}
