/** Text whose styles are properties of its parts (ASS, TTML), as WebVTT cue text. */
import { escapeText, tidyLines } from './cue-markup.ts';

export type TextStyle = { bold: boolean; italic: boolean; underline: boolean };
export type Run = TextStyle & { text: string };

const isLike = (a: TextStyle, b: TextStyle): boolean =>
  a.bold === b.bold && a.italic === b.italic && a.underline === b.underline;

const inTag = (name: string, isOn: boolean, text: string): string => (isOn ? `<${name}>${text}</${name}>` : text);

const marked = ({ text, bold, italic, underline }: Run): string =>
  inTag('b', bold, inTag('i', italic, inTag('u', underline, escapeText(text))));

function joinLike(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last !== undefined && isLike(last, run)) {
      last.text += run.text;
    } else {
      joined.push({ ...run });
    }
  }
  return joined;
}

/** Empty where the runs have nothing but blanks. */
export const textOfRuns = (runs: readonly Run[]): string =>
  runs.every(({ text }) => text.trim() === '') ? '' : tidyLines(joinLike(runs).map(marked).join(''));
