/**
 * Runs a case through the encoder's code without Worker and network: inspects, plans, encodes and checks the output.
 */

import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import {
  audioSampleCount,
  type EncodePlan,
  AUDIO_SAMPLE_RATE as OUTPUT_RATE,
  type VideoPlan,
} from '../../src/protocol/plan-schema.ts';
import { type CaseResult, comparePictures, runsOf, tryIn } from './case-result.ts';
import { findDelay, WINDOW_SAMPLES } from './chirp.ts';
import { type DecodedFrame, decodeFrames, decodeSound, decodeTimedSound } from './decoded.ts';
import { encodeFilm, type Film, originOf } from './encode-film.ts';
import { makeSource } from './make-source.ts';
import { compareFrames, promisedFrames } from './promise.ts';
import type { SourceCase } from './random-case.ts';

/** Skipped at either end: the first AAC frame has no predecessor, and there may be silence and cuts. */
const MARGIN_SAMPLES = 3072;
/** A lag is measured to within half a sample, so a difference of a sample is drift. */
const MAX_DRIFT_SAMPLES = 0.5;
/** Containers with a millisecond clock round the times of the first frame and of the sound. */
const MAX_OFFSET_MS = 1.5;
/** Less is not held. It is what an encoder adds. */
const LEAST_HELD_SECONDS = 0.1;
const PRIMING_SECONDS = 0.06;

/** The plan with segments of another length, if one is given, and `chunkSegments` of them in each chunk. */
export function recut(plan: EncodePlan, segmentFrames: number | null, chunkSegments: number): EncodePlan {
  const gop = segmentFrames === null ? {} : { gopFrames: segmentFrames, segmentFrames };
  const video = { ...plan.video, ...gop };
  const length = video.segmentFrames * chunkSegments;
  const chunks = Array.from({ length: Math.ceil(video.frameCount / length) }, (_, index) => ({
    index,
    firstFrame: index * length,
    frameCount: Math.min(length, video.frameCount - index * length),
    firstNumber: index * chunkSegments + 1,
  }));
  return { ...plan, video, chunks };
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

type SoundFacts = Pick<CaseResult, 'driftSamples' | 'soundMs' | 'problems'>;

const toMs = (samples: number): number => (1000 * samples) / OUTPUT_RATE;

/** How late the sound is at its start, middle and end. Null if there is too little sound. */
async function measureSound(source: SourceCase, film: Film, firstNumber: number): Promise<SoundFacts | null> {
  const { plan, path, soundPaths } = film;
  const [audio] = plan.audio;
  if (audio === undefined || source.audio === null) {
    return null;
  }
  const sound = await decodeSound(soundPaths[0] ?? '');
  const problems =
    sound.length === audioSampleCount(audio)
      ? []
      : [`the sound has ${sound.length} samples instead of ${audioSampleCount(audio)}`];
  const { delaySeconds, seconds } = source.audio;
  const { leadFrames = 0, frameRate } = plan.video;
  // The time of the chirp where the film begins.
  const firstSeconds = (source.times[firstNumber] ?? 0) + source.videoDelaySeconds - delaySeconds;
  const shift = firstSeconds - leadFrames / fractionToNumber(frameRate);
  const secondsAt = (sample: number): number => sample / OUTPUT_RATE + shift;
  const first = Math.max(0, Math.ceil(-shift * OUTPUT_RATE)) + MARGIN_SAMPLES;
  const end = Math.min(sound.length, Math.floor((seconds - shift) * OUTPUT_RATE));
  // In a file that was cut, the sound may start a little later than the video.
  const start = first + (source.cutSeconds === null ? 0 : OUTPUT_RATE / 2);
  const last = end - MARGIN_SAMPLES - WINDOW_SAMPLES;
  if (last - start < WINDOW_SAMPLES) {
    return { driftSamples: null, soundMs: null, problems };
  }
  const late = [start, Math.floor((start + last) / 2), last].map((sample) => findDelay(sound, sample, secondsAt));
  const inSource = await sourceDelay(path, start, originOf(plan.video), secondsAt);
  const [atStart, atMiddle, atEnd] = late;
  if (atStart == null || atMiddle == null || atEnd == null || inSource === null) {
    problems.push(`the sound is not where it should be: ${late.join(', ')}; in the source ${inSource}`);
    return { driftSamples: null, soundMs: null, problems };
  }
  return {
    driftSamples: atEnd - atStart,
    soundMs: [atStart, atMiddle, atEnd].map((delay) => toMs(delay - inSource)),
    problems,
  };
}

/** How long the first and the last picture are held for sound before and after them, as far as the case knows. */
function misheld(source: SourceCase, { frameRate, leadFrames = 0 }: VideoPlan): string[] {
  const { audio, videoDelaySeconds, cutSeconds } = source;
  if (audio === null || cutSeconds !== null) {
    return [];
  }
  const leadSeconds = videoDelaySeconds - audio.delaySeconds;
  // Priming is counted as sound in some containers, and not in others.
  const wanted = Math.abs(leadSeconds - LEAST_HELD_SECONDS) < PRIMING_SECONDS ? null : leadSeconds > LEAST_HELD_SECONDS;
  const led = leadFrames / fractionToNumber(frameRate);
  const off =
    wanted === true ? Math.abs(led - leadSeconds) > PRIMING_SECONDS + 1 / fractionToNumber(frameRate) : led > 0;
  return wanted !== null && off
    ? [`the first picture is held ${led} s for sound that is ${leadSeconds} s earlier`]
    : [];
}

/** What the frames of the source become, with the first held before them and the last after them. */
function promisedFilm(video: VideoPlan, decoded: readonly DecodedFrame[]): number[] {
  const { leadFrames = 0, ...rest } = video;
  const frames = promisedFrames({ ...rest, frameCount: video.frameCount - leadFrames }, decoded);
  const last = decoded.at(-1)?.number ?? -1;
  const end = frames.lastIndexOf(last);
  const lead = Array.from({ length: leadFrames }, () => decoded[0]?.number ?? -1);
  return [...lead, ...frames.map((number, slot) => (end >= 0 && slot > end ? last : number))];
}

async function runCase(source: SourceCase, directory: string): Promise<CaseResult> {
  const sourcePath = await makeSource(source, directory);
  const film = await encodeFilm(sourcePath, directory, (plan) =>
    recut(plan, source.segmentFrames, source.chunkSegments),
  );
  const { plan } = film;
  const decoded = await decodeFrames(film.path);
  const problems = [...misread(source, plan.video, decoded), ...misheld(source, plan.video)];
  const pictures = await comparePictures(film, (numbers) => compareFrames(promisedFilm(plan.video, decoded), numbers));
  const sound = await measureSound(source, film, decoded[0]?.number ?? 0);
  const { driftSamples = null, soundMs = null } = sound ?? {};
  problems.push(...pictures.problems, ...(sound?.problems ?? []));
  if (driftSamples !== null && Math.abs(driftSamples) >= MAX_DRIFT_SAMPLES) {
    problems.push(`the sound drifts by ${driftSamples.toFixed(2)} samples`);
  }
  if (soundMs?.some((late) => Math.abs(late) > MAX_OFFSET_MS)) {
    problems.push(`the sound is ${soundMs.map((late) => late.toFixed(2)).join(', ')} ms later than in the source`);
  }
  return { ...pictures, chunks: plan.chunks.length, driftSamples, soundMs, problems };
}

/** Runs a case. */
export const tryCase = (source: SourceCase): Promise<CaseResult> => tryIn((directory) => runCase(source, directory));
