/** What `inspect` finds out about a source. The planner knows nothing else. Times are by the source's own clock. */
import { z } from 'zod';
import { fractionSchema } from '../media/fraction.ts';
import { languageSchema } from '../media/language.ts';
import {
  MAX_AUDIO_TRACKS,
  MAX_DIMENSION,
  MAX_DURATION_SECONDS,
  MAX_FRAME_COUNT,
  MAX_TEXT_TRACKS,
  MAX_TRACK_NAME,
} from '../media/limits.ts';
import { AUDIO_ROLES, chaptersSchema, TEXT_KINDS, VIDEO_RANGES } from '../media/presentation.ts';
import { labelSchema } from '../platform/text.ts';
import { warningsSchema } from './warnings.ts';

const name = z.string().max(64);
const dimension = z.int().min(1).max(MAX_DIMENSION);

const heldSchema = z.number().positive().max(MAX_DURATION_SECONDS).optional();

export const videoFactsSchema = z.strictObject({
  /** ffmpeg's absolute stream index in the file. */
  streamIndex: z.int().min(0).max(1000),
  codec: name,
  /** Coded size in samples, before rotation and before the sample aspect ratio is applied. */
  codedWidth: dimension,
  codedHeight: dimension,
  /** As shown: square pixels, upright. May be odd. */
  displayWidth: dimension,
  displayHeight: dimension,
  /** Clockwise degrees that a player applies to show the coded picture upright. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  sampleAspectRatio: fractionSchema,
  /** The rate of the grid that the frames lie on. A variable-rate source is made constant on it. */
  frameRate: fractionSchema,
  variableFrameRate: z.boolean(),
  /** Frames in the file: counted packets, not the header's number. */
  frameCount: z.int().min(1).max(MAX_FRAME_COUNT),
  /** From the first frame's presentation time to the end of the last frame, as long as the source holds it. */
  durationSeconds: z.number().positive().max(MAX_DURATION_SECONDS),
  /**
   * Where the grid begins: the presentation time of the first frame, or up to half a frame beside it in a film that was joined;
   * and the time of the last frame. In units of `timeBase` seconds.
   */
  startTicks: z.int(),
  /** Left out by encoders of earlier releases. */
  lastTicks: z.int().optional(),
  timeBase: fractionSchema,
  /** Sound begins so long before the first frame, which is shown meanwhile. Left out: it does not. */
  leadSeconds: heldSchema,
  /** Sound goes on so long after the end of the last frame, which is shown meanwhile. */
  tailSeconds: heldSchema,
  interlaced: z.boolean(),
  bitDepth: z.int().min(1).max(16),
  videoRange: z.enum(VIDEO_RANGES),
  /** ffmpeg's names, or `unknown`. */
  color: z.strictObject({ primaries: name, transfer: name, matrix: name, range: name }),
  /** Frames differ in size or sample aspect ratio. Coded and displayed size are those of the largest, in the first shape. */
  sizeChanges: z.literal(true).optional(),
  /** The picture is partly transparent. */
  alpha: z.literal(true).optional(),
  /** HDR: the brightest pixel, or the peak of the mastering display, that the source declares. cd/m². */
  peakNits: z.number().min(1).max(10_000).optional(),
});
export type VideoFacts = z.infer<typeof videoFactsSchema>;

export const audioFactsSchema = z.strictObject({
  streamIndex: z.int().min(0).max(1000),
  codec: name,
  channels: z.int().min(1).max(64),
  sampleRate: z.int().min(1).max(1_000_000),
  /** `und` where the file names none. */
  language: languageSchema,
  /** The track's title in the file. */
  name: labelSchema(MAX_TRACK_NAME).optional(),
  /** What the file says the sound is for. Left out: the film's own sound. */
  role: z.enum(AUDIO_ROLES).optional(),
  startSeconds: z.number(),
  isDefault: z.boolean(),
});
export type AudioFacts = z.infer<typeof audioFactsSchema>;

/** A text track of the source, or the captions (CEA-608) in its picture. */
export const textFactsSchema = z.strictObject({
  /** Of the captions in the picture: that of the picture. */
  streamIndex: z.int().min(0).max(1000),
  /** ffmpeg's name; `eia_608` also for captions in the picture. */
  codec: name,
  kind: z.enum(TEXT_KINDS),
  language: languageSchema,
  name: labelSchema(MAX_TRACK_NAME).optional(),
  isDefault: z.boolean(),
});
export type TextFacts = z.infer<typeof textFactsSchema>;

/** A source has a few breaks of its clock. Hundreds mean that its times say nothing. */
const MAX_SHIFTS = 200;

/**
 * How a source whose times or index cannot be relied on is copied, packet by packet, into a file with one timeline and an
 * index of key frames (encoder/media/remux.ts). The same source and the same values give the same file.
 */
export const remuxSchema = z.strictObject({
  /** ffmpeg's stream indices in the source; in the copy they are 0, 1, …. The picture first. */
  streams: z
    .array(z.int().min(0).max(1000))
    .min(1)
    .max(MAX_AUDIO_TRACKS + 1),
  /** From its packet `packet` (0, 1, …) on, times of the copy's stream are those of the source plus `seconds`. Ascending. */
  shifts: z
    .array(z.strictObject({ stream: z.int().min(0), packet: z.int().min(0), seconds: z.number() }))
    .max(MAX_SHIFTS),
  /** Times are read as they stand in the source: its clock restarts far below its first time, and has not wrapped. */
  rawClock: z.literal(true).optional(),
});
export type Remux = z.infer<typeof remuxSchema>;

export const sourceFactsSchema = z.strictObject({
  schema: z.literal(1),
  /** ffprobe's format_name. */
  container: name,
  sizeBytes: z.int().min(1),
  /** Of the whole file, in hexadecimal. Left out by encoders of earlier releases. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  video: videoFactsSchema,
  audio: z.array(audioFactsSchema).max(MAX_AUDIO_TRACKS),
  /** Left out by encoders of earlier releases, and where there are none. */
  texts: z.array(textFactsSchema).max(MAX_TEXT_TRACKS).optional(),
  /** Of the source, from the film's start. */
  chapters: chaptersSchema.optional(),
  /** Tasks read the source remuxed so. All facts are of the remuxed file. */
  remux: remuxSchema.optional(),
  warnings: warningsSchema,
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;
