/** Links that make one upload each, in D1 (migration 0022). */

import { insertRow, sql } from '../platform/sql.ts';

export type UploadLinkRow = {
  /** The upload's, once the link is used. */
  id: string;
  token_hash: string;
  max_bytes: number;
  max_seconds: number | null;
  /** JSON, as in the row of an upload. */
  asset: string | null;
  creator_id: string | null;
  /** JSON array of origins. */
  origins: string | null;
  created_at: number;
  expires_at: number;
};

export async function insertUploadLink(db: D1Database, link: UploadLinkRow): Promise<void> {
  await insertRow('upload_links', link).on(db).run();
}

export const findUploadLink = (db: D1Database, id: string): Promise<UploadLinkRow | null> =>
  sql`SELECT * FROM upload_links WHERE id = ${id}`.on(db).first<UploadLinkRow>();
