/**
 * The asset's numbers in the catalog, copied there by its root: lists and rankings are read from them, and a root that has
 * lost what it stored goes on from them. The values are absolute, so a copy may be made twice. Counts never fall, and an
 * asset that is gone does not come back.
 */
import { DAY_MS, dayOf } from '../../platform/days.ts';
import { log } from '../../platform/log.ts';
import type { LiveViews, SeriesPoint } from '../facts.ts';

/** `gone`: the catalog has no such asset. `failed`: to be tried again; it has been logged. */
export type Copied = 'copied' | 'gone' | 'failed';

const TOTALS = `
  INSERT INTO asset_views (asset_id, views, viewers, watch_seconds, watching, updated_at, day, day_views)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM assets WHERE id = ?1)
  ON CONFLICT (asset_id) DO UPDATE SET views = max(views, excluded.views), viewers = max(viewers, excluded.viewers),
    watch_seconds = max(watch_seconds, excluded.watch_seconds), watching = excluded.watching,
    updated_at = excluded.updated_at, day = excluded.day,
    day_views = iif(day = excluded.day, max(day_views, excluded.day_views), excluded.day_views)`;

const DAY = `
  INSERT INTO asset_view_days (asset_id, day, views, viewers, watch_seconds)
  SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM assets WHERE id = ?1)
  ON CONFLICT (asset_id, day) DO UPDATE SET views = max(views, excluded.views),
    viewers = max(viewers, excluded.viewers), watch_seconds = max(watch_seconds, excluded.watch_seconds)`;

/** `days`: of UTC, with viewers. */
export async function rollUp(
  db: D1Database,
  { assetId, live, days, nowMs }: { assetId: string; live: LiveViews; days: readonly SeriesPoint[]; nowMs: number },
): Promise<Copied> {
  const today = dayOf(nowMs);
  const dayViews = days.find(({ startMs }) => dayOf(startMs) === today)?.views ?? 0;
  const seconds = (ms: number) => Math.round(ms / 1000);
  try {
    const results = await db.batch<{ found: number }>([
      db
        .prepare(TOTALS)
        .bind(assetId, live.views, live.viewers, seconds(live.watchMs), live.watching, nowMs, today, dayViews),
      ...days.map((day) =>
        db.prepare(DAY).bind(assetId, dayOf(day.startMs), day.views, day.viewers ?? 0, seconds(day.watchMs)),
      ),
      db.prepare('SELECT count(*) AS found FROM assets WHERE id = ?').bind(assetId),
    ]);
    return results.at(-1)?.results[0]?.found === 1 ? 'copied' : 'gone';
  } catch (error) {
    log.warn({ event: 'views_not_rolled_up', assetId, reason: String(error) });
    return 'failed';
  }
}

/**
 * What the catalog had of an asset when its root began with nothing: of counters that were lost, or none. The root counts
 * on from it. Minutes, hours, splits and retention curves are not in the catalog and begin anew.
 */
export type Base = {
  /** When it was read: reports of older shards are included. 0: there was nothing. */
  readMs: number;
  views: number;
  /** A number without identities: a viewer who comes back is counted again. */
  viewers: number;
  watchMs: number;
  days: { startMs: number; views: number; viewers: number; watchMs: number }[];
};

export const NO_BASE: Base = { readMs: 0, views: 0, viewers: 0, watchMs: 0, days: [] };

type ViewsRow = { views: number; viewers: number; watch_seconds: number };

/** `daysMs`: how long days are kept. */
export async function readBase(db: D1Database, assetId: string, nowMs: number, daysMs: number): Promise<Base> {
  const from = dayOf(nowMs - daysMs - DAY_MS);
  const [totals, days] = await db.batch<ViewsRow & { day: string }>([
    db.prepare('SELECT views, viewers, watch_seconds FROM asset_views WHERE asset_id = ?1').bind(assetId),
    db
      .prepare('SELECT day, views, viewers, watch_seconds FROM asset_view_days WHERE asset_id = ?1 AND day >= ?2')
      .bind(assetId, from),
  ]);
  const [row] = totals?.results ?? [];
  if (row === undefined) {
    return NO_BASE;
  }
  const numbersOf = ({ views, viewers, watch_seconds }: ViewsRow) => ({
    views,
    viewers,
    watchMs: watch_seconds * 1000,
  });
  return {
    ...numbersOf(row),
    readMs: nowMs,
    days: (days?.results ?? []).map((day) => ({ startMs: Date.parse(day.day), ...numbersOf(day) })),
  };
}
