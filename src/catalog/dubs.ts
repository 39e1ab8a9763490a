/**
 * Sound that is added to an asset, and its jobs. Each row says what becomes of its job in one transaction with it, and the
 * database notes when one may be due (migration 0019).
 */

import type { AudioRole } from '../media/presentation.ts';
import { type Sql, sql } from '../platform/sql.ts';
import { DEFAULT_PRIORITY } from './assets.ts';
import type { JobRow } from './rows.ts';

/** `name` and `role` may be empty: none. `shift_ms`: that much later in the film than in the file. */
export type DubRow = {
  language: string | null;
  name: string | null;
  role: AudioRole | '' | null;
  content: string | null;
  content_url: string | null;
  shift_ms: number;
};

export const findDub = (db: D1Database, assetId: string, track: string): Promise<DubRow | null> =>
  sql`SELECT language, name, role, content, content_url, shift_ms FROM tracks WHERE asset_id = ${assetId} AND id = ${track}
    AND origin = 'added' AND kind = 'audio' AND state <> 'deleted'`
    .on(db)
    .first<DubRow>();

/** Sound that was pulled is in the bucket from now on. */
export async function noteDubContent(db: D1Database, assetId: string, track: string, key: string): Promise<void> {
  await sql`UPDATE tracks SET content = ${key} WHERE asset_id = ${assetId} AND id = ${track} AND content IS NULL`
    .on(db)
    .run();
}

/**
 * One statement, so that no other job of the asset can come in between. Null where no track may be encoded now. What plays from
 * its source waits for the ladder: times of its segments are the file's (src/media/made/timeline.ts), those of added sound begin
 * at 0, and HLS has one time for all.
 */
const insertDubJob = (
  db: D1Database,
  assetId: string,
  which: Sql,
  job: { id: string; priority: number },
  nowMs: number,
) =>
  sql`
    INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at, priority, track)
    SELECT ${job.id}, a.id, a.current_version, 'queued', ${nowMs}, ${nowMs}, ${job.priority}, t.id
    FROM assets a JOIN tracks t ON t.asset_id = a.id AND t.origin = 'added' AND t.kind = 'audio'
    WHERE a.id = ${assetId} AND a.ready = 'full' AND a.from_source IS NULL AND t.version IS NOT a.current_version AND ${which}
      AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = a.id AND status IN ('queued', 'running'))
    ORDER BY t.created_at, t.id LIMIT 1 RETURNING *`
    .on(db)
    .first<JobRow>();

/** For the oldest track that the asset's current version lacks. */
export const insertNextDubJob = (db: D1Database, assetId: string, id: string, nowMs: number): Promise<JobRow | null> =>
  insertDubJob(db, assetId, sql`t.state IN ('waiting', 'ready')`, { id, priority: DEFAULT_PRIORITY }, nowMs);

/** For the track of a job that has failed or was cancelled. */
export const insertDubRetry = (db: D1Database, failed: JobRow, id: string, nowMs: number): Promise<JobRow | null> =>
  insertDubJob(
    db,
    failed.asset_id,
    sql`t.state = 'failed' AND t.id = ${failed.track}`,
    { id, priority: failed.priority },
    nowMs,
  );

/** For the sweep. */
export const SELECT_DUE_DUBS = sql`SELECT asset_id AS key, due_at AS at FROM due_dubs`;

/** Null where nothing has changed since the last look. */
export const dueDubsMark = async (db: D1Database, assetId: string): Promise<string | null> =>
  (await sql`SELECT mark FROM due_dubs WHERE asset_id = ${assetId}`.on(db).first<{ mark: string }>())?.mark ?? null;

export async function clearDueDubs(db: D1Database, assetId: string, mark: string): Promise<void> {
  await sql`DELETE FROM due_dubs WHERE asset_id = ${assetId} AND mark = ${mark}`.on(db).run();
}
