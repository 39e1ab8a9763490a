/** Uploads in D1 (migration 0022): that they exist, and what became of them. */

import { sql } from '../platform/sql.ts';

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
  key: string;
  multipart_id: string | null;
  /** JSON array of ids. */
  parts: string | null;
  /** JSON (`assetInputSchema` in src/control/resources/schemas.ts). */
  asset: string | null;
  asset_id: string | null;
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
