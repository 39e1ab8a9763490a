/**
 * The marks that deletions rest on (migration 0006): each is written under its own condition, in one statement, so a world
 * that changed since the decision refuses it. Who makes jobs asks here whether a version may still be encoded.
 */
import type { Mark } from './decide.ts';

/** D1 allows many more statements in a batch; this keeps one transaction short. */
const STATEMENTS_PER_BATCH = 50;

function statementOf(db: D1Database, mark: Mark, nowMs: number): D1PreparedStatement {
  switch (mark.mark) {
    case 'seal':
      return db
        .prepare(
          `INSERT INTO version_marks (asset_id, version, sealed_at) SELECT ?1, ?2, ?3
           WHERE EXISTS (SELECT 1 FROM assets WHERE id = ?1)
             AND EXISTS (SELECT 1 FROM jobs WHERE asset_id = ?1 AND version = ?2)
             AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = ?1 AND version = ?2
               AND (status IN ('queued', 'running') OR updated_at > ?4))
           ON CONFLICT DO NOTHING`,
        )
        .bind(mark.assetId, mark.version, nowMs, mark.quietSinceMs);
    case 'retire':
      return db
        .prepare(
          `UPDATE version_marks SET retired_at = ?3 WHERE asset_id = ?1 AND version = ?2 AND retired_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM assets WHERE id = ?1 AND current_version = ?2)`,
        )
        .bind(mark.assetId, mark.version, nowMs);
    case 'revive':
      return db
        .prepare(
          'UPDATE version_marks SET retired_at = NULL WHERE asset_id = ?1 AND version = ?2 AND collected_at IS NULL',
        )
        .bind(mark.assetId, mark.version);
    case 'retire_earlier':
      return db
        .prepare(
          `UPDATE version_marks SET earlier_retired_at = ?3
           WHERE asset_id = ?1 AND version = ?2 AND earlier_retired_at IS NULL`,
        )
        .bind(mark.assetId, mark.version, nowMs);
    case 'revive_earlier':
      return db
        .prepare('UPDATE version_marks SET earlier_retired_at = NULL WHERE asset_id = ?1 AND version = ?2')
        .bind(mark.assetId, mark.version);
    case 'collect':
      return db
        .prepare(
          `UPDATE version_marks SET collected_at = ?3 WHERE asset_id = ?1 AND version = ?2 AND retired_at <= ?4
             AND collected_at IS NULL AND NOT EXISTS (SELECT 1 FROM assets WHERE id = ?1 AND current_version = ?2)`,
        )
        .bind(mark.assetId, mark.version, nowMs, mark.retiredBeforeMs);
    case 'collect_source':
      return db
        .prepare(
          `INSERT INTO collected_sources (key, marked_at) SELECT ?1, ?2
           WHERE NOT EXISTS (SELECT 1 FROM assets WHERE source_key = ?1) ON CONFLICT DO NOTHING`,
        )
        .bind(mark.key, nowMs);
    case 'bury':
      return db
        .prepare(
          `INSERT INTO deleted_assets (id, deleted_at) SELECT ?1, ?2
           WHERE NOT EXISTS (SELECT 1 FROM assets WHERE id = ?1) ON CONFLICT DO NOTHING`,
        )
        .bind(mark.assetId, nowMs);
  }
}

/** Tries to write them; which were refused shows when the facts are read again. */
export async function writeMarks(db: D1Database, marks: readonly Mark[], nowMs: number): Promise<void> {
  for (let index = 0; index < marks.length; index += STATEMENTS_PER_BATCH) {
    await db.batch(marks.slice(index, index + STATEMENTS_PER_BATCH).map((mark) => statementOf(db, mark, nowMs)));
  }
}

/** The objects are gone; a source of this name may be written anew. */
export async function releaseSources(db: D1Database, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) {
    await db
      .prepare('DELETE FROM collected_sources WHERE key IN (SELECT value FROM json_each(?1))')
      .bind(JSON.stringify(keys))
      .run();
  }
}

export async function releaseAllSources(db: D1Database): Promise<void> {
  await db.prepare('DELETE FROM collected_sources').run();
}

/** These deleted assets still have objects: they are not forgotten yet. */
export async function noteSeen(db: D1Database, assetIds: readonly string[], nowMs: number): Promise<void> {
  if (assetIds.length > 0) {
    await db
      .prepare('UPDATE deleted_assets SET seen_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))')
      .bind(JSON.stringify(assetIds), nowMs)
      .run();
  }
}

/** Forgets assets that were deleted long ago and of which a whole run has met nothing. */
export async function forgetDeletedAssets(
  db: D1Database,
  { deletedBeforeMs, unseenSinceMs }: { deletedBeforeMs: number; unseenSinceMs: number },
): Promise<void> {
  await db
    .prepare('DELETE FROM deleted_assets WHERE deleted_at < ?1 AND (seen_at IS NULL OR seen_at < ?2)')
    .bind(deletedBeforeMs, unseenSinceMs)
    .run();
}
