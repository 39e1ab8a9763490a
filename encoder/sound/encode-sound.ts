/**
 * One whole audio rendition, from a local source file to checked CMAF segments in a work folder: times are read first, then
 * decoded sound is put where they say (read-times, fit-lines, pieces, takes, place-sound) and encoded.
 */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AudioPlan, audioSampleCount } from '../../src/protocol/plan-schema.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type Encoded, type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { packageTracks } from '../media/packager.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import type { ExpectedTrack } from '../media/segments.ts';
import { audioLimits } from '../media/task-budget.ts';
import { DecodedSound } from './decoded-sound.ts';
import { fitLines } from './fit-lines.ts';
import { piecesOf } from './pieces.ts';
import { placeSound } from './place-sound.ts';
import { createTimesReader, type SoundTimes } from './read-times.ts';
import { audioEncodeArgs, decodeArgs, scanArgs } from './sound-args.ts';
import { soundName, soundWarnings } from './sound-warnings.ts';
import { cutPieces, type Take } from './takes.ts';

/** `originSeconds`: the time of the film's first frame on the source's clock. */
type AudioOptions = EncodeOptions & { audio: AudioPlan; originSeconds: number };

/** Reading the times takes a tenth of what encoding takes (AAC, measured). */
const SCAN_SHARE = 0.1;

/** A hole each half second for half a day. More would fill the memory. */
const MAX_LINES = 100_000;

const runOptions = ({ budget, audio, signal }: AudioOptions) => ({
  deadlineMs: budget.deadlineMs,
  limits: audioLimits(budget, audio),
  signal,
});

/** Instead of ffmpeg's own failure, unless that is of the machine. */
const undecodable = (error: unknown, audio: AudioPlan): unknown =>
  error === undefined || (error instanceof TaskFailure && error.code === 'decode_failed')
    ? new TaskFailure('source_audio_unsupported', `${soundName(audio)}: nothing of it can be decoded`, { cause: error })
    : error;

async function readTimes(options: AudioOptions): Promise<SoundTimes> {
  const { sourcePath, audio, originSeconds, onProgress } = options;
  const origin = originSeconds * audio.sampleRate;
  const total = audioSampleCount(audio);
  let told = 0;
  const reader = createTimesReader(audio.sampleRate, (samples) => {
    // A hundred steps are enough.
    const share = Math.min(1, (samples - origin) / total);
    if (share >= told + 0.01) {
      told = share;
      onProgress?.(SCAN_SHARE * share);
    }
  });
  const run = { ...runOptions(options), onErrorLine: reader.readLine };
  try {
    await runForTask('ffmpeg', scanArgs(sourcePath, audio), run, 'decode_failed', 'reading the sound');
  } catch (error) {
    throw reader.times().places > 0 ? error : undecodable(error, audio);
  }
  const times = reader.times();
  if (times.places === 0) {
    throw undecodable(undefined, audio);
  }
  return times;
}

/** What is taken of the decoded sound, and what there is to say about it. */
function follow(times: SoundTimes, { audio, originSeconds }: AudioOptions): { takes: Take[]; warnings: Warning[] } {
  const { sampleRate } = audio;
  const origin = Math.round(originSeconds * sampleRate);
  const { lines, room } = fitLines(times.cells, sampleRate);
  if (lines.length > MAX_LINES) {
    throw new TaskFailure('source_unsupported', `${soundName(audio)}: it has ${lines.length} holes and overlaps`);
  }
  const pieces = piecesOf(lines, times.places, origin, room);
  const cutting = cutPieces(pieces, audioSampleCount(audio), sampleRate);
  return { takes: cutting.takes, warnings: soundWarnings({ ...cutting, ...times, audio, origin }) };
}

/** Decoder → our stage → encoder. Each waits for the one behind it. */
async function encodeTakes(options: AudioOptions, takes: readonly Take[], places: number): Promise<void> {
  const { sourcePath, workDirectory, audio, onProgress } = options;
  const count = audioSampleCount(audio);
  const progress = createProgressReader(({ outSeconds }) => {
    const share = Math.min(1, Math.max(0, (outSeconds * audio.sampleRate) / count));
    onProgress?.(SCAN_SHARE + (1 - SCAN_SHARE) * share);
  });
  const place = async (decoded: Readable, stdin: Writable): Promise<void> => {
    const sound = new DecodedSound(decoded);
    await pipeline(placeSound(sound, takes, count), stdin);
    if (sound.arrived !== places) {
      throw new TaskFailure('output_mismatch', `${audio.track}: ${sound.arrived} samples decoded, ${places} before`);
    }
  };
  const feed = async (stdin: Writable): Promise<void> => {
    const run = { ...runOptions(options), drain: (stdout: Readable) => place(stdout, stdin) };
    await runForTask('ffmpeg', decodeArgs(sourcePath, audio), run, 'decode_failed', 'decoding the sound');
  };
  const run = { ...runOptions(options), feed, onLine: progress.readLine };
  await runForTask('ffmpeg', audioEncodeArgs(audio, workDirectory), run, 'encode_failed', 'audio encoding');
}

/** The output of one audio rendition. Throws as encodeChunk does. */
export async function encodeAudio(options: AudioOptions): Promise<Encoded> {
  const { audio, workDirectory, budget, useCpu = useCpuAtOnce, signal } = options;
  const { track, sampleRate, segmentSeconds, frameCount } = audio;
  const durationTicks = audioSampleCount(audio);
  const warnings = await useCpu(async () => {
    const times = await readTimes(options);
    const { takes, warnings: found } = follow(times, options);
    await encodeTakes(options, takes, times.places);
    return found;
  });
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
  const packaging = {
    segmentSeconds,
    timescale: sampleRate,
    workDirectory,
    limits: audioLimits(budget, audio),
    signal,
  };
  return { outputs: await packageTracks([expected], packaging), warnings };
}
