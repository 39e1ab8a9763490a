/** The encode plan: source facts in, every task's parameters out. Pure; the same facts and options give the same plan. */
import { z } from 'zod';
import { type Fraction, fractionSchema, fractionToNumber, reduceFraction } from './fraction.ts';
import { trackIdSchema } from './ids.ts';
import { chooseLadder, renditionsSchema } from './ladder.ts';
import { MAX_AUDIO_TRACKS, MAX_CHUNKS, MAX_FRAME_COUNT, MAX_FRAME_RATE } from './limits.ts';
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

/** HLS authoring 1.13: an IDR every 2 s. */
export const GOP_SECONDS = 2;
/** Two GOPs: one presentation entry per 4 s keeps a two-hour film under 400 KB (design: presentation). */
export const GOPS_PER_SEGMENT = 2;
/** 16 s: a decode start, an ffmpeg start and the joint's bits cost under 1 %, and a two-hour film still splits 450 ways. */
export const DEFAULT_CHUNK_SEGMENTS = 4;

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
  video: videoPlanSchema,
  audio: z.array(audioPlanSchema).max(MAX_AUDIO_TRACKS),
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

function planChunks(frameCount: number, segmentFrames: number, wantedSegments: number): Chunk[] {
  const segmentCount = Math.ceil(frameCount / segmentFrames);
  const segmentsPerChunk = Math.max(1, wantedSegments, Math.ceil(segmentCount / MAX_CHUNKS));
  const chunks: Chunk[] = [];
  for (let firstSegment = 0; firstSegment < segmentCount; firstSegment += segmentsPerChunk) {
    const firstFrame = firstSegment * segmentFrames;
    chunks.push({
      index: chunks.length,
      firstFrame,
      frameCount: Math.min(segmentsPerChunk * segmentFrames, frameCount - firstFrame),
      firstNumber: firstSegment + 1,
    });
  }
  return chunks;
}

export type PlanOptions = { preset: X264Preset; chunkSegments?: number };

/** Plans the whole encode of a source. Throws RangeError where no H.264 level fits. */
export function planEncode(facts: SourceFacts, options: PlanOptions): EncodePlan {
  const { video } = facts;
  const frameRate = outputFrameRate(video.frameRate);
  const framesPerSecond = fractionToNumber(frameRate);
  const keepsEveryFrame = !video.variableFrameRate && framesPerSecond === fractionToNumber(video.frameRate);
  const frameCount = keepsEveryFrame
    ? video.frameCount
    : Math.max(1, Math.round(video.durationSeconds * framesPerSecond));
  const gopFrames = Math.max(1, Math.round(GOP_SECONDS * framesPerSecond));
  const segmentFrames = gopFrames * GOPS_PER_SEGMENT;
  const { timescale, frameTicks } = videoTimescale(frameRate);
  return {
    schema: 1,
    video: {
      source: video,
      preset: options.preset,
      frameRate,
      timescale,
      frameTicks,
      frameCount,
      gopFrames,
      segmentFrames,
      renditions: chooseLadder(video.displayWidth, video.displayHeight, framesPerSecond),
    },
    audio: planAudio(facts, (frameCount * frameTicks) / timescale, (segmentFrames * frameTicks) / timescale),
    chunks: planChunks(frameCount, segmentFrames, options.chunkSegments ?? DEFAULT_CHUNK_SEGMENTS),
  };
}
