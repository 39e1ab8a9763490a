/** One whole audio rendition, from a local source file to checked CMAF segments in a work folder. */
import { type AudioPlan, audioSampleCount } from '../../src/protocol/plan-schema.ts';
import { type Encoded, type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { packageTracks } from '../media/packager.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import type { ExpectedTrack } from '../media/segments.ts';
import { audioLimits } from '../media/task-budget.ts';
import { audioEncodeArgs } from './sound-args.ts';

/** `originSeconds`: the video's first presentation time on the source's clock. */
type AudioOptions = EncodeOptions & { audio: AudioPlan; originSeconds: number };

/** The output of one audio rendition. Throws as encodeChunk does. */
export async function encodeAudio(options: AudioOptions): Promise<Encoded> {
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
  const packaging = { segmentSeconds, timescale: sampleRate, workDirectory, limits, signal };
  return { outputs: await packageTracks([expected], packaging), warnings: [] };
}
