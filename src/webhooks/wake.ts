/** Messages of the queue: "look what is due for this asset". They carry no event, so one that comes twice does no harm. */
import { env } from 'cloudflare:workers';
import { z } from 'zod';
import { assetIdSchema } from '../contract/ids.ts';
import type { Env } from '../env.ts';

export const wakeSchema = z.strictObject({ asset: assetIdSchema });
export type Wake = z.infer<typeof wakeSchema>;

/** Queues delay a message by at most 12 hours; what is due later is found by the sweep. */
const MAX_DELAY_SECONDS = 12 * 3600;

/** Never throws: a message that could not be sent is made up for by the sweep. */
export async function wakeDeliveries(asset: string, delayMs = 0): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MAX_DELAY_SECONDS) {
    return;
  }
  try {
    await queue().send({ asset }, { delaySeconds });
  } catch (error) {
    console.warn(JSON.stringify({ event: 'wake_unsent', asset, reason: String(error) }));
  }
}

/** The binding is read here, not handed down: whoever changes the catalog has no business with a queue. */
const queue = (): Queue<Wake> => (env as unknown as Pick<Env, 'DELIVERY_QUEUE'>).DELIVERY_QUEUE;
