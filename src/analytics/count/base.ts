/**
 * What the catalog has of an asset when its root begins with nothing: of counters that were lost, or none. The root counts
 * on from it, and it is never counted again: a shard that outlived the root tells numbers that the catalog has as well.
 * Minutes, hours, splits and retention curves are not in the catalog and begin anew.
 */
import { DAY_MS, dayOf } from '../../platform/days.ts';
import type { ShardReport } from './shard-report.ts';

export type BaseDay = { startMs: number; views: number; viewers: number; watchMs: number };
export type Base = {
  /** When it was read; shards that are older are in it. 0: there was nothing. */
  readMs: number;
  views: number;
  /** A number without identities: a viewer who comes back is counted again. */
  viewers: number;
  watchMs: number;
  days: BaseDay[];
};

export const NO_BASE: Base = { readMs: 0, views: 0, viewers: 0, watchMs: 0, days: [] };

type Row = { views: number; viewers: number; watch_seconds: number };

/** `daysMs`: how far back days are kept. */
export async function readBase(db: D1Database, assetId: string, nowMs: number, daysMs: number): Promise<Base> {
  const from = dayOf(nowMs - daysMs - DAY_MS);
  const [totals, days] = await db.batch<Row & { day: string }>([
    db.prepare('SELECT views, viewers, watch_seconds FROM asset_views WHERE asset_id = ?1').bind(assetId),
    db
      .prepare('SELECT day, views, viewers, watch_seconds FROM asset_view_days WHERE asset_id = ?1 AND day >= ?2')
      .bind(assetId, from),
  ]);
  const [row] = totals?.results ?? [];
  if (row === undefined) {
    return NO_BASE;
  }
  const numbersOf = ({ views, viewers, watch_seconds }: Row) => ({ views, viewers, watchMs: watch_seconds * 1000 });
  return {
    ...numbersOf(row),
    readMs: nowMs,
    days: (days?.results ?? []).map((day) => ({ startMs: Date.parse(day.day), ...numbersOf(day) })),
  };
}

/** A shard that the base has in it is counted by its own reports from now on. */
export const without = (base: Base, { views, watchMs }: ShardReport, viewers: number): Base => ({
  ...base,
  views: Math.max(0, base.views - views),
  watchMs: Math.max(0, base.watchMs - watchMs),
  viewers: Math.max(0, base.viewers - viewers),
});

/** A shard has begun with nothing; what it had told before stays counted. Its viewers are in the union. */
export const withLost = (base: Base, { views, watchMs }: Pick<ShardReport, 'views' | 'watchMs'>): Base => ({
  ...base,
  views: base.views + views,
  watchMs: base.watchMs + watchMs,
});
