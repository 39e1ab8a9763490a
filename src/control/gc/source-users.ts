/** What uses a source, in SQL: the same for the facts of a page and for the mark that a deletion needs. */
import { type Sql, sql } from '../../platform/sql.ts';
import { PLAYED_SOURCE_KEPT_MORE_MS } from './limits.ts';

/** The folder below `sources/`, where that may be the id of an upload (src/media/ids.ts). */
export const uploadOf = (key: Sql): Sql => sql`substr(${key}, 9, 16)`;
const folderOf = (key: Sql): Sql => sql`substr(${key}, 9, instr(substr(${key}, 9), '/') - 1)`;

/** Whether Sluice has brought it in. What operators put into folders of theirs, or beside a source of Sluice, is not. */
export const isOurs = (key: Sql): Sql => sql`(
  EXISTS (SELECT 1 FROM uploads u WHERE u.id = ${uploadOf(key)} AND u.key = ${key})
  OR (EXISTS (SELECT 1 FROM assets WHERE id = ${folderOf(key)}) OR EXISTS (SELECT 1 FROM deleted_assets WHERE id = ${folderOf(key)}))
    AND (EXISTS (SELECT 1 FROM jobs WHERE source_key = ${key}) OR EXISTS (SELECT 1 FROM source_hashes h WHERE h.key = ${key})))`;

/**
 * Whether sessions may still play segments that are made of the file, though jobs name another by now: it was linked to its twin
 * when the ladder was published (src/control/encoding/workflow/link-source.ts).
 */
const mayBePlayed = (key: Sql, sinceMs: number): Sql => sql`EXISTS (
  SELECT 1 FROM source_hashes own JOIN source_hashes twin ON twin.sha256 = own.sha256 AND twin.size_bytes = own.size_bytes
    JOIN jobs j ON j.source_key = twin.key JOIN versions v ON v.asset_id = j.asset_id AND v.id = j.version
  WHERE own.key = ${key} AND v.published_at > ${sinceMs - PLAYED_SOURCE_KEPT_MORE_MS} AND j.look ->> 'standard' = 1)`;

/**
 * Whether anything needs the object. Jobs that failed and finished uploads count when that happened after `sinceMs`, and so do
 * assets that failed and never played, where an upload brings their file back. What a version plays from counts until the version
 * is collected, however its job ended.
 */
export const isUsed = (key: Sql, sinceMs: number): Sql => sql`(
  EXISTS (SELECT 1 FROM assets a WHERE a.source_key = ${key} AND NOT (a.status = 'failed' AND a.ready = 'no'
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = a.id AND updated_at > ${sinceMs}) AND ${isOurs(key)}))
  OR EXISTS (SELECT 1 FROM tracks WHERE content = ${key})
  OR EXISTS (SELECT 1 FROM jobs j WHERE j.source_key = ${key} AND CASE
    WHEN j.status IN ('queued', 'running') THEN true
    WHEN j.status = 'done' OR EXISTS (SELECT 1 FROM versions
        WHERE asset_id = j.asset_id AND id = j.version AND from_source = 1)
      THEN NOT EXISTS (SELECT 1 FROM version_marks
        WHERE asset_id = j.asset_id AND version = j.version AND collected_at IS NOT NULL)
    ELSE j.updated_at > ${sinceMs} END)
  OR ${mayBePlayed(key, sinceMs)}
  OR EXISTS (SELECT 1 FROM uploads u WHERE u.id = ${uploadOf(key)} AND u.key = ${key}
    AND (u.state = 'open' OR u.state = 'finished' AND u.finished_at > ${sinceMs})))`;
