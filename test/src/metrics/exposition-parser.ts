/** A strict reader of the Prometheus text format 0.0.4: throws at anything that a scraper might forgive. */

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const PAIR = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

export type Metric = { help: string; type: string; samples: Map<string, number> };

/** `a="1",b="2"` → the same, with its labels in order, so that a series has one name. */
function parseLabels(text: string): string {
  const labels = new Map<string, string>();
  for (let position = 0; position < text.length; position = PAIR.lastIndex) {
    PAIR.lastIndex = position;
    const [, name = '', value = ''] = PAIR.exec(text) ?? [];
    if (name === '' || labels.has(name)) {
      throw new Error(`bad labels: ${text}`);
    }
    labels.set(name, value);
  }
  return [...labels]
    .sort()
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

export function parseExposition(text: string): Map<string, Metric> {
  if (!text.endsWith('\n') || text.includes('\r')) {
    throw new Error('lines end with a line feed, the last one too');
  }
  const metrics = new Map<string, Metric>();
  let current: { name: string; metric: Metric } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!NAME.test(name) || metrics.has(name)) {
        throw new Error(`bad or repeated metric: ${line}`);
      }
      current = { name, metric: { help: rest, type: '', samples: new Map() } };
      metrics.set(name, current.metric);
    } else if (keyword === 'TYPE') {
      if (current?.name !== name || current.metric.type !== '' || !/^(counter|gauge)$/.test(rest)) {
        throw new Error(`bad type: ${line}`);
      }
      current.metric.type = rest;
    } else {
      const [, sample, labels = '', value] = SAMPLE.exec(line) ?? [];
      const key = parseLabels(labels);
      const number = Number(value);
      if (current === undefined || sample !== current.name || current.metric.type === '') {
        throw new Error(`a sample outside its metric: ${line}`);
      }
      if (!Number.isFinite(number) || number < 0 || current.metric.samples.has(key)) {
        throw new Error(`a bad value, or a series twice: ${line}`);
      }
      current.metric.samples.set(key, number);
    }
  }
  for (const [name, { type }] of metrics) {
    if ((type === 'counter') !== name.endsWith('_total')) {
      throw new Error(`${name} is named against convention`);
    }
  }
  return metrics;
}
