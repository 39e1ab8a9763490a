/**
 * Messages of the queue: deliver what is due for this asset, to one endpoint or to all. They hold no event, so a repeated
 * message does no harm.
 */

import { env } from 'cloudflare:workers';
import { z } from 'zod';
import { assetIdSchema } from '../media/ids.ts';
import { log } from '../platform/log.ts';

export const wakeSchema = z.strictObject({
  asset: assetIdSchema,
  /** Left out: all endpoints that wait for it. */
  webhook: z.string().max(64).optional(),
});
export type Wake = z.infer<typeof wakeSchema>;

export type WakeEnv = { DELIVERY_QUEUE: Queue<Wake> };

/** Queues delay a message by at most 12 hours; the sweep finds what is due later. */
const MAX_DELAY_SECONDS = 12 * 3600;
/** The most that Queues take at once. */
const BATCH = 100;

/** Never throws: the sweep makes up for messages that could not be sent. */
export async function wakeDeliveries(wakes: readonly Wake[], delayMs = 0): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MAX_DELAY_SECONDS) {
    return;
  }
  // The binding is read here, not passed in, so that callers that change the catalog need not know the queue.
  const { DELIVERY_QUEUE } = env as unknown as WakeEnv;
  try {
    for (let at = 0; at < wakes.length; at += BATCH) {
      const messages = wakes.slice(at, at + BATCH).map((body) => ({ body }));
      await DELIVERY_QUEUE.sendBatch(messages, { delaySeconds });
    }
  } catch (error) {
    log.warn({ event: 'wake_unsent', wakes: wakes.length, reason: String(error) });
  }
}
