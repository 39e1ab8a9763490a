/** A chunk of the picture, from a local source file to checked CMAF segments in a work folder. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type Encoded, type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { packageTracks } from '../media/packager.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import type { ExpectedTrack, PackagedOutput } from '../media/segments.ts';
import { chunkLimits, filterThreadsFor, threadsFor } from '../media/task-budget.ts';
import { chunkEncodeArgs } from './chunk-args.ts';
import { locateDamage } from './locate-damage.ts';
import { damageWarning, endWarning, readSourceSigns, type SourceSigns, sizeWarning } from './source-signs.ts';
import { writeToneMap } from './tone-map.ts';
import type { VideoEncoder } from './video-encoder.ts';

/**
 * How long before a chunk decoding starts, in seconds. Each is tried when the one before gave too few frames. 1 s covers
 * files with an index, which seek to a key frame. null decodes from the beginning: slow, and right for any file.
 */
const SEEK_MARGINS_SECONDS = [1, 6, 25, null] as const;

type ChunkOptions = EncodeOptions & { video: VideoPlan; chunk: Chunk; videoEncoder?: VideoEncoder };
/** `holdEnd`: the last frame that can be decoded is repeated to the chunk's end. */
type Attempt = { marginSeconds: number | null; holdEnd: boolean };
type Outcome = { frames: number; signs: SourceSigns };

async function runEncode(options: ChunkOptions, attempt: Attempt): Promise<Outcome> {
  const { video, chunk, workDirectory, budget, videoEncoder = 'x264', signal, onProgress } = options;
  const progress = createProgressReader(({ frames }) => onProgress?.(Math.min(1, frames / chunk.frameCount)));
  const { signs, readLine } = readSourceSigns();
  const args = chunkEncodeArgs({
    ...options,
    ...attempt,
    directory: workDirectory,
    videoEncoder,
    threads: threadsFor(budget),
    filterThreads: filterThreadsFor(budget, video.source),
  });
  const limits = chunkLimits(budget, video, chunk);
  const { deadlineMs } = budget;
  const run = { deadlineMs, limits, signal, onLine: progress.readLine, onErrorLine: readLine };
  await runForTask('ffmpeg', args, run, 'encode_failed', 'encoding');
  return { frames: progress.latest().frames, signs };
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

async function warningsOf(options: ChunkOptions, { signs }: Outcome, marginSeconds: number | null): Promise<Warning[]> {
  const { video, chunk, useCpu = useCpuAtOnce } = options;
  const damagedAt = signs.isDamaged ? await useCpu(() => locateDamage({ ...options, marginSeconds })) : null;
  const isNews = signs.isResized && video.source.sizeChanges === undefined;
  return [
    ...(damagedAt === null ? [] : [damageWarning(damagedAt)]),
    ...(isNews ? [sizeWarning(chunk.firstFrame / fractionToNumber(video.frameRate))] : []),
  ];
}

/**
 * Encodes from further and further back until all frames are there. If some are missing even from the start of the file,
 * and the decoder reported damage, the last good picture is held in their place. If it reported none, the plan is wrong.
 */
async function encodeWhole(options: ChunkOptions): Promise<Warning[]> {
  const { video, chunk, useCpu = useCpuAtOnce } = options;
  const attempt = (marginSeconds: number | null, holdEnd = false) =>
    useCpu(() => runEncode(options, { marginSeconds, holdEnd }));
  let frames = 0;
  const hasFirst = chunk.firstFrame <= (video.leadFrames ?? 0);
  for (const marginSeconds of hasFirst ? [null] : SEEK_MARGINS_SECONDS) {
    const outcome = await attempt(marginSeconds);
    if (outcome.frames === chunk.frameCount) {
      return await warningsOf(options, outcome, marginSeconds);
    }
    frames = outcome.frames;
    if (marginSeconds === null && outcome.signs.isDamaged && frames < chunk.frameCount) {
      const held = await attempt(null, true);
      if (held.frames === chunk.frameCount) {
        return [endWarning((chunk.firstFrame + frames) / fractionToNumber(video.frameRate))];
      }
    }
  }
  const message = `${frames} frames from frame ${chunk.firstFrame}, wanted ${chunk.frameCount}`;
  throw new TaskFailure('output_mismatch', message);
}

/** One output per rendition of the chunk, in the plan's order. Throws TaskFailure, or the abort reason of `signal`. */
export async function encodeChunk(options: ChunkOptions): Promise<Encoded> {
  await writeToneMap(options.video.source, options.workDirectory);
  const warnings = await encodeWhole(options);
  return { outputs: await packageChunk(options), warnings };
}
