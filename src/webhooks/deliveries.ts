/** Deliveries in D1: one for each event and endpoint. An endpoint is given an asset's events one after the other. */
import type { PageMark } from '../catalog/assets.ts';
import type { EventRow } from '../events/event-view.ts';
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

/**
 * Takes the asset's next event for this endpoint, if it is due and nobody else is at it: a later one never goes out while
 * an earlier one is neither delivered nor dead.
 */
export function claimNext(
  db: D1Database,
  webhookId: string,
  assetId: string,
  nowMs: number,
): Promise<DeliveryRow | null> {
  return db
    .prepare(
      `UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = ?3, next_attempt_at = ?4
       WHERE webhook_id = ?1 AND event_id = (
         SELECT event_id FROM deliveries WHERE webhook_id = ?1 AND asset_id = ?2 AND state = 'pending'
         ORDER BY sequence LIMIT 1
       ) AND state = 'pending' AND (next_attempt_at <= ?3 OR next_attempt_at > ?5) RETURNING *`,
    )
    .bind(webhookId, assetId, nowMs, nowMs + CLAIM_MS, nowMs + MAX_PAUSE_MS)
    .first<DeliveryRow>();
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
      `UPDATE deliveries SET state = ?4, last_status = ?5, last_error = ?6, next_attempt_at = ?7
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

/** Assets whose next event for some endpoint is due: their message was lost, or was too far ahead to be sent. */
export async function overdueAssets(db: D1Database, nowMs: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT d.asset_id FROM deliveries d WHERE d.state = 'pending'
         AND (d.next_attempt_at <= ?1 OR d.next_attempt_at > ?3) AND NOT EXISTS
         (SELECT 1 FROM deliveries e WHERE e.webhook_id = d.webhook_id AND e.asset_id = d.asset_id
            AND e.state = 'pending' AND e.sequence < d.sequence) LIMIT ?2`,
    )
    .bind(nowMs, limit, nowMs + MAX_PAUSE_MS)
    .all<{ asset_id: string }>();
  return results.map(({ asset_id }) => asset_id);
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

/** From the start, with all attempts before it, whatever became of it. Null where there is no such delivery. */
export function redeliver(
  db: D1Database,
  webhookId: string,
  eventId: string,
  nowMs: number,
): Promise<(DeliveryRow & { type: string }) | null> {
  return db
    .prepare(
      `UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_at = ?3 WHERE webhook_id = ?1 AND event_id = ?2
       RETURNING *, (SELECT type FROM events WHERE id = event_id) AS type`,
    )
    .bind(webhookId, eventId, nowMs)
    .first<DeliveryRow & { type: string }>();
}

/** Events older than this are forgotten with their deliveries, except each asset's last: the next is found by it. */
const PRUNE = `DELETE FROM events WHERE id IN (
  SELECT e.id FROM events e WHERE e.created_at < ?1
    AND (e.type = 'asset.deleted' OR EXISTS (SELECT 1 FROM events n WHERE n.asset_id = e.asset_id AND n.sequence > e.sequence))
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = e.id AND state = 'pending') LIMIT ?2)`;

export async function pruneEvents(db: D1Database, before: number, limit: number): Promise<void> {
  await db.prepare(PRUNE).bind(before, limit).run();
}
