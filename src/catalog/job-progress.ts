/**
 * What an encode job writes into the catalog: queued → running → done, failed or cancelled. Every function may be repeated;
 * each change is committed with its event (src/catalog/event-log.ts).
 */

import { currentKey, type VersionRef } from '../media/keys.ts';
import { type Current, currentSchema } from '../media/presentation.ts';
import { type Sql, sql } from '../platform/sql.ts';
import { findAsset, findVersion } from './assets.ts';
import { withMode } from './encode-mode.ts';
import { commitChange } from './event-log.ts';
import { type Mirror, type Standing, writeMirror } from './mirror.ts';
import type { AssetRow } from './rows.ts';
import { type StoredWarning, warningsText } from './warnings.ts';

export type JobRef = VersionRef & { jobId: string };

/** The source is in the bucket; the asset waits for an encoder. */
export async function markQueued(db: D1Database, job: JobRef, nowMs: number): Promise<void> {
  const queued = sql`
    UPDATE assets SET status = 'queued', updated_at = ${nowMs} WHERE id = ${job.assetId} AND status = 'waiting'`;
  await commitChange(db, job.assetId, nowMs, [queued.on(db)]);
}

/**
 * Encoding has begun, with these warnings of the inspection. An asset that already plays a version stays `ready`: its status
 * never goes backwards. It keeps the warnings of what plays.
 */
export async function markEncoding(
  db: D1Database,
  job: JobRef,
  nowMs: number,
  warnings: readonly StoredWarning[] = [],
): Promise<void> {
  const text = warningsText(warnings);
  const running = sql`
    UPDATE jobs SET status = 'running', warnings = ${text}, updated_at = ${nowMs}
    WHERE id = ${job.jobId} AND status = 'queued'`;
  const encoding = sql`
    UPDATE assets SET status = 'encoding', updated_at = ${nowMs},
      warnings = CASE WHEN current_version IS NULL THEN ${text} ELSE warnings END
    WHERE id = ${job.assetId} AND status IN ('waiting', 'queued')`;
  await commitChange(db, job.assetId, nowMs, [running.on(db), encoding.on(db)]);
}

/** A job that has published its version whole can no longer fail or be cancelled. */
const MAY_END_EARLY = sql`status IN ('queued', 'running') AND NOT EXISTS (SELECT 1 FROM versions
  WHERE asset_id = jobs.asset_id AND id = jobs.version AND job_id = jobs.id AND whole = 1)`;

/** Nothing of the job plays: its warnings stay with it alone. */
const WARNINGS_OF_WHAT_PLAYS = sql`warnings = CASE WHEN current_version IS NULL THEN NULL ELSE warnings END`;

/**
 * A failed job leaves the current version playing; an asset without a whole one becomes `failed`. Of a job that adds a track,
 * only the track fails.
 */
export async function markFailed(
  db: D1Database,
  { jobId, assetId }: JobRef,
  { code, message }: { code: string; message: string },
  nowMs: number,
): Promise<void> {
  const failed = sql`
    UPDATE jobs SET status = 'failed', error_code = ${code}, error_message = ${message}, updated_at = ${nowMs}
    WHERE id = ${jobId} AND ${MAY_END_EARLY}`;
  const shown = sql`
    UPDATE assets SET status = CASE WHEN ready = 'full' THEN status ELSE 'failed' END,
      error_code = ${code}, error_message = ${message}, updated_at = ${nowMs}, ${WARNINGS_OF_WHAT_PLAYS}
    WHERE id = ${assetId} AND EXISTS (SELECT 1 FROM jobs WHERE id = ${jobId} AND status = 'failed' AND track IS NULL)`;
  await commitChange(db, assetId, nowMs, [failed.on(db), shown.on(db)]);
}

