import { audioCodecRow } from '../media/codecs/codecs.ts';
import type { X264Preset } from '../media/codecs/presets.ts';
import { type Fraction, fractionSchema, fractionToNumber, reduceFraction } from '../media/fraction.ts';
import { MAX_CHUNKS, MAX_FRAME_RATE } from '../media/limits.ts';
import { chunkLengths, equalLengths } from './chunk-lengths.ts';
import { chooseEarly } from './early-rendition.ts';
import { videoCost } from './encode-cost.ts';
import { chooseLadder } from './ladder.ts';
import {
  AUDIO_SAMPLE_RATE,
  type AudioPlan,
  type Chunk,
  type EarlyMode,
  type EncodePlan,
  MAX_EARLY_CHUNKS,
  type VideoPlan,
} from './plan-schema.ts';
import { chooseGopFrames, GOPS_PER_SEGMENT } from './segment-length.ts';
import type { AudioFacts, SourceFacts } from './source-facts.ts';

/** 64 s: a start of ffmpeg and the second decoded before a chunk cost about 1 %. What a lost encoder costs is bounded too. */
const LONGEST_CHUNK_SEGMENTS = 16;
/** Ten minutes of two cores, e.g. of 4K at `slow`: no longer is a chunk's work done twice when its encoder is lost. */
const LONGEST_CHUNK_CORE_SECONDS = 1_200;
/** Four seconds of two cores: what a task costs beside its work, up to a second, is then a small part. */
const SHORTEST_CHUNK_CORE_SECONDS = 8;
/** One chunk task keeps about two cores busy: decode, scale and several x264 at once (bench/encode.ts). */
const CORES_PER_TASK = 2;
/** Where nobody knows better: the smallest machine that anybody encodes on. */
export const DEFAULT_FLEET_CORES = 2;

/** Slide shows at one picture per 10 s are repeated up to this: a GOP of 2 s needs several frames, and players seek by frames. */
const MIN_FRAME_RATE = 5;

/**
 * The natural rate; above 60 fps its largest whole division that is not (every n-th frame, evenly: 120 → 60,
 * 119.88 → 59.94); below 5 fps its smallest whole multiple that is not.
 */
export function outputFrameRate(natural: Fraction): Fraction {
  const multiplier = Math.ceil(MIN_FRAME_RATE / fractionToNumber(natural));
  if (multiplier > 1) {
    const raised = reduceFraction(natural.num * multiplier, natural.den);
    // A rate that no fraction of the contract holds is no camera's: the nearest thousandth will do.
    return fractionSchema.safeParse(raised).success
      ? raised
      : reduceFraction(Math.round(fractionToNumber(raised) * 1000), 1000);
  }
  // 60.01 tolerates a container that writes 60 fps as 60.0001.
  const divisor = Math.ceil(fractionToNumber(natural) / (MAX_FRAME_RATE + 0.01));
  return reduceFraction(natural.num, natural.den * Math.max(1, divisor));
}

/** A timescale in which one frame is a whole number of ticks and a second has at least 1,000 (24 → 24000/1000, 30000/1001). */
export function videoTimescale(rate: Fraction): { timescale: number; frameTicks: number } {
  const factor = rate.num >= 1000 ? 1 : 1000;
  return { timescale: rate.num * factor, frameTicks: rate.den * factor };
}

function audioTrackId(track: AudioFacts, earlier: readonly AudioPlan[]): string {
  const { trackPrefix, bitrateKbps } = audioCodecRow();
  const base = `${trackPrefix}${bitrateKbps}-${track.language}`;
  const same = earlier.filter((other) => other.language === track.language).length;
  return same === 0 ? base : `${base}-${same + 1}`;
}

function planAudio(facts: SourceFacts, videoSeconds: number, segmentSeconds: number): AudioPlan[] {
  const ordered = [...facts.audio].sort(
    (a, b) => Number(b.isDefault) - Number(a.isDefault) || a.streamIndex - b.streamIndex,
  );
  const { bitrateKbps, frameSamples } = audioCodecRow();
  const plans: AudioPlan[] = [];
  for (const track of ordered) {
    plans.push({
      track: audioTrackId(track, plans),
      streamIndex: track.streamIndex,
      language: track.language,
      bitrateKbps,
      channels: 2,
      sampleRate: AUDIO_SAMPLE_RATE,
      // The 1e-9 keeps a product that is whole but for float noise from gaining a frame.
      frameCount: Math.max(1, Math.ceil((videoSeconds * AUDIO_SAMPLE_RATE) / frameSamples - 1e-9)),
      segmentSeconds,
    });
  }
  return plans;
}

