/** Calls from one shard of an asset to others, a few at a time. */
import { inGroups } from '../../platform/at-once.ts';
import { counterName, type Retention } from '../facts.ts';
import type { ReportAnswer, ShardReport } from './shard-report.ts';

/** What the shards of an asset ask of each other. */
export interface Sibling {
  report(report: ShardReport): Promise<ReportAnswer>;
  pull(): Promise<ShardReport | null>;
  retentionHere(version: string | null): Promise<(Retention & { lastSeenMs: number })[]>;
  forgetViewerHere(hashes: string[]): Promise<number>;
  clearHere(): Promise<void>;
}

/** 4,096 of them at once would be 4,096 answers in memory. */
const AT_ONCE = 32;

/** A namespace of objects of whatever class: stubs are asked as Sibling. */
type Namespace = Pick<DurableObjectNamespace, 'idFromName'> & { get(id: DurableObjectId): unknown };

export const siblingsOf =
  ({ VIEWS }: { VIEWS: Namespace }, assetId: string) =>
  <R>(shards: readonly number[], call: (shard: Sibling) => Promise<R>): Promise<R[]> =>
    inGroups(shards, AT_ONCE, (shard) =>
      // The stub's own type makes of each tuple and byte array something that is like them.
      call(VIEWS.get(VIEWS.idFromName(counterName(assetId, shard))) as Sibling),
    );
