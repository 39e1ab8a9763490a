/** Uploads in D1 (migration 0022): that they exist, and what became of them. */

import { insertRow, type Sql, sql } from '../platform/sql.ts';
import { isAfter, NEWEST_FIRST, type PageMark } from './assets.ts';
import { commitUpload } from './upload-events.ts';

export const UPLOAD_KINDS = ['file', 'part', 'whole', 'direct'] as const;
export const UPLOAD_STATES = ['open', 'finished', 'failed', 'expired', 'deleted'] as const;

export type UploadRow = {
  id: string;
  capability_hash: string | null;
  kind: (typeof UPLOAD_KINDS)[number];
  state: (typeof UPLOAD_STATES)[number];
  file_name: string;
  content_type: string | null;
  metadata: string | null;
  length: number | null;
  max_bytes: number;
  max_seconds: number | null;
  key: string;
  multipart_id: string | null;
  /** JSON array of ids. */
  parts: string | null;
  /** JSON (`assetInputSchema` in src/control/resources/schemas.ts). */
  asset: string | null;
  asset_id: string | null;
  /** JSON (src/protocol/source-look.ts). */
  look: string | null;
  creator_id: string | null;
  /** JSON array of origins. */
  origins: string | null;
  error_code: string | null;
  error_message: string | null;
  created_at: number;
  updated_at: number;
  expires_at: number;
  finished_at: number | null;
};

export const findUpload = (db: D1Database, id: string): Promise<UploadRow | null> =>
  sql`SELECT * FROM uploads WHERE id = ${id}`.on(db).first<UploadRow>();

/** The columns that a new row is given; those of its end and its times follow. */
export type NewUpload = Omit<
  UploadRow,
  'state' | 'look' | 'error_code' | 'error_message' | 'created_at' | 'updated_at' | 'finished_at'
>;

/** With its event. `along`: further changes of the transaction. False where a row with this id exists. */
export async function insertUpload(
  db: D1Database,
  upload: NewUpload,
  nowMs: number,
  along: readonly Sql[] = [],
): Promise<boolean> {
  const row = { ...upload, state: 'open', created_at: nowMs, updated_at: nowMs };
  const inserted = sql`${insertRow('uploads', row)} ON CONFLICT (id) DO NOTHING`;
  const [result] = await commitUpload(db, upload.id, nowMs, [inserted, ...along]);
  return (result?.meta.changes ?? 0) > 0;
}

/** What an open upload learns while it arrives. */
export async function changeOpenUpload(
  db: D1Database,
  id: string,
  { length, expiresAt }: { length?: number; expiresAt?: number },
  nowMs: number,
): Promise<void> {
  const update = sql`UPDATE uploads SET length = coalesce(length, ${length ?? null}),
    expires_at = coalesce(${expiresAt ?? null}, expires_at), updated_at = ${nowMs} WHERE id = ${id} AND state = 'open'`;
  await update.on(db).run();
}

/** While it arrives or just after. The first look stays. */
export async function setUploadLook(db: D1Database, id: string, look: string, nowMs: number): Promise<void> {
  const update = sql`UPDATE uploads SET look = ${look}, updated_at = ${nowMs} WHERE id = ${id} AND look IS NULL`;
  await update.on(db).run();
}

/**
 * To be run in a transaction with what is made of the upload. An upload that is no longer open cannot take the state, so
 * the whole transaction fails.
 */
export const finished = (id: string, length: number, nowMs: number): Sql =>
  sql`UPDATE uploads SET state = iif(state = 'open', 'finished', NULL), length = ${length}, finished_at = ${nowMs},
    updated_at = ${nowMs} WHERE id = ${id}`;

/** By the first asset that names it. */
export const claimed = (id: string, assetId: string): Sql =>
  sql`UPDATE uploads SET asset_id = coalesce(asset_id, ${assetId}) WHERE id = ${id}`;

/** An upload of which nothing is made at once. */
export async function finishUpload(db: D1Database, id: string, length: number, nowMs: number): Promise<void> {
  const update = sql`UPDATE uploads SET state = 'finished', length = ${length}, finished_at = ${nowMs},
    updated_at = ${nowMs} WHERE id = ${id} AND state = 'open'`;
  await commitUpload(db, id, nowMs, [update]);
}

/** Ends an upload that is open; a part may also expire when it has all bytes. */
export async function endUpload(
  db: D1Database,
  id: string,
  end: { state: 'failed'; length: number; error: { code: string; message: string } } | { state: 'expired' | 'deleted' },
  nowMs: number,
): Promise<void> {
  const { length, error } = end.state === 'failed' ? end : { length: null, error: null };
  const { code, message } = error ?? { code: null, message: null };
  const update = sql`UPDATE uploads SET state = ${end.state}, length = coalesce(${length}, length), error_code = ${code}, error_message = ${message},
    updated_at = ${nowMs} WHERE id = ${id} AND (state = 'open' OR (kind = 'part' AND state = 'finished'))`;
  await commitUpload(db, id, nowMs, [update]);
}

/** Of a whole: nothing else can be made of them. */
export async function endParts(db: D1Database, id: string, nowMs: number): Promise<void> {
  const update = sql`UPDATE uploads SET state = 'deleted', updated_at = ${nowMs} WHERE kind = 'part' AND state = 'finished'
    AND id IN (SELECT part.value FROM uploads whole, json_each(whole.parts) part WHERE whole.id = ${id})`;
  await update.on(db).run();
}

/** Newest first, without the parts of others. */
export async function listUploads(
  db: D1Database,
  { after, limit, state }: { after: PageMark | null; limit: number; state: UploadRow['state'] | undefined },
): Promise<UploadRow[]> {
  const select = sql`SELECT * FROM uploads WHERE ${isAfter(after)} AND kind <> 'part'
    AND state = coalesce(${state ?? null}, state) ${NEWEST_FIRST} LIMIT ${limit}`;
  return (await select.on(db).all<UploadRow>()).results;
}

/** Those that expire, for `sweepDue`. */
export const EXPIRING = sql`SELECT * FROM (SELECT id AS key, expires_at AS at FROM uploads
  WHERE state = 'open' OR (kind = 'part' AND state = 'finished'))`;

/** Rows that one sweep deletes of each table; the next one goes on. */
const PRUNE_LIMIT = 1000;

/** Forgets uploads that ended before and are no source, and links that expired before. */
export async function pruneUploads(db: D1Database, beforeMs: number): Promise<void> {
  await db.batch([
    sql`DELETE FROM uploads WHERE id IN (SELECT id FROM uploads
      WHERE state IN ('failed', 'expired', 'deleted') AND updated_at < ${beforeMs} LIMIT ${PRUNE_LIMIT})`.on(db),
    sql`DELETE FROM upload_links WHERE id IN
      (SELECT id FROM upload_links WHERE expires_at < ${beforeMs} LIMIT ${PRUNE_LIMIT})`.on(db),
  ]);
}
