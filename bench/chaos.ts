/**
 * `npm run bench -- chaos`: runs jobs on the real system with real ffmpeg and three encoders while things break at
 * random moments: encoders get SIGKILL and SIGSTOP, the Worker restarts, connections are cut or hang, and R2 and D1
 * refuse, hang or lose answers. Meanwhile assets that play are withdrawn. ROUNDS (default 20) is the number of jobs.
 * SEED repeats the choices of a run, though not its exact timing. Exits with 1 if a rule is broken. Needs Linux.
 */
import { runChaos } from './chaos/chaos.ts';
import type { Round } from './chaos/round.ts';
import { numberOf, seedOf, sum } from './numbers.ts';
import { printTable } from './table.ts';

const CLIP = { width: 960, height: 540, seconds: 30 };
/** Longer than a restart of the Worker while three encoders are busy. */
const LEASE_SECONDS = 8;

const rounds = Math.max(1, numberOf('ROUNDS', 20));
const seed = seedOf();
const isVerbose = process.env['VERBOSE'] === '1';

const fixed = (value: number): string => value.toFixed(2);
const rowOf = (name: string, { seconds, redone, moreAttempts, felt, losses }: Round): string[] => [
  name,
  seconds.toFixed(1),
  ...[String(felt.length), String(losses)],
  ...[fixed(redone.chunks), fixed(redone.sound), String(moreAttempts)],
];

console.log(`seed ${seed}, ${rounds} rounds`);
const outcome = await runChaos({
  ...{ rounds, seed, clip: CLIP, leaseSeconds: LEASE_SECONDS },
  log: ({ source, text }) => isVerbose && console.error(`${source}: ${text}`),
  onRound: (round, number, { tried, broken }) => {
    const told = round.felt.map(({ atMs, what }) => `at ${(atMs / 1000).toFixed(1)} s: ${what}`);
    const result = `${fixed(round.redone.chunks)} chunks redone for ${round.losses} losses`;
    console.log([`round ${number}: ${told.join('; ')}. Result: ${result}; ${tried}`, ...broken].join('\n'));
  },
});
const total = (numberIn: (round: Round) => number): number => sum(outcome.rounds.map(numberIn));
printTable(
  ['', 'seconds', 'disturbances', 'losses', 'chunks redone', 'sound redone', 'extra attempts'],
  [
    ...outcome.undisturbed.map((round) => rowOf('undisturbed', round)),
    ...outcome.rounds.map((round, index) => rowOf(`round ${index + 1}`, round)),
    [
      'all rounds',
      total(({ seconds }) => seconds).toFixed(1),
      ...[String(total(({ felt }) => felt.length)), String(total(({ losses }) => losses))],
      ...[fixed(total(({ redone }) => redone.chunks)), fixed(total(({ redone }) => redone.sound))],
      String(total(({ moreAttempts }) => moreAttempts)),
    ],
  ],
);
const { chunks = 0, decoded = [] } = outcome.undisturbed[0] ?? {};
console.log(
  `${chunks} chunks; ${decoded.length} streams with ${decoded.map(({ frames }) => frames).join(', ')} frames`,
);
console.log(outcome.broken.length === 0 ? 'every rule held' : outcome.broken.join('\n'));
process.exitCode = outcome.broken.length === 0 ? 0 : 1;
