/** The geometry of a column chart, as SVG paths. Pure. */

export type Frame = { width: number; height: number; left: number; right: number; top: number; bottom: number };

export const plotWidth = ({ width, left, right }: Frame): number => Math.max(1, width - left - right);
const plotHeight = ({ height, top, bottom }: Frame): number => Math.max(1, height - top - bottom);

/** The left edge of a column. With `index` = `count`, the right edge of the last one. */
export const columnX = (frame: Frame, index: number, count: number): number =>
  frame.left + (plotWidth(frame) * index) / count;

export const valueY = (frame: Frame, value: number, max: number): number =>
  frame.top + plotHeight(frame) * (1 - value / max);

/** The index of the column at `x`, limited to the existing columns. */
export function columnAt(frame: Frame, x: number, count: number): number {
  const index = Math.floor(((x - frame.left) / plotWidth(frame)) * count);
  return Math.min(count - 1, Math.max(0, index));
}

/** The gap between bars: a share of the column's width, up to a maximum. */
const GAP_SHARE = 0.22;
const GAP_PX_MAX = 6;
/** A value above 0 is always visible. */
const BAR_PX_MIN = 1.5;

const px = (value: number): string => value.toFixed(1);

/** One path per layer. Layers are stacked in their order; `columns[i][k]` is layer k of column i. */
export function barPaths(frame: Frame, columns: readonly (readonly number[])[], max: number): string[] {
  const paths: string[] = [];
  columns.forEach((values, index) => {
    const left = columnX(frame, index, columns.length);
    const wide = columnX(frame, index + 1, columns.length) - left;
    const gap = Math.min(GAP_PX_MAX, wide * GAP_SHARE);
    let base = frame.height - frame.bottom;
    values.forEach((value, layer) => {
      paths[layer] ??= '';
      if (value > 0) {
        const tall = Math.max(BAR_PX_MIN, (value / max) * plotHeight(frame));
        paths[layer] += `M${px(left + gap / 2)} ${px(base)}v${px(-tall)}h${px(wide - gap)}v${px(tall)}Z`;
        base -= tall;
      }
    });
  });
  return paths;
}

/** A step line from the left edge to the right. `area` closes it along the bottom. */
export function stepPath(frame: Frame, values: readonly number[], max: number): { line: string; area: string } {
  if (values.length === 0) {
    return { line: '', area: '' };
  }
  const steps = values.map((value, index) => {
    const y = px(valueY(frame, value, max));
    return `${index === 0 ? `M${px(columnX(frame, 0, values.length))} ${y}` : `V${y}`}H${px(columnX(frame, index + 1, values.length))}`;
  });
  const line = steps.join('');
  return { line, area: `${line}V${frame.height - frame.bottom}H${frame.left}Z` };
}
