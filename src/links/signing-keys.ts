/** Registered signing keys: D1 holds them, `edge/keys.json` is what the delivery plane reads of them. */
import { mirrorObject } from '../catalog/mirror.ts';
import { EDGE_KEYS_KEY } from '../contract/keys.ts';
import { AppError } from '../errors.ts';
import { type EdgeKeys, edgeKeysSchema, MAX_SIGNING_KEYS, type SigningKey } from '../playback/signing-keys.ts';

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

/** Throws `signing_key_exists`, or `signing_key_invalid` when there are too many. */
export async function addSigningKey(db: D1Database, bucket: R2Bucket, key: SigningKey): Promise<void> {
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

/** Throws `signing_key_not_found`. */
export async function removeSigningKey(db: D1Database, bucket: R2Bucket, kid: string): Promise<void> {
  const removed = await db.prepare('DELETE FROM signing_keys WHERE kid = ?1').bind(kid).run();
  if (removed.meta.changes === 0) {
    throw new AppError('signing_key_not_found');
  }
  await writeEdgeKeys(db, bucket);
}
