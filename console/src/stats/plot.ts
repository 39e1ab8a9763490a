/**
 * A column chart with a text above it about one column, which is chosen with the pointer or the arrow keys. It is a
 * slider for screen readers, which read that text. It is drawn at its size in pixels, so that text stays readable on a
 * phone.
 */
import { make, makeSvg } from '../make.ts';
import { barPaths, columnAt, columnX, type Frame, plotWidth, stepPath, valueY } from './plot-paths.ts';

type Column = {
  /** Stacked values, in the order of the layers. */
  values: readonly number[];
  /** The text about the column: `14:05 · 12 views`. */
  text: string;
};
export type PlotModel = {
  kind: 'bars' | 'steps';
  columns: readonly Column[];
  /** The text while no column is chosen. */
  summary: string;
  /** The last tick is the top of the chart. */
  valueTicks: readonly { value: number; label: string }[];
  /** At the middle (bars) or the start (steps) of a column. */
  ticks: (labelsMax: number) => readonly { index: number; label: string }[];
};
export type Plot = { element: HTMLElement; show(model: PlotModel): void };

const HEIGHT = 170;
const MARGINS = { left: 46, right: 6, top: 8, bottom: 24 };
/** The space for a label below the chart. */
const LABEL_PX = 76;

export function createPlot(title: string): Plot {
  const readout = make('span', { class: 'plot-readout' });
  const caption = make('figcaption', {}, make('span', { class: 'plot-title' }, title), readout);
  const surface = make('div', { class: 'plot', role: 'slider', tabindex: '0', 'aria-label': title });
  const figure = make('figure', { class: 'figure' }, caption, surface);
  const cursor = makeSvg('rect', {
    class: 'plot-cursor',
    y: MARGINS.top,
    height: HEIGHT - MARGINS.top - MARGINS.bottom,
  });
  let model: PlotModel | null = null;
  let chosen: number | null = null;
  let frame: Frame = { ...MARGINS, width: 0, height: HEIGHT };

  const choose = (index: number | null): void => {
    const columns = model?.columns ?? [];
    chosen = index === null ? null : Math.min(columns.length - 1, Math.max(0, index));
    const text = (chosen === null ? undefined : columns[chosen]?.text) ?? model?.summary ?? '';
    readout.textContent = text;
    surface.setAttribute('aria-valuemin', '1');
    surface.setAttribute('aria-valuemax', String(columns.length));
    surface.setAttribute('aria-valuenow', String((chosen ?? columns.length - 1) + 1));
    surface.setAttribute('aria-valuetext', text);
    cursor.toggleAttribute('hidden', chosen === null);
    if (chosen !== null) {
      cursor.setAttribute('x', String(columnX(frame, chosen, columns.length)));
      cursor.setAttribute('width', String(plotWidth(frame) / columns.length));
    }
  };
  const draw = (): void => {
    if (model !== null && frame.width > 0) {
      surface.replaceChildren(svgOf(model, frame, cursor));
      choose(chosen);
    }
  };

  surface.addEventListener('pointermove', ({ clientX }) => {
    const x = clientX - surface.getBoundingClientRect().left;
    choose(columnAt(frame, x, model?.columns.length ?? 1));
  });
  surface.addEventListener('pointerleave', () => choose(null));
  surface.addEventListener('blur', () => choose(null));
  surface.addEventListener('keydown', (event) => {
    const next = nextColumn(event.key, chosen, model?.columns.length ?? 0);
    if (next !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      choose(next);
    }
  });
  new ResizeObserver(([entry]) => {
    frame = { ...frame, width: Math.floor(entry?.contentRect.width ?? 0) };
    draw();
  }).observe(surface);

  return {
    element: figure,
    show(next) {
      // A chart with a different number of columns is a new one, so the choice is dropped.
      chosen = next.columns.length === model?.columns.length ? chosen : null;
      model = next;
      figure.toggleAttribute(
        'data-split',
        next.columns.some(({ values }) => values.length > 1),
      );
      draw();
    },
  };
}

/** Page Up and Page Down move by this many columns. */
const PAGE = 10;

/** The keys of a slider (WAI-ARIA practices), or `undefined`. The first key press chooses the last column. */
export function nextColumn(key: string, chosen: number | null, count: number): number | null | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -PAGE,
    PageUp: PAGE,
  };
  const step = steps[key];
  if (step !== undefined) {
    return Math.min(count - 1, Math.max(0, chosen === null ? count - 1 : chosen + step));
  }
  return { Home: 0, End: count - 1, Escape: null }[key];
}

function svgOf(model: PlotModel, frame: Frame, cursor: SVGElement): SVGSVGElement {
  const { width, height } = frame;
  const svg = makeSvg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const max = model.valueTicks.at(-1)?.value ?? 1;
  for (const { value, label } of model.valueTicks) {
    const y = valueY(frame, value, max);
    svg.append(
      makeSvg('line', { class: 'plot-line', x1: frame.left, x2: width - frame.right, y1: y, y2: y }),
      makeSvg('text', { class: 'plot-value', x: frame.left - 8, y: y + 4 }, label),
    );
  }
  svg.append(cursor, ...shapesOf(model, frame, max));
  const count = model.columns.length;
  for (const { index, label } of model.ticks(Math.max(2, Math.floor(plotWidth(frame) / LABEL_PX)))) {
    const x = columnX(frame, model.kind === 'bars' ? index + 0.5 : index, count);
    const isLast = x > width - LABEL_PX / 2;
    const place = { x: isLast ? width - frame.right : x, y: height - 6 };
    svg.append(makeSvg('text', { class: `plot-tick${isLast ? ' plot-tick-last' : ''}`, ...place }, label));
  }
  return svg;
}

function shapesOf({ kind, columns }: PlotModel, frame: Frame, max: number): SVGElement[] {
  if (kind === 'steps') {
    const firsts = columns.map(({ values }) => values[0] ?? 0);
    const { line, area } = stepPath(frame, firsts, max);
    return [makeSvg('path', { class: 'plot-area', d: area }), makeSvg('path', { class: 'plot-curve', d: line })];
  }
  const stacks = columns.map(({ values }) => values);
  return barPaths(frame, stacks, max).map((d, layer) => makeSvg('path', { class: `plot-bars layer-${layer}`, d }));
}
