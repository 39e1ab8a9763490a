/**
 * `npm run bench -- chaos`: jobs on the real system, real ffmpeg, three encoders on this machine, while it keeps breaking:
 * SIGKILL and SIGSTOP of encoders, restarts of the Worker, connections that are cut or hang, R2 and D1 that refuse, hang or lose
 * answers, at random moments, and while assets that play are withdrawn. ROUNDS
 * (default 20) says how many jobs, SEED repeats a run's choices (the moments then hit the same system a little elsewhere).
 * Ends with 1 where a rule does not hold. Linux.
 */
import { runChaos } from './chaos/chaos.ts';
import type { Round } from './chaos/round.ts';
import { printTable } from './table.ts';

const CLIP = { width: 960, height: 540, seconds: 30 };
/** Longer than a restart of the Worker beside three busy encoders. */
const LEASE_SECONDS = 8;

const rounds = Math.max(1, Number(process.env['ROUNDS'] ?? 20) || 20);
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
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
    const told = round.felt.map(({ atMs, what }) => `${(atMs / 1000).toFixed(1)} s ${what}`);
    const result = `${fixed(round.redone.chunks)} chunks redone for ${round.losses} losses`;
    console.log([`round ${number}: ${told.join('; ')}: ${result}; ${tried}`, ...broken].join('\n'));
  },
});
const sum = (numberOf: (round: Round) => number): number =>
  outcome.rounds.reduce((total, round) => total + numberOf(round), 0);
printTable(
  ['', 'seconds', 'disturbances', 'losses', 'chunks redone', 'sound redone', 'more attempts'],
  [
    ...outcome.undisturbed.map((round) => rowOf('undisturbed', round)),
    ...outcome.rounds.map((round, index) => rowOf(`round ${index + 1}`, round)),
    [
      'all rounds',
      sum(({ seconds }) => seconds).toFixed(1),
      ...[String(sum(({ felt }) => felt.length)), String(sum(({ losses }) => losses))],
      ...[fixed(sum(({ redone }) => redone.chunks)), fixed(sum(({ redone }) => redone.sound))],
      String(sum(({ moreAttempts }) => moreAttempts)),
    ],
  ],
);
const { chunks = 0, decoded = [] } = outcome.undisturbed[0] ?? {};
console.log(`${chunks} chunks; ${decoded.length} streams of ${decoded.map(({ frames }) => frames).join(', ')} frames`);
console.log(outcome.broken.length === 0 ? 'every rule held' : outcome.broken.join('\n'));
process.exitCode = outcome.broken.length === 0 ? 0 : 1;
