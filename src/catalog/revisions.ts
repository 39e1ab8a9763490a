/** Revisions of a version that no job publishes, and notes of assets that await one (migration 0018). */
import type { VersionRef } from '../media/keys.ts';
import { sql } from '../platform/sql.ts';
import { commitChange } from './event-log.ts';
import { type StoredWarning, warningsText } from './warnings.ts';

/** A job that is done with this revision, which has the track that it adds. */
export type TrackJob = { jobId: string; warnings: readonly StoredWarning[] };

/**
 * Makes this the current revision of the asset's current version. Other results change nothing: `ended` if the version is no
 * longer the current one, the asset is gone, or the job is not active; `overtaken` if `base` is no longer the newest revision.
 */
export async function setRevision(
  db: D1Database,
  { assetId, version, revision, base }: VersionRef & { revision: number; base: number },
  nowMs: number,
  job: TrackJob | null = null,
): Promise<'published' | 'ended' | 'overtaken'> {
  const isActive =
    job === null
      ? sql`true`
      : sql`EXISTS (SELECT 1 FROM jobs WHERE id = ${job.jobId} AND status IN ('queued', 'running'))`;
  const isCurrent = sql`EXISTS (SELECT 1 FROM assets WHERE id = ${assetId} AND current_version = ${version})
    AND ${isActive}`;
  const raised = sql`UPDATE versions SET revision = ${revision}, overlays = overlays + 1, published_at = ${nowMs}
    WHERE asset_id = ${assetId} AND id = ${version} AND revision = ${base} AND ${isCurrent}`;
  // Revisions have one writer each: this one is ours.
  const shown = sql`UPDATE assets SET current_revision = ${revision}, updated_at = ${nowMs}
    WHERE id = ${assetId} AND current_version = ${version}
      AND (SELECT revision FROM versions WHERE asset_id = ${assetId} AND id = ${version}) = ${revision}`;
  const asked = sql`SELECT ${isCurrent} AS is_current`;
  const done = job === null ? [] : [endJob(job, { assetId, version, revision }, nowMs)];
  const statements = [raised, shown, asked, ...done].map((statement) => statement.on(db));
  const [changed, , answer] = await commitChange(db, assetId, nowMs, statements);
  if ((changed?.meta.changes ?? 0) > 0) {
    return 'published';
  }
  return (answer?.results[0] as { is_current: number } | undefined)?.is_current === 1 ? 'overtaken' : 'ended';
}

/** With its revision, whose number no other writer has. */
const endJob = (
  { jobId, warnings }: TrackJob,
  { assetId, version, revision }: VersionRef & { revision: number },
  nowMs: number,
) => sql`
  UPDATE jobs SET status = 'done', warnings = ${warningsText(warnings)}, updated_at = ${nowMs}
  WHERE id = ${jobId} AND status IN ('queued', 'running')
    AND (SELECT revision FROM versions WHERE asset_id = ${assetId} AND id = ${version}) = ${revision}`;

/** For the sweep. */
export const SELECT_STALE = sql`SELECT asset_id AS key, due_at AS at FROM stale_revisions`;

/** Null where nothing has changed since the last revision. */
export const staleMark = async (db: D1Database, assetId: string): Promise<string | null> =>
  (await sql`SELECT mark FROM stale_revisions WHERE asset_id = ${assetId}`.on(db).first<{ mark: string }>())?.mark ??
  null;

/** Unless it has changed again since the mark was read. */
export async function clearStale(db: D1Database, assetId: string, mark: string): Promise<void> {
  await sql`DELETE FROM stale_revisions WHERE asset_id = ${assetId} AND mark = ${mark}`.on(db).run();
}
