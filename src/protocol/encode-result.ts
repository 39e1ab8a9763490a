/** The result of a task that wrote segments: the index that publishing merges. */
import { z } from 'zod';
import { trackIdSchema } from '../media/ids.ts';
import { MAX_INIT_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../media/limits.ts';
import { segmentEntrySchema } from '../media/presentation.ts';

/** What one task wrote of one track. */
const trackReportSchema = z.strictObject({
  track: trackIdSchema,
  codec: z.string().max(64),
  timescale: z
    .int()
    .min(1)
    .max(2 ** 31),
  init: z.strictObject({
    bytes: z.int().min(1).max(MAX_INIT_BYTES),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  firstNumber: z.int().min(1),
  /** tfdt of the first segment, ticks. */
  baseDecodeTime: z.int().min(0),
  segments: z.array(segmentEntrySchema).min(1).max(MAX_SEGMENTS_PER_TRACK),
  keyframeBytes: z.array(z.int().min(1).max(MAX_SEGMENT_BYTES)).optional(),
});
export type TrackReport = z.infer<typeof trackReportSchema>;

/** 1: segments as the packager wrote them, numbered from 1 in every chunk. 2: by src/media/cmaf/finish-segment.ts. */
export const SEGMENT_LAYOUT = 2;

export const encodeResultSchema = z.strictObject({
  tracks: z.array(trackReportSchema).min(1).max(MAX_TRACKS),
  /** What the encoder promises of its segments, and the publish check holds it to. Older encoders do not say. */
  layout: z.int().min(1).max(SEGMENT_LAYOUT).default(1),
});
export type EncodeResult = z.infer<typeof encodeResultSchema>;
