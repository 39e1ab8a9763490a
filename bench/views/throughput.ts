/**
 * Events through collectors and counters in workerd, as many as it takes: a closed loop. Then the same players with less
 * and less behind them, which tells whose the CPU time is, and with the naive design.
 */
import type { AssetAnswer } from './chunks.ts';
import { coldAsset, HOT_ASSET, type LoadMode, SEGMENT_MS } from './load-order.ts';
import { type Audience, type Sample, sample } from './sample.ts';
import { startViewsSystem, type ViewsSystem } from './system.ts';

export type ThroughputOptions = Audience & {
  /** Processes of workerd, each of which runs all of its isolates in one thread; each has assets of its own. */
  runtimes: number;
  warmSeconds: number;
  seconds: number;
  /** What is measured after `full`. */
  afterwards: readonly LoadMode[];
};

export type Throughput = {
  full: Sample;
  /** Media that was given, and what the counters say of it: the same, or something is lost or counted twice. */
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
    return {
      ...{ full, watchMs, collector: await after('collector') },
      ...{ nothing: await after('nothing'), naive: await after('naive') },
    };
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
}

async function countedMs(systems: readonly ViewsSystem[], assets: readonly string[]): Promise<number> {
  // Shards report every half second; their last report is on its way at most.
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
