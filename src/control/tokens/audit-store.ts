/** Reading and pruning what src/http/audit-log.ts writes. */
import { sql } from '../../platform/sql.ts';

/** A theft is often found weeks later. */
export const AUDIT_KEPT_MS = 90 * 86_400_000;
/** Rows that one sweep of each minute removes of a table. */
const PRUNE_LIMIT = 1_000;

export type AuditRow = {
  id: number;
  created_at: number;
  token_id: string;
  token_name: string;
  operation: string;
  target: string;
  asset_id: string | null;
  fields: string | null;
  request_id: string;
  client_ip: string | null;
};

export type AuditFilter = { token?: string | undefined; operation?: string | undefined; asset?: string | undefined };

/** Newest first; `before`: the last id of the page before this one. */
export async function listChanges(
  db: D1Database,
  { token, operation, asset }: AuditFilter,
  { before, limit }: { before: number; limit: number },
): Promise<AuditRow[]> {
  const equals = (column: ReturnType<typeof sql>, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${column} = ${value}`;
  const select = sql`SELECT * FROM audit_log WHERE id < ${Number.isNaN(before) ? 0 : before} AND ${equals(sql`token_id`, token)}
    AND ${equals(sql`operation`, operation)} AND ${equals(sql`asset_id`, asset)} ORDER BY id DESC LIMIT ${limit}`;
  return (await select.on(db).all<AuditRow>()).results;
}

/** The sweep of each minute over what is kept for a time: audit entries and answers of repeatable calls. */
export async function pruneRecords({ CATALOG: db }: { CATALOG: D1Database }, nowMs: number): Promise<void> {
  const changes = sql`DELETE FROM audit_log WHERE id IN
    (SELECT id FROM (SELECT id, created_at FROM audit_log ORDER BY id LIMIT ${PRUNE_LIMIT})
      WHERE created_at <= ${nowMs - AUDIT_KEPT_MS})`;
  const calls = sql`DELETE FROM idempotent_calls WHERE id IN
    (SELECT id FROM idempotent_calls WHERE expires_at <= ${nowMs} ORDER BY expires_at LIMIT ${PRUNE_LIMIT})`;
  await db.batch([changes.on(db), calls.on(db)]);
}
