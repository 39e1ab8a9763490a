/** Endpoints in D1: every statement on them, rows in, typed records out. Knows nothing of HTTP. */

import type { EventType } from '../../catalog/event-types.ts';
import { AppError } from '../../errors.ts';
import { randomId } from '../../platform/random-id.ts';
import { newSecret } from './signature.ts';

/** Each is a row for every event; an app that needs more fans out by itself. */
export const MAX_ENDPOINTS = 20;
/** How long the secret before the last goes on signing: a day to change receivers over. */
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

/** What signs now, newest first. */
export const secretsOf = (endpoint: EndpointRow, nowMs: number): string[] => [
  endpoint.secret,
  ...(endpoint.previous_secret !== null && (endpoint.previous_until ?? 0) > nowMs ? [endpoint.previous_secret] : []),
];

export async function listEndpoints(db: D1Database): Promise<EndpointRow[]> {
  return (await db.prepare('SELECT * FROM webhooks ORDER BY created_at, id').all<EndpointRow>()).results;
}

export const findEndpoint = (db: D1Database, id: string): Promise<EndpointRow | null> =>
  db.prepare('SELECT * FROM webhooks WHERE id = ?1').bind(id).first<EndpointRow>();

export async function findEndpointOrThrow(db: D1Database, id: string): Promise<EndpointRow> {
  const endpoint = await findEndpoint(db, id);
  if (endpoint === null) {
    throw new AppError('webhook_not_found');
  }
  return endpoint;
}

/** Throws `webhooks_full`. */
export async function addEndpoint(
  db: D1Database,
  endpoint: { url: string; types: EventType[] | undefined },
  nowMs: number,
): Promise<EndpointRow> {
  const added = await db
    .prepare(
      // The count is taken in the statement: of two calls at once, both may not see the last place free.
      `INSERT INTO webhooks (id, url, types, secret, created_at, updated_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?5 WHERE (SELECT count(*) FROM webhooks) < ${MAX_ENDPOINTS} RETURNING *`,
    )
    .bind(
      `wh_${randomId(16)}`,
      endpoint.url,
      endpoint.types === undefined ? null : JSON.stringify(endpoint.types),
      newSecret(),
      nowMs,
    )
    .first<EndpointRow>();
  if (added === null) {
    throw new AppError('webhooks_full', { detail: `At most ${MAX_ENDPOINTS}` });
  }
  return added;
}

export type EndpointChange = {
  url?: string | undefined;
  /** Null: all types. */
  types?: EventType[] | null | undefined;
  disabled?: boolean | undefined;
};

/** What is pending of an endpoint that is disabled goes to the list of the dead, from where it can be sent again. */
const buryPending = (db: D1Database, id: string): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE deliveries SET state = 'dead', claimed = 0, last_error = coalesce(last_error, 'the endpoint was disabled')
       WHERE webhook_id = ?1 AND state = 'pending' AND EXISTS (SELECT 1 FROM webhooks WHERE id = ?1 AND disabled = 1)`,
    )
    .bind(id);

/** Null where there is no such endpoint. Enabling it forgets how it failed. */
export async function changeEndpoint(
  db: D1Database,
  id: string,
  change: EndpointChange,
  nowMs: number,
): Promise<EndpointRow | null> {
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
      change.types === undefined || change.types === null ? null : JSON.stringify(change.types),
      change.disabled === undefined ? null : Number(change.disabled),
      nowMs,
    );
  const [changed] = await db.batch<EndpointRow>([update, buryPending(db, id)]);
  return changed?.results[0] ?? null;
}

export async function removeEndpoint(db: D1Database, id: string): Promise<boolean> {
  return (await db.prepare('DELETE FROM webhooks WHERE id = ?1').bind(id).run()).meta.changes > 0;
}

/** The secret before the new one signs on for a day; the one before that is gone. */
export function rotateSecret(db: D1Database, id: string, nowMs: number): Promise<EndpointRow | null> {
  return db
    .prepare(
      `UPDATE webhooks SET previous_secret = secret, previous_until = ?3, secret = ?2, updated_at = ?4
       WHERE id = ?1 RETURNING *`,
    )
    .bind(id, newSecret(), nowMs + PREVIOUS_SECRET_MS, nowMs)
    .first<EndpointRow>();
}

/** Something got through. */
export async function markAlive(db: D1Database, id: string): Promise<void> {
  await db
    .prepare('UPDATE webhooks SET failing_since = NULL WHERE id = ?1 AND failing_since IS NOT NULL')
    .bind(id)
    .run();
}

/** An attempt failed; with a reason, the endpoint is disabled, and so it is when it has failed since before `deadline`. */
export async function markFailing(
  db: D1Database,
  id: string,
  failure: { deadline: number; reason: string | null },
  nowMs: number,
): Promise<void> {
  await db.batch([
    db
      .prepare('UPDATE webhooks SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1 AND disabled = 0')
      .bind(id, nowMs),
    db
      .prepare(
        `UPDATE webhooks SET disabled = 1, disabled_reason = coalesce(?2, 'it has failed for days'), updated_at = ?4
         WHERE id = ?1 AND disabled = 0 AND (?2 IS NOT NULL OR failing_since <= ?3)`,
      )
      .bind(id, failure.reason, failure.deadline, nowMs),
    buryPending(db, id),
  ]);
}
