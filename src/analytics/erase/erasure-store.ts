/** Requests to erase, in D1. They are made in the transaction that asks for them and deleted after their last pass. */
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { FORGET_AFTER_MS } from '../facts.ts';

export type ErasureRow = {
  id: string;
  kind: 'asset' | 'viewer';
  subject: string;
  cursor: string;
  passes: number;
  due_at: number;
};

/** Facts that wait in an isolate may arrive this late. */
const LATE_MS = FORGET_AFTER_MS + 2 * 60_000;
/** By then every token that a beacon could be sent with has ended. A request due later was noted by a clock since set back. */
const SESSIONS_OVER_MS = MAX_SESSION_SECONDS * 1000 + FORGET_AFTER_MS;
/** How long after each pass the next one follows. */
const PASS_DELAYS_MS: Readonly<Record<ErasureRow['kind'], readonly number[]>> = {
  asset: [LATE_MS, SESSIONS_OVER_MS],
  viewer: [LATE_MS],
};
/** A run that has not finished by then has failed: the next sweep tries again. */
const CLAIM_MS = 2 * 60_000;

export const assetErasureId = (assetId: string): string => `asset:${assetId}`;

/** Asking again continues a first pass that is under way, and starts over after it. */
export const requestErasure = (
  db: D1Database,
  { id, kind, subject }: Pick<ErasureRow, 'id' | 'kind' | 'subject'>,
  nowMs: number,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO view_erasures (id, kind, subject, due_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET subject = ?3, due_at = ?4, cursor = iif(passes = 0, cursor, ''), passes = 0`,
    )
    .bind(id, kind, subject, nowMs);

/** With an asset's deletion: deletes its rows at once, and asks for its counters to be cleared. */
export const eraseAsset = (db: D1Database, assetId: string, nowMs: number): D1PreparedStatement[] => [
  db.prepare('DELETE FROM asset_views WHERE asset_id = ?1').bind(assetId),
  db.prepare('DELETE FROM asset_view_days WHERE asset_id = ?1').bind(assetId),
  requestErasure(db, { id: assetErasureId(assetId), kind: 'asset', subject: assetId }, nowMs),
];

export async function dueErasures(db: D1Database, nowMs: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT id FROM view_erasures WHERE due_at <= ?1 OR due_at > ?3 ORDER BY due_at LIMIT ?2')
    .bind(nowMs, limit, nowMs + SESSIONS_OVER_MS)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Null if it is done or another run has it. Two runs of the same one do no harm. */
export const claimErasure = (db: D1Database, id: string, nowMs: number): Promise<ErasureRow | null> =>
  db
    .prepare('UPDATE view_erasures SET due_at = ?2 WHERE id = ?1 AND (due_at <= ?3 OR due_at > ?4) RETURNING *')
    .bind(id, nowMs + CLAIM_MS, nowMs, nowMs + SESSIONS_OVER_MS)
    .first<ErasureRow>();

/** Part of a pass is done; the rest is due at once. */
export async function noteProgress(db: D1Database, row: ErasureRow, cursor: string, nowMs: number): Promise<void> {
  await db
    .prepare('UPDATE view_erasures SET cursor = max(cursor, ?3), due_at = ?4 WHERE id = ?1 AND passes = ?2')
    .bind(row.id, row.passes, cursor, nowMs)
    .run();
}

export async function notePass(db: D1Database, row: ErasureRow, nowMs: number): Promise<void> {
  const delayMs = PASS_DELAYS_MS[row.kind][row.passes];
  const statement =
    delayMs === undefined
      ? db.prepare('DELETE FROM view_erasures WHERE id = ?1 AND passes = ?2').bind(row.id, row.passes)
      : db
          .prepare(
            `UPDATE view_erasures SET passes = passes + 1, cursor = '', due_at = ?3 WHERE id = ?1 AND passes = ?2`,
          )
          .bind(row.id, row.passes, nowMs + delayMs);
  await statement.run();
}
