/** Registered signing keys. D1 holds them; the delivery plane reads their mirror, `edge/keys.json`. */

import { type EdgeKeys, MAX_SIGNING_KEYS, type SigningKey } from '../../access/signing-keys.ts';
import { isStale, type Mirror, writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { isoTime } from '../../http/times.ts';
import { EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../media/keys.ts';
import { sql } from '../../platform/sql.ts';
import { edgeRevocations, findRevocationRow, insertRevocation } from './revocation-store.ts';

type SigningKeyRow = Pick<SigningKey, 'kid' | 'alg'> & { public_jwk: string; created_at: number };

export async function listSigningKeys(db: D1Database): Promise<SigningKey[]> {
  const { results } = await sql`SELECT * FROM signing_keys ORDER BY created_at, kid`.on(db).all<SigningKeyRow>();
  return results.map(({ kid, alg, public_jwk, created_at }) => ({
    kid,
    alg,
    jwk: JSON.parse(public_jwk),
    createdAt: isoTime(created_at),
  }));
}

/** The delivery plane checks links with it; a change takes effect everywhere within EDGE_STATE_SECONDS. */
export const edgeKeys = (db: D1Database): Mirror => ({
  key: EDGE_KEYS_KEY,
  read: async () => JSON.stringify({ keys: await listSigningKeys(db) } satisfies EdgeKeys),
});

/**
 * Returns the key as it is registered. Registering it again changes nothing, but writes a mirror that an earlier call could
 * not. A deleted key's id stays taken while sessions that the key started may run: they would come back to life, or the new
 * links would not play. Throws `signing_key_exists`, `signing_key_invalid` when there are too many, or `unavailable`.
 */
export async function addSigningKey(db: D1Database, bucket: R2Bucket, key: SigningKey): Promise<SigningKey> {
  const createdAtMs = Date.parse(key.createdAt);
  const publicJwk = JSON.stringify(key.jwk);
  if ((await findRevocationRow(db, { kind: 'key', value: key.kid }, createdAtMs)) !== null) {
    throw new AppError('signing_key_exists', {
      detail: 'A key of this id is revoked: choose another id, or take the revocation back.',
    });
  }
  const upsert = sql`
    INSERT INTO signing_keys (kid, alg, public_jwk, created_at)
    SELECT ${key.kid}, ${key.alg}, ${publicJwk}, ${createdAtMs}
    WHERE (SELECT count(*) FROM signing_keys) < ${MAX_SIGNING_KEYS}
      OR EXISTS (SELECT 1 FROM signing_keys WHERE kid = ${key.kid})
    ON CONFLICT (kid) DO UPDATE SET kid = excluded.kid RETURNING *`;
  const standing = await upsert.on(db).first<SigningKeyRow>();
  if (standing === null) {
    throw new AppError('signing_key_invalid', { detail: `There are ${MAX_SIGNING_KEYS} keys already` });
  }
  if (standing.public_jwk !== publicJwk) {
    throw new AppError('signing_key_exists');
  }
  await writeMirrorOrRetry(db, bucket, edgeKeys(db));
  return { ...key, createdAt: isoTime(standing.created_at) };
}

/** For a key that has signed nothing yet. */
export async function discardSigningKey(db: D1Database, kid: string): Promise<void> {
  await sql`DELETE FROM signing_keys WHERE kid = ${kid}`.on(db).run();
}

/**
 * The key's links stop because it is no longer registered. The sessions that they started stop because the key is revoked
 * for as long as any of them could last. Throws `signing_key_not_found`, or `unavailable`.
 */
export async function removeSigningKey(db: D1Database, bucket: R2Bucket, kid: string, nowMs: number): Promise<void> {
  const revocation = { kind: 'key', value: kid } as const;
  const standing = await sql`SELECT 1 FROM signing_keys WHERE kid = ${kid}`.on(db).first();
  if (standing !== null) {
    // If the list of revocations is full, the key stays.
    const removal = sql`DELETE FROM signing_keys
      WHERE kid = ${kid} AND EXISTS (SELECT 1 FROM revocations WHERE kind = 'key' AND value = ${kid})`;
    const expiresAtMs = nowMs + MAX_SESSION_SECONDS * 1000;
    await insertRevocation(db, { ...revocation, reason: 'The key was deleted', expiresAtMs }, nowMs, [removal.on(db)]);
  }
  // Also where the key is gone: an earlier call may have failed between the writes.
  const anyStale = (await isStale(db, EDGE_REVOCATIONS_KEY)) || (await isStale(db, EDGE_KEYS_KEY));
  const isHalfRemoved = anyStale && (await findRevocationRow(db, revocation, nowMs)) !== null;
  await writeMirrorOrRetry(db, bucket, edgeRevocations(db, nowMs));
  await writeMirrorOrRetry(db, bucket, edgeKeys(db));
  if (standing === null && !isHalfRemoved) {
    throw new AppError('signing_key_not_found');
  }
}