export type PlanOptions = {
  preset: X264Preset;
  /** Segments per chunk; `auto`: from the film's length, its cost and the fleet. */
  chunkSegments?: number | 'auto';
  /** Cores of all encoders together. */
  fleetCores?: number;
  early?: EarlyMode;
};

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

const slotsOf = (fleetCores: number): number => Math.max(1, Math.floor(fleetCores / CORES_PER_TASK));

/** Chunks of the film for tasks that encode `video.renditions`. */
function planChunks(video: VideoPlan, options: PlanOptions, maxChunks: number): Chunk[] {
  const { frameCount, segmentFrames } = video;
  const { chunkSegments = 'auto', fleetCores = DEFAULT_FLEET_CORES } = options;
  const segmentCount = Math.ceil(frameCount / segmentFrames);
  const segmentCost = videoCost(video, segmentFrames);
  const longest = clamp(Math.floor(LONGEST_CHUNK_CORE_SECONDS / segmentCost), 1, LONGEST_CHUNK_SEGMENTS);
  const shortest = clamp(Math.ceil(SHORTEST_CHUNK_CORE_SECONDS / segmentCost), 1, longest);
  const lengths =
    chunkSegments === 'auto'
      ? chunkLengths(segmentCount, { slots: slotsOf(fleetCores), shortest, longest, maxChunks })
      : equalLengths(segmentCount, Math.max(chunkSegments, Math.ceil(segmentCount / maxChunks)));
  const chunks: Chunk[] = [];
  let firstSegment = 0;
  for (const length of lengths) {
    const firstFrame = firstSegment * segmentFrames;
    chunks.push({
      index: chunks.length,
      firstFrame,
      frameCount: Math.min(length * segmentFrames, frameCount - firstFrame),
      firstNumber: firstSegment + 1,
    });
    firstSegment += length;
  }
  return chunks;
}

/** What the tasks of `early` encode, and those of `chunks`: the plan's video with a part of its renditions. */
export const earlyVideo = (video: VideoPlan, earlyTrack: string | null): VideoPlan => ({
  ...video,
  renditions: video.renditions.filter(({ track }) => track === earlyTrack),
});
export const laterVideo = (video: VideoPlan, earlyTrack: string | null): VideoPlan => ({
  ...video,
  renditions: video.renditions.filter(({ track }) => track !== earlyTrack),
});

function planVideo(facts: SourceFacts, preset: X264Preset): VideoPlan {
  const source = facts.video;
  const frameRate = outputFrameRate(source.frameRate);
  const framesPerSecond = fractionToNumber(frameRate);
  const keepsEveryFrame = !source.variableFrameRate && framesPerSecond === fractionToNumber(source.frameRate);
  const frameCount = keepsEveryFrame
    ? source.frameCount
    : Math.max(1, Math.round(source.durationSeconds * framesPerSecond));
  const gopFrames = chooseGopFrames(frameCount, framesPerSecond);
  return {
    source,
    preset,
    frameRate,
    ...videoTimescale(frameRate),
    frameCount,
    gopFrames,
    segmentFrames: gopFrames * GOPS_PER_SEGMENT,
    renditions: chooseLadder(source.displayWidth, source.displayHeight, framesPerSecond),
  };
}

/** Plans the whole encode of a source. Throws RangeError where no level of the codec fits. */
export function planEncode(facts: SourceFacts, options: PlanOptions): EncodePlan {
  const { fleetCores = DEFAULT_FLEET_CORES, early: mode = 'auto' } = options;
  const video = planVideo(facts, options.preset);
  const { frameCount, frameTicks, timescale, segmentFrames } = video;
  const track = chooseEarly(video, fleetCores, mode);
  const early =
    track === null ? null : { track, chunks: planChunks(earlyVideo(video, track), options, MAX_EARLY_CHUNKS) };
  return {
    schema: 1,
    video,
    audio: planAudio(facts, (frameCount * frameTicks) / timescale, (segmentFrames * frameTicks) / timescale),
    early,
    chunks: planChunks(laterVideo(video, track), options, MAX_CHUNKS - (early === null ? 0 : MAX_EARLY_CHUNKS)),
  };
}
