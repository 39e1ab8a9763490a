/** The encode plan: the parameters of every task. The Worker stores it and sends parts of it to encoders. Pure. */
import { z } from 'zod';
import { AUDIO_CHANNELS } from '../media/codecs/codec.ts';
import { AUDIO_CODECS, audioCodecRow } from '../media/codecs/codecs.ts';
import { X264_PRESETS } from '../media/codecs/presets.ts';
import { fractionSchema } from '../media/fraction.ts';
import { trackIdSchema } from '../media/ids.ts';
import { languageSchema } from '../media/language.ts';
import { MAX_CHUNKS, MAX_FRAME_COUNT, MAX_TEXT_TRACKS, MAX_TRACK_NAME, MAX_TRACKS } from '../media/limits.ts';
import { AUDIO_ROLES, timescaleSchema } from '../media/presentation.ts';
import { labelSchema } from '../platform/text.ts';
import { renditionsSchema } from './ladder.ts';
import { textFactsSchema, videoFactsSchema } from './source-facts.ts';

export const EARLY_MODES = ['auto', 'on', 'off'] as const;
export type EarlyMode = (typeof EARLY_MODES)[number];
/** Segments of the early rendition take a tenth of the work. A chunk of twelve hours then has 216 s. */
export const MAX_EARLY_CHUNKS = 200;

/** Parts of one audio track. Each decodes the source from its beginning, so that many parts cost much. */
export const MAX_AUDIO_CHUNKS = 16;

export const AUDIO_SAMPLE_RATE = 48_000;
/** LUFS. Broadcasting has -23, streaming -14 to -16. */
export const targetLufsSchema = z.number().min(-31).max(-10);

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
  /**
   * Output frames before the source's first, which they repeat; below zero: so many frames of the grid are cut off at the
   * beginning. Left out: none. Encoders of earlier releases refuse a plan that cuts.
   */
  leadFrames: z
    .int()
    .refine((frames) => frames !== 0)
    .optional(),
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
  /** 6: 5.1 (L R C LFE Ls Rs). Encoders of earlier releases refuse it. */
  channels: z.literal(AUDIO_CHANNELS),
  sampleRate: z.literal(AUDIO_SAMPLE_RATE),
  /** Access units of the whole film. They cover the video and exceed it by less than one. */
  frameCount: z.int().min(1),
  /** The segment length for the packager. Segments end on the access unit at or after each multiple. */
  segmentSeconds: z.number().positive(),
  /** The stereo rendition of the same sound. Left out: this is the stereo one. Encoders of earlier releases refuse it. */
  formatOf: trackIdSchema.optional(),
  /** Integrated loudness (EBU R 128) that one fixed gain brings the sound to, as far as true peaks allow. Left out: as it is. */
  targetLufs: targetLufsSchema.optional(),
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

/** A text track of the source. */
export const textPlanSchema = z.strictObject({ track: trackIdSchema, ...textFactsSchema.shape });
export type TextPlan = z.infer<typeof textPlanSchema>;

export const encodePlanSchema = z.strictObject({
  schema: z.literal(1),
  /** All renditions of the version. */
  video: videoPlanSchema,
  audio: z.array(audioPlanSchema).max(MAX_TRACKS),
  /** By track: the parts that it is encoded in. Their frames are access units. Left out: a track is encoded in one piece. */
  audioChunks: z.record(trackIdSchema, z.array(chunkSchema).min(2).max(MAX_AUDIO_CHUNKS)).optional(),
  /** Text tracks of the source, in its order. Left out: none. */
  texts: z.array(textPlanSchema).max(MAX_TEXT_TRACKS).optional(),
  /** Encoded first and published with the sound as revision 1. Plans of releases without early publishing lack it. */
  early: z
    .strictObject({ track: trackIdSchema, chunks: z.array(chunkSchema).min(1).max(MAX_EARLY_CHUNKS) })
    .nullable()
    .default(null),
  /** Of all renditions but the early one. */
  chunks: z.array(chunkSchema).min(1).max(MAX_CHUNKS),
});
export type EncodePlan = z.infer<typeof encodePlanSchema>;
