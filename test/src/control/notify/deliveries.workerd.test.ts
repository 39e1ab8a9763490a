/** Deliveries of real events to receivers that fail, hang up, are gone; with lost and doubled messages. */
import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { changeAssets, createAsset } from '../../../../src/catalog/assets.ts';
import { deliverDue, SWEEP_CRON, sweepDeliveries } from '../../../../src/control/notify/dispatch.ts';
import { signedHeaders } from '../../../../src/control/notify/signature.ts';
import worker from '../../../../src/index.ts';
import { call, problemOf } from '../../http/client.ts';
import {
  addWebhook,
  answers,
  messages,
  passTime,
  playReceivers,
  queue,
  received,
  sweep,
  takeMessages,
} from './receivers.ts';

/** Of an event at one endpoint, before it is dead. */
const MAX_ATTEMPTS = 11;

playReceivers();

const HOOK = 'https://hooks.example/one';
const OTHER = 'https://hooks.example/two';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let assets = 0;
/** One event. */
async function newAsset(): Promise<string> {
  assets += 1;
  const id = `hooked-${assets}`;
  const asset = {
    id,
    title: 'Film',
    policy: 'signed',
    prewarm: false,
    sourceKey: 'sources/f/f',
    sourceUrl: null,
  } as const;
  await createAsset(env.CATALOG, asset, { id: `${id}-job`, assetId: id, version: 'v1' }, Date.now());
  return id;
}
/** One more. */
const retitle = (id: string, title: string) => changeAssets(env.CATALOG, [id], { title }, Date.now());

const sequences = (url: string, asset: string, status = 200) =>
  received
    .filter((one) => one.url === url && one.event.data.asset.id === asset && one.status === status)
    .map(({ event }) => event.sequence);

const deliveriesOf = async (id: string, state = '') => {
  const { body } = await call('GET', `/v1/webhooks/${id}/deliveries?limit=100${state && `&state=${state}`}`);
  const row = z.looseObject({ eventId: z.string(), sequence: z.int(), state: z.string(), attempts: z.int() });
  return z.object({ deliveries: z.array(row) }).parse(body).deliveries;
};
const readHook = async (id: string) => (await call('GET', `/v1/webhooks/${id}`)).body;

/** Time and sweeps until nothing is pending any more. */
async function untilSettled(): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    await takeMessages();
    const pending = await env.CATALOG.prepare(
      `SELECT max(next_attempt_at) AS at FROM deliveries WHERE state = 'pending'`,
    ).first<{ at: number | null }>();
    if (pending === null || pending.at === null) {
      return;
    }
    passTime(Math.max(60_000, pending.at - Date.now() + 1));
    await sweep();
  }
  throw new Error('deliveries stay pending');
}

describe('an event', () => {
  test('reaches each endpoint that asked for its type, signed with that endpoint’s secret', async () => {
    const hook = await addWebhook(HOOK);
    await addWebhook(OTHER, { types: ['asset.ready', 'asset.updated'] });
    const id = await newAsset();
    await retitle(id, 'Other');
    await takeMessages();
    const at = (hookUrl: string) => received.filter(({ url }) => url === hookUrl);
    expect(at(HOOK).map(({ event }) => event.type)).toEqual(['asset.queued', 'asset.updated']);
    expect(at(OTHER).map(({ event }) => event.type)).toEqual(['asset.updated']);
    const [first] = at(HOOK);
    const sentAtMs = Number(first?.headers.get('webhook-timestamp')) * 1000;
    const message = { id: first?.event.id ?? '', sentAtMs, body: JSON.stringify(first?.event) };
    expect(Object.fromEntries(first?.headers ?? [])).toMatchObject(await signedHeaders([hook.secret], message));
    expect(await deliveriesOf(hook.id)).toMatchObject([{ state: 'delivered', attempts: 1 }, { state: 'delivered' }]);
  });

  test('of before an endpoint was there is not for it', async () => {
    const id = await newAsset();
    await addWebhook(HOOK);
    await retitle(id, 'Other');
    await takeMessages();
    expect(sequences(HOOK, id)).toEqual([2]);
  });

  test('whose message was never sent is found by the sweep', async () => {
    await addWebhook(HOOK);
    queue.broken = true;
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const id = await newAsset();
    expect(messages).toEqual([]);
    queue.broken = false;
    await sweep();
    await takeMessages();
    expect(sequences(HOOK, id)).toEqual([1]);
    expect(warnings).toHaveBeenCalledOnce();
  });
});

