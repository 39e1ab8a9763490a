/** Reads the tier counters of a Worker with the entry of worker/index.ts. */
import type { TierCounters } from '../../src/metrics/tier-counters.ts';
import type { Runtime } from '../runtime.ts';

export const TIERS_ENTRY = 'bench/tiers/worker/index.ts';

/** The counters of one isolate. */
export async function tierCountersOf(runtime: Runtime, name: string): Promise<TierCounters> {
  const response = await fetch(new URL('/bench/tiers', runtime.urlOf(name)));
  return (await response.json()) as TierCounters;
}
