/**
 * Delivers what is due: woken by the queue for one asset, and by a sweep each minute for whatever no message came for.
 * What is to be done stands in D1 alone, so a message that is lost, late or doubled changes nothing but the time.
 */
import { configOf } from '../config.ts';
import type { Env } from '../env.ts';
import { eventView } from '../events/event-view.ts';
import {
  claimNext,
  type DeliveryRow,
  findEvent,
  overdueAssets,
  pruneEvents,
  reportAttempt,
  waitingEndpoints,
} from './deliveries.ts';
import { type EndpointRow, findEndpoint, markAlive, markFailing, secretsOf } from './endpoints.ts';
import { DISABLE_AFTER_MS, pauseAfter } from './retry-schedule.ts';
import { type Outcome, send } from './send.ts';
import { wakeDeliveries, wakeSchema } from './wake.ts';

/** Each minute, the shortest that there is; wrangler.toml names the same. */
export const SWEEP_CRON = '* * * * *';

type DispatchEnv = Pick<Env, 'CATALOG'>;

/** A Worker may wait for six answers at a time; a seventh's time limit would run while it stands in line. */
const ENDPOINTS_AT_ONCE = 5;
/** One message does at most this much for one endpoint; a message of its own goes on. */
const EVENTS_PER_MESSAGE = 20;
/** Messages per sweep: Queues' limit of one sendBatch would be the same. */
const SWEEP_LIMIT = 100;
const KEEP_EVENTS_MS = 30 * 86_400_000;
const PRUNE_LIMIT = 1000;

/** The queue's handler. What throws is tried again by the queue. */
export async function handleWakes(batch: MessageBatch<unknown>, env: DispatchEnv): Promise<void> {
  for (const message of batch.messages) {
    const wake = wakeSchema.safeParse(message.body);
    if (wake.success) {
      await deliverDue(env, wake.data.asset);
    }
    message.ack();
  }
}

/** Each minute: an event whose message was never sent, a retry half a day away, an attempt that died. */
export async function sweepDeliveries(env: DispatchEnv, nowMs: number): Promise<void> {
  const assets = await overdueAssets(env.CATALOG, nowMs, SWEEP_LIMIT);
  await Promise.all(assets.map((asset) => wakeDeliveries(asset)));
  if (new Date(nowMs).getUTCMinutes() === 0) {
    // Walks over the last events of old assets, which stay: not each minute.
    await pruneEvents(env.CATALOG, nowMs - KEEP_EVENTS_MS, PRUNE_LIMIT);
  }
}

/** Gives every endpoint the events of this asset that are due to it, in order. Endpoints do not wait for each other. */
export async function deliverDue(env: DispatchEnv, assetId: string): Promise<void> {
  const endpoints = await waitingEndpoints(env.CATALOG, assetId);
  for (let at = 0; at < endpoints.length; at += ENDPOINTS_AT_ONCE) {
    await Promise.all(endpoints.slice(at, at + ENDPOINTS_AT_ONCE).map((id) => deliverTo(env, id, assetId)));
  }
}

async function deliverTo(env: DispatchEnv, webhookId: string, assetId: string): Promise<void> {
  for (let count = 0; count < EVENTS_PER_MESSAGE; count += 1) {
    const endpoint = await findEndpoint(env.CATALOG, webhookId);
    if (endpoint === null || endpoint.disabled === 1) {
      return;
    }
    const claimed = await claimNext(env.CATALOG, webhookId, assetId, Date.now());
    if (claimed === null) {
      return;
    }
    const pauseMs = await attempt(env, endpoint, claimed);
    if (pauseMs !== null) {
      await wakeDeliveries(assetId, pauseMs);
      return;
    }
  }
  await wakeDeliveries(assetId);
}

/** Milliseconds until it is to be tried again; null when it was delivered or given up, and the next event may follow. */
async function attempt(env: DispatchEnv, endpoint: EndpointRow, claimed: DeliveryRow): Promise<number | null> {
  const event = await findEvent(env.CATALOG, claimed.event_id);
  if (event === null) {
    return null; // Pruned with its deliveries.
  }
  const nowMs = Date.now();
  const target = {
    url: endpoint.url,
    secrets: secretsOf(endpoint, nowMs),
    loopback: configOf(env).WEBHOOK_LOOPBACK === 'on',
  };
  const outcome = await send(target, eventView(event), nowMs);
  const pauseMs = outcome.error === null ? null : pauseAfter(claimed.attempts, Math.random());
  const answeredAt = Date.now();
  await reportAttempt(env.CATALOG, claimed, {
    ...outcome,
    state: outcome.error === null ? 'delivered' : pauseMs === null ? 'dead' : 'pending',
    nextAttemptAt: answeredAt + (pauseMs ?? 0),
  });
  await noteHealth(env.CATALOG, endpoint, outcome, answeredAt);
  return pauseMs;
}

/** 410 is a receiver's word for "never again" (Standard Webhooks). */
async function noteHealth(db: D1Database, endpoint: EndpointRow, outcome: Outcome, nowMs: number): Promise<void> {
  if (outcome.error === null) {
    await markAlive(db, endpoint.id);
    return;
  }
  const reason = outcome.status === 410 ? 'it answered 410, gone' : null;
  await markFailing(db, endpoint.id, { deadline: nowMs - DISABLE_AFTER_MS, reason }, nowMs);
}
