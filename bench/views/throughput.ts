/**
 * Events through collectors and counters in workerd, as many as it takes: a closed loop. Then the same players with less
 * and less behind them, which tells whose the CPU time is, and with the naive design.
 */
import { counterName } from '../../src/analytics/facts.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import type { AssetAnswer } from './chunks.ts';
import {
  type Billed,
  coldAsset,
  HOT_ASSET,
  type LoadMode,
  type LoadOrder,
  type LoadReport,
  SEGMENT_MS,
} from './load-order.ts';
import { startViewsSystem, type ViewsSystem } from './system.ts';

export type ThroughputOptions = {
  /** Processes of workerd, each of which runs all of its isolates in one thread; each has assets of its own. */
  runtimes: number;
  /** Of one runtime. */
  isolates: number;
  collectors: number;
  players: number;
  coldAssets: number;
  hotShare: number;
  sessionSegments: number;
  warmSeconds: number;
  seconds: number;
  signedInShare: number;
  /** What is measured after `full`. */
  afterwards: readonly LoadMode[];
};

/** Of all runtimes together. */
export type Sample = {
  acknowledgedPerSecond: number;
  cpuMicrosecondsPerEvent: number;
  acknowledged: number;
  given: number;
  failed: number;
  hotShards: number;
  /** Of the hot asset, for 1,000 of its events. */
  hot: { requests: number; rowsWritten: number; bytesWritten: number };
  /** Of all assets, for 1,000 events. */
  requests: number;
};

export type Throughput = {
  full: Sample;
  /** Media that was given, and what the counters say of it: the same, or something is lost or counted twice. */
  watchMs: { given: number; counted: number };
  collector: Sample | null;
  nothing: Sample | null;
  naive: Sample | null;
};

/** Shards of the hot asset that are asked for their bill: more than a run on two cores ever opens. */
const MAX_HOT_SHARDS = 64;
/** How fast an audience comes: of all generators of a runtime together. */
const PLAYERS_PER_SECOND = 10_000;

export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const assets = [HOT_ASSET, ...Array.from({ length: options.coldAssets }, (_, index) => coldAsset(index))];
  const systems = await Promise.all(
    Array.from({ length: options.runtimes }, () => startViewsSystem({ edges: options.isolates, assets })),
  );
  try {
    const warm = await sample(systems, options, 'full', options.warmSeconds);
    const full = await sample(systems, options, 'full', options.seconds);
    const end = await sample(systems, options, 'full', 0, true);
    const given = (warm.given + full.given + end.given) * SEGMENT_MS;
    const watchMs = { given, counted: await countedMs(systems, assets) };
    const after = async (mode: LoadMode) =>
      options.afterwards.includes(mode)
        ? await sample(systems, options, mode, options.seconds, mode === 'naive')
        : null;
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

async function billedOf(systems: readonly ViewsSystem[], naive: boolean): Promise<Billed> {
  const shards = Array.from({ length: naive ? 1 : MAX_HOT_SHARDS }, (_, shard) => counterName(HOT_ASSET, shard));
  const all = await Promise.all(
    systems.map((system) => system.ask<Billed>(system.edges[0] ?? '', '/billed', { objects: shards, naive })),
  );
  const sumOf = (key: keyof Billed) => all.reduce((sum, each) => sum + each[key], 0);
  return {
    requests: sumOf('requests'),
    rowsWritten: sumOf('rowsWritten') + sumOf('alarms'),
    alarms: sumOf('alarms'),
    bytesWritten: sumOf('bytesWritten'),
  };
}

async function sample(
  systems: readonly ViewsSystem[],
  options: ThroughputOptions,
  mode: LoadMode,
  seconds: number,
  drains = false,
): Promise<Sample> {
  const { coldAssets, collectors, hotShare, isolates, players, sessionSegments, signedInShare } = options;
  const order: Omit<LoadOrder, 'name'> = {
    ...{ mode, seconds, drains, coldAssets, collectors, hotShare, sessionSegments, signedInShare },
    players: Math.ceil(players / isolates),
    playersPerSecond: PLAYERS_PER_SECOND / isolates,
  };
  const isNaive = mode === 'naive';
  const before = await billedOf(systems, isNaive);
  const cpuBefore = systems.map(({ pid }) => treeCpuSeconds(pid));
  const reports = await Promise.all(
    systems.flatMap((system) =>
      system.edges.map((edge, index) => system.ask<LoadReport>(edge, '/load', { ...order, name: `e${index}` })),
    ),
  );
  const cpuSeconds = systems.reduce((sum, { pid }, index) => sum + treeCpuSeconds(pid) - (cpuBefore[index] ?? 0), 0);
  const after = await billedOf(systems, isNaive);
  const sumOf = (key: keyof LoadReport) => reports.reduce((sum, report) => sum + report[key], 0);
  const events = mode === 'nothing' ? sumOf('given') : sumOf('acknowledged');
  const thousands = sumOf('hotAcknowledged') / 1000;
  return {
    acknowledgedPerSecond: reports.reduce((sum, each) => sum + each.acknowledged / Math.max(each.seconds, 0.001), 0),
    cpuMicrosecondsPerEvent: (cpuSeconds * 1e6) / events,
    ...{ acknowledged: sumOf('acknowledged'), given: sumOf('given'), failed: sumOf('failed') },
    hotShards: 1 + Math.max(...reports.map(({ hotShard }) => hotShard)),
    hot: {
      requests: (after.requests - before.requests) / thousands,
      rowsWritten: (after.rowsWritten - before.rowsWritten) / thousands,
      bytesWritten: (after.bytesWritten - before.bytesWritten) / thousands,
    },
    requests: sumOf('requests') / (events / 1000),
  };
}
