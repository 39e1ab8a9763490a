/**
 * TTML in all its dialects (TTML1 and 2, IMSC1 text, EBU-TT-D, SMPTE-TT, DFXP): their elements and attributes have the same
 * names, so prefixes and namespaces are not compared. Document types are refused, so entities cannot expand.
 */
import { SaxesParser } from 'saxes';
import { cleanControls } from './clean-controls.ts';
import { TextError } from './cue.ts';
import { CueList, type Parsed } from './cue-list.ts';
import { type TimedRun, timedTextsOf } from './ttml-paragraph.ts';
import { PLAIN, Sheet, styleOf, type TtmlStyle } from './ttml-style.ts';
import { type Attributes, type Clock, clockOf, ttmlTimeMs } from './ttml-time.ts';

export const isTtml = (text: string): boolean => /^\s*<(?:\?xml\s|!DOCTYPE|!--|(?:[\w-]{1,40}:)?tt[\s>])/i.test(text);

/** Documents have about ten. */
const MAX_DEPTH = 64;

type Element = {
  name: string;
  startMs: number;
  endMs: number;
  /** Children follow each other (timeContainer="seq"): where the next begins. */
  isSequence: boolean;
  nextMs: number;
  style: TtmlStyle;
  region: string | undefined;
  keepsSpace: boolean;
  attributes: Attributes;
};

const ROOT: Element = {
  name: '',
  startMs: 0,
  endMs: Number.POSITIVE_INFINITY,
  isSequence: false,
  nextMs: 0,
  style: PLAIN,
  region: undefined,
  keepsSpace: false,
  attributes: new Map(),
};

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

class TtmlReader {
  readonly #list = new CueList();
  readonly #sheet = new Sheet();
  readonly #open: Element[] = [];
  #clock: Clock = clockOf(new Map());
  #runs: TimedRun[] = [];
  #hasPictures = false;

  open(name: string, attributes: Attributes): void {
    if (this.#open.length === 0) {
      this.#readRoot(name, attributes);
    }
    if (this.#open.length >= MAX_DEPTH) {
      throw new TextError('text_unreadable', `The file nests elements more than ${MAX_DEPTH} deep.`);
    }
    const parent = this.#open.at(-1) ?? ROOT;
    const element = this.#elementOf(name, attributes, parent);
    this.#open.push(element);
    if (name === 'p') {
      this.#runs = [];
    } else if (name === 'style' && parent.name === 'region') {
      this.#sheet.addRegion(parent.attributes, attributes);
    } else if (name === 'style') {
      this.#sheet.addStyle(attributes);
    } else if (name === 'region') {
      this.#sheet.addRegion(attributes);
    } else if (name === 'br') {
      this.#addRun('\n', parent);
    } else if (name === 'image' || attributes.has('backgroundImage')) {
      this.#hasPictures = true;
    }
  }

  text(given: string): void {
    const element = this.#open.at(-1);
    // Again: references to characters are resolved.
    const text = cleanControls(given);
    if (element?.name === 'p' || element?.name === 'span') {
      this.#addRun(element.keepsSpace ? text : text.replace(/[ \t\n]+/g, ' '), element);
    }
  }

  close(): void {
    const element = this.#open.pop();
    const parent = this.#open.at(-1);
    if (element === undefined) {
      return;
    }
    if (parent !== undefined) {
      parent.nextMs = Math.max(parent.nextMs, Number.isFinite(element.endMs) ? element.endMs : element.nextMs);
    }
    if (element.name === 'p') {
      this.#finishParagraph(element);
    }
  }

  finish(): Parsed {
    const parsed = this.#list.finish();
    if (parsed.cues.length === 0 && this.#hasPictures) {
      throw new TextError('text_empty', 'The file has pictures of subtitles, no text.');
    }
    return parsed;
  }

  #readRoot(name: string, attributes: Attributes): void {
    if (name !== 'tt') {
      throw new TextError('text_unreadable', 'The file is XML, but not TTML: its root element is not “tt”.');
    }
    this.#clock = clockOf(attributes);
    this.#sheet.setRoot(attributes);
  }

  #elementOf(name: string, attributes: Attributes, parent: Element): Element {
    // A style may refer to one that comes later, so its own references wait until it is used.
    const styled = name === 'style' ? attributes : this.#sheet.withStyles(attributes);
    const startMs = this.#startOf(attributes, parent);
    return {
      name,
      startMs,
      endMs: this.#endOf(attributes, startMs, parent),
      isSequence: attributes.get('timeContainer') === 'seq',
      nextMs: startMs,
      style: styleOf(styled, parent.style),
      region: attributes.get('region') ?? parent.region,
      keepsSpace: attributes.has('space') ? attributes.get('space') === 'preserve' : parent.keepsSpace,
      attributes,
    };
  }

  /** Times count from the parent's begin, or in a sequence from the end of what came before (TTML2 12.2.4). */
  #startOf(attributes: Attributes, parent: Element): number {
    const begin = attributes.get('begin');
    const from = parent.isSequence ? parent.nextMs : parent.startMs;
    return from + (begin === undefined ? 0 : ttmlTimeMs(begin, this.#clock));
  }

  #endOf(attributes: Attributes, startMs: number, parent: Element): number {
    const [end, duration] = [attributes.get('end'), attributes.get('dur')];
    const from = parent.isSequence ? parent.nextMs : parent.startMs;
    return Math.min(
      parent.endMs,
      end === undefined ? Number.POSITIVE_INFINITY : from + ttmlTimeMs(end, this.#clock),
      duration === undefined ? Number.POSITIVE_INFINITY : startMs + ttmlTimeMs(duration, this.#clock),
    );
  }

  #addRun(text: string, { style, startMs, endMs }: Element): void {
    if (!style.isHidden) {
      const { bold, italic, underline } = style;
      this.#runs.push({ text, bold, italic, underline, startMs: Math.round(startMs), endMs: Math.round(endMs) });
    }
  }

  #finishParagraph({ region: id, style }: Element): void {
    const texts = timedTextsOf(this.#runs);
    this.#runs = [];
    if (texts === undefined) {
      this.#list.skip();
      return;
    }
    const region = this.#sheet.region(id);
    const textAlign = style.textAlign ?? region?.get('textAlign');
    for (const { startMs, endMs, text } of texts) {
      const settings = this.#sheet.settings(region, textAlign, text.split('\n').length);
      this.#list.add({ startMs, endMs, settings, text });
    }
  }
}

/** Throws TextError. */
export function readTtml(text: string): Parsed {
  const reader = new TtmlReader();
  const parser = new SaxesParser();
  parser.ENTITIES['nbsp'] = '\u00A0';
  parser.on('doctype', () => {
    throw new TextError('text_unreadable', 'The file has a document type declaration (DOCTYPE), which is not allowed.');
  });
  parser.on('opentag', ({ name, attributes }) => {
    const entries = Object.entries(attributes).map(([key, value]) => [localName(key), value] as const);
    reader.open(localName(name), new Map(entries));
  });
  parser.on('text', (run) => reader.text(run));
  parser.on('cdata', (run) => reader.text(run));
  parser.on('closetag', () => reader.close());
  try {
    parser.write(text).close();
  } catch (error) {
    throw error instanceof TextError
      ? error
      : new TextError('text_unreadable', `The file is no valid XML: see its line ${parser.line}.`, { cause: error });
  }
  return reader.finish();
}
