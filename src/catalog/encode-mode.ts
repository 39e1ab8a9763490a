/**
 * `encode` of an asset: whether a film that plays from its source is encoded besides. It is the asset's, in its options, and
 * outlives the jobs: what a job does is in the job's own options.
 */
import { type Sql, sql } from '../platform/sql.ts';
import { commitChange } from './event-log.ts';

/** A new job of an asset. */
export type LadderJob = { id: string; assetId: string; version: string };

/** Options with another mode; null: `always`, which is left out (RFC 7396: null removes a member). */
export const withMode = (options: Sql, mode: Sql | string | null): Sql =>
  sql`nullif(json_patch(coalesce(${options}, '{}'), json_object('encode', ${mode})), '{}')`;

/** A part of a film is always encoded: what plays from a source is all of it. */
export const mayHaveMode = (mode: string | null | undefined): Sql =>
  mode === null || mode === undefined ? sql`true` : sql`(options ->> 'start' IS NULL AND options ->> 'end' IS NULL)`;

const latestJobs = (column: Sql) =>
  sql`(SELECT ${column} FROM jobs WHERE asset_id = a.id AND track IS NULL ORDER BY created_at DESC, id DESC LIMIT 1)`;

const HAS_ACTIVE_JOB = sql`EXISTS (SELECT 1 FROM jobs WHERE asset_id = a.id AND status IN ('queued', 'running'))`;

/** One that does play from its source, or was to do nothing else and could not. */
const IS_UNENCODED = sql`(a.from_source = 1 OR (a.ready = 'no' AND a.error_code = 'source_not_playable'))`;

/** A file that was not used is deleted some time (src/control/gc). */
const HAS_SOURCE = sql`NOT EXISTS (SELECT 1 FROM collected_sources WHERE key = a.source_key)`;

/**
 * A job that encodes what was not to be encoded, with the priority of the asset's last one. Inserts nothing while a job of
 * the asset is active, where its source was collected, or where `isWanted` does not hold of its row `a`.
 */
export const insertLadderJob = ({ id, assetId, version }: LadderJob, isWanted: Sql, nowMs: number): Sql => sql`
  INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at, priority, source_key, source_url, options)
  SELECT ${id}, a.id, ${version}, 'queued', ${nowMs}, ${nowMs}, ${latestJobs(sql`priority`)}, a.source_key, a.source_url,
    ${withMode(sql`a.options`, null)}
  FROM assets a WHERE a.id = ${assetId} AND ${IS_UNENCODED} AND ${HAS_SOURCE} AND NOT ${HAS_ACTIVE_JOB} AND ${isWanted}`;

/** The asset of a further job goes back to `status` unless all of a version plays. Nothing where there is no such job. */
export const requeued = (job: Pick<LadderJob, 'id' | 'assetId'>, status: string, nowMs: number): Sql => sql`
  UPDATE assets SET status = CASE WHEN ready = 'full' THEN status ELSE ${status} END,
    error_code = NULL, error_message = NULL, updated_at = ${nowMs}
  WHERE id = ${job.assetId} AND EXISTS (SELECT 1 FROM jobs WHERE id = ${job.id})`;

/** For the sweep. */
export const SELECT_DUE_LADDERS = sql`SELECT asset_id AS key, due_at AS at FROM due_ladders`;

/** A job of the asset is active: it is looked at again after so long. */
const LOOK_AGAIN_MS = 5 * 60_000;

/**
 * Encodes a film that was noted: once it has so many views, or where it was given the mode `always` while a job ran. A job that
 * has failed or was cancelled is not followed by another one unasked. The note goes unless a job is active, in the same
 * transaction: views that come later note it anew. False where nothing was started.
 */
export async function startDueLadder(
  db: D1Database,
  job: LadderJob,
  onDemandViews: number,
  nowMs: number,
): Promise<boolean> {
  const { assetId } = job;
  const isDue = sql`a.from_source = 1 AND ${latestJobs(sql`status`)} = 'done' AND CASE a.options ->> 'encode' WHEN 'never' THEN false
    WHEN 'onDemand' THEN (SELECT views FROM asset_views WHERE asset_id = a.id) >= ${onDemandViews} ELSE true END`;
  const [inserted] = await commitChange(db, assetId, nowMs, [
    insertLadderJob(job, isDue, nowMs).on(db),
    requeued(job, 'queued', nowMs).on(db),
    sql`DELETE FROM due_ladders WHERE asset_id = ${assetId} AND NOT EXISTS (
      SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND status IN ('queued', 'running'))`.on(db),
    sql`UPDATE due_ladders SET due_at = ${nowMs + LOOK_AGAIN_MS} WHERE asset_id = ${assetId}`.on(db),
  ]);
  return (inserted?.meta.changes ?? 0) > 0;
}
