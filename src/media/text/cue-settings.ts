/** Cue settings of WebVTT (4.3, parsing 6.3): those that the grammar allows, in one order. */

const PERCENTAGE = String.raw`(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%`;
const GRAMMAR: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    vertical: /^(?:rl|lr)$/,
    line: new RegExp(`^(?:${PERCENTAGE}|-?\\d{1,3})(?:,(?:start|center|end))?$`),
    position: new RegExp(`^${PERCENTAGE}(?:,(?:line-left|center|line-right))?$`),
    size: new RegExp(`^${PERCENTAGE}$`),
    align: /^(?:start|center|end|left|right)$/,
  }),
);

/** `region` is left out, because regions are. A setting that is given twice has its last value, as in players. */
export function cueSettings(text: string): string {
  const given = new Map<string, string>();
  for (const setting of text.split(/[ \t]+/)) {
    const colon = setting.indexOf(':');
    const [name, value] = [setting.slice(0, Math.max(colon, 0)), setting.slice(colon + 1)];
    // Of older files; players of today do not know it.
    const spelled = name === 'align' && value === 'middle' ? 'center' : value;
    if (GRAMMAR.get(name)?.test(spelled) === true) {
      given.set(name, spelled);
    }
  }
  return [...GRAMMAR.keys()]
    .filter((name) => given.has(name))
    .map((name) => `${name}:${given.get(name)}`)
    .join(' ');
}

/** Height of a line of text in players, per cent of the picture's: WebVTT 7.4 gives text 5 %. */
const LINE_PERCENT = 6;
/** Text that ends below is where players put text anyway, and move it out of the way of their controls. */
const BOTTOM_PERCENT = 85;

export type Placement = {
  /** Which point of the text stands at x and y, per cent of the picture; without x or y: where players put it. */
  horizontal: 'left' | 'center' | 'right' | 'start' | 'end';
  vertical: 'top' | 'middle' | 'bottom';
  x?: number;
  y?: number;
  /** Width of the box, per cent. */
  size?: number;
  lines: number;
};

/** Text at the side keeps this distance from it, per cent. */
const MARGIN_PERCENT = 5;

/** Of an alignment in ASS, as on a keypad: 1 is bottom left, 8 is top centre. */
export function placementOf(alignment: number): Pick<Placement, 'horizontal' | 'vertical' | 'x'> {
  const vertical = (['bottom', 'middle', 'top'] as const)[Math.floor((alignment - 1) / 3)] ?? 'bottom';
  const horizontal = (['left', 'center', 'right'] as const)[(alignment - 1) % 3] ?? 'center';
  const x = { left: MARGIN_PERCENT, center: 50, right: 100 - MARGIN_PERCENT }[horizontal];
  return { horizontal, vertical, x };
}

const percent = (value: number): string => `${Math.round(Math.min(Math.max(value, 0), 100) * 100) / 100}%`;

/**
 * `line` is always that of the top: few players know `line:…,end`, and would drop the setting. So text that grows upwards
 * is placed by the height that its lines will have.
 */
function lineOf({ vertical, y, lines }: Placement): string[] {
  if (y === undefined) {
    return vertical === 'bottom'
      ? []
      : [vertical === 'top' ? 'line:0' : `line:${percent(50 - (lines * LINE_PERCENT) / 2)}`];
  }
  if (vertical === 'bottom' && y >= BOTTOM_PERCENT) {
    return [];
  }
  const above = { top: 0, middle: 0.5, bottom: 1 }[vertical] * lines * LINE_PERCENT;
  return [`line:${percent(y - above)}`];
}

export function placementSettings(placement: Placement): string {
  const { horizontal, x, size } = placement;
  const settings = [
    ...lineOf(placement),
    ...(x === undefined || (horizontal === 'center' && Math.abs(x - 50) < 1) ? [] : [`position:${percent(x)}`]),
    ...(size === undefined || size >= 99.5 || size <= 0 ? [] : [`size:${percent(size)}`]),
    ...(horizontal === 'center' ? [] : [`align:${horizontal}`]),
  ];
  return settings.join(' ');
}
