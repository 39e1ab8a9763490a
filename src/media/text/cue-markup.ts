/**
 * Cue text from marked text (WebVTT, SRT): the tags of WebVTT 4.2.2 are kept and balanced, tags that only colour are
 * dropped, and everything else is escaped, so that it is shown as text.
 */
import { cleanControls } from './clean-controls.ts';
import { timeMsOf, timestampTag } from './cue.ts';

const KEPT: ReadonlySet<string> = new Set(['b', 'i', 'u', 'c', 'v', 'lang', 'ruby', 'rt']);
/** Their tags have an annotation: a voice's name, a language. */
const ANNOTATED: ReadonlySet<string> = new Set(['v', 'lang']);
/** Of SRT in the wild: their text stays. */
const DROPPED: ReadonlySet<string> = new Set(['font', 's', 'strike', 'span']);

/** Spans in spans. Deeper ones are dropped; people write three. */
const MAX_DEPTH = 16;
const MAX_ANNOTATION = 100;
/** Of all classes of a tag. Tags with more have none. */
const MAX_CLASSES = 100;

/** Timestamp, or a tag: slash, name, classes, annotation. No `<` inside, so that a stray one costs one step. */
const TAG = /<(?:((?:\d{2,4}:)?[0-5]\d:[0-5]\d\.\d{3})|(\/?)([A-Za-z]+)((?:\.[^\s.<>&]+)*)(?:[ \t\n]([^<>]*))?\/?)>/g;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
  lrm: '\u200E',
  rlm: '\u200F',
};
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g;

const characterOf = (codePoint: number): string =>
  codePoint <= 0x10_ff_ff ? cleanControls(String.fromCodePoint(codePoint)).replace('\n', ' ') : ' ';

export const unescapeText = (text: string): string =>
  text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) {
      return NAMED[name] ?? whole;
    }
    return characterOf(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal));
  });

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text as WebVTT cue text that shows it. */
export const escapeText = (text: string): string =>
  /[&<>]/.test(text) ? text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? '') : text;

const BLANKS = ' \t\f\uFEFF';

/** By loops: a pattern for the end of a line tries every blank inside it, and takes minutes for a million. */
function trimBlanks(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && BLANKS.includes(line.charAt(start))) {
    start += 1;
  }
  while (end > start && BLANKS.includes(line.charAt(end - 1))) {
    end -= 1;
  }
  return line.slice(start, end);
}

/** An empty line would end the cue (WebVTT 4.1); blanks at the ends of lines only move centred text. */
export const tidyLines = (text: string): string =>
  text
    .split('\n')
    .map(trimBlanks)
    .filter((line) => line !== '')
    .join('\n');

const retext = (text: string): string => escapeText(text.includes('&') ? unescapeText(text) : text);

/** Spans that are open, innermost last. */
class OpenSpans {
  readonly #names: string[] = [];

  open(name: string, classes: string, annotation: string): string {
    if (this.#names.length >= MAX_DEPTH) {
      return '';
    }
    this.#names.push(name);
    // `-->` would begin another cue.
    return `${`<${name}${classes} ${annotation}`.trimEnd().replace(/[-. ]*-$/, '')}>`;
  }

  /** Closes what was opened inside as well; what was not opened is not closed. */
  close(name: string): string {
    const at = this.#names.lastIndexOf(name);
    return at === -1 ? '' : this.closeFrom(at);
  }

  closeFrom(at: number): string {
    return this.#names
      .splice(at)
      .reverse()
      .map((name) => `</${name}>`)
      .join('');
  }
}

const annotationOf = (text: string): string =>
  escapeText(unescapeText(text).replace(/\s+/g, ' ').trim().slice(0, MAX_ANNOTATION).toWellFormed().trim());

function tagOf(spans: OpenSpans, match: RegExpExecArray): string {
  const [whole, timestamp, slash, name = '', classes = '', annotation = ''] = match;
  if (timestamp !== undefined) {
    const [fraction, seconds, minutes, hours] = timestamp.split(/[:.]/).reverse();
    return timestampTag(timeMsOf(hours, minutes, seconds, fraction));
  }
  const kind = name.toLowerCase();
  if (!KEPT.has(kind)) {
    return DROPPED.has(kind) ? '' : retext(whole);
  }
  return slash === '/'
    ? spans.close(kind)
    : spans.open(
        kind,
        classes.length > MAX_CLASSES ? '' : classes,
        ANNOTATED.has(kind) ? annotationOf(annotation) : '',
      );
}

/** Idempotent: what it gives it takes, and gives again. */
export function cueText(marked: string): string {
  if (!/[<>&]/.test(marked)) {
    return tidyLines(marked);
  }
  const spans = new OpenSpans();
  let text = '';
  let at = 0;
  for (const match of marked.matchAll(TAG)) {
    text += retext(marked.slice(at, match.index)) + tagOf(spans, match);
    at = match.index + match[0].length;
  }
  return tidyLines(text + retext(marked.slice(at)) + spans.closeFrom(0));
}

/** What a cue says, without its tags. */
export const plainText = (text: string): string => unescapeText(text.replace(/<[^>]*>/g, ''));
