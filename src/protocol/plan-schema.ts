/** The encode plan: every task's parameters, as the Worker stores it and encoders are sent it. Pure. */
import { z } from 'zod';
import { AUDIO_CODECS, audioCodecRow } from '../media/codecs/codecs.ts';
import { X264_PRESETS } from '../media/codecs/presets.ts';
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
  /** Left out: AAC. Encoders of earlier releases refuse a plan that has this member. */
  codec: z.enum(AUDIO_CODECS).optional(),
  streamIndex: z.int().min(0).max(1000),
  language: z.string().regex(/^[a-z]{2,3}$/),
  bitrateKbps: z.int().min(8).max(512),
  channels: z.literal(2),
  sampleRate: z.literal(AUDIO_SAMPLE_RATE),
  /** Access units of the whole film: covers the video, over-run < one frame. */
  frameCount: z.int().min(1),
  /** The segment length asked of the packager; segments end on the access unit at or after each multiple. */
  segmentSeconds: z.number().positive(),
});
export type AudioPlan = z.infer<typeof audioPlanSchema>;

/** Of the whole track. */
export const audioSampleCount = ({ codec, frameCount }: Pick<AudioPlan, 'codec' | 'frameCount'>): number =>
  frameCount * audioCodecRow(codec).frameSamples;

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
