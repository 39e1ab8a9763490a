/**
 * Runs a case through the encoder's code without Worker and network: inspects, plans, encodes and checks the output.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectLocal } from '../../encoder/inspect/inspect-source.ts';
import type { PackagedOutput } from '../../encoder/media/segments.ts';
import { encodeChunk } from '../../encoder/picture/encode-chunk.ts';
import { encodeAudio } from '../../encoder/sound/encode-sound.ts';
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import {
  audioSampleCount,
  type Chunk,
  type EncodePlan,
  AUDIO_SAMPLE_RATE as OUTPUT_RATE,
  type VideoPlan,
} from '../../src/protocol/plan-schema.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import { findDelay, WINDOW_SAMPLES } from './chirp.ts';
import { type DecodedFrame, decodeFrames, decodeSound, decodeTimedSound } from './decoded.ts';
import { makeSource } from './make-source.ts';
import { compareFrames, type FrameFaults, hasFaults, promisedFrames } from './promise.ts';
import type { SourceCase } from './random-case.ts';

const BUDGET = { cores: 2, memoryBytes: 2 * 1024 ** 3, deadlineMs: 60_000 };
/** Skipped at either end: the first AAC frame has no predecessor, and there may be silence and cuts. */
const MARGIN_SAMPLES = 3072;
/** A lag is measured to within half a sample, so a difference of a sample is drift. */
const MAX_DRIFT_SAMPLES = 0.5;
/** Containers with a millisecond clock round the times of the first frame and of the sound. */
const MAX_OFFSET_SECONDS = 0.0015;

export type CaseResult = {
  chunks: number;
  frames: number;
  faults: FrameFaults;
  /** In samples at 48 kHz. Null if there is no or too little sound. */
  driftSamples: number | null;
  offsetSamples: number | null;
  /** Descriptions of all errors. Empty if everything is as promised. */
  problems: string[];
};

/** The plan with segments of another length, and `chunkSegments` of them in each chunk. */
function recut(plan: EncodePlan, segmentFrames: number, chunkSegments: number): EncodePlan {
  const video = { ...plan.video, gopFrames: segmentFrames, segmentFrames };
  const length = segmentFrames * chunkSegments;
  const chunks = Array.from({ length: Math.ceil(video.frameCount / length) }, (_, index) => ({
    index,
    firstFrame: index * length,
    frameCount: Math.min(length, video.frameCount - index * length),
    firstNumber: index * chunkSegments + 1,
  }));
  return { ...plan, video, chunks };
}

function planCase(source: SourceCase, facts: SourceFacts): EncodePlan {
  const { chunkSegments, segmentFrames } = source;
  const plan = planEncode(facts, { preset: 'ultrafast', chunkSegments, early: 'off' });
  return segmentFrames === null ? plan : recut(plan, segmentFrames, chunkSegments);
}

/** Joins the first init segment and all segments, which is what a player gets. */
async function joinSegments(outputs: readonly PackagedOutput[], path: string): Promise<string> {
  const parts = [outputs[0]?.initPath ?? '', ...outputs.flatMap(({ segmentPaths }) => segmentPaths)];
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  return path;
}

async function encodeVideo(sourcePath: string, plan: EncodePlan, directory: string): Promise<string[]> {
  const { video, chunks } = plan;
  const outputs: PackagedOutput[][] = [];
  const encodeOne = async (chunk: Chunk): Promise<void> => {
    const workDirectory = join(directory, `chunk-${chunk.index}`);
    await mkdir(workDirectory);
    outputs.push((await encodeChunk({ sourcePath, video, chunk, workDirectory, budget: BUDGET })).outputs);
  };
  for (const chunk of chunks) {
    await encodeOne(chunk);
  }
  return Promise.all(
    video.renditions.map(({ track }, index) =>
      joinSegments(
        outputs.flatMap((ofChunk) => ofChunk.slice(index, index + 1)),
        join(directory, `${track}.mp4`),
      ),
    ),
  );
}

