/**
 * `npm run bench -- frames`: encodes random small sources in chunks with the encoder's own code. Each frame shows its
 * number and the sound encodes its time, so every frame of the output can be checked. CASES is the number of sources
 * (default 200), SEED the first seed (default: from the clock), CASE runs a single one, ENCODERS is how many run at
 * once (default 2).
 */
import { describeCase, makeCase, type SourceCase } from './frames/random-case.ts';
import { type CaseResult, tryCase } from './frames/run-case.ts';
import { forEach } from './many-objects.ts';
import { numberOf, sum } from './numbers.ts';
import { printTable } from './table.ts';

const single = process.env['CASE'] === undefined ? null : numberOf('CASE', 0);
const seed = single ?? numberOf('SEED', Math.floor(Date.now() / 1000));
const count = single === null ? Math.max(1, numberOf('CASES', 200)) : 1;
const encoders = Math.max(1, numberOf('ENCODERS', 2));

type Run = { source: SourceCase; result: CaseResult };
const runs: Run[] = [];

function report({ source, result }: Run): void {
  if (result.problems.length > 0) {
    console.log(`\nFAILED; repeat it with: CASE=${source.seed} npm run bench -- frames`);
    console.log(`  ${describeCase(source)}`);
    for (const problem of result.problems) {
      console.log(`  ${problem}`);
    }
  }
}

async function runSeed(caseSeed: number): Promise<void> {
  const source = makeCase(caseSeed);
  const run = { source, result: await tryCase(source) };
  runs.push(run);
  report(run);
}

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

console.log(`${count} cases, starting at SEED=${seed}`);
const started = performance.now();
const seeds = Array.from({ length: count }, (_, index) => seed + index);
await forEach(seeds, runSeed, encoders);

const groups: readonly (readonly [string, (source: SourceCase) => boolean])[] = [
  ...(['mp4', 'mov', 'mkv', 'ts', 'webm'] as const).map(
    (name) => [name, (source: SourceCase) => source.container === name] as const,
  ),
  ['B-frames', ({ bFrames }) => bFrames > 0],
  ['open GOPs', ({ openGop }) => openGop],
  ['cut from a longer file', ({ cutSeconds }) => cutSeconds !== null],
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
  'drift, offset: the largest in samples at 48 kHz; containers with a millisecond clock round it twice, by up to 48 each',
);
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = runs.some(({ result }) => result.problems.length > 0) ? 1 : 0;
