/** Calls are limited by token, refused tokens by address; with the real binding and its real limits. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import { createToken } from '../control/tokens/fixture.ts';
import { ORIGIN } from './client.ts';

/** As the binding counts, without its periods: `max` calls of each key. */
function limiterOf(max: number): RateLimit {
  const counts = new Map<string, number>();
  return {
    async limit({ key }) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= max };
    },
  };
}

async function ask(change: object, headers: Record<string, string>): Promise<Response> {
  return await app.request(`${ORIGIN}/v1/assets`, { headers }, { ...env, RATE_LIMITS: 'on', ...change });
}

test('a token that calls too often waits, and no other', async () => {
  const [busy, other] = [await createToken(['assets:read']), await createToken(['assets:read'])];
  const change = { API_CALLS: limiterOf(3) };
  const statusOf = async (token: string) => (await ask(change, { authorization: `Bearer ${token}` })).status;
  const statuses = [];
  for (let count = 0; count < 4; count += 1) {
    statuses.push(await statusOf(busy.token));
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect([await statusOf(other.token), await statusOf(env.API_TOKEN)]).toEqual([200, 200]);
});

test('encoders are not limited', async () => {
  const headers = { authorization: `Bearer ${env.ENCODER_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ encoder: { id: 'enc', version: '1', cores: 1, memoryBytes: 1 } });
  const change = { API_CALLS: limiterOf(0), REFUSED_TOKENS: limiterOf(0) };
  const init = { method: 'POST', headers, body };
  expect(
    (await app.request(`${ORIGIN}/v1/encoders/lease`, init, { ...env, RATE_LIMITS: 'on', ...change })).status,
  ).toBe(204);
});

test('an address that tries tokens waits, and the right token works from it; by the real limit', async () => {
  const address = '192.0.2.1';
  const guess = () => ask({}, { authorization: 'Bearer x', 'cf-connecting-ip': address });
  const useUp = () => Promise.all(Array.from({ length: 100 }, () => env.REFUSED_TOKENS.limit({ key: address })));
  // A period may end between what is used up and the guess, but not twice in a row.
  await useUp();
  let answer = await guess();
  if (answer.status !== 429) {
    await useUp();
    answer = await guess();
  }
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '10']);
  expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
  const right = await ask({}, { authorization: `Bearer ${env.API_TOKEN}`, 'cf-connecting-ip': address });
  expect(right.status).toBe(200);
  const elsewhere = await ask({}, { authorization: 'Bearer x', 'cf-connecting-ip': '192.0.2.2' });
  expect(elsewhere.status).toBe(401);
});

test('of an address that waits, no unknown token is looked up, and known ones work', async () => {
  const { token } = await createToken(['assets:read']);
  const from = { 'cf-connecting-ip': '192.0.2.3' };
  const guess = `sluice_${'x'.repeat(43)}`;
  let asked = 0;
  const CATALOG = new Proxy(env.CATALOG, {
    get(db, name: keyof D1Database) {
      asked += name === 'prepare' ? 1 : 0;
      return name === 'prepare' ? db.prepare.bind(db) : Reflect.get(db, name).bind(db);
    },
  });
  const statusOf = async (of: string) =>
    (await ask({ REFUSED_TOKENS: limiterOf(0), CATALOG }, { ...from, authorization: `Bearer ${of}` })).status;
  expect([await statusOf(token), await statusOf(guess)]).toEqual([200, 429]);
  asked = 0;
  expect([await statusOf(guess.replace('x', 'y')), asked]).toEqual([429, 0]);
  expect(await statusOf(token)).toBe(200);
});

test('a token that cannot be looked up is not refused for it', async () => {
  const { token } = await createToken(['assets:read']);
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const CATALOG = {
    prepare: () => ({ bind: () => ({ first: () => Promise.reject(new Error('D1 is down')) }) }),
  };
  const answer = await ask({ CATALOG }, { authorization: `Bearer ${token}` });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  warned.mockRestore();
  error.mockRestore();
  expect((await ask({}, { authorization: `Bearer ${token}` })).status).toBe(200);
});

test('limits can be switched off', async () => {
  const headers = { authorization: `Bearer ${env.API_TOKEN}` };
  const none = { API_CALLS: limiterOf(0) };
  const [on, off] = [await ask(none, headers), await ask({ ...none, RATE_LIMITS: 'off' }, headers)];
  expect([on.status, off.status]).toEqual([429, 200]);
});