describe('an endpoint that fails', () => {
  test('is tried again with growing pauses, and gets later events of the asset only afterwards', async () => {
    const hook = await addWebhook(HOOK);
    let failures = 3;
    answers.set(HOOK, () => (failures-- > 0 ? 503 : 200));
    const id = await newAsset();
    await retitle(id, 'Second');
    await takeMessages();
    expect(received).toHaveLength(1);
    expect(await readHook(hook.id)).toMatchObject({ failingSince: expect.any(String), disabled: false });
    await untilSettled();
    expect(received.map(({ event, status }) => [event.sequence, status])).toEqual([
      [1, 503],
      [1, 503],
      [1, 503],
      [1, 200],
      [2, 200],
    ]);
    const ids = received.map(({ event }) => event.id);
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(await readHook(hook.id)).toMatchObject({ failingSince: null });
  });

  test('on one event is given the asset’s next when that one is dead, and other assets’ meanwhile', async () => {
    const hook = await addWebhook(HOOK);
    const poisoned = await newAsset();
    answers.set(HOOK, ({ data, sequence }) => (data.asset.id === poisoned && sequence === 1 ? 500 : 200));
    await retitle(poisoned, 'Second');
    const other = await newAsset();
    await takeMessages();
    expect([sequences(HOOK, poisoned), sequences(HOOK, other)]).toEqual([[], [1]]);
    await untilSettled();
    expect([sequences(HOOK, poisoned, 500).length, sequences(HOOK, poisoned)]).toEqual([MAX_ATTEMPTS, [2]]);
    const [dead] = await deliveriesOf(hook.id, 'dead');
    expect(dead).toMatchObject({ sequence: 1, state: 'dead', attempts: MAX_ATTEMPTS, status: 500 });

    answers.clear();
    const again = await call('POST', `/v1/webhooks/${hook.id}/deliveries/${dead?.eventId}/redeliver`);
    expect([again.status, again.body]).toMatchObject([202, { state: 'pending', attempts: 0 }]);
    await takeMessages();
    expect(sequences(HOOK, poisoned)).toEqual([2, 1]);
    expect(await deliveriesOf(hook.id, 'dead')).toEqual([]);
  });

  test.each([
    ['a redirect', () => 302],
    ['a lost connection', () => new Error('secret.internal refused')],
  ])('by %s has not taken it', async (_, answer) => {
    const hook = await addWebhook(HOOK);
    answers.set(HOOK, answer);
    await newAsset();
    await takeMessages();
    const [row] = await deliveriesOf(hook.id);
    expect(row).toMatchObject({
      state: 'pending',
      attempts: 1,
      error: expect.stringMatching(/^(answered 302|no connection)$/),
    });
  });

  test('for days is disabled, says so, and can be enabled again', async () => {
    const hook = await addWebhook(HOOK);
    answers.set(HOOK, () => 500);
    await newAsset();
    await untilSettled();
    expect(await readHook(hook.id)).toMatchObject({ disabled: false });
    passTime(3 * DAY);
    await newAsset();
    await takeMessages();
    expect(await readHook(hook.id)).toMatchObject({ disabled: true, disabledReason: 'it has failed for days' });
    expect((await deliveriesOf(hook.id)).map(({ state }) => state)).toEqual(['dead', 'dead']);
    const [dead] = await deliveriesOf(hook.id, 'dead');
    const redeliver = () => call('POST', `/v1/webhooks/${hook.id}/deliveries/${dead?.eventId}/redeliver`);
    expect(problemOf(await redeliver())).toEqual([409, 'webhook_disabled']);
    await newAsset();
    const enabled = { disabled: false, disabledReason: null, failingSince: null };
    expect((await call('PATCH', `/v1/webhooks/${hook.id}`, { json: { disabled: false } })).body).toMatchObject(enabled);
    expect(await deliveriesOf(hook.id)).toHaveLength(2);
    expect((await redeliver()).status).toBe(202);
  });

  test('with 410 is disabled at once', async () => {
    const hook = await addWebhook(HOOK);
    answers.set(HOOK, () => 410);
    await newAsset();
    await takeMessages();
    expect(await readHook(hook.id)).toMatchObject({ disabled: true, disabledReason: 'it answered 410, gone' });
    expect(await deliveriesOf(hook.id, 'dead')).toHaveLength(1);
  });
});

test('a delivery that a clock has put off, which was set back since, is made', async () => {
  await addWebhook(HOOK);
  queue.broken = true;
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const id = await newAsset();
  queue.broken = false;
  await env.CATALOG.prepare('UPDATE deliveries SET next_attempt_at = ?1')
    .bind(Date.now() + 10 * DAY)
    .run();
  await sweep();
  await takeMessages();
  expect(sequences(HOOK, id)).toEqual([1]);
});

