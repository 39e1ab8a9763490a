/** A line of the last minute beside a number: shape without axes. Decoration, hidden from screen readers. */

/** Readings kept; at two a second this is one minute. */
const SAMPLES_MAX = 120;
const WIDTH = 120;
const HEIGHT = 24;
const SVG = 'http://www.w3.org/2000/svg';

export type Sparkline = { element: SVGSVGElement; push(value: number): void };

export function createSparkline(): Sparkline {
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  element.setAttribute('preserveAspectRatio', 'none');
  element.setAttribute('aria-hidden', 'true');
  element.classList.add('sparkline');
  const area = document.createElementNS(SVG, 'path');
  area.classList.add('sparkline-area');
  const line = document.createElementNS(SVG, 'path');
  line.classList.add('sparkline-line');
  element.append(area, line);
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

/** The newest sample stands at the right edge; the highest touches the top. */
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
