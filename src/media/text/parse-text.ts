/** A file of cues, in any format and encoding, → cues. */
import { MAX_TEXT_BYTES } from '../limits.ts';
import { MAX_CUES, TextError } from './cue.ts';
import type { Parsed } from './cue-list.ts';
import { decodeText } from './decode.ts';
import { isAss, readAss } from './read-ass.ts';
import { isSrt, readSrt } from './read-srt.ts';
import { isTtml, readTtml } from './read-ttml.ts';
import { isWebVtt, readWebVtt } from './read-webvtt.ts';

type TextFormat = 'webvtt' | 'srt' | 'ttml' | 'ass';

/** In the order in which they are told apart: SRT is what has lines with times. */
const FORMATS: readonly { format: TextFormat; is: (text: string) => boolean; read: (text: string) => Parsed }[] = [
  { format: 'webvtt', is: isWebVtt, read: readWebVtt },
  { format: 'ttml', is: isTtml, read: readTtml },
  { format: 'ass', is: isAss, read: readAss },
  { format: 'srt', is: isSrt, read: readSrt },
];

export type ParsedText = Parsed & { format: TextFormat; encoding: string };

/** Ten for each cue. Lines without a letter cost memory, too. */
const MAX_LINES = 10 * MAX_CUES;

/** Throws TextError. `hint`: where the bytes do not tell their encoding, the language does. */
export function parseText(bytes: Uint8Array, hint: { language?: string } = {}): ParsedText {
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    throw new TextError('text_too_long', `The file is larger than ${MAX_TEXT_BYTES / 2 ** 20} MB.`);
  }
  const { text, encoding } = decodeText(bytes, hint.language);
  if (text.split('\n', MAX_LINES + 1).length > MAX_LINES) {
    throw new TextError('text_too_long', `The file has more than ${MAX_LINES.toLocaleString('en')} lines.`);
  }
  const row = FORMATS.find(({ is }) => is(text));
  if (row === undefined) {
    throw new TextError('text_unreadable', 'The file is neither WebVTT, SRT, TTML nor ASS.');
  }
  const parsed = row.read(text);
  if (parsed.cues.length === 0) {
    throw new TextError('text_empty', 'The file has no cue that could be shown.');
  }
  return { format: row.format, encoding, ...parsed };
}
