/**
 * The asset's numbers in the catalog, copied there by its root, a row each time: rankings are read from them, and a root that
 * has lost what it stored goes on from them. They are absolute and never fall, and an asset that is gone does not come back.
 */
import { dayOf, weekOf } from '../../platform/days.ts';
import { log } from '../../platform/log.ts';
import { sql } from '../../platform/sql.ts';
import type { LiveViews, SeriesPoint } from '../facts.ts';

/** `gone`: the catalog has no such asset. `failed`: to be tried again; it has been logged. */
export type Copied = 'copied' | 'gone' | 'failed';

type Numbers = Pick<SeriesPoint, 'views' | 'watchMs' | 'viewers'>;
/** As a day that is over is kept. */
type StoredDay = [day: string, views: number, viewers: number, watchSeconds: number];

const secondsOf = (ms: number) => Math.round(ms / 1000);

const copyOf = (assetId: string, live: LiveViews, today: Numbers, before: StoredDay[] | null, nowMs: number) => sql`
  INSERT INTO asset_views (asset_id, views, viewers, watch_seconds, watching, updated_at,
    day, day_views, day_viewers, day_watch_seconds, days)
  SELECT ${assetId}, ${live.views}, ${live.viewers}, ${secondsOf(live.watchMs)}, ${live.watching}, ${nowMs},
    ${dayOf(nowMs)}, ${today.views}, ${today.viewers ?? 0}, ${secondsOf(today.watchMs)}, ${JSON.stringify(before ?? [])}
  WHERE EXISTS (SELECT 1 FROM assets WHERE id = ${assetId})
  ON CONFLICT (asset_id) DO UPDATE SET views = max(views, excluded.views), viewers = max(viewers, excluded.viewers),
    watch_seconds = max(watch_seconds, excluded.watch_seconds), watching = excluded.watching,
    updated_at = excluded.updated_at, day = excluded.day,
    day_views = max(iif(day = excluded.day, day_views, 0), excluded.day_views),
    day_viewers = max(iif(day = excluded.day, day_viewers, 0), excluded.day_viewers),
    day_watch_seconds = max(iif(day = excluded.day, day_watch_seconds, 0), excluded.day_watch_seconds),
    days = CASE WHEN ${before === null ? 0 : 1} THEN excluded.days WHEN day <> excluded.day
      THEN json_insert(days, '$[#]', json_array(day, day_views, day_viewers, day_watch_seconds)) ELSE days END`;

/** `days`: of UTC, with viewers. Today's alone, unless `hasDays`: then those before, too, all of them. */
export async function rollUp(
  db: D1Database,
  numbers: { assetId: string; live: LiveViews; days: readonly SeriesPoint[]; hasDays: boolean; nowMs: number },
): Promise<Copied> {
  const { assetId, live, days, hasDays, nowMs } = numbers;
  const isToday = ({ startMs }: SeriesPoint) => dayOf(startMs) === dayOf(nowMs);
  const before = days
    .filter((day) => !isToday(day))
    .map(({ startMs, views, viewers = 0, watchMs }): StoredDay => [dayOf(startMs), views, viewers, secondsOf(watchMs)]);
  try {
    const results = await db.batch<{ found: number }>([
      copyOf(assetId, live, days.find(isToday) ?? { views: 0, watchMs: 0 }, hasDays ? before : null, nowMs).on(db),
      // What the indexes are on, if it has changed.
      sql`UPDATE asset_views SET week = ${weekOf(nowMs)}, digits = length(views)
        WHERE asset_id = ${assetId} AND (week <> ${weekOf(nowMs)} OR digits <> length(views))`.on(db),
      sql`SELECT count(*) AS found FROM assets WHERE id = ${assetId}`.on(db),
    ]);
    return results.at(-1)?.results[0]?.found === 1 ? 'copied' : 'gone';
  } catch (error) {
    log.warn({ event: 'views_not_rolled_up', assetId, reason: String(error) });
    return 'failed';
  }
}

/**
 * What the catalog had of an asset when its root began with nothing, and counts on from: of counters that were lost, or none.
 * Minutes, hours, splits and retention curves begin anew. `viewers` are without identities: one who comes back counts again.
 */
export type Base = Required<Numbers> & {
  /** When it was read: reports of older shards are included. 0: there was nothing. */
  readMs: number;
  days: (Required<Numbers> & { startMs: number })[];
};

export const NO_BASE: Base = { readMs: 0, views: 0, viewers: 0, watchMs: 0, days: [] };

type Count = 'views' | 'viewers' | 'watch_seconds';
type ViewsRow = Record<Count | `day_${Count}`, number> & { day: string; days: string };

export async function readBase(db: D1Database, assetId: string, nowMs: number): Promise<Base> {
  const query = sql`SELECT * FROM asset_views WHERE asset_id = ${assetId}`;
  const [row] = (await query.on(db).all<ViewsRow>()).results;
  if (row === undefined) {
    return NO_BASE;
  }
  const last: StoredDay = [row.day, row.day_views, row.day_viewers, row.day_watch_seconds];
  // Of the day of the last copy, earlier releases had a row as well.
  const days = new Map([...(JSON.parse(row.days) as StoredDay[]), last].map((day) => [day[0], day]));
  return {
    readMs: nowMs,
    ...{ views: row.views, viewers: row.viewers, watchMs: row.watch_seconds * 1000 },
    days: Array.from(days.values(), ([day, views, viewers, seconds]) => ({
      ...{ startMs: Date.parse(day), views, viewers, watchMs: seconds * 1000 },
    })),
  };
}
