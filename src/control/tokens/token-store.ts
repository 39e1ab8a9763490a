/** API tokens in D1 (migration 0025). Of a token itself only the hash is stored. */
import { isAfter, type PageMark } from '../../catalog/assets.ts';
import { AppError } from '../../errors.ts';
import { forgetToken, newToken, type TokenRow } from '../../http/api-tokens.ts';
import { sha256Hex } from '../../platform/encodings.ts';
import { randomId } from '../../platform/random-id.ts';
import { sql } from '../../platform/sql.ts';
import { AUDIT_KEPT_MS } from './audit-store.ts';

/** One for each app and person, with much room: each isolate keeps those in use. */
const MAX_TOKENS = 1_000;
const ID_LENGTH = 16;

export type NewToken = { name: string; scopes: readonly string[]; expiresAtMs: number | null };

const inForce = (nowMs: number) => sql`revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${nowMs})`;

/** Returns the token, which nobody can read again. Throws `api_tokens_full`. */
export async function addToken(
  db: D1Database,
  { name, scopes, expiresAtMs }: NewToken,
  nowMs: number,
): Promise<{ row: TokenRow; token: string }> {
  const token = newToken();
  // As long as entries of the audit log may name it.
  const prune = sql`DELETE FROM api_tokens WHERE min(coalesce(revoked_at, expires_at), coalesce(expires_at, revoked_at))
    <= ${nowMs - AUDIT_KEPT_MS}`;
  const insert = sql`
    INSERT INTO api_tokens (id, token_hash, name, scopes, created_at, expires_at)
    SELECT ${randomId(ID_LENGTH)}, ${await sha256Hex(token)}, ${name}, ${JSON.stringify(scopes)}, ${nowMs}, ${expiresAtMs}
    WHERE (SELECT count(*) FROM api_tokens WHERE ${inForce(nowMs)}) < ${MAX_TOKENS}
    RETURNING *`;
  const [, inserted] = await db.batch<TokenRow>([prune.on(db), insert.on(db)]);
  const row = inserted?.results[0];
  if (row === undefined) {
    throw new AppError('api_tokens_full');
  }
  return { row, token };
}

/** Newest first; those that are revoked or expired too. */
export async function listTokens(db: D1Database, after: PageMark | null, limit: number): Promise<TokenRow[]> {
  const select = sql`SELECT * FROM api_tokens WHERE ${isAfter(after)} ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
  return (await select.on(db).all<TokenRow>()).results;
}

/** Repeating it changes nothing. Throws `api_token_not_found`. */
export async function revokeToken(db: D1Database, id: string, nowMs: number): Promise<void> {
  const update = sql`UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ${nowMs}) WHERE id = ${id} RETURNING *`;
  const row = await update.on(db).first<TokenRow>();
  if (row === null) {
    throw new AppError('api_token_not_found');
  }
  forgetToken(row.token_hash);
}
