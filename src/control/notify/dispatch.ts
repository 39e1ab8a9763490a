/**
 * Delivers what is due. The queue wakes it for one asset; a sweep each minute finds what no message came for. The work is
 * recorded in D1 alone, so a message that is lost, late or doubled changes only the time.
 *
 * An asset's events for an endpoint are a lane, and lanes do not wait for each other. A receiver may take ten seconds, and a
 * queue consumer takes its next message only after the one before (locally there is one consumer). So an entrypoint of its
 * own makes the attempts; its work outlives its answer. A slow endpoint gets few attempts at a time.
 */

import { exports, WorkerEntrypoint } from 'cloudflare:workers';
import { type Wake, wakeDeliveries, wakeSchema } from '../../catalog/wake.ts';
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
import { type EndpointRow, findEndpoint, markAlive, markFailing } from './endpoints.ts';
import { pauseAfter } from './retry-schedule.ts';
import { send } from './send.ts';

/** Each minute, which is the shortest interval. wrangler.toml names the same. */
export const SWEEP_CRON = '* * * * *';

type DispatchEnv = Pick<Bindings, 'CATALOG'>;

/** A Worker may wait for six answers at a time; a seventh attempt would time out while it waits for its turn. */
const ENDPOINTS_AT_ONCE = 5;
/** The most that one message does for one endpoint; another message continues. */
const EVENTS_PER_MESSAGE = 20;
/** Plus the last attempt's ten seconds, this is less than the 30 that a Worker has after its answer. */
const LANE_MS = 10_000;
/** How long the queue waits for a lane. It keeps fast receivers from getting more than they can take. */
const PATIENCE_MS = 250;
/** An endpoint with this many attempts in progress for longer than SLOW_MS gets no further one. */
const SLOW_MAX = 5;
const SLOW_MS = 1_000;
/** The lane is tried again after 50 to 100 % of it, at random: some of those attempts will have ended. */
const SLOW_PAUSE_MS = 10_000;
/** Messages per sweep and endpoint. */
const SWEEP_LIMIT = 50;
const KEEP_EVENTS_MS = 30 * DAY_MS;

/** The queue's handler. If it throws, the queue retries. */
export async function handleWakes(batch: MessageBatch<unknown>): Promise<void> {
  for (const message of batch.messages) {
    const wake = wakeSchema.safeParse(message.body);
    if (wake.success) {
      await lanes().deliver(wake.data);
    }
    message.ack();
  }
}

/** Typed by hand, because the type of `exports` is that of the entry, which imports this file. */
const lanes = () => (exports as unknown as { DeliveryLanes: Pick<DeliveryLanes, 'deliver'> }).DeliveryLanes;

export class DeliveryLanes extends WorkerEntrypoint<DispatchEnv> {
  /** Ends with the deliveries, or after PATIENCE_MS. What fails later is found by the sweep. */
  async deliver(wake: Wake): Promise<void> {
    const done = deliverDue(this.env, wake);
    this.ctx.waitUntil(done);
    await Promise.race([done, scheduler.wait(PATIENCE_MS)]);
  }
}

/** Finds, each minute, events whose message was lost, retries half a day away, and attempts that died. */
export async function sweepDeliveries(env: DispatchEnv, nowMs: number): Promise<void> {
  await wakeDeliveries(await overdueLanes(env.CATALOG, nowMs, SWEEP_LIMIT));
  if (new Date(nowMs).getUTCMinutes() === 0) {
    // Each hour only: it walks over the last events of old assets, which stay.
    await pruneEvents(env.CATALOG, nowMs - KEEP_EVENTS_MS);
  }
}

/** Delivers this asset's events that are due to their endpoints, in order. */
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

/** Milliseconds until the retry; null if it was delivered or given up, and the next event may follow. */
async function attempt(env: DispatchEnv, endpoint: EndpointRow, claimed: DeliveryRow): Promise<number | null> {
  const event = await findEvent(env.CATALOG, claimed.event_id);
  if (event === null) {
    return null; // Pruned with its deliveries.
  }
  const nowMs = Date.now();
  const outcome = await send(env, endpoint, eventView(event), nowMs);
  const pauseMs = outcome.error === null ? null : pauseAfter(claimed.attempts, Math.random());
  const answeredAt = Date.now();
  const state = outcome.error === null ? 'delivered' : pauseMs === null ? 'dead' : 'pending';
  await reportAttempt(env.CATALOG, claimed, outcome, { state, nextAttemptAt: answeredAt + (pauseMs ?? 0) });
  if (outcome.error === null) {
    await markAlive(env.CATALOG, endpoint.id);
  } else {
    // 410 means "never again" (Standard Webhooks).
    await markFailing(env.CATALOG, endpoint.id, outcome.status === 410, answeredAt);
  }
  return pauseMs;
}
