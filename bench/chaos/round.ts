/** Runs one job while things break, and measures what that costs. */
import { setTimeout as pause } from 'node:timers/promises';
import { ingestFile, untilReady } from '../../scripts/ingest.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { sum } from '../numbers.ts';
import { type Decoded, decodedFrames } from './decoded-frames.ts';
import type { Disturbance } from './disturbances.ts';
import { EncodeRuns, type Redone } from './encode-runs.ts';
import type { FragileSystem } from './fragile-system.ts';
import { patiently } from './patience.ts';

const POLL_MS = 100;
/**
 * Ten times the duration of a job for half a minute of film with the longest disturbances. A workflow that a restart
 * has stopped between two steps continues after at most three minutes (settle-jobs.ts).
 */
const READY_DEADLINE_MS = 6 * 60_000;
const LINK_SECONDS = 3_600;

export type Round = {
  assetId: string;
  seconds: number;
  chunks: number;
  /** Attempts beyond one per task, including those that no encoder started. */
  moreAttempts: number;
  redone: Redone;
  decoded: Decoded[];
  /** Disturbances that happened while the job was running. */
  felt: Disturbance[];
  /** How many encoders may have lost their work by them. */
  losses: number;
};

/** Throws if the job does not become ready. When it returns, everything works again. */
export async function runRound(
  system: FragileSystem,
  clipPath: string,
  disturbances: readonly Disturbance[],
): Promise<Round> {
  const started = performance.now();
  const { id, job } = await ingestFile({ path: clipPath, api: system.api });
  const runs = new EncodeRuns(system.workFolder);
  const felt: Disturbance[] = [];
  let isReady = false;
  const breaking = disturbances.map(async (disturbance) => {
    await pause(disturbance.atMs);
    const isFelt = !isReady;
    if (isFelt) {
      felt.push(disturbance);
    }
    const losses = await disturbance.cause(system);
    return isFelt ? losses : 0;
  });
  const broken = Promise.allSettled(breaking);
  let seconds = 0;
  try {
    const readAsset = () => patiently(() => system.api.call('GET /assets/{id}', { path: { id } }));
    await untilReady(readAsset, { pollMs: POLL_MS, deadlineMs: READY_DEADLINE_MS });
  } finally {
    isReady = true;
    seconds = (performance.now() - started) / 1000;
    await broken;
  }
  const redone = runs.end();
  const losses = sum(await Promise.all(breaking));
  const { tasks } = await patiently(() => system.api.call('GET /jobs/{id}', { path: { id: job?.id ?? '' } }));
  const { hls } = await patiently(() => signLink(system.api, id, LINK_SECONDS));
  return {
    ...{ assetId: id, seconds, redone, felt, losses },
    chunks: tasks.filter(({ kind }) => kind === 'chunk').length,
    moreAttempts: sum(tasks.map(({ attempt }) => attempt - 1)),
    decoded: await decodedFrames(hls),
  };
}
