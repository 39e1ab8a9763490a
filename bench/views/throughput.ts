/**
 * Sends events through collectors and counters in workerd at full speed, in a closed loop. Then it repeats this without
 * the counters, and without collectors, to attribute the CPU time, and with the naive design.
 */
import type { AssetAnswer } from './chunks.ts';
import { coldAsset, HOT_ASSET, type LoadMode, SEGMENT_MS } from './load-order.ts';
import { type Audience, type Sample, sample } from './sample.ts';
import { startViewsSystem, type ViewsSystem } from './system.ts';

export type ThroughputOptions = Audience & {
  /** The number of workerd processes. Each runs its isolates in one thread and has its own assets. */
  runtimes: number;
  warmSeconds: number;
  seconds: number;
  /** The modes that are measured after `full`. */
  afterwards: readonly LoadMode[];
};

export type Throughput = {
  full: Sample;
  /** Watch time that was given and counted. They must be equal, or facts were lost or counted twice. */
  watchMs: { given: number; counted: number };
  collector: Sample | null;
  nothing: Sample | null;
  naive: Sample | null;
};

export async function measureThroughput({
  afterwards,
  runtimes,
  seconds,
  warmSeconds,
  ...audience
}: ThroughputOptions): Promise<Throughput> {
  const assets = [HOT_ASSET, ...Array.from({ length: audience.coldAssets }, (_, index) => coldAsset(index))];
  const systems = await Promise.all(
    Array.from({ length: runtimes }, () => startViewsSystem({ edges: audience.isolates, assets })),
  );
  try {
    const warm = await sample(systems, audience, { mode: 'full', seconds: warmSeconds });
    const full = await sample(systems, audience, { mode: 'full', seconds });
    const end = await sample(systems, audience, { mode: 'full', seconds: 0, drains: true });
    const given = (warm.given + full.given + end.given) * SEGMENT_MS;
    const watchMs = { given, counted: await countedMs(systems, assets) };
    const after = async (mode: LoadMode) =>
      afterwards.includes(mode) ? await sample(systems, audience, { mode, seconds, drains: mode === 'naive' }) : null;
    // The naive design first: without counters, collectors keep what they have collected.
    const naive = await after('naive');
    return { full, watchMs, naive, collector: await after('collector'), nothing: await after('nothing') };
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
}

async function countedMs(systems: readonly ViewsSystem[], assets: readonly string[]): Promise<number> {
  // Waits for the last reports of the shards, which report every half second.
  await new Promise((resolve) => setTimeout(resolve, REPORTED_WITHIN_MS));
  let sum = 0;
  for (const system of systems) {
    for (const assetId of assets) {
      const { live } = await system.ask<AssetAnswer>(system.edges[0] ?? '', '/asset', { assetId });
      sum += live.watchMs;
    }
  }
  return sum;
}

const REPORTED_WITHIN_MS = 2_000;
