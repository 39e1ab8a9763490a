/**
 * Runs an audience for some seconds: what became of its facts, the bill of the objects, and the CPU time of workerd.
 */
import { sum } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import {
  type Billed,
  type BilledObjects,
  HOT_ASSET,
  type LoadMode,
  type LoadOrder,
  type LoadReport,
  NOTHING_BILLED,
} from './load-order.ts';
import type { ViewsSystem } from './system.ts';

/** The audience of each runtime. */
export type Audience = Pick<
  LoadOrder,
  'coldAssets' | 'collectors' | 'hotShare' | 'isPaced' | 'players' | 'sessionSegments' | 'shards' | 'signedInShare'
> & { isolates: number };

/** The figures of all runtimes together. */
export type Sample = {
  acknowledgedPerSecond: number;
  cpuMicrosecondsPerEvent: number;
  acknowledged: number;
  given: number;
  failed: number;
  /** Shards of the hot asset in one runtime. */
  hotShards: number;
  /** The highest rates of one shard of the hot asset, per second. */
  busiest: { events: number; requests: number };
  /** Per 1,000 events of the hot asset. */
  hot: { requests: number; rowsWritten: number; bytesWritten: number };
  /** Calls per 1,000 events of all assets. */
  requests: number;
  /** The bill of all objects. */
  billed: Billed;
};

/** How fast players arrive, in all generators of a runtime together. */
const PLAYERS_PER_SECOND = 10_000;

/** The bills since `before`, for each runtime. */
async function billedOf(
  systems: readonly ViewsSystem[],
  naive: boolean,
  before: readonly BilledObjects[] = [],
): Promise<BilledObjects[]> {
  const now = await Promise.all(
    systems.map((system) => system.ask<BilledObjects>(system.edges[0] ?? '', '/billed', { naive })),
  );
  return now.map((objects, index) =>
    Object.fromEntries(
      Object.entries(objects).map(([name, billed]) => [name, minus(billed, before[index]?.[name] ?? NOTHING_BILLED)]),
    ),
  );
}

function minus(a: Billed, b: Billed): Billed {
  const difference = { ...a };
  for (const name of Object.keys(b) as (keyof Billed)[]) {
    difference[name] -= b[name];
  }
  return difference;
}

const sumOf = (all: readonly Billed[]): Billed => minus(NOTHING_BILLED, all.reduce(minus, NOTHING_BILLED));

const isHot = (name: string): boolean => name === HOT_ASSET || name.startsWith(`${HOT_ASSET}/`);

export async function sample(
  systems: readonly ViewsSystem[],
  audience: Audience,
  { drains = false, mode, seconds }: { drains?: boolean; mode: LoadMode; seconds: number },
): Promise<Sample> {
  const { isolates, players, ...rest } = audience;
  const order: Omit<LoadOrder, 'name'> = {
    ...{ ...rest, mode, seconds, drains },
    players: Math.ceil(players / isolates),
    playersPerSecond: PLAYERS_PER_SECOND / isolates,
  };
  const isNaive = mode === 'naive';
  const before = await billedOf(systems, isNaive);
  const cpuBefore = systems.map(({ pid }) => treeCpuSeconds(pid));
  const byRuntime = await Promise.all(
    systems.map((system) =>
      Promise.all(
        system.edges.map((edge, index) => system.ask<LoadReport>(edge, '/load', { ...order, name: `e${index}` })),
      ),
    ),
  );
  const cpuSeconds = sum(systems.map(({ pid }, index) => treeCpuSeconds(pid) - (cpuBefore[index] ?? 0)));
  const objects = await billedOf(systems, isNaive, before);
  const reports = byRuntime.flat();
  const total = (key: 'acknowledged' | 'failed' | 'given' | 'hotAcknowledged' | 'requests') =>
    sum(reports.map((report) => report[key]));
  const events = mode === 'nothing' ? total('given') : total('acknowledged');
  const hotObjects = objects.flatMap((one) => Object.entries(one)).filter(([name]) => isHot(name));
  const hot = sumOf(hotObjects.map(([, billed]) => billed));
  const thousands = total('hotAcknowledged') / 1000;
  const byShard = byRuntime.map(hotEventsByShard);
  const tookSeconds = Math.max(...reports.map((report) => report.seconds));
  return {
    acknowledgedPerSecond: sum(reports.map((each) => each.acknowledged / Math.max(each.seconds, 0.001))),
    cpuMicrosecondsPerEvent: (cpuSeconds * 1e6) / events,
    ...{ acknowledged: total('acknowledged'), given: total('given'), failed: total('failed') },
    hotShards: Math.max(...byShard.map(({ size }) => size)),
    busiest: {
      events: Math.max(0, ...byShard.flatMap((shards) => [...shards.values()])) / tookSeconds,
      requests: Math.max(0, ...hotObjects.map(([, { requests }]) => requests)) / tookSeconds,
    },
    hot: {
      requests: hot.requests / thousands,
      rowsWritten: (hot.rowsWritten + hot.alarms) / thousands,
      bytesWritten: hot.bytesWritten / thousands,
    },
    requests: total('requests') / (events / 1000),
    billed: sumOf(objects.flatMap((one) => Object.values(one))),
  };
}

function hotEventsByShard(reports: readonly LoadReport[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const [shard, events] of reports.flatMap(({ byHotShard }) => Object.entries(byHotShard))) {
    sums.set(Number(shard), (sums.get(Number(shard)) ?? 0) + events);
  }
  return sums;
}
