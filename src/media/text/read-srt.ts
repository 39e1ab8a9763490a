/** SubRip, as people and programs write it: numbers and blank lines mean little, the lines with times everything. */
import { CueList, type Parsed } from './cue-list.ts';
import { cueText } from './cue-markup.ts';
import { placementOf, placementSettings } from './cue-settings.ts';
import { readTimings, type Timings } from './timings.ts';

export const isSrt = (text: string): boolean => {
  const first = /^[^\n]{0,500}-->[^\n]*$/m.exec(text)?.[0];
  return first !== undefined && readTimings(first) !== undefined;
};

/** Overrides of ASS in SRT: `{\an8}` places the text, the others are dropped. */
const OVERRIDE = /\{\\[^{}\n]{0,500}\}/g;
const ALIGNMENT = /\{\\an([1-9])\}/;

const NUMBER = /^\s*\d+\s*$/;

/** Lines between two lines of times. The last is the next cue's number, unless it is all that the cue has. */
function textOf(lines: readonly string[], isLast: boolean): string {
  const hasNumber = !isLast && lines.length > 1 && NUMBER.test(lines.at(-1) ?? '');
  return (hasNumber ? lines.slice(0, -1) : lines).join('\n');
}

function add(list: CueList, { startMs, endMs }: Timings, marked: string): void {
  const text = cueText(marked.replace(OVERRIDE, ''));
  const alignment = ALIGNMENT.exec(marked)?.[1];
  const lines = text.split('\n').length;
  const settings = alignment === undefined ? '' : placementSettings({ ...placementOf(Number(alignment)), lines });
  list.add({ startMs, endMs, settings, text });
}

export function readSrt(text: string): Parsed {
  const list = new CueList();
  const lines = text.split('\n');
  let open: { timings: Timings; first: number } | undefined;
  for (const [at, line] of lines.entries()) {
    const timings = readTimings(line);
    if (timings !== undefined) {
      if (open !== undefined) {
        add(list, open.timings, textOf(lines.slice(open.first, at), false));
      }
      open = { timings, first: at + 1 };
    } else if (line.includes('-->')) {
      list.skip();
    }
  }
  if (open !== undefined) {
    add(list, open.timings, textOf(lines.slice(open.first), true));
  }
  return list.finish();
}
