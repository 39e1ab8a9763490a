/**
 * `npm run bench -- frames`: encodes random small sources in chunks with the encoder's own code. Each frame shows its
 * number and the sound encodes its time, so every frame of the output can be checked. CASES is the number of sources
 * (default 200), SEED the first seed (default: from the clock), CASE runs a single one, ENCODERS is how many run at
 * once (default 2).
 */
import type { CaseResult } from './frames/case-result.ts';
import { isOdd, makeOddSource, ODD_KINDS } from './frames/odd-sources.ts';
import { describeCase, makeCase, type SourceCase } from './frames/random-case.ts';
import { tryCase } from './frames/run-case.ts';
import { tryOdd } from './frames/run-odd.ts';
import { forEach } from './many-objects.ts';
import { numberOf, sum } from './numbers.ts';
import { printTable } from './table.ts';

const single = process.env['CASE'] === undefined ? null : numberOf('CASE', 0);
const seed = single ?? numberOf('SEED', Math.floor(Date.now() / 1000));
const count = single === null ? Math.max(1, numberOf('CASES', 200)) : 1;
const encoders = Math.max(1, numberOf('ENCODERS', 2));

type Run = { seed: number; about: string; groups: string[]; result: CaseResult };
const runs: Run[] = [];

function report({ seed: caseSeed, about, result }: Run): void {
  if (result.problems.length > 0) {
    console.log(`\nFAILED; repeat it with: CASE=${caseSeed} npm run bench -- frames`);
    console.log(`  ${about}`);
    for (const problem of result.problems) {
      console.log(`  ${problem}`);
    }
  }
}

function groupsOf({ container, bFrames, openGop, cutSeconds, rate }: SourceCase): string[] {
  return [
    container,
    ...(bFrames > 0 ? ['B-frames'] : []),
    ...(openGop ? ['open GOPs'] : []),
    ...(cutSeconds === null ? [] : ['cut from a longer file']),
    ...(typeof rate === 'string' ? ['variable rate'] : []),
    ...(typeof rate === 'object' && rate.num / rate.den > 60 ? ['more than 60 fps'] : []),
  ];
}

/** Half of the seeds are odd sources. */
async function runSeed(caseSeed: number): Promise<void> {
  const run = isOdd(caseSeed) ? await runOddSeed(caseSeed) : await runPlainSeed(caseSeed);
  runs.push(run);
  report(run);
}

async function runPlainSeed(caseSeed: number): Promise<Run> {
  const source = makeCase(caseSeed);
  const result = await tryCase(source);
  return { seed: caseSeed, about: describeCase(source), groups: groupsOf(source), result };
}

async function runOddSeed(caseSeed: number): Promise<Run> {
  const { kind, about } = makeOddSource(caseSeed);
  return { seed: caseSeed, about: `${kind}: ${about}`, groups: [kind], result: await tryOdd(caseSeed) };
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
    ...[0, 1, 2].map((place) => largest(results.map(({ soundMs }) => soundMs?.[place] ?? null))),
    String(results.filter(({ problems }) => problems.length > 0).length),
  ];
}

console.log(`${count} cases, starting at SEED=${seed}`);
const started = performance.now();
const seeds = Array.from({ length: count }, (_, index) => seed + index);
await forEach(seeds, runSeed, encoders);

const names = ['mp4', 'mov', 'mkv', 'ts', 'webm', 'B-frames', 'open GOPs', 'cut from a longer file'];
names.push('variable rate', 'more than 60 fps', ...ODD_KINDS);
const faults = ['lost', 'repeated', 'reordered', 'unreadable'];
console.log();
printTable(
  ['', 'cases', 'chunks', 'frames', ...faults, 'drift', 'start', 'middle', 'end', 'failed'],
  [
    ...names.map((name) =>
      rowOf(
        name,
        runs.filter(({ groups }) => groups.includes(name)),
      ),
    ),
    rowOf('all', runs),
  ],
);
console.log('drift: the largest in samples at 48 kHz; start, middle, end: the largest error of the sound in ms');
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = runs.some(({ result }) => result.problems.length > 0) ? 1 : 0;
