/** Registered signing keys: D1 holds them, `edge/keys.json` is what the delivery plane reads of them. */
import { mirrorObject } from '../catalog/mirror.ts';
import { MAX_SESSION_SECONDS } from '../config.ts';
import { EDGE_KEYS_KEY } from '../contract/keys.ts';
import { AppError } from '../errors.ts';
import { type EdgeKeys, edgeKeysSchema, MAX_SIGNING_KEYS, type SigningKey } from '../playback/signing-keys.ts';
import { addRevocation, findRevocationRow } from './revocations.ts';

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

/** Writes what players' links are checked with; takes effect everywhere within EDGE_STATE_SECONDS. */
async function writeEdgeKeys(db: D1Database, bucket: R2Bucket): Promise<void> {
  await mirrorObject(bucket, EDGE_KEYS_KEY, async () => {
    const keys: EdgeKeys = { keys: await listSigningKeys(db) };
    return JSON.stringify(keys);
  });
}

/**
 * Throws `signing_key_exists`, or `signing_key_invalid` when there are too many. The id of a key that was deleted is
 * taken while sessions that the key started could be running: they would come back to life, or the new links not play.
 */
export async function addSigningKey(db: D1Database, bucket: R2Bucket, key: SigningKey): Promise<void> {
  const revoked = await findRevocationRow(db, { kind: 'key', value: key.kid }, Date.parse(key.createdAt));
  if (revoked !== null) {
    throw new AppError('signing_key_exists', {
      detail: 'A key of this id is revoked: choose another id, or take the revocation back.',
    });
  }
  const added = await db
    .prepare(
      `INSERT INTO signing_keys (kid, alg, public_jwk, created_at)
       SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM signing_keys) < ?5
       ON CONFLICT (kid) DO NOTHING`,
    )
    .bind(key.kid, key.alg, JSON.stringify(key.jwk), Date.parse(key.createdAt), MAX_SIGNING_KEYS)
    .run();
  if (added.meta.changes === 0) {
    const exists = await db.prepare('SELECT 1 FROM signing_keys WHERE kid = ?1').bind(key.kid).first();
    throw exists === null
      ? new AppError('signing_key_invalid', { detail: `There are ${MAX_SIGNING_KEYS} keys already` })
      : new AppError('signing_key_exists');
  }
  await writeEdgeKeys(db, bucket);
}

/**
 * Its links stop because it is no longer registered; the sessions that they started stop because the key is revoked,
 * for as long as any of them could last. Revoked first: a call that fails half-way can be repeated.
 * Throws `signing_key_not_found`, or `unavailable`.
 */
export async function removeSigningKey(db: D1Database, bucket: R2Bucket, kid: string, nowMs: number): Promise<void> {
  const known = await db.prepare('SELECT 1 FROM signing_keys WHERE kid = ?1').bind(kid).first();
  if (known !== null) {
    const expiresAtMs = nowMs + MAX_SESSION_SECONDS * 1000;
    await addRevocation(db, bucket, { kind: 'key', value: kid, reason: 'The key was deleted', expiresAtMs }, nowMs);
    await db.prepare('DELETE FROM signing_keys WHERE kid = ?1').bind(kid).run();
  }
  // Also where there is none: the call before this one may have failed between the two writes.
  await writeEdgeKeys(db, bucket);
  if (known === null) {
    throw new AppError('signing_key_not_found');
  }
}
