/** Assets and jobs in D1: every statement of the catalog, rows in, typed records out. Knows nothing of HTTP. */

import { AppError } from '../errors.ts';
import type { Policy } from '../media/presentation.ts';
import { isAborted } from './aborted.ts';
import { commitChange, commitDeletion } from './event-log.ts';
import type { AssetRow, JobRow } from './rows.ts';
import { foldNewTitles, foldText } from './title-search.ts';

export type NewAsset = {
  id: string;
  title: string;
  policy: Policy;
  prewarm: boolean;
  sourceKey: string;
  sourceUrl: string | null;
};
export const DEFAULT_PRIORITY = 50;
/** `retryOf`: the job whose finished tasks it keeps. */
export type NewJob = { id: string; assetId: string; version: string; priority?: number; retryOf?: string };

/** Only where no other job of the asset is under way: two that encode one version would write the same keys. */
const insertJob = (db: D1Database, job: NewJob, nowMs: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at, priority, retry_of)
       SELECT ?1, ?2, ?3, 'queued', ?4, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = ?2 AND status IN ('queued', 'running'))`,
    )
    .bind(job.id, job.assetId, job.version, nowMs, job.priority ?? DEFAULT_PRIORITY, job.retryOf ?? null);

/** One transaction: an asset never stands there without its job. */
export async function createAsset(db: D1Database, asset: NewAsset, job: NewJob, nowMs: number): Promise<void> {
  await commitChange(db, asset.id, nowMs, [
    db
      .prepare(
        `INSERT INTO assets (id, title, policy, status, source_key, source_url, created_at, updated_at, prewarm)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)`,
      )
      .bind(
        asset.id,
        asset.title,
        asset.policy,
        asset.sourceUrl === null ? 'queued' : 'waiting',
        asset.sourceKey,
        asset.sourceUrl,
        nowMs,
        Number(asset.prewarm),
      ),
    insertJob(db, job, nowMs),
  ]).catch(refuseCollectedSource);
}

/** The database makes no asset of a source that is being deleted at this moment (src/collection). */
function refuseCollectedSource(cause: unknown): never {
  throw isAborted(cause, 'source_collected') ? new AppError('source_not_found', { cause }) : cause;
}

/**
 * A further job of an asset: a retry. The asset goes back to `queued` unless a whole version of it is playing. False, and
 * nothing is changed, while a job of it is under way.
 */
export async function createRetryJob(db: D1Database, job: NewJob, nowMs: number): Promise<boolean> {
  const [inserted] = await commitChange(db, job.assetId, nowMs, [
    insertJob(db, job, nowMs),
    db
      .prepare(
        `UPDATE assets SET status = CASE WHEN ready = 'full' THEN status ELSE 'queued' END,
           error_code = NULL, error_message = NULL, updated_at = ?2
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM jobs WHERE id = ?3)`,
      )
      .bind(job.assetId, nowMs, job.id),
  ]);
  return (inserted?.meta.changes ?? 0) > 0;
}

/** Null where the job has ended. */
export async function changeJobPriority(
  db: D1Database,
  job: Pick<JobRow, 'id' | 'asset_id'>,
  priority: number,
  nowMs: number,
): Promise<JobRow | null> {
  const [changed] = await commitChange(db, job.asset_id, nowMs, [
    db
      .prepare(
        `UPDATE jobs SET priority = ?2, updated_at = ?3 WHERE id = ?1 AND status IN ('queued', 'running') RETURNING *`,
      )
      .bind(job.id, priority, nowMs),
  ]);
  return (changed?.results[0] as JobRow | undefined) ?? null;
}

/** Whether something of the version was published. */
export async function isPublished(db: D1Database, assetId: string, version: string): Promise<boolean> {
  const found = await db
    .prepare('SELECT 1 FROM versions WHERE asset_id = ?1 AND id = ?2')
    .bind(assetId, version)
    .first();
  return found !== null;
}

/** Whether the job has published its version whole: it can only end well from then on. */
export async function isPublishedWhole(db: D1Database, job: JobRow): Promise<boolean> {
  const found = await db
    .prepare('SELECT 1 FROM versions WHERE asset_id = ?1 AND id = ?2 AND job_id = ?3 AND whole = 1')
    .bind(job.asset_id, job.version, job.id)
    .first();
  return found !== null;
}

export const jobRefOf = ({ id, asset_id, version }: JobRow) => ({ jobId: id, assetId: asset_id, version });

export const findAsset = (db: D1Database, id: string): Promise<AssetRow | null> =>
  db.prepare('SELECT * FROM assets WHERE id = ?1').bind(id).first<AssetRow>();

export const findJob = (db: D1Database, id: string): Promise<JobRow | null> =>
  db.prepare('SELECT * FROM jobs WHERE id = ?1').bind(id).first<JobRow>();

export const findLatestJob = (db: D1Database, assetId: string): Promise<JobRow | null> =>
  db
    .prepare('SELECT * FROM jobs WHERE asset_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 1')
    .bind(assetId)
    .first<JobRow>();

/** Where a page ends: the last row's place in the newest-first order. */
export type PageMark = { createdAt: number; id: string };

export async function listAssets(
  db: D1Database,
  page: { after: PageMark | null; limit: number; query: string },
): Promise<AssetRow[]> {
  if (page.query !== '') {
    await foldNewTitles(db);
  }
  const { results } = await db
    .prepare(
      // instr, not LIKE: D1 takes patterns of at most 50 bytes.
      `SELECT * FROM assets WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2))
       AND (instr(coalesce(title_folded, lower(title)), ?5) > 0 OR id = ?3) ORDER BY created_at DESC, id DESC LIMIT ?4`,
    )
    .bind(page.after?.createdAt ?? null, page.after?.id ?? null, page.query, page.limit, foldText(page.query))
    .all<AssetRow>();
  return results;
}

export async function listJobs(db: D1Database, page: { after: PageMark | null; limit: number }): Promise<JobRow[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM jobs WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2)) ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(page.after?.createdAt ?? null, page.after?.id ?? null, page.limit)
    .all<JobRow>();
  return results;
}

export type AssetChange = {
  title?: string | undefined;
  policy?: Policy | undefined;
  disabled?: boolean | undefined;
  prewarm?: boolean | undefined;
};

export async function changeAsset(
  db: D1Database,
  id: string,
  change: AssetChange,
  nowMs: number,
): Promise<AssetRow | null> {
  const update = db
    .prepare(
      `UPDATE assets SET title = coalesce(?2, title), policy = coalesce(?3, policy), disabled = coalesce(?4, disabled),
         prewarm = coalesce(?6, prewarm), updated_at = ?5 WHERE id = ?1 RETURNING *`,
    )
    .bind(
      id,
      change.title ?? null,
      change.policy ?? null,
      change.disabled === undefined ? null : Number(change.disabled),
      nowMs,
      change.prewarm === undefined ? null : Number(change.prewarm),
    );
  const [changed] = await commitChange(db, id, nowMs, [update]);
  return (changed?.results[0] as AssetRow | undefined) ?? null;
}

/** `along`: what else goes in the same transaction. */
export async function deleteAsset(
  db: D1Database,
  id: string,
  nowMs: number,
  along: readonly D1PreparedStatement[],
): Promise<void> {
  await commitDeletion(db, id, nowMs, [
    // What is left of it in the bucket is known by this (src/collection).
    db.prepare('INSERT INTO deleted_assets (id, deleted_at) SELECT id, ?2 FROM assets WHERE id = ?1').bind(id, nowMs),
    db.prepare('DELETE FROM assets WHERE id = ?1').bind(id),
    ...along,
  ]);
}
