/** The tables of docs/reference/metrics.md, from the tables that `/metrics` uses. */
import { COUNTERS } from '../../src/metrics/metric-series.ts';
import { GAUGES } from '../../src/ops/gauge-series.ts';
import { markdownTable } from './markdown.ts';

/** The text of the page explains labels with more values than this. */
const VALUES_SHOWN = 8;

/** Each label of a family with its values, such as `kind`: `media`, `state`. */
function labelsOf(series: readonly { labels: Readonly<Record<string, string>> }[]): string {
  const names = Object.keys(series[0]?.labels ?? {});
  return names
    .map((name) => {
      const values = [...new Set(series.map(({ labels }) => labels[name] ?? ''))];
      return values.length > VALUES_SHOWN
        ? `\`${name}\``
        : `\`${name}\`: ${values.map((value) => `\`${value}\``).join(', ')}`;
    })
    .join('; ');
}

export const metricBlocks = {
  counters: () =>
    markdownTable(
      ['counter', 'labels', 'counts'],
      COUNTERS.map(({ name, help, series }) => [`\`${name}\``, labelsOf(series), help]),
    ),
  gauges: () =>
    markdownTable(
      ['gauge', 'labels', 'shows'],
      Object.values(GAUGES).map(({ name, help, states }) => [
        `\`${name}\``,
        labelsOf(states.map((state) => ({ labels: { state } }))),
        help,
      ]),
    ),
};
