/** Sends orders to captioning services until they take them, and ends those that nothing came of. */

import { claimOrder, endOrder, noteAttempt, SELECT_DUE_ORDERS } from '../../catalog/caption-orders.ts';
import { sweepDue } from '../../catalog/sweep.ts';
import { configOf } from '../../config.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { MAX_RETRY_PAUSE_MS, pauseAfter } from '../notify/retry-schedule.ts';
import { postMessage, SEND_TIMEOUT_MS } from '../notify/send.ts';

/** An attempt that is not noted by then has died: three times as long as it may take. */
const CLAIM_MS = 3 * SEND_TIMEOUT_MS;
/** No order is due later: its life is two days. */
const LONGEST_MS = 3 * 86_400_000;

type CaptioningEnv = Pick<Bindings, 'CATALOG'>;

/** Each minute: the next attempts, and the ends of orders. */
export const sweepOrders = (env: CaptioningEnv, nowMs: number): Promise<void> =>
  sweepDue(env.CATALOG, SELECT_DUE_ORDERS, LONGEST_MS, nowMs, (id) => trySendOrder(env, id));

/** Never rejects: a failure is logged, and the sweep tries again. */
export async function trySendOrder(env: CaptioningEnv, id: string): Promise<void> {
  try {
    await sendOrder(env, id, Date.now());
  } catch (error) {
    log.warn({ event: 'caption_order_unsent', order: id, reason: String(error) });
  }
}

async function sendOrder(env: CaptioningEnv, id: string, nowMs: number): Promise<void> {
  const order = await claimOrder(env.CATALOG, id, nowMs, nowMs + CLAIM_MS);
  if (order === null) {
    return;
  }
  const fail = (code: string, message: string) =>
    endOrder(env.CATALOG, order, { state: 'failed', code, message }, Date.now());
  if (order.expires_at <= nowMs) {
    await (order.accepted === 1
      ? fail('captions_overdue', 'The captioning service has taken the order but has not delivered in time')
      : fail('captions_unreachable', 'The captioning service could not be reached'));
    return;
  }
  const isLoopbackAllowed = configOf(env).SOURCE_LOOPBACK === 'on';
  const secrets = order.secret === null ? [] : [order.secret];
  const { status, error } = await postMessage({ url: order.url, secrets, isLoopbackAllowed }, order, nowMs);
  // 410 means "never again" (Standard Webhooks).
  if (status === 410) {
    await fail('captions_refused', 'The captioning service has refused the order');
    return;
  }
  const pauseMs =
    error === null ? Number.POSITIVE_INFINITY : (pauseAfter(order.attempts, Math.random()) ?? MAX_RETRY_PAUSE_MS);
  const dueAt = Math.min(Date.now() + pauseMs, order.expires_at);
  await noteAttempt(env.CATALOG, order, { accepted: error === null, dueAt });
}
