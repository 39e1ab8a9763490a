/** What `inspect_sound` finds out about a file whose sound is added to a film. Times are by the file's own clock. Pure. */
import { z } from 'zod';
import { MAX_DURATION_SECONDS } from '../media/limits.ts';
import { audioFactsSchema, remuxSchema } from './source-facts.ts';
import { warningsSchema } from './warnings.ts';

export const soundFactsSchema = z.strictObject({
  schema: z.literal(1),
  /** ffprobe's format_name. */
  container: z.string().max(64),
  sizeBytes: z.int().min(1),
  /** The stream that is taken. */
  audio: audioFactsSchema,
  /** The earliest time in the file, which may be that of a picture. */
  fileStartSeconds: z.number(),
  /** From the first sound to the end of the last. */
  durationSeconds: z.number().positive().max(MAX_DURATION_SECONDS),
  /** Tasks read the file remuxed so. All facts but `fileStartSeconds` are of the remuxed file. */
  remux: remuxSchema.optional(),
  warnings: warningsSchema,
});
export type SoundFacts = z.infer<typeof soundFactsSchema>;