/** True if the job was active and is now cancelled. */
export async function markCancelled(db: D1Database, { jobId, assetId }: JobRef, nowMs: number): Promise<boolean> {
  const cancelled = sql`
    UPDATE jobs SET status = 'cancelled', updated_at = ${nowMs} WHERE id = ${jobId} AND ${MAY_END_EARLY}`;
  const failed = sql`
    UPDATE assets SET status = 'failed', error_code = 'cancelled', error_message = 'The job was cancelled',
      updated_at = ${nowMs}, ${WARNINGS_OF_WHAT_PLAYS} WHERE id = ${assetId} AND ready <> 'full'
      AND EXISTS (SELECT 1 FROM jobs WHERE id = ${jobId} AND status = 'cancelled')`;
  const [changed] = await commitChange(db, assetId, nowMs, [cancelled.on(db), failed.on(db)]);
  return (changed?.meta.changes ?? 0) > 0;
}

/** What plays is of the job's source, and so is what comes after it: clips, dubs. The mode stays: it may have been changed since. */
export const sourceOfJob = (jobId: Sql | string): Sql =>
  sql`(source_key, source_url, options) = (SELECT source_key, source_url,
    ${withMode(sql`jobs.options`, sql`assets.options ->> 'encode'`)} FROM jobs WHERE id = ${jobId})`;

export type Published = JobRef & {
  revision: number;
  /** The revision that this one was built on: null for the first. The same as `revision` if nothing is new. */
  base: number | null;
  /** Whether it has every track of the version. */
  whole?: boolean;
  /** Whether it is made from the source. It never takes the place of what was encoded. */
  fromSource?: boolean;
  /** Of the revision, and of its job from then on. */
  warnings?: readonly StoredWarning[];
  durationSeconds: number;
  width: number;
  height: number;
};

/**
 * Makes the version the asset's current one; `markReady` or `markPartial` follows once the delivery plane can see it. The
 * other results change nothing: `ended` if the job has failed or was cancelled, or the asset is gone; `overtaken` if the
 * base is no longer the newest revision.
 */
export async function setCurrentVersion(
  db: D1Database,
  published: Published,
  nowMs: number,
): Promise<'published' | 'ended' | 'overtaken'> {
  const { assetId, version, jobId, revision, base, whole = false, durationSeconds, width, height } = published;
  const { fromSource = false } = published;
  const warnings = warningsText(published.warnings ?? []);
  // A workflow may not have heard yet that its job has failed or was cancelled.
  const mayPublish = sql`EXISTS (SELECT 1 FROM assets WHERE id = ${assetId})
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = ${jobId} AND status IN ('failed', 'cancelled'))
    AND ${fromSource ? sourceMayPlay(published) : sql`true`}`;
  // Revisions only grow, so an earlier base never becomes the newest again.
  const isNewestBase = sql`(SELECT revision FROM versions WHERE asset_id = ${assetId} AND id = ${version}) IS ${base}`;
  const current = sql`
    UPDATE assets SET current_version = ${version}, current_revision = ${revision},
      duration_seconds = ${durationSeconds}, width = ${width}, height = ${height}, warnings = ${warnings},
      updated_at = ${nowMs}
    WHERE id = ${assetId} AND ${mayPublish} AND ${isNewestBase}`;
  const sourced = sql`
    UPDATE assets SET ${sourceOfJob(jobId)}
    WHERE id = ${assetId} AND ${mayPublish} AND ${isNewestBase} AND EXISTS (
      SELECT 1 FROM jobs WHERE id = ${jobId} AND source_key IS NOT NULL)`;
  const warned = sql`
    UPDATE jobs SET warnings = ${warnings} WHERE id = ${jobId} AND ${mayPublish} AND ${isNewestBase}`;
  const inserted = sql`
    INSERT INTO versions (asset_id, id, job_id, revision, published_at, whole, duration_seconds, width, height,
      from_source)
    SELECT ${assetId}, ${version}, ${jobId}, ${revision}, ${nowMs}, ${Number(whole)}, ${durationSeconds}, ${width},
      ${height}, ${fromSource ? 1 : null}
    WHERE ${mayPublish} AND ${isNewestBase}
    ON CONFLICT (asset_id, id) DO UPDATE SET job_id = excluded.job_id, revision = excluded.revision,
      published_at = excluded.published_at, whole = max(whole, excluded.whole),
      duration_seconds = excluded.duration_seconds, width = excluded.width, height = excluded.height,
      from_source = excluded.from_source`;
  // The version last: all conditions ask for its revision, which this changes.
  const statements = [current, sourced, warned, inserted, sql`SELECT ${mayPublish} AS may_publish`];
  const [, , , changed, asked] = await db.batch<{ may_publish: number }>(
    statements.map((statement) => statement.on(db)),
  );
  if ((changed?.meta.changes ?? 0) > 0) {
    return 'published';
  }
  return asked?.results[0]?.may_publish === 1 ? 'overtaken' : 'ended';
}

