/** Orders to captioning services (migration 0020). An order ends with its track's row, in one transaction. */

import { type Sql, sql } from '../platform/sql.ts';
import { type StoredWarning, warningsText } from './warnings.ts';

export type CaptionOrder = {
  id: string;
  asset_id: string;
  track: string;
  token: string;
  url: string;
  secret: string | null;
  body: string;
  attempts: number;
  accepted: number;
  due_at: number;
  expires_at: number;
};
export type NewCaptionOrder = Omit<CaptionOrder, 'attempts' | 'accepted' | 'due_at'>;

/** For the transaction that adds the track. Nothing where the id is that of another track. */
export const insertOrder = (order: NewCaptionOrder, nowMs: number): Sql => sql`
  INSERT INTO caption_orders (id, asset_id, track, token, url, secret, body, due_at, expires_at)
  SELECT ${order.id}, asset_id, id, ${order.token}, ${order.url}, ${order.secret}, ${order.body}, ${nowMs},
    ${order.expires_at} FROM tracks
  WHERE asset_id = ${order.asset_id} AND id = ${order.track} AND state = 'waiting' AND kind <> 'audio' AND content IS NULL
  ON CONFLICT DO NOTHING`;

/** For `sweepDue`. */
export const SELECT_DUE_ORDERS = sql`SELECT id AS key, due_at AS at FROM caption_orders`;

/** Takes an order whose time has come. No other caller gets it before `untilMs`. */
export const claimOrder = (db: D1Database, id: string, nowMs: number, untilMs: number): Promise<CaptionOrder | null> =>
  sql`UPDATE caption_orders SET attempts = attempts + 1, due_at = ${untilMs}
    WHERE id = ${id} AND due_at <= ${nowMs} RETURNING *`
    .on(db)
    .first<CaptionOrder>();

/** Ignored if another attempt has claimed the order meanwhile. */
export async function noteAttempt(
  db: D1Database,
  { id, attempts }: CaptionOrder,
  next: { accepted: boolean; dueAt: number },
): Promise<void> {
  await sql`UPDATE caption_orders SET accepted = ${Number(next.accepted)}, due_at = min(${next.dueAt}, expires_at)
    WHERE id = ${id} AND attempts = ${attempts}`
    .on(db)
    .run();
}

export const findOrder = (db: D1Database, token: string, nowMs: number): Promise<CaptionOrder | null> =>
  sql`SELECT * FROM caption_orders WHERE token = ${token} AND expires_at > ${nowMs}`.on(db).first<CaptionOrder>();

type End =
  | { state: 'ready'; content: string; warnings: readonly StoredWarning[] }
  | { state: 'failed'; code: string; message: string };

/** False where the track has gone or has other cues by now, or the order has ended. */
export async function endOrder(
  db: D1Database,
  { id, asset_id, track }: CaptionOrder,
  end: End,
  nowMs: number,
): Promise<boolean> {
  const change =
    end.state === 'ready'
      ? sql`content = ${end.content}, warnings = ${warningsText(end.warnings)}`
      : sql`error_code = ${end.code}, error_message = ${end.message}`;
  const changed = sql`UPDATE tracks SET state = ${end.state}, ${change}, updated_at = ${nowMs}
    WHERE asset_id = ${asset_id} AND id = ${track} AND state = 'waiting'
      AND EXISTS (SELECT 1 FROM caption_orders WHERE id = ${id})`;
  const ended = sql`DELETE FROM caption_orders WHERE id = ${id}`;
  const [result] = await db.batch([changed.on(db), ended.on(db)]);
  return (result?.meta.changes ?? 0) > 0;
}
