/** Calls from one shard of an asset to others, a few at a time. */

import { inGroups } from '../../platform/in-groups.ts';
import { counterName } from '../facts.ts';
import type { ViewCounter } from './view-counter.ts';

export type Sibling = Pick<ViewCounter, 'report' | 'pull' | 'retentionHere' | 'forgetViewerHere' | 'clearHere'>;

export const siblingsOf =
  ({ VIEWS }: { VIEWS: DurableObjectNamespace<ViewCounter> }, assetId: string) =>
  <R>(shards: readonly number[], call: (shard: Sibling) => Promise<R>): Promise<R[]> =>
    inGroups(shards, (shard) => {
      const stub: unknown = VIEWS.get(VIEWS.idFromName(counterName(assetId, shard)));
      // The stub's own type makes of each tuple and byte array something that is like them.
      return call(stub as Sibling);
    });