/** Checks the source, and what the probe says about it, against the case. */
function misread(source: SourceCase, { source: facts }: VideoPlan, decoded: readonly DecodedFrame[]): string[] {
  const problems: string[] = [];
  const numbers = decoded.map(({ number }) => number);
  const [first] = numbers;
  if (numbers.some((number, index) => number === null || number !== (first ?? 0) + index)) {
    problems.push(`the source does not decode to consecutive frames: ${runsOf(numbers)}`);
  }
  // If a muxer does not know the duration of the last frame, its edit list may end before it.
  const leastCount = source.times.length - (typeof source.rate === 'string' ? 1 : 0);
  if (source.cutSeconds === null && (first !== 0 || numbers.length < leastCount)) {
    problems.push(`the source decodes to ${runsOf(numbers)}, but was made with ${source.times.length} frames`);
  }
  if (facts.frameCount !== numbers.length) {
    problems.push(`the inspection found ${facts.frameCount} frames, but ${numbers.length} were decoded`);
  }
  if (facts.startTicks !== decoded[0]?.ticks) {
    problems.push(
      `the inspection found a start at tick ${facts.startTicks}, but decoding starts at ${decoded[0]?.ticks}`,
    );
  }
  if (typeof source.rate === 'object') {
    const { num, den }: Fraction = source.rate;
    if (facts.variableFrameRate || facts.frameRate.num !== num || facts.frameRate.den !== den) {
      const { frameRate, variableFrameRate } = facts;
      problems.push(`the inspection took ${num}/${den} fps for ${JSON.stringify({ ...frameRate, variableFrameRate })}`);
    }
  }
  return problems;
}

/** `0-14 16-20`: runs of consecutive frames. */
function runsOf(numbers: readonly (number | null)[]): string {
  const runs: [number | null, number | null][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number !== null && run[1] === number - 1) {
      run[1] = number;
    } else {
      runs.push([number, number]);
    }
  }
  const shown = runs.slice(0, 12).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return [...shown, ...(runs.length > 12 ? [`and ${runs.length - 12} more runs`] : [])].join(' ');
}

/** How late the sound of the source is at a sample of the output, in samples of the output. */
async function sourceDelay(
  sourcePath: string,
  sample: number,
  originSeconds: number,
  secondsAt: (sample: number) => number,
) {
  const { sampleRate, samples, pieces } = await decodeTimedSound(sourcePath);
  const piece = pieces.findLast(({ seconds }) => seconds - originSeconds <= sample / OUTPUT_RATE);
  if (piece === undefined) {
    return null;
  }
  const start = (piece.seconds - originSeconds) * OUTPUT_RATE;
  const delay = findDelay(samples, piece.first, (index) =>
    secondsAt(start + ((index - piece.first) / sampleRate) * OUTPUT_RATE),
  );
  return delay === null ? null : (delay / sampleRate) * OUTPUT_RATE;
}

type SoundFacts = { atStart: number | null; atEnd: number | null; inSource: number | null; problems: string[] };

/** How late the sound is at its start and at its end, in samples. Null if there is too little sound. */
async function measureSound(
  source: SourceCase,
  plan: EncodePlan,
  firstNumber: number,
  sourcePath: string,
  directory: string,
): Promise<SoundFacts | null> {
  const [audio] = plan.audio;
  if (audio === undefined || source.audio === null) {
    return null;
  }
  const { startTicks, timeBase } = plan.video.source;
  const workDirectory = join(directory, 'audio');
  await mkdir(workDirectory);
  const originSeconds = startTicks * fractionToNumber(timeBase);
  const { outputs } = await encodeAudio({ sourcePath, audio, originSeconds, workDirectory, budget: BUDGET });
  const sound = await decodeSound(await joinSegments(outputs, join(directory, 'audio.mp4')));
  const problems =
    sound.length === audioSampleCount(audio)
      ? []
      : [`the sound has ${sound.length} samples instead of ${audioSampleCount(audio)}`];
  const { delaySeconds, seconds } = source.audio;
  // The time of the chirp at the first frame that is shown.
  const shift = (source.times[firstNumber] ?? 0) + source.videoDelaySeconds - delaySeconds;
  const secondsAt = (sample: number): number => sample / OUTPUT_RATE + shift;
  const first = Math.max(0, Math.ceil(-shift * OUTPUT_RATE)) + MARGIN_SAMPLES;
  const end = Math.min(sound.length, Math.floor((seconds - shift) * OUTPUT_RATE));
  // In a file that was cut, the sound may start a little later than the video.
  const start = first + (source.cutSeconds === null ? 0 : OUTPUT_RATE / 2);
  const last = end - MARGIN_SAMPLES - WINDOW_SAMPLES;
  if (last - start < WINDOW_SAMPLES) {
    return { atStart: null, atEnd: null, inSource: null, problems };
  }
  const [atStart, atEnd] = [findDelay(sound, start, secondsAt), findDelay(sound, last, secondsAt)];
  const inSource = await sourceDelay(sourcePath, start, originSeconds, secondsAt);
  if (atStart === null || atEnd === null || inSource === null) {
    problems.push(`the sound is not where it should be: start ${atStart}, end ${atEnd}, in the source ${inSource}`);
  }
  return { atStart, atEnd, inSource, problems };
}

