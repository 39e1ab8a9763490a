/** Endpoints in D1. Knows nothing of HTTP. */

import type { EventType } from '../../catalog/rows.ts';
import { AppError } from '../../errors.ts';
import { randomId } from '../../platform/random-id.ts';
import { sql } from '../../platform/sql.ts';
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
  return (await sql`SELECT * FROM webhooks ORDER BY created_at, id`.on(db).all<EndpointRow>()).results;
}

function existing(row: EndpointRow | null | undefined): EndpointRow {
  if (row === null || row === undefined) {
    throw new AppError('webhook_not_found');
  }
  return row;
}

export const findEndpoint = (db: D1Database, id: string): Promise<EndpointRow | null> =>
  sql`SELECT * FROM webhooks WHERE id = ${id}`.on(db).first<EndpointRow>();

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
  // The statement itself counts, so that two concurrent calls cannot both take the last place.
  const insert = sql`
    INSERT INTO webhooks (id, url, types, secret, created_at, updated_at)
    SELECT ${`wh_${randomId(16)}`}, ${url}, ${typesText(types)}, ${newSecret()}, ${nowMs}, ${nowMs}
    WHERE (SELECT count(*) FROM webhooks) < ${MAX_ENDPOINTS} RETURNING *`;
  const added = await insert.on(db).first<EndpointRow>();
  if (added === null) {
    throw new AppError('webhooks_full', { detail: `At most ${MAX_ENDPOINTS}` });
  }
  return added;
}

/** If the endpoint is disabled, its pending deliveries become dead. They can be redelivered. */
const buryPending = (id: string) => sql`
  UPDATE deliveries SET state = 'dead', claimed = 0, last_error = coalesce(last_error, 'the endpoint was disabled')
  WHERE webhook_id = ${id} AND state = 'pending' AND EXISTS (SELECT 1 FROM webhooks WHERE id = ${id} AND disabled = 1)`;

/** Enabling an endpoint forgets how it failed. Throws `webhook_not_found`. */
export async function changeEndpoint(
  db: D1Database,
  id: string,
  change: { url?: string | undefined; types?: EventType[] | null | undefined; disabled?: boolean | undefined },
  nowMs: number,
): Promise<EndpointRow> {
  const types = change.types === undefined ? sql`types` : sql`${typesText(change.types)}`;
  const disabled = change.disabled === undefined ? null : Number(change.disabled);
  const update = sql`
    UPDATE webhooks SET url = coalesce(${change.url ?? null}, url), types = ${types},
      failing_since = CASE WHEN ${disabled} = 0 THEN NULL ELSE failing_since END,
      disabled_reason = CASE WHEN ${disabled} IS NULL THEN disabled_reason
        WHEN ${disabled} THEN 'by request' ELSE NULL END,
      disabled = coalesce(${disabled}, disabled), updated_at = ${nowMs}
    WHERE id = ${id} RETURNING *`;
  const [changed] = await db.batch<EndpointRow>([update.on(db), buryPending(id).on(db)]);
  return existing(changed?.results[0]);
}

/** Throws `webhook_not_found`. */
export async function removeEndpoint(db: D1Database, id: string): Promise<void> {
  existing(await sql`DELETE FROM webhooks WHERE id = ${id} RETURNING *`.on(db).first<EndpointRow>());
}

/** The previous secret signs for another day; an older one does not. Throws `webhook_not_found`. */
export async function rotateSecret(db: D1Database, id: string, nowMs: number): Promise<EndpointRow> {
  const update = sql`
    UPDATE webhooks SET previous_secret = secret, previous_until = ${nowMs + PREVIOUS_SECRET_MS},
      secret = ${newSecret()}, updated_at = ${nowMs} WHERE id = ${id} RETURNING *`;
  return existing(await update.on(db).first<EndpointRow>());
}

export async function markAlive(db: D1Database, id: string): Promise<void> {
  await sql`UPDATE webhooks SET failing_since = NULL WHERE id = ${id} AND failing_since IS NOT NULL`.on(db).run();
}

/** Disables the endpoint if it is gone or has failed for DISABLE_AFTER_MS. */
export async function markFailing(db: D1Database, id: string, isGone: boolean, nowMs: number): Promise<void> {
  const reason = isGone ? 'it answered 410, gone' : 'it has failed for days';
  const noted = sql`
    UPDATE webhooks SET failing_since = coalesce(failing_since, ${nowMs}) WHERE id = ${id} AND disabled = 0`;
  const disabled = sql`
    UPDATE webhooks SET disabled = 1, updated_at = ${nowMs}, disabled_reason = ${reason}
    WHERE id = ${id} AND disabled = 0 AND (${Number(isGone)} OR failing_since <= ${nowMs - DISABLE_AFTER_MS})`;
  await db.batch([noted.on(db), disabled.on(db), buryPending(id).on(db)]);
}
