/**
 * What an encode job writes into the catalog as it goes: queued → running → done, failed or cancelled. Idempotent; each
 * change is committed with the event that tells it (src/catalog/event-log.ts).
 */

import { currentKey, type VersionRef } from '../media/keys.ts';
import { type Current, currentSchema } from '../media/presentation.ts';
import { findAsset } from './assets.ts';
import { commitChange } from './event-log.ts';
import { type Mirror, writeMirror } from './mirror.ts';
import type { AssetRow } from './rows.ts';

export type JobRef = VersionRef & { jobId: string };

/** The source is in the bucket; the asset waits for an encoder. */
export async function markQueued(db: D1Database, job: JobRef, nowMs: number): Promise<void> {
  const queued = db
    .prepare(`UPDATE assets SET status = 'queued', updated_at = ?2 WHERE id = ?1 AND status = 'waiting'`)
    .bind(job.assetId, nowMs);
  await commitChange(db, job.assetId, nowMs, [queued]);
}

/** Encoding has begun. An asset that already plays a version stays `ready`: status never goes backwards. */
export async function markEncoding(db: D1Database, job: JobRef, nowMs: number): Promise<void> {
  await commitChange(db, job.assetId, nowMs, [
    db
      .prepare(`UPDATE jobs SET status = 'running', updated_at = ?2 WHERE id = ?1 AND status = 'queued'`)
      .bind(job.jobId, nowMs),
    db
      .prepare(
        `UPDATE assets SET status = 'encoding', updated_at = ?2 WHERE id = ?1 AND status IN ('waiting', 'queued')`,
      )
      .bind(job.assetId, nowMs),
  ]);
}

/** Of a job: what it has published whole can no longer fail or be cancelled. */
const NOT_WHOLE = `NOT EXISTS (SELECT 1 FROM versions
  WHERE asset_id = jobs.asset_id AND id = jobs.version AND job_id = jobs.id AND whole = 1)`;

/** A failed job leaves the current version playing; an asset without a whole one becomes `failed`. */
export async function markFailed(
  db: D1Database,
  job: JobRef,
  error: { code: string; message: string },
  nowMs: number,
): Promise<void> {
  await commitChange(db, job.assetId, nowMs, [
    db
      .prepare(
        `UPDATE jobs SET status = 'failed', error_code = ?2, error_message = ?3, updated_at = ?4
         WHERE id = ?1 AND status IN ('queued', 'running') AND ${NOT_WHOLE}`,
      )
      .bind(job.jobId, error.code, error.message, nowMs),
    db
      .prepare(
        `UPDATE assets SET status = CASE WHEN ready = 'full' THEN status ELSE 'failed' END,
           error_code = ?2, error_message = ?3, updated_at = ?4
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM jobs WHERE id = ?5 AND status = 'failed')`,
      )
      .bind(job.assetId, error.code, error.message, nowMs, job.jobId),
  ]);
}

/** True when the job was still going and is now cancelled. */
export async function markCancelled(db: D1Database, job: JobRef, nowMs: number): Promise<boolean> {
  const [changed] = await commitChange(db, job.assetId, nowMs, [
    db
      .prepare(
        `UPDATE jobs SET status = 'cancelled', updated_at = ?2
         WHERE id = ?1 AND status IN ('queued', 'running') AND ${NOT_WHOLE}`,
      )
      .bind(job.jobId, nowMs),
    db
      .prepare(
        `UPDATE assets SET status = 'failed', error_code = 'cancelled', error_message = 'The job was cancelled', updated_at = ?2
         WHERE id = ?1 AND ready <> 'full' AND EXISTS (SELECT 1 FROM jobs WHERE id = ?3 AND status = 'cancelled')`,
      )
      .bind(job.assetId, nowMs, job.jobId),
  ]);
  return (changed?.meta.changes ?? 0) > 0;
}

export type Published = JobRef & {
  revision: number;
  /** The revision that this one was built on: null for the first. The same as `revision` where nothing is new. */
  base: number | null;
  /** Whether it has every track of the version. */
  whole?: boolean;
  durationSeconds: number;
  width: number;
  height: number;
};

/** A job that has failed or was cancelled publishes nothing: its workflow may not have heard of it. */
const MAY_PUBLISH = `EXISTS (SELECT 1 FROM assets WHERE id = ?1)
  AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = ?3 AND status IN ('failed', 'cancelled'))`;
/** Revisions only grow, so an earlier base never stands again. */
const BASE_STANDS = '(SELECT revision FROM versions WHERE asset_id = ?1 AND id = ?2) IS ?9';

