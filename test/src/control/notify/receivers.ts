/** Receivers of webhooks for tests: `fetch` is replaced, the clock is the test's, and messages of the queue are played. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, vi } from 'vitest';
import { z } from 'zod';
import type { Wake } from '../../../../src/catalog/wake.ts';
import { deliverDue, sweepDeliveries } from '../../../../src/control/notify/dispatch.ts';
import { assetEventSchema } from '../../../../src/control/resources/event-view.ts';
import { call } from '../../http/client.ts';

type AssetEvent = z.infer<typeof assetEventSchema>;
export type Received = { url: string; headers: Headers; event: AssetEvent; status: number };

/** Everything that was sent, in order. */
export let received: Received[] = [];
/** What a receiver answers, by URL: a status, now or later, or an error. 200 unless set. */
export const answers = new Map<string, (event: AssetEvent) => number | Error | Promise<number>>();
/** Messages on the queue, and when they may be taken. */
export let messages: { wake: Wake; at: number }[] = [];
/** Whether messages are lost before they reach the queue. */
export const queue = { broken: false };

let now = 0;

export const passTime = (ms: number): void => {
  now += ms;
  vi.setSystemTime(now);
};

export function playReceivers(): void {
  beforeEach(async () => {
    received = [];
    messages = [];
    answers.clear();
    queue.broken = false;
    now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    await env.CATALOG.prepare('DELETE FROM webhooks').run();
    vi.spyOn(env.DELIVERY_QUEUE, 'sendBatch').mockImplementation(async (batch, options) => {
      if (queue.broken) {
        throw new Error('no queue');
      }
      const at = now + (options?.delaySeconds ?? 0) * 1000;
      messages.push(...[...batch].map(({ body }) => ({ wake: body, at })));
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    });
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const url = String(input);
      if (init?.redirect !== 'manual' || init.method !== 'POST') {
        throw new Error('receivers are posted to, and not followed elsewhere');
      }
      const event = assetEventSchema.parse(JSON.parse(String(init.body)));
      const answer = await (answers.get(url)?.(event) ?? 200);
      const status = typeof answer === 'number' ? answer : 0;
      received.push({ url, headers: new Headers(init.headers), event, status });
      if (typeof answer !== 'number') {
        throw answer;
      }
      return new Response(answer === 204 ? null : 'what it says is not read', { status: answer });
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

/** Takes messages, those that they cause too, until none is due. */
export async function takeMessages(): Promise<void> {
  for (let next = due(); next !== undefined; next = due()) {
    messages.splice(messages.indexOf(next), 1);
    await deliverDue(env, next.wake);
  }
}
const due = () => messages.find(({ at }) => at <= now);

export const sweep = (): Promise<void> => sweepDeliveries(env, now);

const webhookSchema = z.looseObject({ id: z.string(), secret: z.string() });

export async function addWebhook(url: string, change: object = {}) {
  const { status, body } = await call('POST', '/v1/webhooks', { json: { url, ...change } });
  if (status !== 201) {
    throw new Error(`no webhook: ${JSON.stringify(body)}`);
  }
  return webhookSchema.parse(body);
}