/** The look is not concluded (so it was not withdrawn meanwhile), and nothing of the version was encoded. */
const sourceMayPlay = ({ assetId, version, jobId }: Published) => sql`
  EXISTS (SELECT 1 FROM jobs WHERE id = ${jobId} AND look IS NULL)
  AND NOT EXISTS (SELECT 1 FROM versions WHERE asset_id = ${assetId} AND id = ${version} AND from_source IS NULL)`;

/** Null before the first revision. */
export const newestRevision = async (db: D1Database, version: VersionRef): Promise<number | null> =>
  (await findVersion(db, version))?.revision ?? null;

/** As the version has it. */
const FROM_SOURCE = sql`from_source = (SELECT from_source FROM versions
  WHERE asset_id = assets.id AND id = assets.current_version)`;

/** The source, or an early part of the version, plays; the asset's status says that the job goes on. `along`: further changes. */
export async function markPartial(
  db: D1Database,
  job: JobRef,
  nowMs: number,
  along: readonly D1PreparedStatement[] = [],
): Promise<void> {
  // It may have been withdrawn meanwhile (source-playback.ts).
  const partial = sql`
    UPDATE assets SET ready = 'partial', ${FROM_SOURCE}, updated_at = ${nowMs}
    WHERE id = ${job.assetId} AND current_version IS NOT NULL AND (ready = 'no' OR ready = 'partial' AND from_source = 1)`;
  await commitChange(db, job.assetId, nowMs, [partial.on(db), ...along]);
}

export async function markReady(
  db: D1Database,
  job: JobRef,
  nowMs: number,
  along: readonly D1PreparedStatement[] = [],
): Promise<void> {
  const ready = sql`
    UPDATE assets SET status = 'ready', ready = 'full', ${FROM_SOURCE}, error_code = NULL, error_message = NULL,
      updated_at = ${nowMs}
    WHERE id = ${job.assetId} AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = ${job.jobId} AND status = 'failed')`;
  // Still queued where it played from its source at once.
  const done = sql`
    UPDATE jobs SET status = 'done', updated_at = ${nowMs} WHERE id = ${job.jobId} AND status IN ('queued', 'running')`;
  await commitChange(db, job.assetId, nowMs, [ready.on(db), done.on(db), ...along]);
}

/** The asset's `current.json`. An asset without a version has no such object. */
export const currentMirror = (db: D1Database, assetId: string): Mirror => ({
  key: currentKey(assetId),
  async read() {
    const asset = await findAsset(db, assetId);
    if (asset === null || asset.current_version === null || asset.current_revision === null) {
      return null;
    }
    const { current_version: version, current_revision: revision, policy, disabled, prewarm } = asset;
    const flags = { disabled: disabled === 1, ...(prewarm === 1 ? { prewarm: true } : {}) };
    return JSON.stringify(currentSchema.parse({ version, revision, policy, ...flags, ...scheduleOf(asset) }));
  },
});

/** An asset that is to be deleted ends then, at the latest. */
function scheduleOf({ publish_at, unpublish_at, delete_at }: AssetRow): Pick<Current, 'publishAt' | 'unpublishAt'> {
  const ends = [unpublish_at, delete_at].filter((at) => at !== null);
  return {
    ...(publish_at === null ? {} : { publishAt: publish_at }),
    ...(ends.length === 0 ? {} : { unpublishAt: Math.min(...ends) }),
  };
}

/** Writes it if a change of what it says has made it stale. Throws AppError `unavailable`. */
export const writeCurrent = (db: D1Database, bucket: R2Bucket, assetId: string, standing?: Standing): Promise<void> =>
  writeMirror(db, bucket, currentMirror(db, assetId), standing);
