/** Text from outside: what is a valid label, and how to show text safely. Pure. */
import { z } from 'zod';

/** They move a terminal's cursor, end a line, or are not characters. */
const CONTROLS = '\\p{Cc}\\p{Cs}\\p{Noncharacter_Code_Point}\\u2028\\u2029';
/** The rest changes the direction of the text around it. LRM, RLM and joiners are allowed: scripts need them. */
export const UNPRINTABLE = new RegExp(`[${CONTROLS}\\u202A-\\u202E\\u2066-\\u2069]`, 'gu');
const UNPRINTABLE_RUN = new RegExp(`${UNPRINTABLE.source}+`, 'gu');

/** One line that is safe to show anywhere, including a terminal. */
export const cleanLine = (text: string): string => text.replace(UNPRINTABLE_RUN, ' ');

/** The same for text of several lines, such as the output of a program. */
export const cleanText = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => (character === '\n' || character === '\t' ? character : ' '));

/** Embeddings and overrides end with PDF, isolates with PDI (UAX #9, 2.2 to 2.5). */
const EMBEDDINGS = '\u202A\u202B\u202D\u202E';
const PDF = '\u202C';
const ISOLATES = '\u2066\u2067\u2068';
const PDI = '\u2069';

/** Whether the direction that the text sets ends with it, so that it cannot affect the text shown after it. */
function isBidiBalanced(text: string): boolean {
  const closings: string[] = [];
  for (const character of text) {
    if (EMBEDDINGS.includes(character)) {
      closings.push(PDF);
    } else if (ISOLATES.includes(character)) {
      closings.push(PDI);
    } else if ((character === PDF || character === PDI) && closings.pop() !== character) {
      return false;
    }
  }
  return closings.length === 0;
}

const CONTROL_BUT_LINES = new RegExp(`(?![\\n\\t])[${CONTROLS}]`, 'u');
const isParagraphs = (text: string): boolean => !CONTROL_BUT_LINES.test(text) && text.split('\n').every(isBidiBalanced);

/** A description: lines of Unicode text, which may be empty. Lines end as they do on Unix. */
export const paragraphsSchema = (maxLength: number) =>
  z
    .string()
    .overwrite((text) => text.replaceAll('\r\n', '\n'))
    .trim()
    .min(1)
    .max(maxLength)
    .refine(isParagraphs, {
      message: 'must be text without control characters and with balanced bidirectional formatting',
    });

const CONTROL = new RegExp(`[${CONTROLS}]`, 'u');
const isLabel = (text: string): boolean => !CONTROL.test(text) && isBidiBalanced(text);

/** A name, title or reason: one line of Unicode text. Not normalised. */
export const labelSchema = (maxLength: number) =>
  z.string().trim().min(1).max(maxLength).refine(isLabel, {
    message: 'must be one line of text without control characters and with balanced bidirectional formatting',
  });
