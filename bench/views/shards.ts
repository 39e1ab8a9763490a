/**
 * Compares numbers of shards for the same audience: chosen by the counters, and fixed for every asset. A hot asset
 * shows the load of one object, a long tail what additional objects cost.
 */
import { CLOUDFLARE } from '../prices.ts';
import { type Billed, coldAsset, HOT_ASSET } from './load-order.ts';
import { type Audience, type Sample, sample } from './sample.ts';
import { startViewsSystem } from './system.ts';

export type ShardsOptions = Omit<Audience, 'shards'> & { warmSeconds: number; seconds: number };

/** `null`: chosen by the counters. */
const SHARDS: readonly (number | null)[] = [null, 1, 4, 16];

/** The samples by number of shards. Real-time audiences leave CPU to spare, so their runtimes run in parallel. */
export async function measureShards(options: ShardsOptions): Promise<Map<number | null, Sample>> {
  const measured: [number | null, Sample][] = [];
  const measure = async (shards: number | null): Promise<[number | null, Sample]> => [
    shards,
    await measureOn(shards, options),
  ];
  if (options.isPaced) {
    return new Map(await Promise.all(SHARDS.map(measure)));
  }
  for (const shards of SHARDS) {
    measured.push(await measure(shards));
  }
  return new Map(measured);
}

async function measureOn(shards: number | null, { seconds, warmSeconds, ...others }: ShardsOptions): Promise<Sample> {
  const audience: Audience = { ...others, shards };
  const assets = [HOT_ASSET, ...Array.from({ length: others.coldAssets }, (_, index) => coldAsset(index))];
  const system = await startViewsSystem({ edges: others.isolates, assets });
  try {
    await sample([system], audience, { mode: 'full', seconds: warmSeconds });
    return await sample([system], audience, { mode: 'full', seconds });
  } finally {
    await system.close();
  }
}

/**
 * The list price of the counters' calls and rows. Rows of D1 are left out, because only the root of an asset writes
 * them, each minute, however many shards there are. The duration of objects is left out, too.
 */
export const dollarsOf = ({ alarms, otherCalls, requests, rowsWritten }: Billed): number =>
  (requests + otherCalls) * CLOUDFLARE.objectRequest + (rowsWritten + alarms) * CLOUDFLARE.rowWritten;
