/**
 * Delivers what is due: woken by the queue for one asset, and by a sweep each minute for whatever no message came for.
 * What is to be done stands in D1 alone, so a message that is lost, late or doubled changes nothing but the time.
 *
 * An asset's events for an endpoint are a lane, and lanes do not wait for each other. A receiver may take ten seconds, and
 * a consumer of the queue takes its next message when it has done with the one before (locally there is one consumer), so
 * the attempts are made by an entrypoint of their own, whose work outlives its answer. An endpoint that is slow gets few
 * attempts at a time.
 */

import { exports, WorkerEntrypoint } from 'cloudflare:workers';
import { type Wake, wakeDeliveries, wakeSchema } from '../../catalog/wake.ts';
import { configOf } from '../../config.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { DAY_MS } from '../../platform/days.ts';
import { eventView } from '../resources/event-view.ts';
import {
  claimNext,
  countOpen,
  type DeliveryRow,
  findEvent,
  overdueLanes,
  pruneEvents,
  reportAttempt,
  waitingEndpoints,
} from './deliveries.ts';
import { type EndpointRow, findEndpoint, markAlive, markFailing, secretsOf } from './endpoints.ts';
import { DISABLE_AFTER_MS, pauseAfter } from './retry-schedule.ts';
import { type SendOutcome, send } from './send.ts';

/** Each minute, the shortest that there is; wrangler.toml names the same. */
export const SWEEP_CRON = '* * * * *';

type DispatchEnv = Pick<Bindings, 'CATALOG'>;

/** A Worker may wait for six answers at a time; a seventh's time limit would run while it stands in line. */
const ENDPOINTS_AT_ONCE = 5;
/** One message does at most this much for one endpoint; a message of its own goes on. */
const EVENTS_PER_MESSAGE = 20;
/** With the last attempt's ten seconds it stays below the 30 that a Worker has after its answer. */
const LANE_MS = 10_000;
/** So long the queue waits for what it has woken: receivers that answer soon are not given more than it can take. */
const PATIENCE_MS = 250;
/** Of attempts that have been under way for longer than SLOW_MS; an endpoint with as many is given no further one. */
const SLOW_MAX = 5;
const SLOW_MS = 1_000;
/** Then the lane comes again: some of those attempts will have ended. Half of it to all, by chance. */
const SLOW_PAUSE_MS = 10_000;
/** Messages per sweep and endpoint. */
const SWEEP_LIMIT = 50;
const KEEP_EVENTS_MS = 30 * DAY_MS;
/** Rows of one statement, which deletes their deliveries too; as many statements as there is time for. */
const PRUNE_LIMIT = 1000;
const PRUNE_MS = 30_000;

/** The queue's handler. What throws is tried again by the queue. */
export async function handleWakes(batch: MessageBatch<unknown>): Promise<void> {
  for (const message of batch.messages) {
    const wake = wakeSchema.safeParse(message.body);
    if (wake.success) {
      await lanes().deliver(wake.data);
    }
    message.ack();
  }
}

/** Typed by hand: the type of all exports is that of the entry, which imports this. */
const lanes = () => (exports as unknown as { DeliveryLanes: Pick<DeliveryLanes, 'deliver'> }).DeliveryLanes;

export class DeliveryLanes extends WorkerEntrypoint<DispatchEnv> {
  /** Ends with the deliveries, or before those that are slow. Throws what they throw until then; the sweep sees the rest. */
  async deliver(wake: Wake): Promise<void> {
    const done = deliverDue(this.env, wake);
    this.ctx.waitUntil(done);
    await Promise.race([done, scheduler.wait(PATIENCE_MS)]);
  }
}

/** Each minute: an event whose message was never sent, a retry half a day away, an attempt that died. */
export async function sweepDeliveries(env: DispatchEnv, nowMs: number): Promise<void> {
  await wakeDeliveries(await overdueLanes(env.CATALOG, nowMs, SWEEP_LIMIT));
  if (new Date(nowMs).getUTCMinutes() === 0) {
    // Walks over the last events of old assets, which stay: not each minute.
    await pruneAll(env.CATALOG, nowMs - KEEP_EVENTS_MS);
  }
}

async function pruneAll(db: D1Database, before: number): Promise<void> {
  const beganMs = Date.now();
  while ((await pruneEvents(db, before, PRUNE_LIMIT)) === PRUNE_LIMIT && Date.now() - beganMs < PRUNE_MS) {}
}

/** Gives the endpoints the events of this asset that are due to them, in order. */
export async function deliverDue(env: DispatchEnv, { asset, webhook }: Wake): Promise<void> {
  const endpoints = webhook === undefined ? await waitingEndpoints(env.CATALOG, asset) : [webhook];
  await wakeDeliveries(endpoints.slice(ENDPOINTS_AT_ONCE).map((id) => ({ asset, webhook: id })));
  await Promise.all(endpoints.slice(0, ENDPOINTS_AT_ONCE).map((id) => deliverTo(env, id, asset)));
}

async function deliverTo(env: DispatchEnv, webhookId: string, assetId: string): Promise<void> {
  const wakeAgain = (delayMs = 0) => wakeDeliveries([{ asset: assetId, webhook: webhookId }], delayMs);
  const beganMs = Date.now();
  for (let count = 0; count < EVENTS_PER_MESSAGE && Date.now() - beganMs < LANE_MS; count += 1) {
    const endpoint = await findEndpoint(env.CATALOG, webhookId);
    if (endpoint === null || endpoint.disabled === 1) {
      return;
    }
    const nowMs = Date.now();
    if ((await countOpen(env.CATALOG, webhookId, nowMs - SLOW_MS, nowMs)) >= SLOW_MAX) {
      await wakeAgain(SLOW_PAUSE_MS * (0.5 + Math.random() / 2));
      return;
    }
    const claimed = await claimNext(env.CATALOG, webhookId, assetId, Date.now());
    if (claimed === null) {
      return;
    }
    const pauseMs = await attempt(env, endpoint, claimed);
    if (pauseMs !== null) {
      await wakeAgain(pauseMs);
      return;
    }
  }
  await wakeAgain();
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
async function noteHealth(db: D1Database, endpoint: EndpointRow, outcome: SendOutcome, nowMs: number): Promise<void> {
  if (outcome.error === null) {
    await markAlive(db, endpoint.id);
    return;
  }
  const reason = outcome.status === 410 ? 'it answered 410, gone' : null;
  await markFailing(db, endpoint.id, { deadline: nowMs - DISABLE_AFTER_MS, reason }, nowMs);
}
