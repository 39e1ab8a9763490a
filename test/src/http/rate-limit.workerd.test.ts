/** Calls are limited by token, refused tokens by address; with the real binding and its real limits. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { app } from '../../../src/app.ts';
import { createToken } from '../control/tokens/fixture.ts';
import { call, ORIGIN, problemOf } from './client.ts';

/** Counts until the limit is reached. A period may end meanwhile, so more than the limit. */
async function use(limiter: RateLimit, key: string): Promise<number> {
  for (let count = 0; count < 3_000; count += 100) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => limiter.limit({ key })));
    if (answers.some(({ success }) => !success)) {
      return count;
    }
  }
  throw new Error('there is no limit');
}

/** The period of ten seconds may end between the two. */
async function untilLimited(limiter: RateLimit, key: string, ask: () => ReturnType<typeof call>) {
  await use(limiter, key);
  const answer = await ask();
  if (answer.status === 429) {
    return answer;
  }
  await use(limiter, key);
  return await ask();
}

test('a token that calls too often waits, and no other', async () => {
  const [busy, other] = [await createToken(['assets:read']), await createToken(['assets:read'])];
  const answer = await untilLimited(env.API_CALLS, busy.id, () => call('GET', '/v1/assets', { token: busy.token }));
  expect(problemOf(answer)).toEqual([429, 'rate_limited']);
  expect(answer.headers.get('retry-after')).toBe('10');
  expect((await call('GET', '/v1/assets', { token: other.token })).status).toBe(200);
});

test('an address that tries tokens waits, and the right token works from it', async () => {
  const headers = { 'cf-connecting-ip': '192.0.2.1' };
  const guess = () => call('GET', '/v1/assets', { token: `sluice_${'x'.repeat(43)}`, headers });
  const answer = await untilLimited(env.REFUSED_TOKENS, '192.0.2.1', guess);
  expect(problemOf(answer)).toEqual([429, 'rate_limited']);
  expect((await call('GET', '/v1/assets', { headers })).status).toBe(200);
  expect(
    problemOf(await call('GET', '/v1/assets', { token: 'x', headers: { 'cf-connecting-ip': '192.0.2.2' } })),
  ).toEqual([401, 'unauthorized']);
});

test('limits can be switched off', async () => {
  const none: RateLimit = { limit: async () => ({ success: false }) };
  const init = { headers: { authorization: `Bearer ${env.API_TOKEN}` } };
  const ask = async (RATE_LIMITS: string) =>
    (await app.request(`${ORIGIN}/v1/assets`, init, { ...env, API_CALLS: none, RATE_LIMITS })).status;
  expect([await ask('on'), await ask('off')]).toEqual([429, 200]);
});
