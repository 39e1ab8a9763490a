/**
 * The asset's numbers, copied from its root to the catalog: what lists and rankings are read from, and what a root that was
 * lost goes on from. Absolute values, so a copy may be made twice. Counts never fall, and an asset that is gone does not
 * come back.
 */
import { dayOf } from '../../platform/days.ts';
import type { LiveViews, SeriesPoint } from '../facts.ts';

export type RollUp = {
  assetId: string;
  live: LiveViews;
  /** UTC days, with viewers; the last one is the day that runs. */
  days: SeriesPoint[];
  nowMs: number;
};

const TOTALS = `
  INSERT INTO asset_views (asset_id, views, viewers, watch_seconds, watching, updated_at, day, day_views)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM assets WHERE id = ?1)
  ON CONFLICT (asset_id) DO UPDATE SET views = max(views, excluded.views), viewers = max(viewers, excluded.viewers),
    watch_seconds = max(watch_seconds, excluded.watch_seconds), watching = excluded.watching,
    updated_at = excluded.updated_at, day = excluded.day,
    day_views = iif(day = excluded.day, max(day_views, excluded.day_views), excluded.day_views)`;

/** A day's numbers only grow. */
const DAY = `
  INSERT INTO asset_view_days (asset_id, day, views, viewers, watch_seconds)
  SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM assets WHERE id = ?1)
  ON CONFLICT (asset_id, day) DO UPDATE SET views = max(views, excluded.views),
    viewers = max(viewers, excluded.viewers), watch_seconds = max(watch_seconds, excluded.watch_seconds)`;

/** `2026-11-20`, in UTC. */

/** Whether the asset is there at all: false where it has been deleted. Throws where the catalog cannot be reached. */
export async function rollUp(db: D1Database, { assetId, live, days, nowMs }: RollUp): Promise<boolean> {
  const today = dayOf(nowMs);
  const dayViews = days.find(({ startMs }) => dayOf(startMs) === today)?.views ?? 0;
  const seconds = (ms: number) => Math.round(ms / 1000);
  const results = await db.batch<{ found: number }>([
    db
      .prepare(TOTALS)
      .bind(assetId, live.views, live.viewers, seconds(live.watchMs), live.watching, nowMs, today, dayViews),
    ...days.map((day) =>
      db.prepare(DAY).bind(assetId, dayOf(day.startMs), day.views, day.viewers ?? 0, seconds(day.watchMs)),
    ),
    db.prepare('SELECT count(*) AS found FROM assets WHERE id = ?').bind(assetId),
  ]);
  return results.at(-1)?.results[0]?.found === 1;
}