test('attempts that a clock has put off do not keep an endpoint from others', async () => {
  await addWebhook(HOOK);
  for (let index = 0; index < 5; index += 1) {
    await newAsset();
  }
  messages.splice(0);
  await env.CATALOG.prepare('UPDATE deliveries SET claimed = 1, last_attempt_at = ?1, next_attempt_at = ?2')
    .bind(Date.now() - MINUTE, Date.now() + DAY)
    .run();
  const id = await newAsset();
  await takeMessages();
  expect(sequences(HOOK, id)).toEqual([1]);
});

test('a time ahead that the sweep is called with forgets no events', async () => {
  const id = await newAsset();
  await retitle(id, 'Other');
  const scheduledTime = new Date('2100-01-01T00:00:00Z');
  await worker.scheduled(createScheduledController({ cron: SWEEP_CRON, scheduledTime }), env);
  const { events } = z
    .object({ events: z.array(z.unknown()) })
    .parse((await call('GET', `/v1/events?asset=${id}`)).body);
  expect(events).toHaveLength(2);
});

describe('a receiver that hangs', () => {
  let release = (_: number) => {};
  let hanging: string[];
  const hang = (): void => {
    const { promise, resolve } = Promise.withResolvers<number>();
    release = resolve;
    hanging = [];
    answers.set(HOOK, ({ data }) => {
      hanging.push(data.asset.id);
      return promise;
    });
  };

  test('holds up no other asset’s event and no other endpoint’s, through the real queue', async () => {
    vi.mocked(env.DELIVERY_QUEUE.sendBatch).mockRestore();
    hang();
    const hook = await addWebhook(HOOK);
    await addWebhook(OTHER);
    const ids = [await newAsset(), await newAsset(), await newAsset()];
    await vi.waitFor(() => expect(ids.map((id) => sequences(OTHER, id))).toEqual([[1], [1], [1]]), 8_000);
    await vi.waitFor(() => expect([...hanging].sort()).toEqual([...ids].sort()), 8_000);
    expect((await deliveriesOf(hook.id)).map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
    release(200);
    const states = async () => (await deliveriesOf(hook.id)).map(({ state }) => state);
    await vi.waitFor(async () => expect(await states()).toEqual(['delivered', 'delivered', 'delivered']), 8_000);
  }, 30_000);

  test('is given a few attempts at a time, and the rest later', async () => {
    await addWebhook(HOOK);
    hang();
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      ids.push(await newAsset());
    }
    const lanes = messages.splice(0).map(({ wake }) => wake);
    const begun = lanes.slice(0, 5).map((wake) => deliverDue(env, wake));
    await vi.waitFor(() => expect(hanging).toHaveLength(5));
    passTime(2_000);
    await Promise.all(lanes.slice(5).map((wake) => deliverDue(env, wake)));
    expect(hanging).toHaveLength(5);
    expect(messages.map(({ wake }) => wake.asset)).toEqual(ids.slice(5));
    expect(messages.every(({ at }) => at > Date.now() && at <= Date.now() + 11_000)).toBe(true);
    release(200);
    await Promise.all(begun);
    passTime(11_000);
    await takeMessages();
    expect(received.map(({ event }) => event.data.asset.id).sort()).toEqual(ids.sort());
  });
});

test('what many endpoints wait for has a message for each that is too many for one', async () => {
  const urls = Array.from({ length: 7 }, (_, index) => `https://hooks.example/${index}`);
  for (const url of urls) {
    await addWebhook(url);
  }
  const id = await newAsset();
  await takeMessages();
  expect(urls.map((url) => sequences(url, id))).toEqual(urls.map(() => [1]));
});

test('a redelivery that is refused holds up no later event, and has its own attempts', async () => {
  const hook = await addWebhook(HOOK);
  const id = await newAsset();
  await takeMessages();
  answers.set(HOOK, ({ sequence }) => (sequence === 1 ? 500 : 200));
  const [first] = await deliveriesOf(hook.id);
  const redeliver = () => call('POST', `/v1/webhooks/${hook.id}/deliveries/${first?.eventId}/redeliver`);
  expect((await redeliver()).body).toMatchObject({ state: 'pending', attempts: 0 });
  await takeMessages();
  // Pending again: asking once more makes it due, and gives it no more attempts.
  expect((await redeliver()).body).toMatchObject({ state: 'pending', attempts: 1 });
  await retitle(id, 'Second');
  await takeMessages();
  expect(sequences(HOOK, id)).toEqual([1, 2]);
  await untilSettled();
  expect(sequences(HOOK, id, 500)).toHaveLength(MAX_ATTEMPTS);
  expect(await deliveriesOf(hook.id, 'dead')).toMatchObject([{ sequence: 1, attempts: MAX_ATTEMPTS }]);
});

