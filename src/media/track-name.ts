/** Names of tracks from files of strangers. Pure. */
import { cleanLine, labelSchema } from '../platform/text.ts';
import { MAX_TRACK_NAME } from './limits.ts';

const nameSchema = labelSchema(MAX_TRACK_NAME);

/** One line of at most MAX_TRACK_NAME characters that is safe to show; undefined where nothing is left. */
export function cleanName(text: string | undefined): string | undefined {
  const line = cleanLine(text ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  // Not through the middle of a surrogate pair.
  const short = line.slice(0, MAX_TRACK_NAME).replace(/[\uD800-\uDBFF]$/, '');
  return nameSchema.safeParse(short).data;
}
