/** What one task may use of a machine, and the limits of each of its programs that follow. Pure. */

import { fractionToNumber } from '../../src/media/fraction.ts';
import { type AudioPlan, audioSampleCount, type Chunk, type VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import type { ProcessLimits } from './confine.ts';

export type TaskBudget = {
  /** Cores that one task is meant to keep busy: bounds its threads. */
  cores: number;
  memoryBytes: number;
  /** Wall clock of one program. */
  deadlineMs: number;
};

const MEBIBYTE = 1024 ** 2;

/**
 * The kernel counts what is mapped, not what is used: a 1080p ladder at `medium` had 1.66 GB mapped and 0.99 GB in use
 * (seen, three threads per encoder).
 */
const MAPPED_FACTOR = 1.7;

/** x264's own default, frame threads per core. Each costs memory: that ladder maps 3.2 GB with 16 (seen). */
const THREADS_PER_CORE = 1.5;
const MAX_THREADS = 16;

/** Files may be this many times the plan's peak rate: x264 keeps to `maxrate` over the buffer's length, not by the frame. */
const FILE_FACTOR = 4;
/** Headers, a buffer's worth of bits, short clips. */
const FILE_BASE_BYTES = 16 * MEBIBYTE;
/** ffprobe writes no file; nor may anything it loads. */
const PROBE_FILE_BYTES = MEBIBYTE;
/** The packager copies: seconds of CPU for hours of media. */
const PACKAGE_CPU_SECONDS = 600;

export const threadsFor = ({ cores }: TaskBudget): number =>
  Math.max(1, Math.min(MAX_THREADS, Math.ceil(cores * THREADS_PER_CORE)));

/**
 * Scaling in slices costs more CPU than scaling whole pictures, and x264 fills the cores meanwhile. Only where there are
 * more cores than that, or where the picture is tone-mapped, does it have to keep up. Never ffmpeg's own default: all
 * cores of the machine, whatever the task's share.
 */
export const filterThreadsFor = (budget: TaskBudget, { videoRange }: Pick<VideoFacts, 'videoRange'>): number =>
  videoRange === 'SDR' ? Math.max(1, Math.min(MAX_THREADS, Math.floor(budget.cores / 4))) : threadsFor(budget);

/** No program runs longer than the deadline, so with these cores it cannot use more. More cores must not mean more. */
const cpuSecondsOf = ({ cores, deadlineMs }: TaskBudget): number =>
  Math.max(1, (deadlineMs / 1000) * Math.max(1, cores));

const fileBytesOf = (kilobitsPerSecond: number, seconds: number): number =>
  FILE_BASE_BYTES + FILE_FACTOR * kilobitsPerSecond * 125 * seconds;

const limitsOf = (budget: TaskBudget, fileBytes: number): ProcessLimits => ({
  cpuSeconds: cpuSecondsOf(budget),
  dataBytes: budget.memoryBytes * MAPPED_FACTOR,
  fileBytes,
});

export const probeLimits = (budget: TaskBudget): ProcessLimits => limitsOf(budget, PROBE_FILE_BYTES);

export function chunkLimits(budget: TaskBudget, video: VideoPlan, chunk: Chunk): ProcessLimits {
  const peakKbps = Math.max(...video.renditions.map(({ maxrateKbps }) => maxrateKbps));
  return limitsOf(budget, fileBytesOf(peakKbps, chunk.frameCount / fractionToNumber(video.frameRate)));
}

export function audioLimits(budget: TaskBudget, audio: AudioPlan): ProcessLimits {
  return limitsOf(budget, fileBytesOf(audio.bitrateKbps, audioSampleCount(audio) / audio.sampleRate));
}

/** Nothing that is packaged becomes larger. */
export const packageLimits = (limits: ProcessLimits): ProcessLimits => ({ ...limits, cpuSeconds: PACKAGE_CPU_SECONDS });
