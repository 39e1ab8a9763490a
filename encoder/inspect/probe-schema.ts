/** What ffprobe prints. Any field may be missing, and any number may be text. */
import { z } from 'zod';

const text = z.string().max(256);
/** A number, its text, or `N/A`. */
const numeric = z
  .union([z.number(), text])
  .transform((value) => Number(value))
  .transform((value) => (Number.isFinite(value) ? value : undefined))
  .optional();
/** Tags are free text of any length. */
const tagText = z
  .string()
  .transform((value) => value.slice(0, 256))
  .optional()
  .catch(undefined);

const rawStreamSchema = z.object({
  index: z.int().min(0).max(1000),
  codec_type: text.optional(),
  codec_name: text.optional(),
  codec_tag_string: text.optional(),
  profile: z.union([text, z.number().transform(String)]).optional(),
  width: numeric,
  height: numeric,
  pix_fmt: text.optional(),
  sample_aspect_ratio: text.optional(),
  field_order: text.optional(),
  color_range: text.optional(),
  color_space: text.optional(),
  color_transfer: text.optional(),
  color_primaries: text.optional(),
  r_frame_rate: text.optional(),
  avg_frame_rate: text.optional(),
  time_base: text.optional(),
  start_time: numeric,
  duration: numeric,
  nb_frames: numeric,
  channels: numeric,
  sample_rate: numeric,
  /** ffmpeg's names of flags; 0 or 1. */
  disposition: z.record(text, numeric).optional(),
  tags: z
    .object({
      ...{ language: tagText, title: tagText, handler_name: tagText, alpha_mode: tagText, DURATION: tagText },
      enc_key_id: tagText,
    })
    .partial()
    .optional()
    .catch(undefined),
  side_data_list: z
    .array(
      z.object({
        rotation: numeric,
        dv_profile: numeric,
        bl_present_flag: numeric,
        dv_bl_signal_compatibility_id: numeric,
        max_content: numeric,
        /** A fraction. */
        max_luminance: text.optional(),
      }),
    )
    .max(100)
    .optional()
    .catch(undefined),
});
export type RawStream = z.infer<typeof rawStreamSchema>;

const rawProgramSchema = z.object({
  program_id: numeric,
  tags: z.object({ service_name: tagText }).partial().optional().catch(undefined),
  streams: z
    .array(z.object({ index: z.int().min(0) }))
    .max(1000)
    .default([]),
});
export type RawProgram = z.infer<typeof rawProgramSchema>;

const rawChapterSchema = z.object({
  start_time: numeric,
  tags: z.object({ title: tagText }).partial().optional().catch(undefined),
});
export type RawChapter = z.infer<typeof rawChapterSchema>;

/** Ten times as many as are kept. */
const MAX_RAW_CHAPTERS = 10_000;

export const rawProbeSchema = z.object({
  streams: z.array(rawStreamSchema).max(1000).default([]),
  /** Nothing fails for them. */
  chapters: z.array(rawChapterSchema).max(MAX_RAW_CHAPTERS).catch([]).default([]),
  /** Of an MPEG transport stream. */
  programs: z.array(rawProgramSchema).max(1000).default([]),
  format: z.object({ format_name: text, start_time: numeric, duration: numeric }),
});
export type RawProbe = z.infer<typeof rawProbeSchema>;

export const rawFramesSchema = z.object({
  frames: z
    .array(z.object({ best_effort_timestamp: numeric, interlaced_frame: numeric }))
    .max(2000)
    .default([]),
});
export type RawFrame = z.infer<typeof rawFramesSchema>['frames'][number];