async function runCase(source: SourceCase, directory: string): Promise<CaseResult> {
  const { facts, readPath: sourcePath } = await inspectLocal(
    await makeSource(source, directory),
    join(directory, 'copy.nut'),
  );
  const decoded = await decodeFrames(sourcePath);
  const plan = planCase(source, facts);
  const problems = misread(source, plan.video, decoded);
  const promised = promisedFrames(plan.video, decoded);
  const faults: FrameFaults = { lost: 0, repeated: 0, reordered: 0, unreadable: 0, misplaced: 0 };
  let frames = 0;
  for (const path of await encodeVideo(sourcePath, plan, directory)) {
    const shown = await decodeFrames(path);
    const numbers = shown.map(({ number }) => number);
    const found = compareFrames(promised, numbers);
    frames += shown.length;
    for (const [name, count] of Object.entries(found)) {
      faults[name as keyof FrameFaults] += count;
    }
    if (hasFaults(found)) {
      problems.push(`${JSON.stringify(found)}: expected ${runsOf(promised)}; got ${runsOf(numbers)}`);
    }
    const { frameTicks } = plan.video;
    const late = shown.findIndex(({ ticks }, index) => ticks !== index * frameTicks);
    if (late >= 0) {
      problems.push(`frame ${late} of the output is at tick ${shown[late]?.ticks} instead of ${late * frameTicks}`);
    }
  }
  const sound = await measureSound(source, plan, decoded[0]?.number ?? 0, sourcePath, directory);
  const { atStart = null, atEnd = null, inSource = null, problems: ofSound = [] } = sound ?? {};
  problems.push(...ofSound);
  const driftSamples = atStart === null || atEnd === null ? null : atEnd - atStart;
  const offsetSamples = atStart === null || inSource === null ? null : atStart - inSource;
  if (driftSamples !== null && Math.abs(driftSamples) >= MAX_DRIFT_SAMPLES) {
    problems.push(`the sound drifts by ${driftSamples.toFixed(2)} samples, starting at ${atStart?.toFixed(2)}`);
  }
  if (offsetSamples !== null && Math.abs(offsetSamples) > MAX_OFFSET_SECONDS * OUTPUT_RATE) {
    problems.push(`the sound is ${offsetSamples.toFixed(2)} samples later than in the source`);
  }
  return { chunks: plan.chunks.length, frames, faults, driftSamples, offsetSamples, problems };
}

/** Runs a case in a temporary folder. Does not throw: an exception is reported as a problem. */
export async function tryCase(source: SourceCase): Promise<CaseResult> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-frames-'));
  try {
    return await runCase(source, directory);
  } catch (error) {
    const problem = error instanceof Error ? error.message.slice(0, 2000) : String(error);
    const faults = { lost: 0, repeated: 0, reordered: 0, unreadable: 0, misplaced: 0 };
    return { chunks: 0, frames: 0, faults, driftSamples: null, offsetSamples: null, problems: [problem] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
