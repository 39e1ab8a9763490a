/** Reads the numbers that roots copy to the catalog (count/roll-up.ts). Where a copy may be out of date, the root is asked. */
import { AppError } from '../../errors.ts';
import { inGroups } from '../../platform/at-once.ts';
import { dayOf, weekOf } from '../../platform/days.ts';
import { log } from '../../platform/log.ts';
import { sql } from '../../platform/sql.ts';
import { inTime, startTimer } from '../../platform/timer.ts';
import type { CountersEnv } from '../counters-env.ts';
import { COPY_MS, counterName, type LiveViews, type ViewCounterApi } from '../facts.ts';

export const TOP_WINDOWS = ['now', 'today', 'all'] as const;
export type TopWindow = (typeof TOP_WINDOWS)[number];

export type ViewsEnv = { CATALOG: D1Database } & CountersEnv;
/** Seconds of media are rounded. */
type CopyRow = Omit<LiveViews, 'watchMs'> & { asset_id: string; watch_seconds: number; updated_at: number };

/** A copy that is no older is shown as it is. */
const FRESH_MS = 2 * 60_000;
/** Of an asset that is watched there is a copy that is no older: a batch comes each minute, and after COPY_MS one is copied with it. */
const WATCHED_MS = COPY_MS + 5 * 60_000;
/** Roots asked for one ranking, a few at a time: a Worker may wait for six answers. */
const MAX_ASKED = 50;
const ASKED_AT_ONCE = 5;

export const rootCounter = ({ VIEWS }: CountersEnv, assetId: string): ViewCounterApi =>
  VIEWS.get(VIEWS.idFromName(counterName(assetId, 0)));

/** Throws AppError `unavailable` if the root does not answer: never zeros. */
export async function askRoot<T>(
  env: CountersEnv,
  assetId: string,
  ask: (root: ViewCounterApi) => Promise<T>,
): Promise<T> {
  try {
    return await ask(rootCounter(env, assetId));
  } catch (cause) {
    log.error({ event: 'views_unanswered', assetId, reason: String(cause) });
    throw new AppError('unavailable', { cause });
  }
}

/** A counter answers from memory; a ranking is not to wait for one that does not. */
const ASK_MS = 1_000;

const COPY = sql`v.asset_id, v.views, v.viewers, v.watch_seconds, v.watching, v.updated_at`;

/** The numbers of now, as far as the root answers. */
async function currentOf(env: CountersEnv, row: CopyRow, nowMs: number): Promise<LiveViews> {
  const { asset_id: assetId, views, viewers, watching, watch_seconds: watchSeconds } = row;
  const ageMs = nowMs - row.updated_at;
  if (ageMs > FRESH_MS && ageMs <= WATCHED_MS) {
    try {
      return await inTime(rootCounter(env, assetId).live(), ASK_MS, startTimer);
    } catch (error) {
      log.warn({ event: 'views_unanswered', assetId, reason: String(error) });
    }
  }
  return { views, viewers, watchMs: watchSeconds * 1000, watching: ageMs > FRESH_MS ? 0 : watching };
}

/** Null if nobody has watched it. */
export async function findAssetViews(env: ViewsEnv, assetId: string, nowMs: number): Promise<LiveViews | null> {
  const row = await sql`SELECT ${COPY} FROM asset_views v WHERE v.asset_id = ${assetId}`
    .on(env.CATALOG)
    .first<CopyRow>();
  return row === null ? null : currentOf(env, row, nowMs);
}

export type TopRow = { id: string; title: string; number: number };

/** Rankings of copies, without a look at assets that nobody has watched for a week, or that are far from the top. */
export const topQueries = {
  /** Those that may be watched, up to `most`. */
  now: (nowMs: number, most: number) => sql`
    SELECT ${COPY}, a.title FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.week >= ${weekOf(nowMs - WATCHED_MS)} AND v.updated_at > ${nowMs - WATCHED_MS}
    ORDER BY v.watching DESC, v.updated_at DESC LIMIT ${most}`,
  today: (nowMs: number, limit: number) => sql`
    SELECT a.id, a.title, v.day_views AS number FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.week >= ${weekOf(nowMs)} AND v.day = ${dayOf(nowMs)} AND v.day_views > 0 ORDER BY v.day_views DESC, a.id LIMIT ${limit}`,
  all: (_: number, limit: number) => sql`
    SELECT a.id, a.title, v.views AS number FROM asset_views v JOIN assets a ON a.id = v.asset_id
    WHERE v.views > 0 AND v.digits >= coalesce(
      (SELECT digits FROM asset_views ORDER BY digits DESC LIMIT 1 OFFSET ${limit - 1}), 0)
    ORDER BY v.views DESC, a.id LIMIT ${limit}`,
};

export async function topAssets(
  env: ViewsEnv,
  { window, limit }: { window: TopWindow; limit: number },
  nowMs: number,
): Promise<TopRow[]> {
  if (window !== 'now') {
    return (await topQueries[window](nowMs, limit).on(env.CATALOG).all<TopRow>()).results;
  }
  const query = topQueries.now(nowMs, Math.max(limit, MAX_ASKED)).on(env.CATALOG);
  const { results } = await query.all<CopyRow & { title: string }>();
  const rows = await inGroups(results, ASKED_AT_ONCE, async ({ title, ...row }) => {
    const { watching } = await currentOf(env, row, nowMs);
    return { id: row.asset_id, title, number: watching };
  });
  return rows
    .filter(({ number }) => number > 0)
    .sort((a, b) => b.number - a.number || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}

/** Assets with a view counted since then, in the order of their ids. */
export async function activeAssets(
  db: D1Database,
  page: { sinceMs: number; after: string; limit: number },
): Promise<string[]> {
  const { results } = await sql`SELECT asset_id FROM asset_views
    WHERE updated_at >= ${page.sinceMs} AND asset_id > ${page.after} ORDER BY asset_id LIMIT ${page.limit}`
    .on(db)
    .all<{ asset_id: string }>();
  return results.map(({ asset_id }) => asset_id);
}
