/** Totals and gauges → the Prometheus text format, version 0.0.4. Pure. */
import type { Totals } from './meter.ts';
import { COUNTERS, type Labels } from './metric-series.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Gauge = { name: string; help: string; samples: readonly { labels: Labels; value: number }[] };

/** HELP takes backslash and line feed escaped, a label value the quote as well. */
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

const header = (name: string, help: string, type: 'counter' | 'gauge'): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

export function renderExposition(totals: Totals, gauges: readonly Gauge[]): string {
  let text = '';
  for (const { name, help, series, shownAtZero } of COUNTERS) {
    text += header(name, help, 'counter');
    for (const { key, labels } of series) {
      const value = totals[key] ?? 0;
      if (value !== 0 || shownAtZero) {
        text += sample(name, labels, value);
      }
    }
  }
  for (const { name, help, samples } of gauges) {
    text += header(name, help, 'gauge');
    text += samples.map(({ labels, value }) => sample(name, labels, value)).join('');
  }
  return text;
}
