/**
 * `npm run bench -- frames`: random small sources, whose every picture carries its number and whose sound tells its place,
 * through the encoder's own code in chunks; every frame that comes out is read. CASES says how many (default 200), SEED
 * where to start (default: from the clock), CASE runs one alone, ENCODERS how many at once (default 2).
 */
import { describeCase, makeCase, type SourceCase } from './frames/random-case.ts';
import { type CaseResult, tryCase } from './frames/run-case.ts';
import { printTable } from './table.ts';

const numberFrom = (name: string, fallback: number): number => {
  const value = Number(process.env[name] ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
};

const single = process.env['CASE'] === undefined ? null : numberFrom('CASE', 0);
const seed = single ?? numberFrom('SEED', Math.floor(Date.now() / 1000));
const count = single === null ? Math.max(1, numberFrom('CASES', 200)) : 1;
const encoders = Math.max(1, numberFrom('ENCODERS', 2));

type Run = { source: SourceCase; result: CaseResult };
const runs: Run[] = [];

function report({ source, result }: Run): void {
  if (result.problems.length > 0) {
    console.log(`\nFAILED, repeat with: CASE=${source.seed} npm run bench -- frames`);
    console.log(`  ${describeCase(source)}`);
    for (const problem of result.problems) {
      console.log(`  ${problem}`);
    }
  }
}

async function work(seeds: Iterator<number>): Promise<void> {
  for (let next = seeds.next(); next.done !== true; next = seeds.next()) {
    const source = makeCase(next.value);
    const run = { source, result: await tryCase(source) };
    runs.push(run);
    report(run);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const largest = (values: readonly (number | null)[]): string =>
  Math.max(0, ...values.map((value) => Math.abs(value ?? 0))).toFixed(2);

function rowOf(name: string, group: readonly Run[]): string[] {
  const results = group.map(({ result }) => result);
  const faults = (['lost', 'repeated', 'reordered', 'unreadable'] as const).map((fault) =>
    String(sum(results.map((result) => result.faults[fault]))),
  );
  return [
    name,
    ...[String(group.length), String(sum(results.map(({ chunks }) => chunks)))],
    ...[String(sum(results.map(({ frames }) => frames))), ...faults],
    largest(results.map(({ driftSamples }) => driftSamples)),
    largest(results.map(({ offsetSamples }) => offsetSamples)),
    String(results.filter(({ problems }) => problems.length > 0).length),
  ];
}

console.log(`${count} cases from SEED=${seed}`);
const started = performance.now();
const seeds = Array.from({ length: count }, (_, index) => seed + index).values();
await Promise.all(Array.from({ length: encoders }, () => work(seeds)));

const groups: readonly (readonly [string, (source: SourceCase) => boolean])[] = [
  ...(['mp4', 'mov', 'mkv', 'ts', 'webm'] as const).map(
    (name) => [name, (source: SourceCase) => source.container === name] as const,
  ),
  ['B-frames', ({ bFrames }) => bFrames > 0],
  ['open GOPs', ({ openGop }) => openGop],
  ['cut out of a longer file', ({ cutSeconds }) => cutSeconds !== null],
  ['variable rate', ({ rate }) => typeof rate === 'string'],
  ['more than 60 fps', ({ rate }) => typeof rate === 'object' && rate.num / rate.den > 60],
  ['all', () => true],
];
console.log();
printTable(
  ['', 'cases', 'chunks', 'frames', 'lost', 'repeated', 'reordered', 'unreadable', 'drift', 'offset', 'failed'],
  groups.map(([name, isIn]) =>
    rowOf(
      name,
      runs.filter(({ source }) => isIn(source)),
    ),
  ),
);
console.log(
  'drift, offset: the largest, in samples at 48 kHz; clocks of milliseconds round the offset by up to 48 twice',
);
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = runs.some(({ result }) => result.problems.length > 0) ? 1 : 0;
