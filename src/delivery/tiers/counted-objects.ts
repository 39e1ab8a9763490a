/** Counts what the tiers read of the bucket. */
import type { TierCounters } from '../../metrics/tier-counters.ts';
import type { ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';
import type { PopularityClass } from './popularity.ts';

/** What a fill of the data centre's cache is counted as. */
export const EDGE_FILLS = {
  hot: 'edgeFillsHot',
  warm: 'edgeFillsWarm',
  cold: 'edgeFillsCold',
} as const satisfies Record<PopularityClass, keyof TierCounters>;

/** Counts the reads of a source, failed ones included: they are billed and waited for like any other. */
export class CountedObjects implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #counters: TierCounters;
  readonly #name: 'r2MediaReads' | 'r2StateReads';

  constructor(next: ObjectSource, counters: TierCounters, name: 'r2MediaReads' | 'r2StateReads') {
    this.#next = next;
    this.#counters = counters;
    this.#name = name;
  }

  head(key: string): Promise<ObjectHead | null> {
    this.#counters[this.#name] += 1;
    return this.#next.head(key);
  }

  get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    this.#counters[this.#name] += 1;
    return this.#next.get(key, range);
  }
}
