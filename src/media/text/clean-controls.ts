/** Characters that are no text. Pure. */

/** They mean nothing in text, or end a line in no format. Embeddings and isolates (UAX #9) stay: subtitles in Hebrew and Arabic have them. */
const CONTROLS = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029]/gu;

export const cleanControls = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, (character) => (character === '\n' || character === '\t' ? character : ' '));
