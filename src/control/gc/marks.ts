/**
 * Writes the marks that deletions need (migration 0006). Each is one statement with its own condition, so a mark is refused
 * where the catalog has changed since the decision.
 */
import type { VersionRef } from '../../media/keys.ts';
import { type Sql, sql } from '../../platform/sql.ts';
import type { Mark } from './decide.ts';
import { DELETED_ASSET_KEPT_MS } from './limits.ts';
import { isUsed, uploadOf } from './source-users.ts';

/** D1 allows many more in a batch; this keeps a transaction short. */
const STATEMENTS_PER_BATCH = 50;

function statementOf(mark: Mark, nowMs: number): Sql {
  const update = ({ assetId, version }: VersionRef, change: Sql, condition: Sql) =>
    sql`UPDATE version_marks SET ${change} WHERE asset_id = ${assetId} AND version = ${version} AND ${condition}`;
  const notCurrent = ({ assetId, version }: VersionRef) =>
    sql`NOT EXISTS (SELECT 1 FROM assets WHERE id = ${assetId} AND current_version = ${version})`;
  switch (mark.mark) {
    case 'seal': {
      const { assetId, version, quietSinceMs } = mark;
      return sql`
        INSERT INTO version_marks (asset_id, version, sealed_at) SELECT ${assetId}, ${version}, ${nowMs}
        WHERE EXISTS (SELECT 1 FROM assets WHERE id = ${assetId})
          AND EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND version = ${version})
          AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = ${assetId} AND version = ${version}
            AND (status IN ('queued', 'running') OR updated_at > ${quietSinceMs}))
        ON CONFLICT DO NOTHING`;
    }
    case 'retire':
      return update(mark, sql`retired_at = ${nowMs}`, sql`retired_at IS NULL AND ${notCurrent(mark)}`);
    case 'revive':
      return update(mark, sql`retired_at = NULL`, sql`collected_at IS NULL`);
    case 'retire_earlier':
      return update(mark, sql`earlier_retired_at = ${nowMs}`, sql`earlier_retired_at IS NULL`);
    case 'revive_earlier':
      return update(mark, sql`earlier_retired_at = NULL`, sql`earlier_retired_at IS NOT NULL`);
    case 'collect': {
      const condition = sql`retired_at <= ${mark.retiredBeforeMs} AND collected_at IS NULL AND ${notCurrent(mark)}`;
      return update(mark, sql`collected_at = ${nowMs}`, condition);
    }
    case 'collect_source':
      return sql`
        INSERT INTO collected_sources (key, marked_at) SELECT ${mark.key}, ${nowMs}
        WHERE NOT ${isUsed(sql`${mark.key}`, mark.unusedSinceMs)} ON CONFLICT DO NOTHING`;
    case 'bury':
      return sql`
        INSERT INTO deleted_assets (id, deleted_at) SELECT ${mark.assetId}, ${nowMs}
        WHERE NOT EXISTS (SELECT 1 FROM assets WHERE id = ${mark.assetId}) ON CONFLICT DO NOTHING`;
  }
}

/** Tries to write them. Which were refused shows when the facts are read again. */
export async function writeMarks(db: D1Database, marks: readonly Mark[], nowMs: number): Promise<void> {
  for (let index = 0; index < marks.length; index += STATEMENTS_PER_BATCH) {
    await db.batch(marks.slice(index, index + STATEMENTS_PER_BATCH).map((mark) => statementOf(mark, nowMs).on(db)));
  }
}

/** Their objects are gone: sources with these keys may be written again. */
export async function releaseSources(db: D1Database, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) {
    const gone = sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`;
    const statements = [
      sql`DELETE FROM source_hashes WHERE ${gone}`,
      sql`UPDATE uploads SET state = 'deleted' WHERE state = 'finished' AND ${gone}
        AND id IN (SELECT ${uploadOf(sql`value`)} FROM json_each(${JSON.stringify(keys)}))`,
      sql`DELETE FROM collected_sources WHERE ${gone}`,
    ];
    await db.batch(statements.map((statement) => statement.on(db)));
  }
}

export async function releaseAllSources(db: D1Database): Promise<void> {
  await sql`DELETE FROM collected_sources`.on(db).run();
}

/** These deleted assets still have objects, so they are not forgotten yet. */
export async function noteSeen(db: D1Database, assetIds: readonly string[], nowMs: number): Promise<void> {
  if (assetIds.length > 0) {
    const seen = sql`UPDATE deleted_assets SET seen_at = ${nowMs}
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(assetIds)}))`;
    await seen.on(db).run();
  }
}

/** Forgets assets that were deleted long ago and of which the whole run found no object. */
export async function forgetDeletedAssets(db: D1Database, runStartedAtMs: number): Promise<void> {
  const forgotten = sql`DELETE FROM deleted_assets
    WHERE deleted_at < ${runStartedAtMs - DELETED_ASSET_KEPT_MS} AND (seen_at IS NULL OR seen_at < ${runStartedAtMs})`;
  await forgotten.on(db).run();
}
