/** Styles and regions of TTML (TTML2 8 to 10) as far as WebVTT can say them. */
import { type Placement, placementSettings } from './cue-settings.ts';
import type { TextStyle } from './styled-text.ts';
import type { Attributes } from './ttml-time.ts';

export type TtmlStyle = TextStyle & { isHidden: boolean; textAlign: string | undefined };
export const PLAIN: TtmlStyle = { bold: false, italic: false, underline: false, isHidden: false, textAlign: undefined };

/** More are ignored. Programs that write a style for each cue make thousands. */
const MAX_SHEET_ENTRIES = 10_000;

/** Styles that an element refers to. More are ignored. */
const MAX_REFERENCES = 32;

/** The others are dropped: styles take over those of the styles that they refer to, so each would be in all of them. */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['id', 'style', 'fontWeight', 'fontStyle', 'textDecoration', 'display', 'visibility', 'textAlign'],
  ...['origin', 'extent', 'displayAlign', 'writingMode'],
]);

const NONE: Attributes = new Map();

/** Own attributes, else those of the parent. */
export function styleOf(attributes: Attributes, parent: TtmlStyle): TtmlStyle {
  const from = <T>(name: string, read: (value: string) => T, inherited: T): T => {
    const value = attributes.get(name);
    return value === undefined ? inherited : read(value);
  };
  return {
    bold: from('fontWeight', (value) => value === 'bold', parent.bold),
    italic: from('fontStyle', (value) => value === 'italic' || value === 'oblique', parent.italic),
    underline: from('textDecoration', (value) => /(^|\s)underline(\s|$)/.test(value), parent.underline),
    isHidden: parent.isHidden || attributes.get('display') === 'none' || attributes.get('visibility') === 'hidden',
    textAlign: attributes.get('textAlign') ?? parent.textAlign,
  };
}

/** The head of a document: styles that refer to each other, regions, and the units of lengths. */
export class Sheet {
  readonly #styles = new Map<string, Attributes>();
  readonly #regions = new Map<string, Attributes>();
  readonly #resolved = new Map<string, Attributes>();
  #units = new Map<string, readonly [number, number]>();

  setRoot(root: Attributes): void {
    const pairOf = (text = ''): [number, number] => {
      const [x = Number.NaN, y = Number.NaN] = text.split(/\s+/).map(Number.parseFloat);
      return [x, y];
    };
    this.#units = new Map([
      ['%', [100, 100]],
      ['c', pairOf(root.get('cellResolution') ?? '32 15')],
      ['px', pairOf(root.get('extent'))],
    ]);
  }

  addStyle(attributes: Attributes): void {
    add(this.#styles, attributes);
  }

  /** Again with more attributes: from styles inside the region. */
  addRegion(attributes: Attributes, more: Attributes = NONE): void {
    const known = this.#regions.get(attributes.get('id') ?? '') ?? NONE;
    add(this.#regions, new Map([...known, ...more, ...attributes]));
  }

  region(id: string | undefined): Attributes | undefined {
    const region = this.#regions.get(id ?? '');
    return region && this.withStyles(region);
  }

  /** The attributes with those of the styles that they refer to: own ones first, then the last style's (TTML2 8.4.1). */
  withStyles(attributes: Attributes): Attributes {
    const references = attributes.get('style')?.trim();
    if (references === undefined || references === '') {
      return attributes;
    }
    const styles = references.split(/\s+/, MAX_REFERENCES).map((id) => this.#resolve(id));
    return new Map([...styles.flatMap((style) => [...style]), ...attributes]);
  }

  /** Each style once, whatever refers to it; a style that refers to itself adds nothing. */
  #resolve(id: string): Attributes {
    const known = this.#resolved.get(id);
    if (known !== undefined) {
      return known;
    }
    this.#resolved.set(id, NONE);
    const style = this.#styles.get(id) ?? NONE;
    const resolved = this.withStyles(style);
    this.#resolved.set(id, resolved);
    return resolved;
  }

  /** `10% 80%`, per cent of the picture; undefined where it is something else. */
  #pair(text: string | undefined): [number, number] | undefined {
    const [, x, xUnit = '', y, yUnit = ''] =
      /^\s*([\d.]{1,20})(%|px|c)\s+([\d.]{1,20})(%|px|c)\s*$/.exec(text ?? '') ?? [];
    const pair: [number, number] = [
      (Number(x) / (this.#units.get(xUnit)?.[0] ?? Number.NaN)) * 100,
      (Number(y) / (this.#units.get(yUnit)?.[1] ?? Number.NaN)) * 100,
    ];
    return pair.every(Number.isFinite) ? pair : undefined;
  }

  settings(region: Attributes | undefined, textAlign: string | undefined, lines: number): string {
    const horizontal = horizontalOf(textAlign ?? (region === undefined ? 'center' : 'start'));
    if (region === undefined) {
      return placementSettings({ horizontal, vertical: 'bottom', lines });
    }
    const vertical = verticalSetting(region.get('writingMode'));
    if (vertical !== undefined) {
      return vertical;
    }
    const [left, top] = this.#pair(region.get('origin')) ?? [0, 0];
    const [width, height] = this.#pair(region.get('extent')) ?? [100 - left, 100 - top];
    const across = { left: 0, start: 0, center: 0.5, right: 1, end: 1 }[horizontal];
    const align = ALIGNS.get(region.get('displayAlign') ?? 'before') ?? 'top';
    const down = { top: 0, middle: 0.5, bottom: 1 }[align];
    return placementSettings({
      horizontal,
      vertical: align,
      x: left + across * width,
      y: top + down * height,
      size: width,
      lines,
    });
  }
}

function add(entries: Map<string, Attributes>, attributes: Attributes): void {
  const id = attributes.get('id');
  if (id !== undefined && (entries.has(id) || entries.size < MAX_SHEET_ENTRIES)) {
    entries.set(id, new Map([...attributes].filter(([name]) => KNOWN_ATTRIBUTES.has(name))));
  }
}

const ALIGNS: ReadonlyMap<string, Placement['vertical']> = new Map([
  ['before', 'top'],
  ['center', 'middle'],
  ['after', 'bottom'],
]);

const horizontalOf = (textAlign: string): Placement['horizontal'] =>
  (['left', 'right', 'start', 'end'] as const).find((value) => value === textAlign) ?? 'center';

function verticalSetting(writingMode = ''): string | undefined {
  if (writingMode === 'tblr') {
    return 'vertical:lr';
  }
  return writingMode === 'tb' || writingMode === 'tbrl' ? 'vertical:rl' : undefined;
}