test('an event that is pending keeps its place when it is asked for again', async () => {
  const hook = await addWebhook(HOOK);
  answers.set(HOOK, () => 500);
  const id = await newAsset();
  await retitle(id, 'Second');
  await takeMessages();
  answers.clear();
  const first = (await deliveriesOf(hook.id)).find(({ sequence }) => sequence === 1);
  const again = await call('POST', `/v1/webhooks/${hook.id}/deliveries/${first?.eventId}/redeliver`);
  expect(again.body).toMatchObject({ state: 'pending', attempts: 1 });
  await takeMessages();
  expect(sequences(HOOK, id)).toEqual([1, 2]);
});

test('the sweep finds what is due to one endpoint, however much is due to another', async () => {
  await addWebhook(HOOK);
  const [many, few] = [60, 2];
  const ids: string[] = [];
  for (let index = 0; index < many; index += 1) {
    ids.push(await newAsset());
  }
  const other = await addWebhook(OTHER);
  for (const id of ids.slice(-few)) {
    await retitle(id, 'Other');
  }
  messages.splice(0);
  await sweep();
  const woken = messages.filter(({ wake }) => wake.webhook === other.id).map(({ wake }) => wake.asset);
  expect(woken.sort()).toEqual(ids.slice(-few).sort());
  expect(messages).toHaveLength(50 + few);
});

test('events older than 30 days go in one sweep, however many, and the last of each asset stays', async () => {
  const id = await newAsset();
  await env.CATALOG.prepare(
    `WITH RECURSIVE n(at) AS (SELECT 2 UNION ALL SELECT at + 1 FROM n WHERE at < 2502)
     INSERT INTO events (id, asset_id, sequence, type, asset_status, job_status, snapshot, created_at)
     SELECT 'evt_' || at, asset_id, at, type, asset_status, job_status, snapshot, created_at FROM n, events
     WHERE asset_id = ?1`,
  )
    .bind(id)
    .run();
  await sweepDeliveries(env, Math.ceil((Date.now() + 31 * DAY) / HOUR) * HOUR);
  const { results } = await env.CATALOG.prepare('SELECT sequence FROM events WHERE asset_id = ?1').bind(id).all();
  expect(results).toEqual([{ sequence: 2502 }]);
});

test('an attempt whose Worker died is made again', async () => {
  await addWebhook(HOOK);
  const id = await newAsset();
  messages.splice(0);
  // As a claim leaves it.
  await env.CATALOG.prepare('UPDATE deliveries SET attempts = 1, next_attempt_at = ?1')
    .bind(Date.now() + 30_000)
    .run();
  await sweep();
  await takeMessages();
  expect(received).toEqual([]);
  passTime(31_000);
  await sweep();
  await takeMessages();
  expect(sequences(HOOK, id)).toEqual([1]);
});

/** What may happen between two events. */
const disturbance = fc.constantFrom(
  'nothing',
  'lost message',
  'doubled message',
  'at once',
  'receiver fails',
  'receiver mends',
);

test('whatever is lost or fails, every endpoint ends with every event, and saw each asset’s in order', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), disturbance), { minLength: 1, maxLength: 12 }), async (history) => {
      await env.CATALOG.prepare('DELETE FROM webhooks').run();
      received.splice(0);
      messages.splice(0);
      const hooks = [await addWebhook(HOOK), await addWebhook(OTHER)];
      let fails = false;
      answers.set(HOOK, () => (fails ? 503 : 200));
      const ids = [await newAsset(), await newAsset(), await newAsset()];
      for (const [index, what] of history) {
        fails = what === 'receiver fails' || (fails && what !== 'receiver mends');
        queue.broken = what === 'lost message';
        await retitle(ids[index] ?? '', `Title ${Math.random()}`);
        queue.broken = false;
        messages.push(...(what === 'doubled message' ? messages.slice(-1) : []));
        if (what === 'at once') {
          await Promise.all([takeMessages(), takeMessages()]);
        }
      }
      fails = false;
      await untilSettled();
      const { results } = await env.CATALOG.prepare('SELECT DISTINCT event_id FROM deliveries').all();
      expect(results).toHaveLength(3 + history.length);
      for (const hook of hooks) {
        expect((await deliveriesOf(hook.id)).filter(({ state }) => state !== 'delivered')).toEqual([]);
      }
      for (const url of [HOOK, OTHER]) {
        for (const id of ids) {
          const firsts = [...new Set(sequences(url, id))];
          expect(firsts).toEqual(firsts.map((_, index) => index + 1));
        }
      }
    }),
    { numRuns: 8 },
  );
}, 120_000);
