/** The record of changes made through the API (`audit_log` in D1, migration 0025). */
import { log } from '../platform/log.ts';
import { sql } from '../platform/sql.ts';
import type { Caller } from './callers.ts';

export type Change = {
  caller: Pick<Caller, 'id' | 'name'>;
  operation: string;
  /** Ids alone. */
  target: Readonly<Record<string, unknown>>;
  assetId: string | null;
  /** The members of a PATCH. */
  fields: readonly string[] | null;
  requestId: string;
  /**
   * Of an app's server or an operator, never of a viewer: viewers have no API token. It tells the use of a stolen token
   * from that of its owner.
   */
  clientIp: string | null;
};

const insert = (change: Change, nowMs: number) => {
  const { caller, operation, target, assetId, fields, requestId, clientIp } = change;
  return sql`
    INSERT INTO audit_log (created_at, token_id, token_name, operation, target, asset_id, fields, request_id, client_ip)
    VALUES (${nowMs}, ${caller.id}, ${caller.name}, ${operation}, ${JSON.stringify(target)}, ${assetId},
      ${fields && JSON.stringify(fields)}, ${requestId}, ${clientIp})`;
};

/** Those of one call. Never throws: they have been made, and the log has a line of each. */
export async function storeChanges(db: D1Database, changes: readonly Change[], nowMs: number): Promise<void> {
  if (changes.length === 0) {
    return;
  }
  try {
    await db.batch(changes.map((change) => insert(change, nowMs).on(db)));
  } catch (error) {
    const [{ requestId } = {}] = changes;
    log.error({ event: 'audit_unstored', requestId, reason: String(error) });
  }
}
