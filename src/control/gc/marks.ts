/**
 * Writes the marks that deletions need (migration 0006). Each is one statement with its own condition, so a mark is refused
 * where the catalog has changed since the decision.
 */
import type { VersionRef } from '../../media/keys.ts';
import type { Mark } from './decide.ts';
import { DELETED_ASSET_KEPT_MS } from './limits.ts';

/** D1 allows many more in a batch; this keeps a transaction short. */
const STATEMENTS_PER_BATCH = 50;

const NOT_CURRENT = 'NOT EXISTS (SELECT 1 FROM assets WHERE id = ?1 AND current_version = ?2)';

function statementOf(db: D1Database, mark: Mark, nowMs: number): D1PreparedStatement {
  const update = ({ assetId, version }: VersionRef, change: string, condition: string, ...values: number[]) =>
    db
      .prepare(`UPDATE version_marks SET ${change} WHERE asset_id = ?1 AND version = ?2 AND ${condition}`)
      .bind(assetId, version, ...values);
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
      return update(mark, 'retired_at = ?3', `retired_at IS NULL AND ${NOT_CURRENT}`, nowMs);
    case 'revive':
      return update(mark, 'retired_at = NULL', 'collected_at IS NULL');
    case 'retire_earlier':
      return update(mark, 'earlier_retired_at = ?3', 'earlier_retired_at IS NULL', nowMs);
    case 'revive_earlier':
      return update(mark, 'earlier_retired_at = NULL', 'earlier_retired_at IS NOT NULL');
    case 'collect': {
      const condition = `retired_at <= ?4 AND collected_at IS NULL AND ${NOT_CURRENT}`;
      return update(mark, 'collected_at = ?3', condition, nowMs, mark.retiredBeforeMs);
    }
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

/** Tries to write them. Which were refused shows when the facts are read again. */
export async function writeMarks(db: D1Database, marks: readonly Mark[], nowMs: number): Promise<void> {
  for (let index = 0; index < marks.length; index += STATEMENTS_PER_BATCH) {
    await db.batch(marks.slice(index, index + STATEMENTS_PER_BATCH).map((mark) => statementOf(db, mark, nowMs)));
  }
}

/** Their objects are gone: sources with these keys may be written again. */
export async function releaseSources(db: D1Database, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) {
    const statement = db.prepare('DELETE FROM collected_sources WHERE key IN (SELECT value FROM json_each(?1))');
    await statement.bind(JSON.stringify(keys)).run();
  }
}

export async function releaseAllSources(db: D1Database): Promise<void> {
  await db.prepare('DELETE FROM collected_sources').run();
}

/** These deleted assets still have objects, so they are not forgotten yet. */
export async function noteSeen(db: D1Database, assetIds: readonly string[], nowMs: number): Promise<void> {
  if (assetIds.length > 0) {
    const statement = db.prepare(
      'UPDATE deleted_assets SET seen_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))',
    );
    await statement.bind(JSON.stringify(assetIds), nowMs).run();
  }
}

/** Forgets assets that were deleted long ago and of which the whole run found no object. */
export async function forgetDeletedAssets(db: D1Database, runStartedAtMs: number): Promise<void> {
  await db
    .prepare('DELETE FROM deleted_assets WHERE deleted_at < ?1 AND (seen_at IS NULL OR seen_at < ?2)')
    .bind(runStartedAtMs - DELETED_ASSET_KEPT_MS, runStartedAtMs)
    .run();
}
