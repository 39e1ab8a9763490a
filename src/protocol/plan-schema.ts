/** The encode plan: the parameters of every task. The Worker stores it and sends parts of it to encoders. Pure. */
import { z } from 'zod';
import { AUDIO_CODECS, audioCodecRow } from '../media/codecs/codecs.ts';
import { X264_PRESETS } from '../media/codecs/presets.ts';
import { fractionSchema } from '../media/fraction.ts';
import { trackIdSchema } from '../media/ids.ts';
import { languageSchema } from '../media/language.ts';
import { MAX_AUDIO_TRACKS, MAX_CHUNKS, MAX_FRAME_COUNT, MAX_TRACK_NAME } from '../media/limits.ts';
import { AUDIO_ROLES, timescaleSchema } from '../media/presentation.ts';
import { labelSchema } from '../platform/text.ts';
import { renditionsSchema } from './ladder.ts';
import { videoFactsSchema } from './source-facts.ts';

export const EARLY_MODES = ['auto', 'on', 'off'] as const;
export type EarlyMode = (typeof EARLY_MODES)[number];
/** Segments of the early rendition take a tenth of the work. A chunk of twelve hours then has 216 s. */
export const MAX_EARLY_CHUNKS = 200;

export const AUDIO_SAMPLE_RATE = 48_000;
export const videoPlanSchema = z.strictObject({
  source: videoFactsSchema,
  preset: z.enum(X264_PRESETS),
  /** Constant output rate, ≤ 60. */
  frameRate: fractionSchema,
  /** Ticks per second; `frameTicks` ticks per frame, exactly. */
  timescale: timescaleSchema,
  frameTicks: z.int().min(1),
  /** Output frames of the whole film; frame n is shown at n × frameTicks. */
  frameCount: z.int().min(1).max(MAX_FRAME_COUNT),
  /** Output frames before the source's first, which they repeat. Left out: none. */
  leadFrames: z.int().min(1).optional(),
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
  language: languageSchema,
  /** Left out: as in the facts. Encoders of earlier releases refuse a plan that has them. */
  name: labelSchema(MAX_TRACK_NAME).optional(),
  role: z.enum(AUDIO_ROLES).optional(),
  bitrateKbps: z.int().min(8).max(512),
  channels: z.literal(2),
  sampleRate: z.literal(AUDIO_SAMPLE_RATE),
  /** Access units of the whole film. They cover the video and exceed it by less than one. */
  frameCount: z.int().min(1),
  /** The segment length for the packager. Segments end on the access unit at or after each multiple. */
  segmentSeconds: z.number().positive(),
});
export type AudioPlan = z.infer<typeof audioPlanSchema>;

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
  /** Encoded first and published with the sound as revision 1. Plans of releases without early publishing lack it. */
  early: z
    .strictObject({ track: trackIdSchema, chunks: z.array(chunkSchema).min(1).max(MAX_EARLY_CHUNKS) })
    .nullable()
    .default(null),
  /** Of all renditions but the early one. */
  chunks: z.array(chunkSchema).min(1).max(MAX_CHUNKS),
});
export type EncodePlan = z.infer<typeof encodePlanSchema>;
