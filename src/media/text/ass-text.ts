/** The text of an ASS event: overrides in braces, escapes of lines and blanks. */
import { placementOf, placementSettings } from './cue-settings.ts';
import { type Run, type TextStyle, textOfRuns } from './styled-text.ts';

/** What a style or its override says. `alignment` as on a keypad. */
export type AssStyle = TextStyle & { alignment: number };
export type AssScript = { width: number; height: number; styles: Map<string, AssStyle> };

export const DEFAULT_STYLE: AssStyle = { bold: false, italic: false, underline: false, alignment: 2 };

/** SSA and `\a`: 1 to 3 at the bottom, 5 to 7 at the top, 9 to 11 in the middle. */
export function alignmentOfLegacy(number: number): number {
  const row = [1, 7, 4][number >> 2];
  const column = (number & 3) - 1;
  return row === undefined || column < 0 ? DEFAULT_STYLE.alignment : row + column;
}

/** A block of overrides, an escape, or text up to either. */
const TOKEN = /\{([^{}]*)\}|\\([Nnh])|[^{\\]+|[{\\]/g;
const OVERRIDE = /\\(an\d|a\d+|b\d+|b(?![a-z])|i[01]?(?![a-z])|u[01]?(?![a-z])|p\d+|r[^\\]*|(?:pos|move)\([^)\\]*\)?)/g;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['N', '\n'],
  ['n', ' '],
  ['h', '\u00A0'],
]);

/** Weights of `\b`: 1 and 700 are bold. */
const BOLD_WEIGHT = 600;

type Position = { x: number; y: number };

class AssText {
  readonly #runs: Run[] = [];
  readonly #script: AssScript;
  readonly #base: AssStyle;
  #style: AssStyle;
  /** Of the whole event: the first counts. */
  #alignment: number | undefined;
  #position: Position | undefined;
  #isDrawing = false;

  constructor(style: AssStyle, script: AssScript) {
    this.#base = style;
    this.#style = style;
    this.#script = script;
  }

  text(text: string): void {
    // Numbers and letters of a drawing are no text.
    if (!this.#isDrawing) {
      const { bold, italic, underline } = this.#style;
      this.#runs.push({ text, bold, italic, underline });
    }
  }

  override(tag: string): void {
    const number = Number(/\d+/.exec(tag)?.[0] ?? Number.NaN);
    if (tag.startsWith('pos') || tag.startsWith('move')) {
      this.#place(tag);
    } else if (tag.startsWith('an')) {
      this.#alignment ??= number >= 1 ? number : undefined;
    } else if (tag.startsWith('a')) {
      this.#alignment ??= alignmentOfLegacy(number);
    } else if (tag.startsWith('p')) {
      this.#isDrawing = number > 0;
    } else if (tag.startsWith('r')) {
      this.#style = this.#script.styles.get(tag.slice(1).trim()) ?? this.#base;
    } else {
      this.#switch(tag, number);
    }
  }

  finish(): { text: string; settings: string } {
    const text = textOfRuns(this.#runs);
    const anchored = placementOf(this.#alignment ?? this.#base.alignment);
    const lines = text.split('\n').length;
    return { text, settings: placementSettings({ ...anchored, ...this.#position, lines }) };
  }

  /** Without a number: back to the style's own. */
  #switch(tag: string, number: number): void {
    const { bold, italic, underline } = this.#base;
    const isOn = (base: boolean): boolean => (Number.isNaN(number) ? base : number === 1);
    const change: Partial<AssStyle> =
      {
        b: { bold: number >= BOLD_WEIGHT || isOn(bold) },
        i: { italic: isOn(italic) },
        u: { underline: isOn(underline) },
      }[tag[0] ?? ''] ?? {};
    this.#style = { ...this.#style, ...change };
  }

  #place(tag: string): void {
    const [x = Number.NaN, y = Number.NaN] = tag
      .slice(tag.indexOf('(') + 1)
      .replace(')', '')
      .split(',')
      .map(Number);
    if (Number.isFinite(x) && Number.isFinite(y)) {
      this.#position ??= { x: (x / this.#script.width) * 100, y: (y / this.#script.height) * 100 };
    }
  }
}

export function assText(event: string, style: AssStyle, script: AssScript): { text: string; settings: string } {
  const reader = new AssText(style, script);
  for (const [token, overrides, escaped] of event.matchAll(TOKEN)) {
    if (overrides === undefined) {
      reader.text(ESCAPES.get(escaped ?? '') ?? token);
      continue;
    }
    for (const [, tag = ''] of overrides.matchAll(OVERRIDE)) {
      reader.override(tag);
    }
  }
  return reader.finish();
}
