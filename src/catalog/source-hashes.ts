/** Which files in the bucket are the same (migration 0024). Files that operators have put there are theirs, and not known here. */
import { parseKey } from '../media/keys.ts';
import { sql } from '../platform/sql.ts';
import { isAborted } from './rows.ts';

export type HashedSource = { key: string; sizeBytes: number; sha256: string };

/** A source that Sluice has written: of an asset, or an upload. */
export async function noteSourceHash(db: D1Database, { key, sizeBytes, sha256 }: HashedSource): Promise<void> {
  const kind = parseKey(key);
  const owner = kind.kind === 'source' ? kind.owner : '';
  const noted = sql`
    INSERT INTO source_hashes (key, sha256, size_bytes) SELECT ${key}, ${sha256}, ${sizeBytes}
    WHERE EXISTS (SELECT 1 FROM assets WHERE id = ${owner})
      OR EXISTS (SELECT 1 FROM uploads WHERE id = ${owner} AND key = ${key})
    ON CONFLICT (key) DO UPDATE SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes`;
  await noted.on(db).run();
}

/** The key is the source of an asset that plays, so garbage collection leaves it. */
const isKept = (key: string) =>
  sql`EXISTS (SELECT 1 FROM assets WHERE source_key = ${key} AND current_version IS NOT NULL)`;

/** The same file, noted earlier: of two, one alone is linked to the other. */
export async function findTwin(db: D1Database, { key }: HashedSource): Promise<string | null> {
  const select = sql`
    SELECT first.key FROM source_hashes own JOIN source_hashes first
      ON first.sha256 = own.sha256 AND first.size_bytes = own.size_bytes AND first.seq < own.seq
    WHERE own.key = ${key}
      AND EXISTS (SELECT 1 FROM assets WHERE source_key = first.key AND current_version IS NOT NULL)
    ORDER BY first.seq LIMIT 1`;
  return (await select.on(db).first<{ key: string }>())?.key ?? null;
}

/**
 * Assets and jobs of one key are of the other from now on; garbage collection takes the first. Changes nothing while a job reads
 * it or a version plays from it, and where the other is no longer kept. Without URL: what is pulled anew would be written over the other's.
 */
export async function linkSource(db: D1Database, key: string, twin: string): Promise<void> {
  const mayLink = sql`${isKept(twin)}
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE source_key = ${key} AND (status IN ('queued', 'running')
      OR EXISTS (SELECT 1 FROM versions v WHERE v.asset_id = jobs.asset_id AND v.id = jobs.version AND v.from_source = 1)))`;
  const assets = sql`UPDATE assets SET source_key = ${twin}, source_url = NULL WHERE source_key = ${key} AND ${mayLink}`;
  const jobs = sql`UPDATE jobs SET source_key = ${twin}, source_url = NULL WHERE source_key = ${key} AND ${mayLink}`;
  try {
    await db.batch([assets.on(db), jobs.on(db)]);
  } catch (error) {
    if (!isAborted(error, 'source_collected')) {
      throw error;
    }
  }
}
