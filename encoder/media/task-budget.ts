/** What one task may use of a machine, and the limits of its programs. Pure. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import { type AudioPlan, audioSampleCount, type Chunk, type VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import type { ProcessLimits } from './confine.ts';

export type TaskBudget = {
  /** How many cores the task should keep busy. */
  cores: number;
  memoryBytes: number;
  /** Wall clock of one program. */
  deadlineMs: number;
};

const MEBIBYTE = 1024 ** 2;

/** The kernel limits mapped memory: a 1080p ladder at `medium` maps 1.66 GB and uses 0.99 GB (three threads per encoder). */
const MAPPED_FACTOR = 1.7;

/** x264's own default of frame threads per core. Each costs memory: that ladder maps 3.2 GB with 16 (measured). */
const THREADS_PER_CORE = 1.5;
const MAX_THREADS = 16;

/** Files may be this many times the plan's peak rate: x264 keeps to `maxrate` over the buffer's length only. */
const FILE_FACTOR = 4;
/** Headers, a buffer's worth of bits, short clips. */
const FILE_BASE_BYTES = 16 * MEBIBYTE;
/** ffprobe writes no file. */
const PROBE_FILE_BYTES = MEBIBYTE;
/** The packager copies: seconds of CPU for hours of media. */
const PACKAGE_CPU_SECONDS = 600;

export const threadsFor = ({ cores }: TaskBudget): number =>
  Math.max(1, Math.min(MAX_THREADS, Math.ceil(cores * THREADS_PER_CORE)));

/**
 * Scaling in slices costs more CPU than scaling whole pictures, and x264 fills the cores meanwhile. Slices help only on
 * many cores or for tone mapping. ffmpeg's default would be all cores of the machine, whatever the task's share.
 */
export const filterThreadsFor = (budget: TaskBudget, { videoRange }: Pick<VideoFacts, 'videoRange'>): number =>
  videoRange === 'SDR' ? Math.max(1, Math.min(MAX_THREADS, Math.floor(budget.cores / 4))) : threadsFor(budget);

const fileBytesOf = (kilobitsPerSecond: number, seconds: number): number =>
  FILE_BASE_BYTES + FILE_FACTOR * kilobitsPerSecond * 125 * seconds;

const limitsOf = ({ cores, memoryBytes, deadlineMs }: TaskBudget, fileBytes: number): ProcessLimits => ({
  // All that the task's cores can do until the deadline. On a larger machine a program must not use more.
  cpuSeconds: Math.max(1, (deadlineMs / 1000) * Math.max(1, cores)),
  dataBytes: memoryBytes * MAPPED_FACTOR,
  fileBytes,
});

export const probeLimits = (budget: TaskBudget): ProcessLimits => limitsOf(budget, PROBE_FILE_BYTES);

export const remuxLimits = (budget: TaskBudget, fileBytes: number): ProcessLimits => limitsOf(budget, fileBytes);

export function chunkLimits(budget: TaskBudget, video: VideoPlan, chunk: Chunk): ProcessLimits {
  const peakKbps = Math.max(...video.renditions.map(({ maxrateKbps }) => maxrateKbps));
  return limitsOf(budget, fileBytesOf(peakKbps, chunk.frameCount / fractionToNumber(video.frameRate)));
}

export function audioLimits(budget: TaskBudget, audio: AudioPlan): ProcessLimits {
  return limitsOf(budget, fileBytesOf(audio.bitrateKbps, audioSampleCount(audio) / audio.sampleRate));
}

/** ffmpeg itself stops writing at a text's limit. */
export const textLimits = (budget: TaskBudget): ProcessLimits => limitsOf(budget, 2 * MAX_TEXT_BYTES);

/** Packaging does not make media larger, so the limit on files stays. */
export const packageLimits = (limits: ProcessLimits): ProcessLimits => ({ ...limits, cpuSeconds: PACKAGE_CPU_SECONDS });
