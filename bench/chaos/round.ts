/** One job, from its creation to its end, while things break; and what it has cost. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Schemas } from '../../client/api-types.ts';
import { ingestFile } from '../../scripts/ingest.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { type Decoded, decodedFrames } from './decoded-frames.ts';
import type { Disturbance } from './disturbances.ts';
import { EncodeRuns, type Redone } from './encode-runs.ts';
import type { FragileSystem } from './fragile-system.ts';
import { patiently } from './patience.ts';

const POLL_MS = 100;
/**
 * Ten times what a job of half a minute of film takes, with every disturbance at its longest. A workflow that a restart has
 * stopped between two steps goes on after three minutes at most (settle-jobs.ts).
 */
const READY_DEADLINE_MS = 6 * 60_000;
const LINK_SECONDS = 3_600;

type Task = Schemas['JobDetail']['tasks'][number];

export type Round = {
  assetId: string;
  seconds: number;
  chunks: number;
  /** Attempts handed out beyond one per task, also those that nobody began. */
  moreAttempts: number;
  redone: Redone;
  decoded: Decoded[];
  /** Disturbances that came while the job was running. */
  felt: Disturbance[];
  /** Encoders that may have lost by them what they had in hand. */
  losses: number;
};

/** Throws when the job does not become ready. Everything that was broken is whole again when it returns. */
export async function runRound(
  system: FragileSystem,
  clipPath: string,
  disturbances: readonly Disturbance[],
): Promise<Round> {
  const started = performance.now();
  const { id, job } = await ingestFile({ path: clipPath, s3: system.s3, api: system.api });
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
    await untilReady(system, id);
  } finally {
    isReady = true;
    seconds = (performance.now() - started) / 1000;
    await broken;
  }
  const redone = runs.end();
  const losses = (await Promise.all(breaking)).reduce((sum, count) => sum + count, 0);
  const tasks = await tasksOf(system, job?.id ?? '');
  const { hls } = await patiently(() => signLink(system.api, id, LINK_SECONDS));
  return {
    ...{ assetId: id, seconds, redone, felt, losses },
    chunks: tasks.filter(({ kind }) => kind === 'chunk').length,
    moreAttempts: tasks.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    decoded: await decodedFrames(hls),
  };
}

async function untilReady(system: FragileSystem, assetId: string): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    const asset = await patiently(() => system.api.call('GET /assets/{id}', { path: { id: assetId } }));
    if (asset.status === 'ready') {
      return;
    }
    if (asset.status === 'failed' || performance.now() > deadline) {
      throw new Error(`the asset is not ready: ${JSON.stringify(asset)}`);
    }
    await pause(POLL_MS);
  }
}

async function tasksOf(system: FragileSystem, jobId: string): Promise<Task[]> {
  const { tasks } = await patiently(() => system.api.call('GET /jobs/{id}', { path: { id: jobId } }));
  return tasks;
}
