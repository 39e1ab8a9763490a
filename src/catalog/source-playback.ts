/** What looks at sources have found, and what becomes of a film whose source turns out not to be playable (migration 0026). */
import { currentKey, type VersionRef } from '../media/keys.ts';
import { type Sql, sql } from '../platform/sql.ts';
import { NEWEST_FIRST } from './assets.ts';
import { insertLadderJob } from './encode-mode.ts';
import { commitChange } from './event-log.ts';
import type { JobRef } from './job-progress.ts';
import { noteStale } from './mirror.ts';
import type { AssetRow, JobRow } from './rows.ts';

/** The first conclusion counts: later ones are of a look at the same time. `look`: JSON (src/protocol/source-look.ts). */
export const settingLook = (jobId: string, look: string): Sql =>
  sql`UPDATE jobs SET look = ${look} WHERE id = ${jobId} AND look IS NULL`;

export const setLook = async (db: D1Database, jobId: string, look: string): Promise<void> => {
  await settingLook(jobId, look).on(db).run();
};

/** Of the file that plays: an earlier version may have been made current. */
export const findPlayedLook = async (db: D1Database, { id, current_version }: AssetRow): Promise<string | null> =>
  (
    await sql`SELECT j.look FROM versions v JOIN jobs j ON j.id = v.job_id
      WHERE v.asset_id = ${id} AND v.id = ${current_version} AND v.from_source = 1`
      .on(db)
      .first<Pick<JobRow, 'look'>>()
  )?.look ?? null;

/** What a look decides upon, as it is at one moment. Null where the job or its asset is gone. */
export async function readLookFacts(db: D1Database, { jobId, assetId }: JobRef) {
  const [jobs, assets] = await db.batch([
    sql`SELECT * FROM jobs WHERE id = ${jobId}`.on(db),
    sql`SELECT * FROM assets WHERE id = ${assetId}`.on(db),
  ]);
  const job = jobs?.results[0] as JobRow | undefined;
  const asset = assets?.results[0] as AssetRow | undefined;
  return job === undefined || asset === undefined ? null : { job, asset };
}

/** The newest version of the same file that was withdrawn, and why (`look`). */
export const findWithdrawn = (db: D1Database, job: JobRow): Promise<{ version: string; look: string } | null> =>
  sql`SELECT j.version, j.look FROM jobs j
      JOIN versions v ON v.asset_id = j.asset_id AND v.id = j.version AND v.from_source = 1
    WHERE j.asset_id = ${job.asset_id} AND j.source_key = ${job.source_key} AND j.id <> ${job.id}
      AND j.look ->> 'standard' = 0 ORDER BY j.created_at DESC LIMIT 1`
    .on(db)
    .first<{ version: string; look: string }>();

export type Withdrawal = VersionRef & {
  /** JSON. */
  look: string;
  error: { code: string; message: string };
  /** Of the encode that follows where the film waited for it (`encode: onDemand`). */
  next: { jobId: string; version: string };
};

/**
 * The version plays no more, if it is what plays and is made from the source. While its ladder is encoded, that goes on.
 * Otherwise the asset has failed, or its encode begins at once. One transaction; a repetition changes nothing. The caller
 * writes current.json and settles the jobs that it is given.
 */
export async function withdraw(db: D1Database, withdrawal: Withdrawal, nowMs: number): Promise<string[] | null> {
  const { assetId, version, look, error, next } = withdrawal;
  const ofVersion = sql`asset_id = ${assetId} AND version = ${version} AND track IS NULL`;
  const plays = sql`EXISTS (SELECT 1 FROM assets a JOIN versions v ON v.asset_id = a.id AND v.id = a.current_version
    WHERE a.id = ${assetId} AND v.id = ${version} AND v.from_source = 1)`;
  const isWhole = sql`EXISTS (SELECT 1 FROM versions WHERE asset_id = ${assetId} AND id = ${version} AND whole = 1)`;
  const latest = sql`SELECT id FROM jobs WHERE asset_id = ${assetId} AND track IS NULL ${NEWEST_FIRST} LIMIT 1`;
  const isActive = sql`status IN ('queued', 'running')`;
  const hasJob = sql`EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND ${isActive})`;
  const isEncoded = sql`EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND status = 'running')`;
  const statements = [
    noteStale(currentKey(assetId), plays),
    // Also of the latest one, whose look the asset shows, where it encodes the same file to another version.
    sql`UPDATE jobs SET look = ${look} WHERE ${plays} AND (${ofVersion} OR id = (${latest})
      AND source_key = (SELECT source_key FROM assets WHERE id = ${assetId}))`,
    // The source was the whole of it, so nothing is encoded.
    sql`UPDATE jobs SET status = 'failed', error_code = ${error.code}, error_message = ${error.message},
      updated_at = ${nowMs} WHERE ${ofVersion} AND (status = 'done' OR ${isActive}) AND ${isWhole} AND ${plays}`,
    insertLadderJob({ id: next.jobId, ...next, assetId }, sql`a.options ->> 'encode' = 'onDemand' AND ${plays}`, nowMs),
    settingLook(next.jobId, look),
    sql`UPDATE versions SET whole = 0 WHERE asset_id = ${assetId} AND id = ${version} AND ${plays}`,
    sql`UPDATE assets SET current_version = NULL, current_revision = NULL, ready = 'no', from_source = NULL,
        status = CASE WHEN NOT ${hasJob} THEN 'failed' WHEN ${isEncoded} THEN 'encoding'
          WHEN status IN ('ready', 'failed') THEN 'queued' ELSE status END,
        error_code = CASE WHEN ${hasJob} THEN NULL ELSE ${error.code} END,
        error_message = CASE WHEN ${hasJob} THEN NULL ELSE ${error.message} END,
        duration_seconds = NULL, width = NULL, height = NULL, updated_at = ${nowMs}
      WHERE id = ${assetId} AND ${plays}`,
  ];
  const results = await commitChange(
    db,
    assetId,
    nowMs,
    statements.map((statement) => statement.on(db)),
  );
  if ((results.at(-1)?.meta.changes ?? 0) === 0) {
    return null;
  }
  return (results[3]?.meta.changes ?? 0) > 0 ? [next.jobId] : [];
}
