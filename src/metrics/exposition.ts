/** Totals and gauges → the Prometheus text format, version 0.0.4. Pure. */
import type { Totals } from './meter.ts';
import { COUNTERS, type Labels } from './metric-series.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Gauge = { name: string; help: string; samples: readonly { labels: Labels; value: number }[] };

/** HELP escapes backslash and line feed, a label value the quote as well. */
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function metric(type: 'counter' | 'gauge', { name, help, samples }: Gauge): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

export function renderExposition(totals: Totals, gauges: readonly Gauge[]): string {
  const counters = COUNTERS.map(({ name, help, series, shownAtZero }) => {
    const samples = series.map(({ key, labels }) => ({ labels, value: totals[key] ?? 0 }));
    return metric('counter', { name, help, samples: samples.filter(({ value }) => value !== 0 || shownAtZero) });
  });
  return [...counters, ...gauges.map((gauge) => metric('gauge', gauge))].join('');
}
