/** What `inspect` finds out about a source. The planner knows nothing else. Times are by the source's own clock. */
import { z } from 'zod';
import { fractionSchema } from '../media/fraction.ts';
import { MAX_AUDIO_TRACKS, MAX_DIMENSION, MAX_DURATION_SECONDS, MAX_FRAME_COUNT } from '../media/limits.ts';
import { VIDEO_RANGES } from '../media/presentation.ts';

const name = z.string().max(64);
const dimension = z.int().min(1).max(MAX_DIMENSION);

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
  /** From the first frame's presentation time to the end of the last frame. */
  durationSeconds: z.number().positive().max(MAX_DURATION_SECONDS),
  /** Presentation time of the first frame in units of `timeBase` seconds: the origin of the presentation's timeline. */
  startTicks: z.int(),
  timeBase: fractionSchema,
  interlaced: z.boolean(),
  bitDepth: z.int().min(1).max(16),
  videoRange: z.enum(VIDEO_RANGES),
  /** ffmpeg's names, or `unknown`. */
  color: z.strictObject({ primaries: name, transfer: name, matrix: name, range: name }),
});
export type VideoFacts = z.infer<typeof videoFactsSchema>;

const audioFactsSchema = z.strictObject({
  streamIndex: z.int().min(0).max(1000),
  codec: name,
  channels: z.int().min(1).max(64),
  sampleRate: z.int().min(1).max(1_000_000),
  /** ISO 639, lower case; `und` where the file names none. */
  language: z.string().regex(/^[a-z]{2,3}$/),
  startSeconds: z.number(),
  isDefault: z.boolean(),
});
export type AudioFacts = z.infer<typeof audioFactsSchema>;

export const sourceFactsSchema = z.strictObject({
  schema: z.literal(1),
  /** ffprobe's format_name. */
  container: name,
  sizeBytes: z.int().min(1),
  video: videoFactsSchema,
  audio: z.array(audioFactsSchema).max(MAX_AUDIO_TRACKS),
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;
