/**
 * Deliveries in D1: one for each event and endpoint. An endpoint is given an asset's events one after the other; what is
 * sent again by request stands outside that order.
 */
import type { PageMark } from '../../catalog/assets.ts';
import type { Wake } from '../../catalog/wake.ts';
import type { EventRow } from '../resources/event-view.ts';
import { listEndpoints } from './endpoints.ts';
import { MAX_PAUSE_MS } from './retry-schedule.ts';
import { SEND_TIMEOUT_MS } from './send.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type DeliveryRow = {
  webhook_id: string;
  event_id: string;
  asset_id: string;
  sequence: number;
  state: DeliveryState;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  last_attempt_at: number | null;
  next_attempt_at: number;
  created_at: number;
  claimed: number;
  redelivery: number;
};

/** Whoever has not reported an attempt by then has died: three times as long as it may take. */
const CLAIM_MS = 3 * SEND_TIMEOUT_MS;

/** Endpoints that have something of this asset before them. */
export async function waitingEndpoints(db: D1Database, assetId: string): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT w.id FROM webhooks w WHERE w.disabled = 0 AND EXISTS
         (SELECT 1 FROM deliveries WHERE webhook_id = w.id AND asset_id = ?1 AND state = 'pending')`,
    )
    .bind(assetId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** That it is the asset's turn: no earlier event of it is neither delivered nor dead. */
const IS_NEXT = `(d.redelivery = 1 OR NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.webhook_id = d.webhook_id
  AND e.asset_id = d.asset_id AND e.state = 'pending' AND e.redelivery = 0 AND e.sequence < d.sequence))`;

/** Takes the asset's next event for this endpoint, if it is due and no other attempt is under way. */
export function claimNext(
  db: D1Database,
  webhookId: string,
  assetId: string,
  nowMs: number,
): Promise<DeliveryRow | null> {
  return db
    .prepare(
      `UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = ?3, next_attempt_at = ?4, claimed = 1
       WHERE webhook_id = ?1 AND event_id = (
         SELECT d.event_id FROM deliveries d WHERE d.webhook_id = ?1 AND d.asset_id = ?2 AND d.state = 'pending'
           AND (d.next_attempt_at <= ?3 OR d.next_attempt_at > ?5) AND ${IS_NEXT}
         ORDER BY d.redelivery, d.sequence LIMIT 1
       ) AND state = 'pending' AND (next_attempt_at <= ?3 OR next_attempt_at > ?5) RETURNING *`,
    )
    .bind(webhookId, assetId, nowMs, nowMs + CLAIM_MS, nowMs + MAX_PAUSE_MS)
    .first<DeliveryRow>();
}

/** Attempts at this endpoint that began before then and have not ended. */
export async function countOpen(db: D1Database, webhookId: string, beforeMs: number, nowMs: number): Promise<number> {
  const statement = db.prepare(
    `SELECT count(*) AS open FROM deliveries
     WHERE webhook_id = ?1 AND claimed = 1 AND last_attempt_at < ?2
       AND next_attempt_at > ?3 AND next_attempt_at <= ?3 + ${CLAIM_MS}`,
  );
  return (await statement.bind(webhookId, beforeMs, nowMs).first<number>('open')) ?? 0;
}

export const findEvent = (db: D1Database, id: string): Promise<EventRow | null> =>
  db.prepare('SELECT * FROM events WHERE id = ?1').bind(id).first<EventRow>();

/** What came of an attempt. Ignored where the claim has meanwhile gone to somebody else. */
export async function reportAttempt(
  db: D1Database,
  claimed: DeliveryRow,
  result: { state: DeliveryState; status: number | null; error: string | null; nextAttemptAt: number },
): Promise<void> {
  await db
    .prepare(
      `UPDATE deliveries SET state = ?4, last_status = ?5, last_error = ?6, next_attempt_at = ?7, claimed = 0
       WHERE webhook_id = ?1 AND event_id = ?2 AND attempts = ?3 AND state = 'pending'`,
    )
    .bind(
      claimed.webhook_id,
      claimed.event_id,
      claimed.attempts,
      result.state,
      result.status,
      result.error,
      result.nextAttemptAt,
    )
    .run();
}

/**
 * Assets and endpoints that something is due for: their message was lost, or was too far ahead to be sent. At most `limit`
 * of each endpoint, so that one with many leaves room for the others.
 */
export async function overdueLanes(db: D1Database, nowMs: number, limit: number): Promise<Wake[]> {
  const statement = db.prepare(
    `SELECT DISTINCT d.asset_id AS asset, d.webhook_id AS webhook FROM deliveries d
     WHERE d.webhook_id = ?1 AND d.state = 'pending' AND (d.next_attempt_at <= ?2 OR d.next_attempt_at > ?4)
       AND ${IS_NEXT} LIMIT ?3`,
  );
  const endpoints = await listEndpoints(db);
  const pages = await Promise.all(
    endpoints.map(({ id }) => statement.bind(id, nowMs, limit, nowMs + MAX_PAUSE_MS).all<Wake>()),
  );
  return pages.flatMap(({ results }) => results);
}

export async function listDeliveries(
  db: D1Database,
  webhookId: string,
  page: { state: DeliveryState | undefined; after: PageMark | null; limit: number },
): Promise<(DeliveryRow & { type: string })[]> {
  const { results } = await db
    .prepare(
      `SELECT d.*, e.type FROM deliveries d JOIN events e ON e.id = d.event_id
       WHERE d.webhook_id = ?1 AND (?2 IS NULL OR d.state = ?2)
         AND (?3 IS NULL OR (d.created_at, d.event_id) < (?3, ?4))
       ORDER BY d.created_at DESC, d.event_id DESC LIMIT ?5`,
    )
    .bind(webhookId, page.state ?? null, page.after?.createdAt ?? null, page.after?.id ?? null, page.limit)
    .all<DeliveryRow & { type: string }>();
  return results;
}

/**
 * One that was delivered or is dead begins anew, with all attempts before it, beside the asset's other events. One that is
 * still pending keeps its place and its count, and is due at once. Null where there is no such delivery.
 */
export function redeliver(
  db: D1Database,
  webhookId: string,
  eventId: string,
  nowMs: number,
): Promise<(DeliveryRow & { type: string }) | null> {
  return db
    .prepare(
      `UPDATE deliveries SET redelivery = iif(state = 'pending', redelivery, 1),
         attempts = iif(state = 'pending', attempts, 0),
         next_attempt_at = iif(state = 'pending' AND claimed = 1, next_attempt_at, ?3), state = 'pending'
       WHERE webhook_id = ?1 AND event_id = ?2 RETURNING *, (SELECT type FROM events WHERE id = event_id) AS type`,
    )
    .bind(webhookId, eventId, nowMs)
    .first<DeliveryRow & { type: string }>();
}

/** Events older than this are forgotten with their deliveries, except each asset's last: the next is found by it. */
const PRUNE = `DELETE FROM events WHERE id IN (
  SELECT e.id FROM events e WHERE e.created_at < ?1
    AND (e.type = 'asset.deleted' OR EXISTS (SELECT 1 FROM events n WHERE n.asset_id = e.asset_id AND n.sequence > e.sequence))
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = e.id AND state = 'pending') LIMIT ?2)`;

/** At most `limit` of them; returns how many, deliveries not counted. */
export async function pruneEvents(db: D1Database, before: number, limit: number): Promise<number> {
  const { results } = await db.prepare(`${PRUNE} RETURNING id`).bind(before, limit).all();
  return results.length;
}
