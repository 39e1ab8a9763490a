/** Reads what the catalog's database knows of views: each asset's root writes it there every minute (roll-up.ts). */
import { dayOf } from '../../platform/days.ts';

export const TOP_WINDOWS = ['now', 'today', 'all'] as const;
export type TopWindow = (typeof TOP_WINDOWS)[number];

/** Two roll-ups. A row that is older says who was watching then, not now. */
const NOW_MS = 2 * 60_000;

export type AssetViewsRow = { views: number; viewers: number; watch_seconds: number; watching: number };

/** Null if nobody has watched it. */
export const findAssetViews = (db: D1Database, assetId: string, nowMs: number): Promise<AssetViewsRow | null> =>
  db
    .prepare(
      `SELECT views, viewers, watch_seconds, iif(updated_at > ?2, watching, 0) AS watching FROM asset_views
       WHERE asset_id = ?1`,
    )
    .bind(assetId, nowMs - NOW_MS)
    .first<AssetViewsRow>();

export type TopRow = { id: string; title: string; number: number };

/** `now` and `today` find rows by their last write, so that assets that nobody watches cost nothing. */
export const TOP_QUERIES: Readonly<Record<TopWindow, string>> = {
  now: `SELECT a.id, a.title, v.watching AS number FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.updated_at > ?1 AND v.watching > 0 ORDER BY v.watching DESC, a.id LIMIT ?2`,
  today: `SELECT a.id, a.title, v.day_views AS number FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.updated_at >= unixepoch(?1) * 1000 AND v.day = ?1 AND v.day_views > 0
    ORDER BY v.day_views DESC, a.id LIMIT ?2`,
  all: `SELECT a.id, a.title, v.views AS number FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.views > ?1 ORDER BY v.views DESC, a.id LIMIT ?2`,
};

export async function topAssets(
  db: D1Database,
  { window, limit }: { window: TopWindow; limit: number },
  nowMs: number,
): Promise<TopRow[]> {
  const bound = { now: nowMs - NOW_MS, today: dayOf(nowMs), all: 0 }[window];
  const { results } = await db.prepare(TOP_QUERIES[window]).bind(bound, limit).all<TopRow>();
  return results;
}

/** Assets with a view counted since then, in the order of their ids. */
export async function activeAssets(
  db: D1Database,
  page: { sinceMs: number; after: string; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT asset_id FROM asset_views WHERE updated_at >= ?1 AND asset_id > ?2 ORDER BY asset_id LIMIT ?3')
    .bind(page.sinceMs, page.after, page.limit)
    .all<{ asset_id: string }>();
  return results.map(({ asset_id }) => asset_id);
}
