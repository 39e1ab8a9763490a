/** Calls with an `Idempotency-Key`, in D1 (migration 0025): one attempt runs, and its answer is kept. */
import { randomId } from '../platform/random-id.ts';
import { sql } from '../platform/sql.ts';

/** Longer than any client repeats a call for. */
export const KEPT_MS = 24 * 3600_000;
/** No call takes so long: the Worker that ran it is gone. */
export const TAKE_OVER_MS = 5 * 60_000;

/** `answer`: sealed, or empty where it was too large. */
export type Claim =
  | { state: 'mine'; attempt: string }
  | { state: 'running' }
  | { state: 'other_request' }
  | { state: 'answered'; answer: string };

type Row = { attempt: string; request_hash: string; answer: string | null };

/** One transaction, so that of calls at the same time one runs. */
export async function claimCall(db: D1Database, id: string, requestHash: string, nowMs: number): Promise<Claim> {
  const attempt = randomId(16);
  const claim = sql`
    INSERT INTO idempotent_calls (id, request_hash, attempt, started_at, expires_at)
    VALUES (${id}, ${requestHash}, ${attempt}, ${nowMs}, ${nowMs + KEPT_MS})
    ON CONFLICT (id) DO UPDATE SET request_hash = excluded.request_hash, attempt = excluded.attempt,
      started_at = excluded.started_at, expires_at = excluded.expires_at, answer = NULL
    WHERE expires_at <= ${nowMs}
      OR (answer IS NULL AND started_at <= ${nowMs - TAKE_OVER_MS} AND request_hash = excluded.request_hash)`;
  const select = sql`SELECT attempt, request_hash, answer FROM idempotent_calls WHERE id = ${id}`;
  const [, selected] = await db.batch<Row>([claim.on(db), select.on(db)]);
  const row = selected?.results[0];
  if (row === undefined) {
    throw new Error('the row that was written is not there');
  }
  if (row.attempt === attempt) {
    return { state: 'mine', attempt };
  }
  if (row.request_hash !== requestHash) {
    return { state: 'other_request' };
  }
  return row.answer === null ? { state: 'running' } : { state: 'answered', answer: row.answer };
}

/** Does nothing where another attempt has taken over. */
export async function keepAnswer(db: D1Database, id: string, attempt: string, answer: string): Promise<void> {
  await sql`UPDATE idempotent_calls SET answer = ${answer} WHERE id = ${id} AND attempt = ${attempt}`.on(db).run();
}

/** A repeated call runs again. */
export async function forgetCall(db: D1Database, id: string, attempt: string): Promise<void> {
  await sql`DELETE FROM idempotent_calls WHERE id = ${id} AND attempt = ${attempt}`.on(db).run();
}
