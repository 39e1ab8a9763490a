/**
 * What the number of an asset's shards is worth: the same audience on shards as the counters ask for, and on a number that
 * is fixed for every asset. A hot asset shows what one object has to take, a long tail what each further object costs.
 */
import { CLOUDFLARE } from '../prices.ts';
import { type Billed, coldAsset, HOT_ASSET } from './load-order.ts';
import { type Audience, type Sample, sample } from './sample.ts';
import { startViewsSystem } from './system.ts';

export type ShardsOptions = Omit<Audience, 'shards'> & { warmSeconds: number; seconds: number };

/** `null`: as the counters ask. */
const SHARDS: readonly (number | null)[] = [null, 1, 4, 16];

/** By number of shards, each in a runtime of its own. In real time they have time to spare, and run side by side. */
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
 * Calls and rows of counters at list prices. Rows of D1 are left out, since only an asset's root writes them, each minute,
 * whatever its shards are; so is the time that objects are awake.
 */
export const dollarsOf = ({ alarms, otherCalls, requests, rowsWritten }: Billed): number =>
  (requests + otherCalls) * CLOUDFLARE.objectRequest + (rowsWritten + alarms) * CLOUDFLARE.rowWritten;
