/** Versions of an asset: what there is, and making an earlier one the current one again. */
import { AppError } from '../errors.ts';
import type { VersionRef } from '../media/keys.ts';
import { sql } from '../platform/sql.ts';
import { commitChange } from './event-log.ts';
import { sourceOfJob } from './job-progress.ts';
import { isAborted, isActive, type JobRow } from './rows.ts';

/** A version by its latest job; columns of its newest revision are null before the first. */
export type VersionRow = {
  version: string;
  is_current: number;
  job_id: string;
  job_status: JobRow['status'];
  source_key: string | null;
  warnings: string | null;
  error_code: string | null;
  error_message: string | null;
  /** Of its first job. */
  created_at: number;
  revision: number | null;
  whole: number | null;
  published_at: number | null;
  duration_seconds: number | null;
  width: number | null;
  height: number | null;
  from_source: number | null;
  collected_at: number | null;
};

export const VERSION_STATUSES = ['current', 'ready', 'encoding', 'failed', 'collected'] as const;

/** `ready`: whole, and its objects are there. `collected`: garbage collection has taken them. */
export function versionStatus(row: VersionRow): (typeof VERSION_STATUSES)[number] {
  if (row.is_current === 1) {
    return 'current';
  }
  if (row.collected_at !== null) {
    return 'collected';
  }
  if (isActive({ status: row.job_status })) {
    return 'encoding';
  }
  return row.whole === 1 ? 'ready' : 'failed';
}

/** SQLite takes the bare columns of a group from the row that has the maximum (lang_select.html, section 2.5). */
const selectVersions = (assetId: string) => sql`
  SELECT j.version, j.version IS a.current_version AS is_current, j.id AS job_id, j.status AS job_status, j.source_key,
    j.warnings, j.error_code, j.error_message, max(j.created_at) AS latest_at,
    (SELECT min(created_at) FROM jobs WHERE asset_id = a.id AND version = j.version) AS created_at, v.revision, v.whole,
    v.published_at, v.duration_seconds, v.width, v.height, v.from_source, m.collected_at
  FROM assets a JOIN jobs j ON j.asset_id = a.id AND j.track IS NULL
    LEFT JOIN versions v ON v.asset_id = a.id AND v.id = j.version
    LEFT JOIN version_marks m ON m.asset_id = a.id AND m.version = j.version
  WHERE a.id = ${assetId} GROUP BY j.version`;

/** Newest first. */
export async function listVersions(db: D1Database, assetId: string, limit: number): Promise<VersionRow[]> {
  const select = sql`${selectVersions(assetId)} ORDER BY created_at DESC, j.version LIMIT ${limit}`;
  return (await select.on(db).all<VersionRow>()).results;
}

export const findVersionRow = (db: D1Database, { assetId, version }: VersionRef): Promise<VersionRow | null> =>
  sql`${selectVersions(assetId)} HAVING j.version = ${version}`.on(db).first<VersionRow>();

/**
 * Makes a whole version the current one, with its source and options. The caller writes the mirror. False where that is not
 * possible: it is not whole, or a job of the asset is active. Throws AppError `version_collected`.
 */
export async function makeCurrent(db: D1Database, { assetId, version }: VersionRef, nowMs: number): Promise<boolean> {
  const mayChange = sql`EXISTS (SELECT 1 FROM versions WHERE asset_id = ${assetId} AND id = ${version} AND whole = 1)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND status IN ('queued', 'running'))`;
  const current = sql`
    UPDATE assets SET current_version = v.id, current_revision = v.revision, duration_seconds = v.duration_seconds,
      width = v.width, height = v.height, status = 'ready', ready = 'full', from_source = v.from_source, error_code = NULL, error_message = NULL,
      warnings = (SELECT warnings FROM jobs WHERE id = v.job_id), updated_at = ${nowMs}, ${sourceOfJob(sql`v.job_id`)}
    FROM versions v WHERE v.asset_id = ${assetId} AND v.id = ${version} AND assets.id = ${assetId} AND ${mayChange}`;
  // Sound that was added to it while it was current is in it, and is not encoded again.
  const dubs = sql`
    UPDATE tracks SET version = ${version}, state = 'ready', error_code = NULL, error_message = NULL
    WHERE asset_id = ${assetId} AND ${mayChange} AND EXISTS (
      SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND version = ${version} AND track = tracks.id AND status = 'done')`;
  try {
    const [changed] = await commitChange(db, assetId, nowMs, [current.on(db), dubs.on(db)]);
    return (changed?.meta.changes ?? 0) > 0;
  } catch (cause) {
    throw isAborted(cause, 'version_collected') ? new AppError('version_collected', { cause }) : cause;
  }
}
