/** The tables of docs/benchmarks.md, from bench/results, and of docs/operations/costs.md, which are computed. */
import { costTable, extremesTable, hostedTable } from '../../bench/cost-tables.ts';
import { type Run, readRuns, type Table } from '../../bench/record.ts';
import { markdownTable } from './markdown.ts';

/** The last runs of a setting. Earlier runs measured older code. */
const RUNS_SHOWN = 5;
/** Fewer runs show no spread. */
const RUNS_MIN = 3;

/** A number within a cell, such as `97.4 %`, `1,478 s` or `$0.02`. */
const NUMBER = /^(\D*?)(-?\d[\d,]*(?:\.\d+)?)(\D*)$/;

/** One cell of several runs: the median, with the least and the greatest in brackets. */
export function mergeCells(cells: readonly string[]): string {
  const distinct = [...new Set(cells)];
  if (distinct.length <= 1) {
    return distinct[0] ?? '';
  }
  const parsed = cells.map((cell) => NUMBER.exec(cell));
  const [prefix, , suffix] = parsed[0]?.slice(1) ?? [];
  const values = parsed.map((match) =>
    match !== null && match[1] === prefix && match[3] === suffix ? Number(match[2]?.replaceAll(',', '')) : Number.NaN,
  );
  if (values.some(Number.isNaN)) {
    return distinct.join('; ');
  }
  const texts = parsed.map((match) => match?.[2] ?? '');
  const decimals = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
  const shown = (value: number): string =>
    value.toLocaleString('en', {
      useGrouping: texts.some((text) => text.includes(',')),
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  const ordered = values.toSorted((a, b) => a - b);
  const at = (index: number): number => ordered[index] ?? Number.NaN;
  const median = (at((ordered.length - 1) >> 1) + at(ordered.length >> 1)) / 2;
  return `${prefix}${shown(median)}${suffix} (${shown(at(0))}–${shown(at(ordered.length - 1))})`;
}

/** Merges the n-th table of each run. Rows that a run lacks are left out. */
function mergeTables(runs: readonly Run[], index: number): string {
  const tables = runs.flatMap(({ tables }): Table[] => tables.slice(index, index + 1));
  const [first] = tables;
  if (first === undefined || tables.length < runs.length) {
    throw new RangeError('runs of one setting have different numbers of tables');
  }
  const rows = first.rows.flatMap(([name = '', ...cells]) => {
    const same = tables.flatMap(({ rows }) => rows.filter((row) => row[0] === name).slice(0, 1));
    return same.length < tables.length
      ? []
      : [[name, ...cells.map((_, column) => mergeCells(same.map((row) => row[column + 1] ?? '')))]];
  });
  return markdownTable(first.head, rows);
}

function caption(setting: string, runs: readonly Run[]): string {
  const dates = [...new Set(runs.map(({ date }) => date))].join(', ');
  const machines = [...new Set(runs.map(({ machine }) => machine))].join('; ');
  const loads = mergeCells(runs.map(({ loadBefore }) => loadBefore.toFixed(1)));
  const missed = runs.filter(({ boundsHeld }) => !boundsHeld).length;
  const count =
    runs.length < RUNS_MIN
      ? `${runs.length === 1 ? 'One run' : `${runs.length} runs`}`
      : `Median (least–most) of ${runs.length} runs`;
  return [
    `${count}, ${dates}, ${machines}, load before ${loads}${setting === '' ? '' : `; \`${setting}\``}.`,
    ...(missed === 0 ? [] : [`A bound was missed in ${missed} of them.`]),
  ].join(' ');
}

/** The tables and the caption of each setting. */
export function benchText(runs: readonly Run[]): string {
  const bySetting = Map.groupBy(runs, ({ setting }) => setting);
  return [...bySetting]
    .flatMap(([setting, all]) => {
      const last = all.slice(-RUNS_SHOWN);
      const tables = (last.at(-1)?.tables ?? []).map((_, index) => mergeTables(last, index));
      return [...tables, caption(setting, last)];
    })
    .join('\n\n');
}

const asMarkdown = ({ head, rows }: Table): string => markdownTable(head, rows);
/** In the documents no environment variable replaces a figure. */
const asItIs = (_: string, otherwise: number): number => otherwise;

export const benchmarkBlocks = {
  bench: (name: string) => benchText(readRuns(name)),
  costs: () => [costTable(asItIs), extremesTable(asItIs), hostedTable(asItIs)].map(asMarkdown).join('\n\n'),
};