/**
 * The version becomes the asset's current one; `markReady` or `markPartial` tells of it once the delivery plane can see it.
 * Nothing is changed where the result is another: `ended`, where the job has failed, was cancelled or has no asset any more;
 * `overtaken`, where the base is no longer the newest revision.
 */
export async function setCurrentVersion(
  db: D1Database,
  published: Published,
  nowMs: number,
): Promise<'published' | 'ended' | 'overtaken'> {
  const { assetId, version, jobId, revision, base, whole = false, durationSeconds, width, height } = published;
  const [, changed, asked] = await db.batch([
    // Before the version, whose revision the condition of both is about.
    db
      .prepare(
        `UPDATE assets SET current_version = ?2, current_revision = ?4, duration_seconds = ?5, width = ?6, height = ?7,
           updated_at = ?8 WHERE id = ?1 AND ${MAY_PUBLISH} AND ${BASE_STANDS}`,
      )
      .bind(assetId, version, jobId, revision, durationSeconds, width, height, nowMs, base),
    db
      .prepare(
        `INSERT INTO versions (asset_id, id, job_id, revision, published_at, whole)
         SELECT ?1, ?2, ?3, ?4, ?8, ?5 WHERE ${MAY_PUBLISH} AND ${BASE_STANDS}
         ON CONFLICT (asset_id, id) DO UPDATE SET job_id = excluded.job_id, revision = excluded.revision,
           published_at = excluded.published_at, whole = max(whole, excluded.whole)`,
      )
      .bind(assetId, version, jobId, revision, Number(whole), null, null, nowMs, base),
    db.prepare(`SELECT ${MAY_PUBLISH} AS may_publish, ?2 AS version`).bind(assetId, version, jobId),
  ]);
  if ((changed?.meta.changes ?? 0) > 0) {
    return 'published';
  }
  return asked?.results.some((row) => (row as { may_publish: number }).may_publish === 1) ? 'overtaken' : 'ended';
}

/** The newest revision of a version; null before the first. */
export async function newestRevision(db: D1Database, { assetId, version }: VersionRef): Promise<number | null> {
  const row = await db
    .prepare('SELECT revision FROM versions WHERE asset_id = ?1 AND id = ?2')
    .bind(assetId, version)
    .first<{ revision: number }>();
  return row?.revision ?? null;
}

/** An early part of the version plays; the asset's status says that the job goes on. */
export async function markPartial(db: D1Database, job: JobRef, nowMs: number): Promise<void> {
  const partial = db
    .prepare(`UPDATE assets SET ready = 'partial', updated_at = ?2 WHERE id = ?1 AND ready = 'no'`)
    .bind(job.assetId, nowMs);
  await commitChange(db, job.assetId, nowMs, [partial]);
}

export async function markReady(db: D1Database, job: JobRef, nowMs: number): Promise<void> {
  await commitChange(db, job.assetId, nowMs, [
    db
      .prepare(
        `UPDATE assets SET status = 'ready', ready = 'full', error_code = NULL, error_message = NULL, updated_at = ?2
         WHERE id = ?1`,
      )
      .bind(job.assetId, nowMs),
    db
      .prepare(`UPDATE jobs SET status = 'done', updated_at = ?2 WHERE id = ?1 AND status = 'running'`)
      .bind(job.jobId, nowMs),
  ]);
}

const currentOf = (asset: AssetRow): Current | null =>
  asset.current_version === null || asset.current_revision === null
    ? null
    : currentSchema.parse({
        version: asset.current_version,
        revision: asset.current_revision,
        policy: asset.policy,
        disabled: asset.disabled === 1,
        ...(asset.prewarm === 1 ? { prewarm: true } : {}),
      });

/** The asset's `current.json`. An asset without a version has no such object. */
export const currentMirror = (db: D1Database, assetId: string): Mirror => ({
  key: currentKey(assetId),
  read: () => currentJson(db, assetId),
});

/** Where a change of version, policy, `disabled` or `prewarm` has made it stale. Throws AppError `unavailable`. */
export const writeCurrent = (db: D1Database, bucket: R2Bucket, assetId: string): Promise<void> =>
  writeMirror(db, bucket, currentMirror(db, assetId));

async function currentJson(db: D1Database, assetId: string): Promise<string | null> {
  const asset = await findAsset(db, assetId);
  const current = asset === null ? null : currentOf(asset);
  return current === null ? null : JSON.stringify(current);
}
