/** Registered signing keys: D1 holds them, `edge/keys.json` is what the delivery plane reads of them. */

import { type EdgeKeys, edgeKeysSchema, MAX_SIGNING_KEYS, type SigningKey } from '../../access/signing-keys.ts';
import { isStale, type Mirror, writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../media/keys.ts';
import { edgeRevocations, findRevocationRow, insertRevocation } from './revocation-store.ts';

type SigningKeyRow = { kid: string; alg: string; public_jwk: string; created_at: number };

export async function listSigningKeys(db: D1Database): Promise<SigningKey[]> {
  const { results } = await db.prepare('SELECT * FROM signing_keys ORDER BY created_at, kid').all<SigningKeyRow>();
  const keys = results.map((row) => ({
    kid: row.kid,
    alg: row.alg,
    jwk: JSON.parse(row.public_jwk),
    createdAt: new Date(row.created_at).toISOString(),
  }));
  return edgeKeysSchema.parse({ keys }).keys;
}

/** What players' links are checked with; takes effect everywhere within EDGE_STATE_SECONDS. */
export const edgeKeys = (db: D1Database): Mirror => ({
  key: EDGE_KEYS_KEY,
  async read() {
    const keys: EdgeKeys = { keys: await listSigningKeys(db) };
    return JSON.stringify(keys);
  },
});

/**
 * The key as it is registered: registering it again changes nothing, and writes what a call before may not have. Throws
 * `signing_key_exists` where another key has the id, `signing_key_invalid` when there are too many, or `unavailable`. The id
 * of a key that was deleted is taken while sessions that the key started could be running: they would come back to life, or
 * the new links not play.
 */
export async function addSigningKey(db: D1Database, bucket: R2Bucket, key: SigningKey): Promise<SigningKey> {
  const createdAtMs = Date.parse(key.createdAt);
  const publicJwk = JSON.stringify(key.jwk);
  const revoked = await findRevocationRow(db, { kind: 'key', value: key.kid }, createdAtMs);
  if (revoked !== null) {
    throw new AppError('signing_key_exists', {
      detail: 'A key of this id is revoked: choose another id, or take the revocation back.',
    });
  }
  await db
    .prepare(
      `INSERT INTO signing_keys (kid, alg, public_jwk, created_at)
       SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM signing_keys) < ?5
       ON CONFLICT (kid) DO NOTHING`,
    )
    .bind(key.kid, key.alg, publicJwk, createdAtMs, MAX_SIGNING_KEYS)
    .run();
  const standing = await db
    .prepare('SELECT public_jwk, created_at FROM signing_keys WHERE kid = ?1')
    .bind(key.kid)
    .first<Pick<SigningKeyRow, 'public_jwk' | 'created_at'>>();
  if (standing === null) {
    throw new AppError('signing_key_invalid', { detail: `There are ${MAX_SIGNING_KEYS} keys already` });
  }
  if (standing.public_jwk !== publicJwk) {
    throw new AppError('signing_key_exists');
  }
  await writeMirrorOrRetry(db, bucket, edgeKeys(db));
  return { ...key, createdAt: new Date(standing.created_at).toISOString() };
}

/** A key that has signed nothing yet. */
export async function discardSigningKey(db: D1Database, kid: string): Promise<void> {
  await db.prepare('DELETE FROM signing_keys WHERE kid = ?1').bind(kid).run();
}

/**
 * Its links stop because it is no longer registered; the sessions that they started stop because the key is revoked,
 * for as long as any of them could last. Throws `signing_key_not_found`, or `unavailable`.
 */
export async function removeSigningKey(db: D1Database, bucket: R2Bucket, kid: string, nowMs: number): Promise<void> {
  const standing = await db.prepare('SELECT 1 FROM signing_keys WHERE kid = ?1').bind(kid).first();
  if (standing !== null) {
    await revokeSigningKey(db, kid, nowMs);
  }
  // Also where it is gone: the call before this one may have failed between the writes.
  const isHalfDone = standing === null && (await isHalfRemoved(db, kid, nowMs));
  await writeMirrorOrRetry(db, bucket, edgeRevocations(db, nowMs));
  await writeMirrorOrRetry(db, bucket, edgeKeys(db));
  if (standing === null && !isHalfDone) {
    throw new AppError('signing_key_not_found');
  }
}

async function revokeSigningKey(db: D1Database, kid: string, nowMs: number): Promise<void> {
  const expiresAtMs = nowMs + MAX_SESSION_SECONDS * 1000;
  const revocation = { kind: 'key', value: kid, reason: 'The key was deleted', expiresAtMs } as const;
  // Not where the list of revocations is full.
  const removal = db
    .prepare(
      `DELETE FROM signing_keys WHERE kid = ?1 AND EXISTS (SELECT 1 FROM revocations WHERE kind = 'key' AND value = ?1)`,
    )
    .bind(kid);
  await insertRevocation(db, revocation, nowMs, [removal]);
}

const isHalfRemoved = async (db: D1Database, kid: string, nowMs: number): Promise<boolean> =>
  ((await isStale(db, EDGE_REVOCATIONS_KEY)) || (await isStale(db, EDGE_KEYS_KEY))) &&
  (await findRevocationRow(db, { kind: 'key', value: kid }, nowMs)) !== null;
