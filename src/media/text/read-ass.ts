/** ASS and SSA, which is also what ffmpeg makes of every text track. Layers, colours, fonts and effects are dropped. */
import { type AssScript, type AssStyle, alignmentOfLegacy, assText, DEFAULT_STYLE } from './ass-text.ts';
import { timeMsOf } from './cue.ts';
import { CueList, type Parsed } from './cue-list.ts';

export const isAss = (text: string): boolean =>
  /^\s*(?:;[^\n]*\n\s*)*\[(?:script info|v4\+? styles|events)\]/i.test(text);

/** What players take where the script does not say. */
const DEFAULT_WIDTH = 384;
const DEFAULT_HEIGHT = 288;
const MAX_STYLES = 5000;
/** Of a style or an event. Styles have 23; the fields of every line are read by all names. */
const MAX_FIELDS = 40;

type Fields = ReadonlyMap<string, string>;

/** Values by the names of the section's `Format` line. The last takes the rest, commas too. */
function fieldsOf(line: string, names: readonly string[]): Fields {
  const values = line.split(',');
  const last = names.length - 1;
  const all = [...values.slice(0, last), values.slice(last).join(',')];
  return new Map(names.map((name, at) => [name, all[at] ?? '']));
}

/** -1 is true, as in Visual Basic. */
const isSet = (value: string | undefined): boolean => Number(value ?? 0) !== 0;

function styleOf(fields: Fields, isLegacy: boolean): AssStyle {
  const number = Number(fields.get('alignment'));
  const alignment = isLegacy ? alignmentOfLegacy(number) : number;
  return {
    bold: isSet(fields.get('bold')),
    italic: isSet(fields.get('italic')),
    underline: isSet(fields.get('underline')),
    alignment: Number.isInteger(alignment) && alignment >= 1 && alignment <= 9 ? alignment : DEFAULT_STYLE.alignment,
  };
}

/** `0:00:01.25`. */
function timeOf(text: string | undefined): number {
  const match = /^\s*(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,3}))?\s*$/.exec(text ?? '');
  return match === null ? Number.NaN : timeMsOf(match[1], match[2], match[3], match[4]);
}

const STYLE_FORMAT =
  'name,fontname,fontsize,primarycolour,secondarycolour,outlinecolour,backcolour,bold,italic,underline,strikeout,scalex,scaley,spacing,angle,borderstyle,outline,shadow,alignment';
const EVENT_FORMAT = 'layer,start,end,style,name,marginl,marginr,marginv,effect,text';

class AssReader {
  readonly #script: AssScript = { width: DEFAULT_WIDTH, height: DEFAULT_HEIGHT, styles: new Map() };
  readonly #list = new CueList();
  /** Outlines and shadows are often lines of their own, with the same text. */
  readonly #seen = new Set<string>();
  #section = '';
  #format = { style: STYLE_FORMAT.split(','), event: EVENT_FORMAT.split(',') };

  line(line: string): void {
    const section = /^\s*\[([^\]]{1,40})\]\s*$/.exec(line)?.[1];
    if (section !== undefined) {
      this.#section = section.toLowerCase();
      return;
    }
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, Math.max(colon, 0)).trim().toLowerCase()) {
      case 'playresx':
        this.#script.width = Number(value) > 0 ? Number(value) : DEFAULT_WIDTH;
        break;
      case 'playresy':
        this.#script.height = Number(value) > 0 ? Number(value) : DEFAULT_HEIGHT;
        break;
      case 'format':
        this.#readFormat(value);
        break;
      case 'style':
        this.#readStyle(value);
        break;
      case 'dialogue':
        this.#readDialogue(value);
        break;
    }
  }

  finish(): Parsed {
    return this.#list.finish();
  }

  #readFormat(value: string): void {
    const names = value.split(',', MAX_FIELDS).map((name) => name.trim().toLowerCase());
    this.#format[this.#section === 'events' ? 'event' : 'style'] = names;
  }

  #readStyle(value: string): void {
    const { styles } = this.#script;
    const fields = fieldsOf(value, this.#format.style);
    if (styles.size < MAX_STYLES) {
      styles.set((fields.get('name') ?? '').trim(), styleOf(fields, this.#section === 'v4 styles'));
    }
  }

  #readDialogue(value: string): void {
    const fields = fieldsOf(value, this.#format.event);
    const [startMs, endMs] = [timeOf(fields.get('start')), timeOf(fields.get('end'))];
    // Old programs wrote an asterisk before the names of styles.
    const style = this.#script.styles.get((fields.get('style') ?? '').trim().replace(/^\*+/, '')) ?? DEFAULT_STYLE;
    const { text, settings } = assText(fields.get('text') ?? '', style, this.#script);
    const key = `${startMs} ${endMs} ${text}`;
    if (Number.isNaN(startMs) || Number.isNaN(endMs)) {
      this.#list.skip();
    } else if (!this.#seen.has(key)) {
      this.#seen.add(key);
      this.#list.add({ startMs, endMs, settings, text });
    }
  }
}

export function readAss(text: string): Parsed {
  const reader = new AssReader();
  for (const line of text.split('\n')) {
    reader.line(line);
  }
  return reader.finish();
}
