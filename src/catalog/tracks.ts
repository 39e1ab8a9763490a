/**
 * Tracks that were added to an asset, and what was changed of those that its source has (migration 0017). Each change is one
 * transaction, which also notes that a revision is to be published (migration 0018).
 */

import { AppError } from '../errors.ts';
import { isAddedTrack } from '../media/ids.ts';
import { type AudioRole, TEXT_KINDS, type TextKind } from '../media/presentation.ts';
import { joined, Sql, sql } from '../platform/sql.ts';
import { isAborted } from './rows.ts';
import { type StoredWarning, warningsText } from './warnings.ts';

/** Null in a column of a source's track: as the version says. */
export type TrackRow = {
  asset_id: string;
  id: string;
  origin: 'source' | 'added';
  kind: TextKind | 'audio' | null;
  language: string | null;
  /** Empty: none. */
  name: string | null;
  /** Empty: none, the film's own sound. */
  role: AudioRole | '' | null;
  is_default: number | null;
  shift_ms: number;
  content: string | null;
  content_url: string | null;
  state: 'waiting' | 'ready' | 'failed' | 'deleted';
  error_code: string | null;
  error_message: string | null;
  /** JSON (src/catalog/warnings.ts). */
  warnings: string | null;
  created_at: number;
  updated_at: number;
};

export type NewTrack = Pick<TrackRow, 'id' | 'kind' | 'language' | 'name' | 'is_default' | 'content'> &
  Partial<Pick<TrackRow, 'role' | 'content_url' | 'state' | 'warnings'>>;

export type TrackChange = Partial<
  Pick<TrackRow, 'kind' | 'language' | 'name' | 'role' | 'is_default' | 'shift_ms' | 'content' | 'state' | 'warnings'> &
    Pick<TrackRow, 'error_code' | 'error_message'>
>;

export const isTextKind = (kind: string | null): kind is TextKind => TEXT_KINDS.some((known) => known === kind);

/** In the order in which they were added. */
export const selectTracks = (assetId: string): Sql =>
  sql`SELECT * FROM tracks WHERE asset_id = ${assetId} ORDER BY created_at, id`;

export const listTracks = async (db: D1Database, assetId: string): Promise<TrackRow[]> =>
  (await selectTracks(assetId).on(db).all<TrackRow>()).results;

export const findTrack = (db: D1Database, assetId: string, id: string): Promise<TrackRow | null> =>
  sql`SELECT * FROM tracks WHERE asset_id = ${assetId} AND id = ${id}`.on(db).first<TrackRow>();

/** One track of its kind is the default: the first letter of an id is the kind. */
const endOtherDefaults = (assetId: string, id: string, nowMs: number) => sql`
  UPDATE tracks SET is_default = 0, updated_at = ${nowMs}
  WHERE asset_id = ${assetId} AND id <> ${id} AND substr(id, 1, 1) = ${id.slice(0, 1)} AND is_default = 1
    AND EXISTS (SELECT 1 FROM tracks WHERE asset_id = ${assetId} AND id = ${id})`;

/** False where the asset is gone, or has a track of this id. `more`: in the same transaction. */
export async function insertTrack(
  db: D1Database,
  assetId: string,
  track: NewTrack,
  nowMs: number,
  more: readonly Sql[] = [],
): Promise<boolean> {
  const { id, kind, language, name, role = null, is_default, content, content_url = null, state = 'ready' } = track;
  const inserted = sql`
    INSERT INTO tracks (asset_id, id, origin, kind, language, name, role, is_default, content, content_url, state, warnings,
      created_at, updated_at)
    SELECT id, ${id}, 'added', ${kind}, ${language}, ${name}, ${role}, ${is_default}, ${content}, ${content_url}, ${state},
      ${track.warnings ?? null}, ${nowMs}, ${nowMs} FROM assets WHERE id = ${assetId} ON CONFLICT DO NOTHING`;
  const others = is_default === 1 ? [endOtherDefaults(assetId, id, nowMs)] : [];
  try {
    const [result] = await db.batch([inserted, ...others, ...more].map((statement) => statement.on(db)));
    return (result?.meta.changes ?? 0) > 0;
  } catch (cause) {
    // A trigger refuses a file that is being deleted (src/control/gc/marks.ts).
    throw isAborted(cause, 'source_collected') ? new AppError('source_not_found', { cause }) : cause;
  }
}

/** The names of columns are those of `TrackChange`: none comes from outside. */
const assignments = (change: TrackChange): Sql =>
  joined(
    Object.entries(change).map(([column, value]) => sql`${new Sql(column)} = ${value}`),
    ', ',
  );

/** Of an added track, or of one that the asset's version has from its source. Null where there is none. */
export async function changeTrack(
  db: D1Database,
  assetId: string,
  id: string,
  change: TrackChange,
  nowMs: number,
): Promise<TrackRow | null> {
  const begun = sql`
    INSERT INTO tracks (asset_id, id, origin, state, created_at, updated_at)
    SELECT id, ${id}, 'source', 'ready', ${nowMs}, ${nowMs} FROM assets WHERE id = ${assetId} ON CONFLICT DO NOTHING`;
  const changed = sql`UPDATE tracks SET ${assignments(change)}, updated_at = ${nowMs}
    WHERE asset_id = ${assetId} AND id = ${id} AND state <> 'deleted' RETURNING *`;
  const before = isAddedTrack(id) ? [] : [begun];
  const after = change.is_default === 1 ? [endOtherDefaults(assetId, id, nowMs)] : [];
  const results = await db.batch([...before, changed, ...after].map((statement) => statement.on(db)));
  return (results[before.length]?.results[0] as TrackRow | undefined) ?? null;
}

/** An added track goes; one of the source is kept from players. */
export async function deleteTrack(db: D1Database, assetId: string, id: string, nowMs: number): Promise<void> {
  if (isAddedTrack(id)) {
    await sql`DELETE FROM tracks WHERE asset_id = ${assetId} AND id = ${id}`.on(db).run();
  } else {
    await changeTrack(db, assetId, id, { state: 'deleted', is_default: 0, content: null }, nowMs);
  }
}

type Cues = Pick<TrackRow, 'asset_id' | 'id' | 'content' | 'shift_ms'>;

const hasCues = (row: Cues): Sql =>
  sql`asset_id = ${row.asset_id} AND id = ${row.id} AND content IS ${row.content} AND shift_ms = ${row.shift_ms}`;

/** What the making of a revision found out about cues: of these cues alone. Publishes nothing. */
export async function noteTrackWarnings(db: D1Database, row: Cues, warnings: readonly StoredWarning[]): Promise<void> {
  await sql`UPDATE tracks SET warnings = ${warningsText(warnings)} WHERE ${hasCues(row)}`.on(db).run();
}

/** The same, of cues that make no track. Those that have replaced them meanwhile are not blamed. */
export async function noteTrackFailure(
  db: D1Database,
  row: Cues,
  { code, message }: { code: string; message: string },
  nowMs: number,
): Promise<void> {
  const failed = sql`UPDATE tracks SET state = 'failed', error_code = ${code}, error_message = ${message},
    updated_at = ${nowMs} WHERE ${hasCues(row)} AND state = 'ready'`;
  await failed.on(db).run();
}
