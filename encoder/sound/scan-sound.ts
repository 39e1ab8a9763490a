/** The first read of a track's sound: the times of its blocks, and how loud it is. */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Loudness } from '../../src/media/presentation.ts';
import { type AudioPlan, audioSampleCount, type Chunk } from '../../src/protocol/plan-schema.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { EncodeOptions } from '../media/encode-options.ts';
import { type RunOptions, runForTask } from '../media/process.ts';
import { audioLimits } from '../media/task-budget.ts';
import { createLoudnessReader } from './loudness.ts';
import { createTimesReader, type SoundTimes } from './read-times.ts';
import { measureArgs, type Range, scanArgs } from './sound-args.ts';
import { soundName } from './sound-warnings.ts';

/** `originSeconds`: the time of the film's first frame on the source's clock. `chunk`: a part. Left out: the whole rendition. */
export type AudioOptions = EncodeOptions & { audio: AudioPlan; originSeconds: number; chunk?: Chunk | undefined };

export type Scan = { times: SoundTimes; loudness?: Loudness | undefined };

export const runOptions = ({ budget, audio, signal }: AudioOptions) => ({
  deadlineMs: budget.deadlineMs,
  limits: audioLimits(budget, audio),
  signal,
});

/** Instead of ffmpeg's own failure, unless that is of the machine. */
const undecodable = (error: unknown, audio: AudioPlan): unknown =>
  error === undefined || (error instanceof TaskFailure && error.code === 'decode_failed')
    ? new TaskFailure('source_audio_unsupported', `${soundName(audio)}: nothing of it can be decoded`, { cause: error })
    : error;

async function run(options: AudioOptions, heard: Range | undefined, more: Partial<RunOptions>): Promise<void> {
  const args = scanArgs(options.sourcePath, options.audio, heard);
  await runForTask('ffmpeg', args, { ...runOptions(options), ...more }, 'decode_failed', 'reading the sound');
}

/** Decoder → meter. The meter keeps its state where the decoder changes its format. */
async function runMeasured(options: AudioOptions, more: Partial<RunOptions>): Promise<Loudness> {
  const { audio, originSeconds } = options;
  const range = {
    startSeconds: originSeconds,
    endSeconds: originSeconds + audioSampleCount(audio) / audio.sampleRate,
  };
  const meter = createLoudnessReader();
  const feed = async (stdin: Writable): Promise<void> =>
    await run(options, range, { ...more, drain: (stdout: Readable) => pipeline(stdout, stdin) });
  const measuring = { ...runOptions(options), feed, onErrorLine: meter.readLine };
  await runForTask('ffmpeg', measureArgs(audio), measuring, 'decode_failed', 'measuring the sound');
  return meter.loudness();
}

/** `onScanned` gets the share of the film that has been read. */
export async function scanSound(
  options: AudioOptions,
  isMeasured: boolean,
  onScanned: (share: number) => void,
): Promise<Scan> {
  const { audio, originSeconds } = options;
  const origin = originSeconds * audio.sampleRate;
  const total = audioSampleCount(audio);
  let told = 0;
  const reader = createTimesReader(audio.sampleRate, (samples) => {
    // A hundred steps are enough.
    const share = Math.min(1, (samples - origin) / total);
    if (share >= told + 0.01) {
      told = share;
      onScanned(share);
    }
  });
  const more = { onErrorLine: reader.readLine };
  let loudness: Loudness | undefined;
  try {
    loudness = isMeasured
      ? await runMeasured(options, more)
      : await run(options, undefined, more).then(() => undefined);
  } catch (error) {
    throw reader.times().places > 0 ? error : undecodable(error, audio);
  }
  const times = reader.times();
  if (times.places === 0) {
    throw undecodable(undefined, audio);
  }
  return { times, loudness };
}
