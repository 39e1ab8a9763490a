/** Endpoints in D1. Knows nothing of HTTP. */

import type { EventType } from '../../catalog/rows.ts';
import { AppError } from '../../errors.ts';
import { randomId } from '../../platform/random-id.ts';
import { DISABLE_AFTER_MS } from './retry-schedule.ts';
import { newSecret } from './signature.ts';

/** Each costs a row for every event. An app that needs more has to fan out itself. */
export const MAX_ENDPOINTS = 20;
/** How long the previous secret still signs, so that receivers can be changed over. */
const PREVIOUS_SECRET_MS = 24 * 3600 * 1000;

export type EndpointRow = {
  id: string;
  url: string;
  types: string | null;
  secret: string;
  previous_secret: string | null;
  previous_until: number | null;
  disabled: number;
  disabled_reason: string | null;
  failing_since: number | null;
  created_at: number;
  updated_at: number;
};

/** The secrets that sign now, newest first. */
export const secretsOf = (endpoint: EndpointRow, nowMs: number): string[] => [
  endpoint.secret,
  ...(endpoint.previous_secret !== null && (endpoint.previous_until ?? 0) > nowMs ? [endpoint.previous_secret] : []),
];

export async function listEndpoints(db: D1Database): Promise<EndpointRow[]> {
  return (await db.prepare('SELECT * FROM webhooks ORDER BY created_at, id').all<EndpointRow>()).results;
}

function existing(row: EndpointRow | null | undefined): EndpointRow {
  if (row === null || row === undefined) {
    throw new AppError('webhook_not_found');
  }
  return row;
}

export const findEndpoint = (db: D1Database, id: string): Promise<EndpointRow | null> =>
  db.prepare('SELECT * FROM webhooks WHERE id = ?1').bind(id).first<EndpointRow>();

/** Throws `webhook_not_found`. */
export const findEndpointOrThrow = async (db: D1Database, id: string): Promise<EndpointRow> =>
  existing(await findEndpoint(db, id));

const typesText = (types: EventType[] | null | undefined): string | null => (types ? JSON.stringify(types) : null);

/** Throws `webhooks_full`. */
export async function addEndpoint(
  db: D1Database,
  { url, types }: { url: string; types?: EventType[] | undefined },
  nowMs: number,
): Promise<EndpointRow> {
  const added = await db
    .prepare(
      // The statement itself counts, so that two concurrent calls cannot both take the last place.
      `INSERT INTO webhooks (id, url, types, secret, created_at, updated_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?5 WHERE (SELECT count(*) FROM webhooks) < ${MAX_ENDPOINTS} RETURNING *`,
    )
    .bind(`wh_${randomId(16)}`, url, typesText(types), newSecret(), nowMs)
    .first<EndpointRow>();
  if (added === null) {
    throw new AppError('webhooks_full', { detail: `At most ${MAX_ENDPOINTS}` });
  }
  return added;
}

/** If the endpoint is disabled, its pending deliveries become dead. They can be redelivered. */
const buryPending = (db: D1Database, id: string): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE deliveries SET state = 'dead', claimed = 0, last_error = coalesce(last_error, 'the endpoint was disabled')
       WHERE webhook_id = ?1 AND state = 'pending' AND EXISTS (SELECT 1 FROM webhooks WHERE id = ?1 AND disabled = 1)`,
    )
    .bind(id);

/** Enabling an endpoint forgets how it failed. Throws `webhook_not_found`. */
export async function changeEndpoint(
  db: D1Database,
  id: string,
  change: { url?: string | undefined; types?: EventType[] | null | undefined; disabled?: boolean | undefined },
  nowMs: number,
): Promise<EndpointRow> {
  const update = db
    .prepare(
      `UPDATE webhooks SET url = coalesce(?2, url), types = CASE WHEN ?3 THEN ?4 ELSE types END,
         failing_since = CASE WHEN ?5 = 0 THEN NULL ELSE failing_since END,
         disabled_reason = CASE WHEN ?5 IS NULL THEN disabled_reason WHEN ?5 THEN 'by request' ELSE NULL END,
         disabled = coalesce(?5, disabled), updated_at = ?6
       WHERE id = ?1 RETURNING *`,
    )
    .bind(
      id,
      change.url ?? null,
      Number(change.types !== undefined),
      typesText(change.types),
      change.disabled === undefined ? null : Number(change.disabled),
      nowMs,
    );
  const [changed] = await db.batch<EndpointRow>([update, buryPending(db, id)]);
  return existing(changed?.results[0]);
}

/** Throws `webhook_not_found`. */
export async function removeEndpoint(db: D1Database, id: string): Promise<void> {
  existing(await db.prepare('DELETE FROM webhooks WHERE id = ?1 RETURNING *').bind(id).first<EndpointRow>());
}

/** The previous secret signs for another day; an older one does not. Throws `webhook_not_found`. */
export async function rotateSecret(db: D1Database, id: string, nowMs: number): Promise<EndpointRow> {
  const update = db.prepare(
    `UPDATE webhooks SET previous_secret = secret, previous_until = ?3, secret = ?2, updated_at = ?4
     WHERE id = ?1 RETURNING *`,
  );
  return existing(await update.bind(id, newSecret(), nowMs + PREVIOUS_SECRET_MS, nowMs).first<EndpointRow>());
}

export async function markAlive(db: D1Database, id: string): Promise<void> {
  await db
    .prepare('UPDATE webhooks SET failing_since = NULL WHERE id = ?1 AND failing_since IS NOT NULL')
    .bind(id)
    .run();
}

/** Disables the endpoint if it is gone or has failed for DISABLE_AFTER_MS. */
export async function markFailing(db: D1Database, id: string, isGone: boolean, nowMs: number): Promise<void> {
  await db.batch([
    db
      .prepare('UPDATE webhooks SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1 AND disabled = 0')
      .bind(id, nowMs),
    db
      .prepare(
        `UPDATE webhooks SET disabled = 1, updated_at = ?4,
           disabled_reason = iif(?2, 'it answered 410, gone', 'it has failed for days')
         WHERE id = ?1 AND disabled = 0 AND (?2 OR failing_since <= ?3)`,
      )
      .bind(id, Number(isGone), nowMs - DISABLE_AFTER_MS, nowMs),
    buryPending(db, id),
  ]);
}
