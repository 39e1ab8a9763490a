/**
 * Measures what a view takes, by the rate at which an asset is watched: each rung replays the audience of one asset in
 * virtual time (worker/replay.ts). A batch never holds two assets, so a month is the sum of its assets.
 */

import type { Rung } from './bill.ts';
import { scaleUse } from './bill.ts';
import { SEGMENT_MS } from './load-order.ts';
import type { Ladder } from './recorded-ladders.ts';
import type { ReplayOrder, ReplayReport } from './replay-order.ts';
import { HOME, startViewsSystem } from './system.ts';

/** The audience of one asset, and what the replay of it showed. */
export type MeasuredRung = Rung & { isolates: number; shards: number; views: number; report: ReplayReport };

/** Between two rungs, at most. */
const FACTOR = 3;
const SEED = 20_261_128;
/** The first views of an asset differ: its tables are new, and its log has not filled. */
const WARM_VIEWS = 15;
/** Minutes come round for every asset, and reports and snapshots more often. */
const SECONDS_MIN = 60;

/** Evenly spaced on a logarithmic scale, the lowest and the highest included. */
export function ratesBetween(lowest: number, highest: number): number[] {
  const steps = Math.max(1, Math.ceil(Math.log(highest / lowest) / Math.log(FACTOR)));
  return Array.from({ length: steps + 1 }, (_, step) => lowest * (highest / lowest) ** (step / steps));
}

export type LadderOptions = {
  /** The number of workerd processes. */
  runtimes: number;
  sessionSegments: number;
  signedInShare: number;
  /** How many views of an asset are measured, at least. */
  views: number;
};

/** The hottest audiences first, since they take the longest. */
export async function measureRungs(
  audiences: readonly { isolates: number; viewsPerSecond: number }[],
  { runtimes, views, ...sessions }: LadderOptions,
): Promise<MeasuredRung[]> {
  const warmSeconds = (sessions.sessionSegments * SEGMENT_MS) / 1000 + 20;
  const orders = audiences
    .toSorted((a, b) => b.viewsPerSecond - a.viewsPerSecond)
    .map(
      (audience, index): ReplayOrder => ({
        ...{ ...sessions, ...audience, assetId: `asset-${index}`, seed: SEED + index },
        warmSeconds: Math.max(warmSeconds, Math.min(views, WARM_VIEWS) / audience.viewsPerSecond),
        seconds: Math.max(SECONDS_MIN, views / audience.viewsPerSecond),
      }),
    );
  const assets = orders.map(({ assetId }) => assetId);
  const waiting = orders.values();
  const measured: MeasuredRung[] = [];
  await Promise.all(
    Array.from({ length: runtimes }, async () => {
      const system = await startViewsSystem({ edges: 0, assets, isInMemory: true });
      try {
        for (const order of waiting) {
          measured.push(rungOf(order, await system.ask<ReplayReport>(HOME, '/replay', order)));
        }
      } finally {
        await system.close();
      }
    }),
  );
  return measured.toSorted((a, b) => a.isolates - b.isolates || a.viewsPerSecond - b.viewsPerSecond);
}

function rungOf({ isolates, sessionSegments, viewsPerSecond }: ReplayOrder, report: ReplayReport): MeasuredRung {
  const views = report.facts / sessionSegments;
  return { isolates, viewsPerSecond, perView: scaleUse(report.use, 1 / views), views, shards: report.shards, report };
}

export function laddersOf(rungs: readonly MeasuredRung[]): Ladder[] {
  const byIsolates = Map.groupBy(rungs, ({ isolates }) => isolates);
  return [...byIsolates].map(([isolates, some]) => ({
    isolates,
    rungs: some.map(({ perView, viewsPerSecond }) => ({ viewsPerSecond, perView })),
  }));
}
