/**
 * With RECORD=1 a benchmark appends its tables, the date and the machine to bench/results/NAME.json. `npm run docs`
 * shows the last runs in docs/benchmarks.md. A run that throws is not recorded. A run that misses a bound is recorded
 * as such.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const tableSchema = z.object({ head: z.array(z.string()), rows: z.array(z.array(z.string())) });
export type Table = z.infer<typeof tableSchema>;

const runSchema = z.object({
  date: z.iso.date(),
  /** The environment variables and arguments that were given. */
  setting: z.string(),
  machine: z.string(),
  /** The load average of the minute before the run. Above the number of cores, other programs competed for them. */
  loadBefore: z.number(),
  boundsHeld: z.boolean(),
  tables: z.array(tableSchema),
});
export type Run = z.infer<typeof runSchema>;

export const readRuns = (name: string): Run[] => {
  const path = pathOf(name);
  return existsSync(path) ? z.array(runSchema).parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
};

const pathOf = (name: string): string => fileURLToPath(new URL(`results/${name}.json`, import.meta.url));

const [, script = '', ...parameters] = process.argv;
const [loadBefore = 0] = loadavg();
const tables: Table[] = [];

/** The variables that are set, of those that the first comment of the benchmark names in capitals. */
function variablesOf(text: string): string[] {
  const comment = text.slice(0, text.indexOf('*/'));
  const names = new Set(comment.match(/\b[A-Z][A-Z0-9_]{3,}\b/g));
  return [...names].flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
}

const machine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}`;

function append(): void {
  const name = basename(script, '.ts');
  const run: Run = {
    date: new Date().toISOString().slice(0, 10),
    setting: [...variablesOf(readFileSync(script, 'utf8')), ...parameters.map((parameter) => basename(parameter))].join(
      ' ',
    ),
    machine: machine(),
    loadBefore: Number(loadBefore.toFixed(1)),
    boundsHeld: (process.exitCode ?? 0) === 0,
    tables,
  };
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), `${JSON.stringify([...readRuns(name), run], null, 1)}\n`);
  console.error(`recorded in bench/results/${name}.json`);
}

const namesOf = ({ rows }: Table): string[] => rows.map(([name = '']) => name);

/** Some benchmarks print intermediate tables. A later table with the same head and all their rows replaces them. */
function isCovered(earlier: Table, table: Table): boolean {
  const names = new Set(namesOf(table));
  return earlier.head.join() === table.head.join() && namesOf(earlier).every((name) => names.has(name));
}

export function noteTable(table: Table): void {
  if (process.env['RECORD'] !== '1') {
    return;
  }
  if (tables.length === 0) {
    process.once('beforeExit', append);
  }
  tables.splice(0, tables.length, ...tables.filter((earlier) => !isCovered(earlier, table)), table);
}
