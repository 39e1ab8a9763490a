/** The encode plan: source facts in, every task's parameters out. Pure; the same facts and options give the same plan. */
import { z } from 'zod';
import { type Fraction, fractionSchema, fractionToNumber, reduceFraction } from '../media/fraction.ts';
import { trackIdSchema } from '../media/ids.ts';
import { MAX_AUDIO_TRACKS, MAX_CHUNKS, MAX_FRAME_COUNT, MAX_FRAME_RATE } from '../media/limits.ts';
import { chunkLengths, equalLengths } from './chunk-lengths.ts';
import { chooseEarly } from './early-rendition.ts';
import { videoCost } from './encode-cost.ts';
import { chooseLadder, renditionsSchema } from './ladder.ts';
import { chooseGopFrames, GOPS_PER_SEGMENT } from './segment-length.ts';
import { type AudioFacts, type SourceFacts, videoFactsSchema } from './source-facts.ts';

export const X264_PRESETS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
] as const;
export type X264Preset = (typeof X264_PRESETS)[number];

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

export const EARLY_MODES = ['auto', 'on', 'off'] as const;
export type EarlyMode = (typeof EARLY_MODES)[number];
/** Its segments take a tenth of the work. Twelve hours are then 216 s a chunk. */
const MAX_EARLY_CHUNKS = 200;

export const AUDIO_SAMPLE_RATE = 48_000;
/** Samples per AAC-LC access unit (ISO/IEC 14496-3). */
export const AAC_FRAME_SAMPLES = 1024;
const AUDIO_BITRATE_KBPS = 128;

export const videoPlanSchema = z.strictObject({
  source: videoFactsSchema,
  preset: z.enum(X264_PRESETS),
  /** Constant output rate, ≤ 60. */
  frameRate: fractionSchema,
  /** Ticks per second; `frameTicks` ticks per frame, exactly. */
  timescale: z
    .int()
    .min(1)
    .max(2 ** 31),
  frameTicks: z.int().min(1),
  /** Output frames of the whole film; frame n is shown at n × frameTicks. */
  frameCount: z.int().min(1).max(MAX_FRAME_COUNT),
  gopFrames: z.int().min(1).max(1000),
  segmentFrames: z.int().min(1).max(1000),
  renditions: renditionsSchema,
});
export type VideoPlan = z.infer<typeof videoPlanSchema>;

export const audioPlanSchema = z.strictObject({
  track: trackIdSchema,
  streamIndex: z.int().min(0).max(1000),
  language: z.string().regex(/^[a-z]{2,3}$/),
  bitrateKbps: z.int().min(8).max(512),
  channels: z.literal(2),
  sampleRate: z.literal(AUDIO_SAMPLE_RATE),
  /** AAC frames of the whole film: covers the video, over-run < one frame. */
  frameCount: z.int().min(1),
  /** The segment length asked of the packager; segments end on the AAC frame at or after each multiple. */
  segmentSeconds: z.number().positive(),
});
export type AudioPlan = z.infer<typeof audioPlanSchema>;

/** A run of whole segments; `firstFrame` is a multiple of the plan's segmentFrames. Segment numbers start at 1. */
export const chunkSchema = z.strictObject({
  index: z.int().min(0).max(MAX_CHUNKS),
  firstFrame: z.int().min(0),
  frameCount: z.int().min(1),
  firstNumber: z.int().min(1),
});
export type Chunk = z.infer<typeof chunkSchema>;

export const encodePlanSchema = z.strictObject({
  schema: z.literal(1),
  /** All renditions of the version. */
  video: videoPlanSchema,
  audio: z.array(audioPlanSchema).max(MAX_AUDIO_TRACKS),
  /**
   * What is encoded before the rest and published alone, with the sound, as revision 1: one decode more. Null: nothing.
   * Plans of releases that did not publish early lack the field.
   */
  early: z
    .strictObject({ track: trackIdSchema, chunks: z.array(chunkSchema).min(1).max(MAX_EARLY_CHUNKS) })
    .nullable()
    .default(null),
  /** Of every rendition but the early one. */
  chunks: z.array(chunkSchema).min(1).max(MAX_CHUNKS),
});
export type EncodePlan = z.infer<typeof encodePlanSchema>;

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
  const base = `a${AUDIO_BITRATE_KBPS}-${track.language}`;
  const same = earlier.filter((other) => other.language === track.language).length;
  return same === 0 ? base : `${base}-${same + 1}`;
}

function planAudio(facts: SourceFacts, videoSeconds: number, segmentSeconds: number): AudioPlan[] {
  const ordered = [...facts.audio].sort(
    (a, b) => Number(b.isDefault) - Number(a.isDefault) || a.streamIndex - b.streamIndex,
  );
  const plans: AudioPlan[] = [];
  for (const track of ordered) {
    plans.push({
      track: audioTrackId(track, plans),
      streamIndex: track.streamIndex,
      language: track.language,
      bitrateKbps: AUDIO_BITRATE_KBPS,
      channels: 2,
      sampleRate: AUDIO_SAMPLE_RATE,
      // The 1e-9 keeps a product that is whole but for float noise from gaining a frame.
      frameCount: Math.max(1, Math.ceil((videoSeconds * AUDIO_SAMPLE_RATE) / AAC_FRAME_SAMPLES - 1e-9)),
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

/** Plans the whole encode of a source. Throws RangeError where no H.264 level fits. */
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
