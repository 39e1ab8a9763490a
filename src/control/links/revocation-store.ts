/** Revocations. D1 holds them; the delivery plane reads their mirror, `edge/revocations.json`. */

import {
  fingerprintOf,
  fingerprintToHex,
  formatRevocations,
  MAX_REVOCATIONS,
  RESERVED_FOR_KEYS,
  type RevocationKind,
  type RevocationRecord,
} from '../../access/revocation-list.ts';
import { isAfter, type PageMark } from '../../catalog/assets.ts';
import { type Mirror, writeMirrorOrRetry } from '../../catalog/mirror.ts';
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { EDGE_REVOCATIONS_KEY } from '../../media/keys.ts';
import { sql } from '../../platform/sql.ts';

export type RevocationRow = {
  kind: RevocationKind;
  value: string;
  fingerprint: string;
  reason: string | null;
  expires_at: number | null;
  created_at: number;
};

export type NewRevocation = {
  kind: RevocationKind;
  value: string;
  reason?: string | undefined;
  /** Null: never. */
  expiresAtMs: number | null;
};

/** The longest that the API signs a link for. A link does not outlive a key rotation, and no key should serve for a year. */
export const MAX_LINK_SECONDS = 366 * 86_400;

/**
 * When an entry may be forgotten. A session's: when the longest session that runs now has ended. All others: never, unless
 * the caller says when the links end. An app may sign a link for any time, a viewer gets new links, and the thief of a key
 * signs new ones. The entry of a link or a key stays one session longer than its links, or sessions would come back to life.
 */
export function revocationExpiry(kind: RevocationKind, endsAtMs: number | undefined, nowMs: number): number | null {
  const sessionMs = MAX_SESSION_SECONDS * 1000;
  switch (kind) {
    case 'session':
      return endsAtMs ?? nowMs + sessionMs;
    case 'link':
    case 'key':
      return endsAtMs === undefined ? null : endsAtMs + sessionMs;
    case 'viewer':
    case 'asset':
      return endsAtMs ?? null;
  }
}

const prune = (db: D1Database, nowMs: number): D1PreparedStatement =>
  sql`DELETE FROM revocations WHERE expires_at <= ${nowMs}`.on(db);

const inForce = (nowMs: number) => sql`(expires_at IS NULL OR expires_at > ${nowMs})`;

/** Rows of one answer of the database; 200,000 take ten. */
const MIRROR_PAGE = 20_000;
const MIRROR_MAX = MAX_REVOCATIONS + RESERVED_FOR_KEYS;

async function liveRecords(db: D1Database, nowMs: number): Promise<RevocationRecord[]> {
  const records: RevocationRecord[] = [];
  while (records.length <= MIRROR_MAX) {
    const after = records.at(-1)?.fingerprint ?? '';
    const page = sql`SELECT fingerprint, expires_at FROM revocations
      WHERE fingerprint > ${after} AND ${inForce(nowMs)} ORDER BY fingerprint LIMIT ${MIRROR_PAGE}`;
    const rows = await page.on(db).raw<[string, number | null]>();
    records.push(...rows.map(([fingerprint, expiresAtMs]) => ({ fingerprint, expiresAtMs })));
    if (rows.length < MIRROR_PAGE) {
      return records;
    }
  }
  throw new Error(`there are more than ${MIRROR_MAX} revocations`);
}

/** The delivery plane checks players with it; a change takes effect everywhere within EDGE_STATE_SECONDS. */
export const edgeRevocations = (db: D1Database, nowMs: number): Mirror => ({
  key: EDGE_REVOCATIONS_KEY,
  read: async () => formatRevocations(await liveRecords(db, nowMs)),
});

/**
 * Adds or renews an entry, in one transaction with `change`; the caller writes the mirror. The later end counts, so that
 * repeating a call changes nothing and no call shortens another. Throws `revocations_full`.
 */
export async function insertRevocation(
  db: D1Database,
  { kind, value, reason, expiresAtMs }: NewRevocation,
  nowMs: number,
  change: D1PreparedStatement[] = [],
): Promise<RevocationRow> {
  const fingerprint = fingerprintToHex(await fingerprintOf(kind, value));
  const upsert = sql`
    INSERT INTO revocations (kind, value, fingerprint, reason, expires_at, created_at)
    SELECT ${kind}, ${value}, ${fingerprint}, ${reason ?? null}, ${expiresAtMs}, ${nowMs}
    WHERE (SELECT count(*) FROM revocations) < ${kind === 'key' ? MIRROR_MAX : MAX_REVOCATIONS}
      OR EXISTS (SELECT 1 FROM revocations WHERE kind = ${kind} AND value = ${value})
    ON CONFLICT (kind, value) DO UPDATE SET
      reason = coalesce(excluded.reason, reason),
      expires_at = CASE WHEN expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
        ELSE max(expires_at, excluded.expires_at) END
    RETURNING *`;
  const [, added] = await db.batch<RevocationRow>([prune(db, nowMs), upsert.on(db), ...change]);
  const row = added?.results[0];
  if (row === undefined) {
    throw new AppError('revocations_full', { detail: `There are ${MAX_REVOCATIONS} already` });
  }
  return row;
}

/** Idempotent. Throws `revocations_full`, or `unavailable`. */
export async function addRevocation(
  db: D1Database,
  bucket: R2Bucket,
  entry: NewRevocation,
  nowMs: number,
): Promise<RevocationRow> {
  const row = await insertRevocation(db, entry, nowMs);
  await writeMirrorOrRetry(db, bucket, edgeRevocations(db, nowMs));
  return row;
}

/** Throws `revocation_not_found`, or `unavailable`. */
export async function removeRevocation(
  db: D1Database,
  bucket: R2Bucket,
  { kind, value }: Pick<NewRevocation, 'kind' | 'value'>,
  nowMs: number,
): Promise<void> {
  const [, removed] = await db.batch([
    prune(db, nowMs),
    sql`DELETE FROM revocations WHERE kind = ${kind} AND value = ${value}`.on(db),
  ]);
  // Also where there was none: an earlier call may have failed between the two writes.
  await writeMirrorOrRetry(db, bucket, edgeRevocations(db, nowMs));
  if (removed?.meta.changes === 0) {
    throw new AppError('revocation_not_found');
  }
}

export const findRevocationRow = (
  db: D1Database,
  { kind, value }: Pick<NewRevocation, 'kind' | 'value'>,
  nowMs: number,
): Promise<RevocationRow | null> =>
  sql`SELECT * FROM revocations WHERE kind = ${kind} AND value = ${value} AND ${inForce(nowMs)}`
    .on(db)
    .first<RevocationRow>();

/** Entries in force, newest first. */
export async function listRevocations(
  db: D1Database,
  { kind, value }: { kind?: RevocationKind | undefined; value?: string | undefined },
  { after, limit }: { after: PageMark | null; limit: number },
  nowMs: number,
): Promise<RevocationRow[]> {
  const select = sql`
    SELECT * FROM revocations WHERE ${inForce(nowMs)}
      AND kind = coalesce(${kind ?? null}, kind) AND value = coalesce(${value ?? null}, value)
      AND ${isAfter(after, sql`created_at, fingerprint`)}
    ORDER BY created_at DESC, fingerprint DESC LIMIT ${limit}`;
  return (await select.on(db).all<RevocationRow>()).results;
}
