/** The result of a task that wrote segments: the index that publishing merges. */
import { z } from 'zod';
import { trackIdSchema } from '../media/ids.ts';
import { MAX_TEXT_BYTES, MAX_TEXT_TRACKS, MAX_TRACKS } from '../media/limits.ts';
import { initSchema, loudnessSchema, segmentLists, timescaleSchema } from '../media/presentation.ts';
import { warningsSchema } from './warnings.ts';

const trackReportSchema = z.strictObject({
  track: trackIdSchema,
  codec: z.string().max(64),
  timescale: timescaleSchema,
  init: initSchema,
  firstNumber: z.int().min(1),
  /** tfdt of the first segment, ticks. */
  baseDecodeTime: z.int().min(0),
  ...segmentLists,
});
export type TrackReport = z.infer<typeof trackReportSchema>;

/** 1: segments as the packager wrote them, numbered from 1 in every chunk. 2: by src/media/cmaf/finish-segment.ts. */
export const SEGMENT_LAYOUT = 2;

export const encodeResultSchema = z.strictObject({
  tracks: z.array(trackReportSchema).min(1).max(MAX_TRACKS),
  /** What this task found of the source. */
  warnings: warningsSchema,
  /** Of a task of sound that heard the whole track. */
  loudness: loudnessSchema.optional(),
  /** The publish check holds the segments to it. Older encoders do not report it. */
  layout: z.int().min(1).max(SEGMENT_LAYOUT).default(1),
});
export type EncodeResult = z.infer<typeof encodeResultSchema>;

/** What a task of text reports. Its cues are WebVTT (src/media/keys.ts), by the film's time. A track may be left out. */
export const textResultSchema = z.strictObject({
  texts: z
    .array(z.strictObject({ track: trackIdSchema, bytes: z.int().min(1).max(MAX_TEXT_BYTES) }))
    .max(MAX_TEXT_TRACKS),
  warnings: warningsSchema,
});
export type TextResult = z.infer<typeof textResultSchema>;
