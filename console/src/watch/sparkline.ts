/** A small chart of the last minute beside a number, without axes. It is hidden from screen readers. */
import { makeSvg } from '../make.ts';

/** One minute, at two readings per second. */
const SAMPLES_MAX = 120;
const WIDTH = 120;
const HEIGHT = 24;

export type Sparkline = { element: SVGSVGElement; push(value: number): void };

export function createSparkline(): Sparkline {
  const area = makeSvg('path', { class: 'sparkline-area' });
  const line = makeSvg('path', { class: 'sparkline-line' });
  const frame = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' };
  const element = makeSvg('svg', { class: 'sparkline', ...frame }, area, line);
  const samples: number[] = [];
  return {
    element,
    push(value) {
      samples.push(value);
      if (samples.length > SAMPLES_MAX) {
        samples.shift();
      }
      const path = linePath(samples);
      line.setAttribute('d', path);
      area.setAttribute('d', path === '' ? '' : `${path}V${HEIGHT}H0Z`);
    },
  };
}

/** The newest sample is at the right edge, and the highest one at the top. */
function linePath(samples: readonly number[]): string {
  const top = Math.max(...samples);
  if (samples.length < 2 || !(top > 0)) {
    return '';
  }
  const step = WIDTH / (samples.length - 1);
  const points = samples.map((value, index) => {
    const y = HEIGHT - 1 - (value / top) * (HEIGHT - 3);
    return `${(index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
