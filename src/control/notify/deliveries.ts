/**
 * Deliveries in D1: one for each event and endpoint. An endpoint gets an asset's events one after the other. Redeliveries
 * are outside that order.
 */
import { isAfter, type PageMark } from '../../catalog/assets.ts';
import type { Wake } from '../../catalog/wake.ts';
import { AppError } from '../../errors.ts';
import { sql } from '../../platform/sql.ts';
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
  const waiting = sql`SELECT w.id FROM webhooks w WHERE w.disabled = 0 AND EXISTS
    (SELECT 1 FROM deliveries WHERE webhook_id = w.id AND asset_id = ${assetId} AND state = 'pending')`;
  return (await waiting.on(db).all<{ id: string }>()).results.map(({ id }) => id);
}

/** Whether it is this delivery's turn: all earlier events of the asset are delivered or dead. */
const IS_NEXT = sql`(d.redelivery = 1 OR NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.webhook_id = d.webhook_id
  AND e.asset_id = d.asset_id AND e.state = 'pending' AND e.redelivery = 0 AND e.sequence < d.sequence))`;

/** A time further ahead than any retry was written by a clock that has been set back. */
const isDue = (nowMs: number) =>
  sql`(d.next_attempt_at <= ${nowMs} OR d.next_attempt_at > ${nowMs + MAX_RETRY_PAUSE_MS})`;

/** Takes the asset's next delivery to this endpoint, if it is due and no other attempt is in progress. */
export function claimNext(
  db: D1Database,
  webhookId: string,
  assetId: string,
  nowMs: number,
): Promise<DeliveryRow | null> {
  const claim = sql`
    UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = ${nowMs},
      next_attempt_at = ${nowMs + CLAIM_MS}, claimed = 1
    WHERE webhook_id = ${webhookId} AND event_id = (
      SELECT d.event_id FROM deliveries d
      WHERE d.webhook_id = ${webhookId} AND d.asset_id = ${assetId} AND d.state = 'pending' AND ${isDue(nowMs)}
        AND ${IS_NEXT} ORDER BY d.redelivery, d.sequence LIMIT 1
    ) RETURNING *`;
  return claim.on(db).first<DeliveryRow>();
}

/** Attempts at this endpoint that began before `beforeMs` and have not ended. */
export async function countOpen(db: D1Database, webhookId: string, beforeMs: number, nowMs: number): Promise<number> {
  const count = sql`
    SELECT count(*) AS open FROM deliveries
    WHERE webhook_id = ${webhookId} AND claimed = 1 AND last_attempt_at < ${beforeMs}
      AND next_attempt_at > ${nowMs} AND next_attempt_at <= ${nowMs + CLAIM_MS}`;
  return (await count.on(db).first<number>('open')) ?? 0;
}

export const findEvent = (db: D1Database, id: string): Promise<EventRow | null> =>
  sql`SELECT * FROM events WHERE id = ${id}`.on(db).first<EventRow>();

/** Ignored if another attempt has claimed the delivery meanwhile. */
export async function reportAttempt(
  db: D1Database,
  { webhook_id, event_id, attempts }: DeliveryRow,
  { status, error }: SendOutcome,
  { state, nextAttemptAt }: { state: DeliveryState; nextAttemptAt: number },
): Promise<void> {
  const reported = sql`
    UPDATE deliveries SET state = ${state}, last_status = ${status}, last_error = ${error},
      next_attempt_at = ${nextAttemptAt}, claimed = 0
    WHERE webhook_id = ${webhook_id} AND event_id = ${event_id} AND attempts = ${attempts} AND state = 'pending'`;
  await reported.on(db).run();
}

/**
 * Lanes with a delivery that is due: their message was lost, or was due too late to be queued. At most `limit` of each
 * endpoint, so that one with many leaves room for the others.
 */
export async function overdueLanes(db: D1Database, nowMs: number, limit: number): Promise<Wake[]> {
  const ofEndpoint = (id: string) => sql`
    SELECT DISTINCT d.asset_id AS asset, d.webhook_id AS webhook FROM deliveries d
    WHERE d.webhook_id = ${id} AND d.state = 'pending' AND ${isDue(nowMs)} AND ${IS_NEXT} LIMIT ${limit}`;
  const endpoints = await listEndpoints(db);
  const pages = await Promise.all(endpoints.map(({ id }) => ofEndpoint(id).on(db).all<Wake>()));
  return pages.flatMap(({ results }) => results);
}

export async function listDeliveries(
  db: D1Database,
  webhookId: string,
  { state, after, limit }: { state: DeliveryState | undefined; after: PageMark | null; limit: number },
): Promise<TypedDelivery[]> {
  const select = sql`
    SELECT d.*, e.type FROM deliveries d JOIN events e ON e.id = d.event_id
    WHERE d.webhook_id = ${webhookId} AND d.state = coalesce(${state ?? null}, d.state)
      AND ${isAfter(after, sql`d.created_at, d.event_id`)}
    ORDER BY d.created_at DESC, d.event_id DESC LIMIT ${limit}`;
  return (await select.on(db).all<TypedDelivery>()).results;
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
  const update = sql`
    UPDATE deliveries SET redelivery = iif(state = 'pending', redelivery, 1),
      attempts = iif(state = 'pending', attempts, 0),
      next_attempt_at = iif(state = 'pending' AND claimed = 1, next_attempt_at, ${nowMs}), state = 'pending'
    WHERE webhook_id = ${webhookId} AND event_id = ${eventId}
    RETURNING *, (SELECT type FROM events WHERE id = event_id) AS type`;
  const row = await update.on(db).first<TypedDelivery>();
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
  const prune = sql`
    DELETE FROM events WHERE id IN (
      SELECT e.id FROM events e WHERE e.created_at < ${before} AND (e.type = 'asset.deleted' OR e.type LIKE 'upload.%'
          OR EXISTS (SELECT 1 FROM events n WHERE n.asset_id = e.asset_id AND n.sequence > e.sequence))
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = e.id AND state = 'pending') LIMIT ${PRUNE_LIMIT})
    RETURNING id`;
  const beganMs = Date.now();
  let pruned: number;
  do {
    pruned = (await prune.on(db).all()).results.length;
  } while (pruned === PRUNE_LIMIT && Date.now() - beganMs < PRUNE_MS);
}
