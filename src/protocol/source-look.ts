/** What a look at a source has found: whether it plays as it is, or why not. Stored as JSON with jobs and uploads. Pure. */
import { z } from 'zod';
import { NOT_STANDARD, NOT_STANDARD_CODES, type NotStandardCode } from '../media/source/not-standard.ts';
import type { StandardSource } from '../media/source/standard-source.ts';

export const sourceLookSchema = z.union([
  z.strictObject({
    standard: z.literal(true),
    sizeBytes: z.int().min(1),
    durationSeconds: z.number().positive(),
    /** As people see it. */
    width: z.int().min(1),
    height: z.int().min(1),
    /** Frames a second, on average. */
    frameRate: z.number().positive(),
  }),
  z.strictObject({ standard: z.literal(false), code: z.enum(NOT_STANDARD_CODES), message: z.string() }),
]);
export type SourceLook = z.infer<typeof sourceLookSchema>;

export const refusedLook = (code: NotStandardCode): SourceLook => ({
  standard: false,
  code,
  message: NOT_STANDARD[code],
});

export function standardLook({ sizeBytes, durationSeconds, video }: StandardSource): SourceLook {
  const { width, height, sampleCount } = video;
  return { standard: true, sizeBytes, durationSeconds, width, height, frameRate: sampleCount / durationSeconds };
}

/** Of the columns `look`. */
export const parseLook = (json: string | null): SourceLook | null =>
  json === null ? null : sourceLookSchema.parse(JSON.parse(json));
