/**
 * Deliveries in D1: one for each event and endpoint. An endpoint gets an asset's events one after the other. Redeliveries
 * are outside that order.
 */
import type { PageMark } from '../../catalog/assets.ts';
import type { Wake } from '../../catalog/wake.ts';
import { AppError } from '../../errors.ts';
import type { EventRow } from '../resources/event-view.ts';
import { listEndpoints } from './endpoints.ts';
import { MAX_RETRY_PAUSE_MS } from './retry-schedule.ts';
import { SEND_TIMEOUT_MS, type SendOutcome } from './send.ts';

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
/** With the type of its event. */
export type TypedDelivery = DeliveryRow & { type: string };

/** An attempt that is not reported by then has died: three times as long as it may take. */
const CLAIM_MS = 3 * SEND_TIMEOUT_MS;

/** Endpoints that have pending deliveries of this asset. */
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

/** Whether it is this delivery's turn: all earlier events of the asset are delivered or dead. */
const IS_NEXT = `(d.redelivery = 1 OR NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.webhook_id = d.webhook_id
  AND e.asset_id = d.asset_id AND e.state = 'pending' AND e.redelivery = 0 AND e.sequence < d.sequence))`;

/** Takes the asset's next delivery to this endpoint, if it is due and no other attempt is in progress. */
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
       ) RETURNING *`,
    )
    .bind(webhookId, assetId, nowMs, nowMs + CLAIM_MS, nowMs + MAX_RETRY_PAUSE_MS)
    .first<DeliveryRow>();
}

/** Attempts at this endpoint that began before `beforeMs` and have not ended. */
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

/** Ignored if another attempt has claimed the delivery meanwhile. */
export async function reportAttempt(
  db: D1Database,
  { webhook_id, event_id, attempts }: DeliveryRow,
  { status, error }: SendOutcome,
  { state, nextAttemptAt }: { state: DeliveryState; nextAttemptAt: number },
): Promise<void> {
  await db
    .prepare(
      `UPDATE deliveries SET state = ?4, last_status = ?5, last_error = ?6, next_attempt_at = ?7, claimed = 0
       WHERE webhook_id = ?1 AND event_id = ?2 AND attempts = ?3 AND state = 'pending'`,
    )
    .bind(webhook_id, event_id, attempts, state, status, error, nextAttemptAt)
    .run();
}

/**
 * Lanes with a delivery that is due: their message was lost, or was due too late to be queued. At most `limit` of each
 * endpoint, so that one with many leaves room for the others.
 */
export async function overdueLanes(db: D1Database, nowMs: number, limit: number): Promise<Wake[]> {
  const statement = db.prepare(
    `SELECT DISTINCT d.asset_id AS asset, d.webhook_id AS webhook FROM deliveries d
     WHERE d.webhook_id = ?1 AND d.state = 'pending' AND (d.next_attempt_at <= ?2 OR d.next_attempt_at > ?4)
       AND ${IS_NEXT} LIMIT ?3`,
  );
  const endpoints = await listEndpoints(db);
  const pages = await Promise.all(
    endpoints.map(({ id }) => statement.bind(id, nowMs, limit, nowMs + MAX_RETRY_PAUSE_MS).all<Wake>()),
  );
  return pages.flatMap(({ results }) => results);
}

export async function listDeliveries(
  db: D1Database,
  webhookId: string,
  page: { state: DeliveryState | undefined; after: PageMark | null; limit: number },
): Promise<TypedDelivery[]> {
  const { results } = await db
    .prepare(
      `SELECT d.*, e.type FROM deliveries d JOIN events e ON e.id = d.event_id
       WHERE d.webhook_id = ?1 AND (?2 IS NULL OR d.state = ?2)
         AND (?3 IS NULL OR (d.created_at, d.event_id) < (?3, ?4))
       ORDER BY d.created_at DESC, d.event_id DESC LIMIT ?5`,
    )
    .bind(webhookId, page.state ?? null, page.after?.createdAt ?? null, page.after?.id ?? null, page.limit)
    .all<TypedDelivery>();
  return results;
}

/**
 * A delivered or dead delivery starts anew, with all its attempts, outside the asset's order. A pending one keeps its place
 * and its count and is due at once. Throws `delivery_not_found`.
 */
export async function redeliver(
  db: D1Database,
  webhookId: string,
  eventId: string,
  nowMs: number,
): Promise<TypedDelivery> {
  const row = await db
    .prepare(
      `UPDATE deliveries SET redelivery = iif(state = 'pending', redelivery, 1),
         attempts = iif(state = 'pending', attempts, 0),
         next_attempt_at = iif(state = 'pending' AND claimed = 1, next_attempt_at, ?3), state = 'pending'
       WHERE webhook_id = ?1 AND event_id = ?2 RETURNING *, (SELECT type FROM events WHERE id = event_id) AS type`,
    )
    .bind(webhookId, eventId, nowMs)
    .first<TypedDelivery>();
  if (row === null) {
    throw new AppError('delivery_not_found');
  }
  return row;
}

/** Events that one statement deletes, with their deliveries. It is repeated while there is time. */
const PRUNE_LIMIT = 1000;
const PRUNE_MS = 30_000;

/** Deletes older events and their deliveries. Each asset's last event stays, because the next is compared with it. */
export async function pruneEvents(db: D1Database, before: number): Promise<void> {
  const prune = db.prepare(
    `DELETE FROM events WHERE id IN (
       SELECT e.id FROM events e WHERE e.created_at < ?1 AND (e.type = 'asset.deleted'
           OR EXISTS (SELECT 1 FROM events n WHERE n.asset_id = e.asset_id AND n.sequence > e.sequence))
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = e.id AND state = 'pending') LIMIT ${PRUNE_LIMIT})
     RETURNING id`,
  );
  const beganMs = Date.now();
  let pruned: number;
  do {
    pruned = (await prune.bind(before).all()).results.length;
  } while (pruned === PRUNE_LIMIT && Date.now() - beganMs < PRUNE_MS);
}
