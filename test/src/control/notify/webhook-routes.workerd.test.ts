/** `/v1/webhooks` through the public door. */
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { MAX_ENDPOINTS } from '../../../../src/control/notify/endpoints.ts';
import { webhookTestSchema } from '../../../../src/control/notify/schemas.ts';
import { call, problemOf } from '../../http/client.ts';

const HOOK = 'https://hooks.example/one';
const create = (json: unknown) => call('POST', '/v1/webhooks', { json });
const created = async (change: object = {}) =>
  z.looseObject({ id: z.string(), secret: z.string() }).parse((await create({ url: HOOK, ...change })).body);

describe('a webhook', () => {
  test('shows its secret when it is made and when that is changed, and never else', async () => {
    const { id, secret } = await created({ types: ['asset.ready'] });
    expect(secret).toMatch(/^whsec_/);
    const { secret: next } = z
      .looseObject({ secret: z.string() })
      .parse((await call('POST', `/v1/webhooks/${id}/rotate-secret`)).body);
    expect(next).toMatch(/^whsec_/);
    expect(next).not.toBe(secret);
    for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`]) {
      const { status, body } = await call('GET', path);
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain('whsec_');
    }
    const changed = await call('PATCH', `/v1/webhooks/${id}`, { json: { types: null, url: `${HOOK}/b` } });
    expect(changed.body).toMatchObject({ id, url: `${HOOK}/b`, types: null, disabled: false });
    expect((await call('PATCH', `/v1/webhooks/${id}`, { json: { disabled: true } })).body).toMatchObject({
      types: null,
      disabled: true,
      disabledReason: 'by request',
    });
    expect((await call('DELETE', `/v1/webhooks/${id}`)).status).toBe(204);
    expect(problemOf(await call('GET', `/v1/webhooks/${id}`))).toEqual([404, 'webhook_not_found']);
  });

  test.each(['http://hooks.example/', 'http://127.0.0.1:8080/', 'https://10.0.0.1/', 'https://localhost/'])(
    'may not be at %s, nor move there',
    async (url) => {
      expect(problemOf(await create({ url }))).toEqual([422, 'webhook_refused']);
      const { id } = await created();
      expect(problemOf(await call('PATCH', `/v1/webhooks/${id}`, { json: { url } }))).toEqual([422, 'webhook_refused']);
      await call('DELETE', `/v1/webhooks/${id}`);
    },
  );

  test.each([
    ['no address', {}],
    ['no URL', { url: 'hooks' }],
    ['an unknown type', { url: HOOK, types: ['asset.stolen'] }],
    ['no types', { url: HOOK, types: [] }],
    ['a secret of its own', { url: HOOK, secret: 'whsec_AAAA' }],
  ])('may not have %s', async (_, json) => {
    expect(problemOf(await create(json))).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/rotate-secret'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/evt_x/redeliver'],
  ])('that does not exist: %s %s is 404', async (method, path) => {
    expect(problemOf(await call(method, `/v1/webhooks/nope${path}`))).toEqual([404, 'webhook_not_found']);
  });

  test('can be tried out', async () => {
    const { id, secret } = await created();
    await call('POST', `/v1/webhooks/${id}/rotate-secret`);
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('no', { status: 500 }));
    const { status, body } = await call('POST', `/v1/webhooks/${id}/test`);
    expect([status, body]).toEqual([200, { delivered: false, status: 500, error: 'answered 500' }]);
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect(url).toBe(HOOK);
    expect(webhookTestSchema.safeParse(JSON.parse(String(init?.body)))).toMatchObject({ success: true });
    // Both secrets sign while one is changed for the other.
    expect(new Headers(init?.headers).get('webhook-signature')?.split(' ')).toHaveLength(2);
    expect(secret).toMatch(/^whsec_/);
    fetched.mockRestore();
  });

  test('is one of at most twenty', async () => {
    const { webhooks } = z
      .looseObject({ webhooks: z.array(z.unknown()) })
      .parse((await call('GET', '/v1/webhooks')).body);
    const answers = await Promise.all(
      Array.from({ length: MAX_ENDPOINTS - webhooks.length + 3 }, () => create({ url: HOOK })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(MAX_ENDPOINTS - webhooks.length);
    expect(problemOf(await create({ url: HOOK }))).toEqual([409, 'webhooks_full']);
  });
});
