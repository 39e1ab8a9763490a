/** API tokens as callers present them: known by their hash, and remembered for some seconds. */
import { waitUntil } from 'cloudflare:workers';
import { base64url } from 'jose';
import { AppError } from '../errors.ts';
import type { Bindings } from '../platform/bindings.ts';
import { sha256Hex } from '../platform/encodings.ts';
import { log } from '../platform/log.ts';
import { LruMap } from '../platform/lru-map.ts';
import { sql } from '../platform/sql.ts';
import type { Caller } from './callers.ts';

export type TokenRow = {
  id: string;
  token_hash: string;
  name: string;
  /** JSON array. */
  scopes: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
};

/** So that scanners of source code and logs find tokens that were lost there. */
const PREFIX = 'sluice_';
const TOKEN_BYTES = 32;
const TOKEN = new RegExp(`^${PREFIX}[A-Za-z0-9_-]{43}$`);

/** How long a revoked token may still work in other isolates, as with everything else that is revoked. */
export const TOKEN_STATE_MS = 10_000;
/** About 500 bytes each. Tokens that do not exist are remembered too: a program may go on with a revoked one. */
const MAX_REMEMBERED = 2_000;
/** A write for each call would cost more than most calls. */
const LAST_USED_STEP_MS = 5 * 60_000;

const remembered = new LruMap<string, { row: TokenRow | null; readAtMs: number }>(MAX_REMEMBERED);

export const newToken = (): string => PREFIX + base64url.encode(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));

/** In this isolate a revocation works at once. */
export const forgetToken = (hash: string): void => remembered.delete(hash);

type Look = { nowMs: number; knownOnly: boolean };

async function readToken(db: D1Database, hash: string, { nowMs, knownOnly }: Look): Promise<TokenRow | null> {
  const known = remembered.get(hash);
  if (known !== undefined && nowMs - known.readAtMs < TOKEN_STATE_MS && nowMs >= known.readAtMs) {
    return known.row;
  }
  if (knownOnly && !known?.row) {
    return null;
  }
  const select = sql`SELECT * FROM api_tokens WHERE token_hash = ${hash}`;
  const row = await select.on(db).first<TokenRow>().catch(throwUnavailable);
  remembered.set(hash, { row, readAtMs: nowMs });
  return row;
}

/** Whether the token is right is not known: 401 would make clients give it up. */
function throwUnavailable(cause: unknown): never {
  log.warn({ event: 'token_unread', reason: String(cause) });
  throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
}

/** Beside the request, which does not wait for it or fail with it. */
function noteUse(db: D1Database, row: TokenRow, nowMs: number): void {
  if (row.last_used_at !== null && nowMs - row.last_used_at < LAST_USED_STEP_MS) {
    return;
  }
  // The remembered row: one write in each isolate.
  row.last_used_at = nowMs;
  const update = sql`UPDATE api_tokens SET last_used_at = ${nowMs}
    WHERE id = ${row.id} AND coalesce(last_used_at, 0) <= ${nowMs - LAST_USED_STEP_MS}`;
  waitUntil(
    update
      .on(db)
      .run()
      .catch((error: unknown) => log.warn({ event: 'token_use_unnoted', reason: String(error) })),
  );
}

/**
 * Null for a token that does not exist, is revoked or has expired. `knownOnly`: the database is asked for no token that this
 * isolate has not seen to be right. Throws `unavailable`.
 */
export async function findCaller(
  { CATALOG }: Pick<Bindings, 'CATALOG'>,
  token: string,
  knownOnly = false,
): Promise<Caller | null> {
  if (!TOKEN.test(token)) {
    return null;
  }
  const nowMs = Date.now();
  const row = await readToken(CATALOG, await sha256Hex(token), { nowMs, knownOnly });
  if (row === null || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= nowMs)) {
    return null;
  }
  noteUse(CATALOG, row, nowMs);
  return { id: row.id, name: row.name, scopes: JSON.parse(row.scopes), expiresAtMs: row.expires_at };
}
