/** Names of tracks and chapters from files of strangers. Pure. */
import { cleanLine, labelSchema } from '../platform/text.ts';
import { MAX_CHAPTER_TITLE, MAX_TRACK_NAME } from './limits.ts';

/** What is checked has been cut already. */
const cutSchema = labelSchema(Math.max(MAX_TRACK_NAME, MAX_CHAPTER_TITLE));

/** One line of at most `maxLength` characters that is safe to show; undefined where nothing is left. */
export function cleanName(text: string | undefined, maxLength = MAX_TRACK_NAME): string | undefined {
  const line = cleanLine(text ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  // Not through the middle of a surrogate pair.
  const short = line.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '');
  return cutSchema.safeParse(short).data;
}
