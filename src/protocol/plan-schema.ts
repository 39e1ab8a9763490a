/** The encode plan: every task's parameters, as the Worker stores it and encoders are sent it. Pure. */
import { z } from 'zod';
import { X264_PRESETS } from '../media/codecs.ts';
import { fractionSchema } from '../media/fraction.ts';
import { trackIdSchema } from '../media/ids.ts';
import { MAX_AUDIO_TRACKS, MAX_CHUNKS, MAX_FRAME_COUNT } from '../media/limits.ts';
import { renditionsSchema } from './ladder.ts';
import { videoFactsSchema } from './source-facts.ts';

export const EARLY_MODES = ['auto', 'on', 'off'] as const;
export type EarlyMode = (typeof EARLY_MODES)[number];
/** Its segments take a tenth of the work. Twelve hours are then 216 s a chunk. */
export const MAX_EARLY_CHUNKS = 200;

export const AUDIO_SAMPLE_RATE = 48_000;
/** Samples per AAC-LC access unit (ISO/IEC 14496-3). */
export const AAC_FRAME_SAMPLES = 1024;
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
