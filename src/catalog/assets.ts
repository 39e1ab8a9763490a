/** Assets and jobs in D1: every statement of the catalog, rows in, typed records out. Knows nothing of HTTP. */
import type { Policy } from '../contract/presentation.ts';

export const ASSET_STATUSES = ['waiting', 'queued', 'encoding', 'ready', 'failed'] as const;
export type AssetStatus = (typeof ASSET_STATUSES)[number];
export const JOB_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export type AssetRow = {
  id: string;
  title: string;
  policy: Policy;
  disabled: number;
  prewarm: number;
  status: AssetStatus;
  error_code: string | null;
  error_message: string | null;
  source_key: string;
  source_url: string | null;
  current_version: string | null;
  current_revision: number | null;
  duration_seconds: number | null;
  width: number | null;
  height: number | null;
  created_at: number;
  updated_at: number;
};

export type JobRow = {
  id: string;
  asset_id: string;
  version: string;
  status: JobStatus;
  error_code: string | null;
  error_message: string | null;
  created_at: number;
  updated_at: number;
};

/** Under way or about to be. */
export const isActive = ({ status }: Pick<JobRow, 'status'>): boolean => status === 'queued' || status === 'running';

export type NewAsset = {
  id: string;
  title: string;
  policy: Policy;
  prewarm: boolean;
  sourceKey: string;
  sourceUrl: string | null;
};
export type NewJob = { id: string; assetId: string; version: string };

const insertJob = (db: D1Database, job: NewJob, nowMs: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at) VALUES (?1, ?2, ?3, 'queued', ?4, ?4)`,
    )
    .bind(job.id, job.assetId, job.version, nowMs);

/** One transaction: an asset never stands there without its job. */
export async function createAsset(db: D1Database, asset: NewAsset, job: NewJob, nowMs: number): Promise<void> {
  await db.batch([
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
  ]);
}

/** A further job of an asset: a retry. The asset goes back to `queued` unless a version of it is playing. */
export async function createRetryJob(db: D1Database, job: NewJob, nowMs: number): Promise<void> {
  await db.batch([
    insertJob(db, job, nowMs),
    db
      .prepare(
        `UPDATE assets SET status = CASE WHEN current_version IS NULL THEN 'queued' ELSE status END,
           error_code = NULL, error_message = NULL, updated_at = ?2 WHERE id = ?1`,
      )
      .bind(job.assetId, nowMs),
  ]);
}

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
  const { results } = await db
    .prepare(
      // instr, not LIKE: D1 takes patterns of at most 50 bytes.
      `SELECT * FROM assets WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2))
       AND (instr(lower(title), lower(?3)) > 0 OR id = ?3) ORDER BY created_at DESC, id DESC LIMIT ?4`,
    )
    .bind(page.after?.createdAt ?? null, page.after?.id ?? null, page.query, page.limit)
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
  return await db
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
    )
    .first<AssetRow>();
}

export async function deleteAsset(db: D1Database, id: string): Promise<void> {
  await db.prepare('DELETE FROM assets WHERE id = ?1').bind(id).run();
}
