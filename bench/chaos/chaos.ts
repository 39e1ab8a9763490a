/** Rounds of jobs on a system that keeps breaking, and what has to hold in each of them. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../scripts/worker-process.ts';
import { makeClip } from './clip.ts';
import { chooseDisturbances } from './disturbances.ts';
import { FragileSystem } from './fragile-system.ts';
import { seededRandom } from './random.ts';
import { type Round, runRound } from './round.ts';
import { filesIn, processesOf } from './traces.ts';
import { startPlayback } from './withdrawals.ts';

export type ChaosOptions = {
  rounds: number;
  seed: number;
  clip: { width: number; height: number; seconds: number };
  leaseSeconds: number;
  log: Log;
  /** `tried`: what was changed while the stores failed. */
  onRound(round: Round, number: number, told: { tried: string; broken: readonly string[] }): void;
};

export type Outcome = { rounds: Round[]; undisturbed: Round[]; broken: string[] };

const ENCODERS = 3;
/** Without disturbances: two, since the comparison means nothing unless these agree. */
const UNDISTURBED = 2;
/** In chunks: two runs of the same work do not use the same CPU time to the millisecond. */
const CPU_NOISE = 0.1;
/** Share of the shortest job so far in which disturbances begin. */
const SPAN = 0.8;
/** What an ended process needs to vanish from /proc. */
const GONE_MS = 3_000;

/**
 * The chunk that an encoder with one slot encodes, and two that are encoded and wait for the Worker or a store that fails
 * (encoder/lease/lease-policy.ts). Over all rounds it has to be one for each loss at most.
 */
const CHUNKS_PER_LOSS = 3;
/**
 * What an encoder that loses what it has in hand may cost in attempts: those chunks, one leased ahead or on its way, the
 * sound beside them.
 */
const ATTEMPTS_PER_LOSS = 5;
/** A restarting Worker may lose the answer to each encoder's question for work, and no work. */
const ATTEMPTS_PER_RESTART = ENCODERS;

/** Runs everything, then closes it. `broken` tells every rule that did not hold; the rest are numbers. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-chaos-${randomBytes(4).toString('hex')}-`));
  try {
    const system = await FragileSystem.start({ ...options, folder, encoders: ENCODERS });
    let outcome: Outcome;
    try {
      outcome = await runRounds(system, folder, options);
    } finally {
      await system.close();
    }
    return { ...outcome, broken: [...outcome.broken, ...(await traces(system, folder))] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRounds(system: FragileSystem, folder: string, options: ChaosOptions): Promise<Outcome> {
  const outcome: Outcome = { rounds: [], undisturbed: [], broken: [] };
  const path = join(folder, 'clip.mp4');
  await makeClip(path, options.clip);
  for (let number = 1; number <= UNDISTURBED; number += 1) {
    const round = await runRound(system, path, []);
    outcome.undisturbed.push(round);
    outcome.broken.push(...violations(round, outcome.undisturbed[0] ?? round, `undisturbed run ${number}`));
  }
  const [first, reference] = outcome.undisturbed;
  if (first === undefined || reference === undefined) {
    throw new RangeError('there is nothing to compare with');
  }
  const leaseMs = options.leaseSeconds * 1000;
  const random = seededRandom(options.seed);
  for (let number = 1; number <= options.rounds; number += 1) {
    // The machine may have been busier at first: a disturbance after the end of the job disturbs nobody.
    const fastest = Math.min(...[...outcome.undisturbed, ...outcome.rounds].map(({ seconds }) => seconds));
    const spanMs = fastest * SPAN * 1000;
    const disturbances = chooseDisturbances(random, { spanMs, encoders: ENCODERS, leaseMs });
    const withdrawn = outcome.rounds.at(-1)?.assetId ?? reference.assetId;
    const playback = await startPlayback(system, { steady: first.assetId, withdrawn }, number);
    const [round] = await Promise.all([runRound(system, path, disturbances), playback.disturb(random, disturbances)]);
    outcome.rounds.push(round);
    const { tried, wrongs } = await playback.end(`round ${number}`);
    const broken = [...violations(round, reference, `round ${number}`), ...wrongs];
    outcome.broken.push(...broken);
    options.onRound(round, number, { tried, broken });
  }
  outcome.broken.push(...totalViolations(outcome.rounds));
  return outcome;
}

const chunksRedone = (chunks: number, losses: number): string =>
  `${chunks.toFixed(2)} chunks were encoded again for ${losses} losses`;

/** What of all rounds together is not as it has to be. */
export function totalViolations(rounds: readonly Pick<Round, 'redone' | 'losses'>[]): string[] {
  const chunks = rounds.reduce((sum, { redone }) => sum + redone.chunks, 0);
  const losses = rounds.reduce((sum, round) => sum + round.losses, 0);
  return chunks <= losses + CPU_NOISE ? [] : [`all rounds: ${chunksRedone(chunks, losses)}`];
}

/** What of a round's outcome is not as it has to be. */
export function violations(round: Round, reference: Round, name: string): string[] {
  const { redone, moreAttempts, felt, losses } = round;
  const restarts = felt.filter(({ kind }) => kind === 'restart').length;
  const attempts = ATTEMPTS_PER_LOSS * losses + ATTEMPTS_PER_RESTART * restarts;
  const rules: [boolean, string][] = [
    [isDeepStrictEqual(round.decoded, reference.decoded), 'decoded frames differ from those of an undisturbed run'],
    [round.decoded.length > 1 && round.chunks > 1, 'there is nothing to compare'],
    [redone.chunks <= CHUNKS_PER_LOSS * losses + CPU_NOISE, chunksRedone(redone.chunks, losses)],
    [
      redone.sound <= losses + CPU_NOISE,
      `the sound was encoded ${redone.sound.toFixed(2)} times more for ${losses} losses`,
    ],
    [moreAttempts <= attempts, `${moreAttempts} attempts more than tasks, ${attempts} explained`],
  ];
  return rules.flatMap(([holds, text]) => (holds ? [] : [`${name}: ${text}`]));
}

/** What is left of a closed system. */
async function traces(system: FragileSystem, folder: string): Promise<string[]> {
  const deadline = performance.now() + GONE_MS;
  while (processesOf(folder).length > 0 && performance.now() < deadline) {
    await pause(100);
  }
  return [
    ...processesOf(folder).map((process) => `left running: ${process}`),
    ...filesIn(system.scratchFolders).map((file) => `left on disk: ${file}`),
  ];
}
