/** Text that people or programs outside wrote: which of it is a label, and what of it may be shown. Pure. */
import { z } from 'zod';

/** What moves a terminal's cursor, ends a line, or is no character at all. */
const CONTROLS = '\\p{Cc}\\p{Cs}\\p{Noncharacter_Code_Point}\\u2028\\u2029';
/** The rest changes the direction of what stands beside it. LRM, RLM and joiners are not here: scripts need them. */
export const UNPRINTABLE = new RegExp(`[${CONTROLS}\\u202A-\\u202E\\u2066-\\u2069]`, 'gu');
const UNPRINTABLE_RUN = new RegExp(`${UNPRINTABLE.source}+`, 'gu');

/** One line that may be shown anywhere, also on a terminal. */
export const cleanLine = (text: string): string => text.replace(UNPRINTABLE_RUN, ' ');

/** The same for text of several lines, such as the end of what a program wrote. */
export const cleanText = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => (character === '\n' || character === '\t' ? character : ' '));

/** Embeddings and overrides end with PDF, isolates with PDI (UAX #9, 2.2 to 2.5). */
const CLOSED_BY: Readonly<Record<string, string>> = {
  '\u202A': '\u202C',
  '\u202B': '\u202C',
  '\u202D': '\u202C',
  '\u202E': '\u202C',
  '\u2066': '\u2069',
  '\u2067': '\u2069',
  '\u2068': '\u2069',
};

/** Whether nothing of the direction that the text sets reaches what is shown after it. */
function isBidiBalanced(text: string): boolean {
  const open: string[] = [];
  for (const character of text) {
    const closing = CLOSED_BY[character];
    if (closing !== undefined) {
      open.push(closing);
    } else if ((character === '\u202C' || character === '\u2069') && open.pop() !== character) {
      return false;
    }
  }
  return open.length === 0;
}

const CONTROL = new RegExp(`[${CONTROLS}]`, 'u');
const isLabel = (text: string): boolean => !CONTROL.test(text) && isBidiBalanced(text);

/** A name, title or reason: one line of Unicode text, kept as it was written (not normalised). */
export const labelSchema = (maxLength: number) =>
  z.string().trim().min(1).max(maxLength).refine(isLabel, {
    message: 'must be one line of text without control characters and with balanced bidirectional formatting',
  });
