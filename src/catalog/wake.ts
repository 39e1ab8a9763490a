/**
 * Messages of the queue: "look what is due for this asset", for one endpoint or for all. They carry no event, so one that
 * comes twice does no harm.
 */

import { env } from 'cloudflare:workers';
import { z } from 'zod';
import { assetIdSchema } from '../media/ids.ts';
import { log } from '../platform/log.ts';

export const wakeSchema = z.strictObject({
  asset: assetIdSchema,
  /** Left out: whichever endpoints wait for it. */
  webhook: z.string().max(64).optional(),
});
export type Wake = z.infer<typeof wakeSchema>;

export type WakeEnv = { DELIVERY_QUEUE: Queue<Wake> };

/** Queues delay a message by at most 12 hours; what is due later is found by the sweep. */
const MAX_DELAY_SECONDS = 12 * 3600;
/** Queues take as many at once. */
const BATCH = 100;

/** Never throws: messages that could not be sent are made up for by the sweep. */
export async function wakeDeliveries(wakes: readonly Wake[], delayMs = 0): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MAX_DELAY_SECONDS) {
    return;
  }
  try {
    for (let at = 0; at < wakes.length; at += BATCH) {
      const messages = wakes.slice(at, at + BATCH).map((body) => ({ body }));
      await queue().sendBatch(messages, { delaySeconds });
    }
  } catch (error) {
    log.warn({ event: 'wake_unsent', wakes: wakes.length, reason: String(error) });
  }
}

/** The binding is read here, not handed down: whoever changes the catalog has no business with a queue. */
const queue = (): Queue<Wake> => (env as unknown as WakeEnv).DELIVERY_QUEUE;
