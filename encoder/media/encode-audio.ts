/** One audio rendition, whole, from a local source file to checked CMAF segments in a work folder. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AudioPlan, audioSampleCount } from '../../src/protocol/plan-schema.ts';
import { PACKAGE_DEADLINE_MS, type UseCpu, useCpuAtOnce } from './encode-chunk.ts';
import { audioEncodeArgs, trackMediaPath } from './ffmpeg-args.ts';
import { packagerArgs, packagerBinary } from './packager.ts';
import { runProcess, toTaskFailure } from './process.ts';
import { createProgressReader } from './progress.ts';
import { type PackagedOutput, readTrackFolder } from './segments.ts';
import { audioLimits, packageLimits, type TaskBudget } from './task-budget.ts';

export type EncodeAudioOptions = {
  sourcePath: string;
  audio: AudioPlan;
  /** The video's first presentation time on the source's clock. */
  originSeconds: number;
  /** An empty folder of the caller's, who also removes it. */
  workDirectory: string;
  budget: TaskBudget;
  /** See encode-chunk. */
  useCpu?: UseCpu;
  signal?: AbortSignal;
  /** 0 to 1. */
  onProgress?: (fraction: number) => void;
};

/** Encodes and packages one audio rendition. Throws TaskFailure, or the abort reason of `signal`. */
export async function encodeAudio(options: EncodeAudioOptions): Promise<PackagedOutput> {
  const {
    sourcePath,
    audio,
    originSeconds,
    workDirectory,
    budget,
    useCpu = useCpuAtOnce,
    signal,
    onProgress,
  } = options;
  const limits = audioLimits(budget, audio);
  const durationTicks = audioSampleCount(audio);
  const abort = signal === undefined ? {} : { signal };
  const progress = createProgressReader(({ outSeconds }) =>
    onProgress?.(Math.min(1, Math.max(0, (outSeconds * audio.sampleRate) / durationTicks))),
  );
  try {
    const args = audioEncodeArgs({ sourcePath, audio, originSeconds, directory: workDirectory });
    const { deadlineMs } = budget;
    await useCpu(() => runProcess('ffmpeg', args, { deadlineMs, limits, onLine: progress.readLine, ...abort }));
  } catch (error) {
    throw toTaskFailure(error, 'encode_failed', 'audio encoding');
  }
  const directory = join(workDirectory, audio.track);
  await mkdir(directory);
  const mediaPath = trackMediaPath(workDirectory, audio.track);
  try {
    const args = packagerArgs([{ kind: 'audio', mediaPath, directory }], audio.segmentSeconds, audio.sampleRate);
    const deadlineMs = PACKAGE_DEADLINE_MS;
    await runProcess(packagerBinary(), args, { deadlineMs, limits: packageLimits(limits), ...abort });
  } catch (error) {
    throw toTaskFailure(error, 'package_failed', 'audio packaging');
  }
  return readTrackFolder(directory, {
    track: audio.track,
    kind: 'audio',
    timescale: audio.sampleRate,
    firstNumber: 1,
    baseDecodeTime: 0,
    durationTicks,
    trackDurationTicks: durationTicks,
    sampleCount: audio.frameCount,
  });
}
