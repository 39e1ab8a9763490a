/** Runs rounds of jobs on a system that keeps breaking, and checks rules in each round. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../scripts/worker-process.ts';
import { sum } from '../numbers.ts';
import { Random } from '../random.ts';
import { makeClip } from './clip.ts';
import { chooseDisturbances } from './disturbances.ts';
import { FragileSystem } from './fragile-system.ts';
import { type Round, runRound } from './round.ts';
import { filesIn, processesOf } from './traces.ts';
import { startPlayback } from './withdrawals.ts';

export type ChaosOptions = {
  rounds: number;
  seed: number;
  clip: { width: number; height: number; seconds: number };
  leaseSeconds: number;
  log: Log;
  /** `tried` is what was changed while the stores failed. */
  onRound(round: Round, number: number, told: { tried: string; broken: readonly string[] }): void;
};

export type Outcome = { rounds: Round[]; undisturbed: Round[]; broken: string[] };

const ENCODERS = 3;
/** Two rounds without disturbances. The comparison is only meaningful if they agree. */
const UNDISTURBED = 2;
/** In chunks. Two runs of the same work never use exactly the same CPU time. */
const CPU_NOISE = 0.1;
/** Disturbances start within this share of the shortest job so far. */
const SPAN = 0.8;
/** The time that an ended process needs to disappear from /proc. */
const GONE_MS = 3_000;

/**
 * An encoder with one slot may lose the chunk that it encodes, and two finished ones that wait for the Worker or a
 * failing store (encoder/lease/lease-policy.ts). Over all rounds, the mean must be at most one chunk per loss.
 */
const CHUNKS_PER_LOSS = 3;
/**
 * The attempts that a loss may cost: those chunks, one chunk that is leased ahead, and the sound.
 */
const ATTEMPTS_PER_LOSS = 5;
/** A restart of the Worker may lose the answer to one lease request of each encoder, but no work. */
const ATTEMPTS_PER_RESTART = ENCODERS;

/** Runs all rounds. `broken` lists every broken rule. */
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
    throw new RangeError('there is no undisturbed run to compare with');
  }
  const leaseMs = options.leaseSeconds * 1000;
  const random = new Random(options.seed);
  for (let number = 1; number <= options.rounds; number += 1) {
    // Uses the fastest job, because a disturbance after the end of a job has no effect.
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

/** The rules that all rounds together break. */
export function totalViolations(rounds: readonly Pick<Round, 'redone' | 'losses'>[]): string[] {
  const chunks = sum(rounds.map(({ redone }) => redone.chunks));
  const losses = sum(rounds.map((round) => round.losses));
  return chunks <= losses + CPU_NOISE ? [] : [`all rounds: ${chunksRedone(chunks, losses)}`];
}

/** The rules that a round breaks. */
export function violations(round: Round, reference: Round, name: string): string[] {
  const { redone, moreAttempts, felt, losses } = round;
  const restarts = felt.filter(({ kind }) => kind === 'restart').length;
  const attempts = ATTEMPTS_PER_LOSS * losses + ATTEMPTS_PER_RESTART * restarts;
  const rules: [boolean, string][] = [
    [isDeepStrictEqual(round.decoded, reference.decoded), 'the decoded frames differ from those of an undisturbed run'],
    [round.decoded.length > 1 && round.chunks > 1, 'there are too few streams or chunks to compare'],
    [redone.chunks <= CHUNKS_PER_LOSS * losses + CPU_NOISE, chunksRedone(redone.chunks, losses)],
    [
      redone.sound <= losses + CPU_NOISE,
      `the sound was encoded again ${redone.sound.toFixed(2)} times for ${losses} losses`,
    ],
    [moreAttempts <= attempts, `${moreAttempts} extra attempts, of which at most ${attempts} can be explained`],
  ];
  return rules.flatMap(([holds, text]) => (holds ? [] : [`${name}: ${text}`]));
}

/** Finds what a closed system has left behind. */
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
