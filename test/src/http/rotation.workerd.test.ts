/**
 * Each secret is replaced in steps (docs/operations/secrets.md). While a step is deployed some isolates have the one before:
 * whatever either of two neighbours hands out, both accept.
 */
import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { signLink } from '../../../src/access/link-signing.ts';
import { app } from '../../../src/app.ts';
import { putPlayable } from '../control/links/fixture.ts';
import { ORIGIN } from './client.ts';

const [OLD, NEW] = ['old'.padEnd(32, '-'), 'new'.padEnd(32, '-')];

async function statusOf(config: object, path: string, token?: string, init: RequestInit = {}): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await app.request(`${ORIGIN}${path}`, { headers, ...init }, { ...env, ...config });
  await response.arrayBuffer();
  return response.status;
}

describe.each<[string, string, RequestInit]>([
  ['API_TOKEN', '/v1/signing-keys', {}],
  ['ENCODER_TOKEN', '/v1/encoders/lease', { method: 'POST', body: '{}' }],
  ['METRICS_TOKEN', '/metrics', {}],
])('%s', (name, path, init) => {
  const before = { [name]: OLD };
  const during = { [name]: NEW, [`${name}_PREVIOUS`]: OLD };
  const after = { [name]: NEW };
  const isAccepted = async (config: object, token: string) => (await statusOf(config, path, token, init)) !== 401;

  test('refuses nobody who changes over once both are known', async () => {
    expect([await isAccepted(before, OLD), await isAccepted(during, OLD)]).toEqual([true, true]);
    expect([await isAccepted(during, NEW), await isAccepted(after, NEW)]).toEqual([true, true]);
  });

  test('ends the old one, and lets nothing else in', async () => {
    expect([await isAccepted(before, NEW), await isAccepted(after, OLD)]).toEqual([false, false]);
    expect([await isAccepted(during, `${OLD}x`), await isAccepted(during, '')]).toEqual([false, false]);
  });

  test('opens its own door only', async () => {
    const doors = { API_TOKEN: '/v1/assets', ENCODER_TOKEN: '/v1/encoders/lease', METRICS_TOKEN: '/metrics' };
    const others = Object.entries(doors).filter(([owner]) => owner !== name && !(name === 'API_TOKEN'));
    for (const [owner, door] of others) {
      const asked = owner === 'ENCODER_TOKEN' ? { method: 'POST', body: '{}' } : {};
      expect([door, await statusOf(during, door, NEW, asked), await statusOf(during, door, OLD, asked)]).toEqual([
        door,
        401,
        401,
      ]);
    }
  });

  test('is not made up of an empty value', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    expect(await statusOf({ ...before, [`${name}_PREVIOUS`]: '' }, path, OLD, init)).toBe(500);
    error.mockRestore();
  });
});

test('/metrics takes the API token as well, and needs no token of its own', async () => {
  expect(await statusOf({ METRICS_TOKEN: OLD }, '/metrics', env.API_TOKEN)).toBe(200);
  expect(await statusOf({}, '/metrics', env.API_TOKEN)).toBe(200);
});

describe('LINK_SIGNING_KEY', async () => {
  const newKey = async (kid: string) => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { kty: 'EC', crv: 'P-256', x: '', y: '', d: '', ...(await exportJWK(privateKey)), kid } as const;
  };
  const [old, next] = [await newKey('old'), await newKey('next')];
  const { d: _, ...oldPublic } = old;
  const configOf = (key: object, previous?: object) => ({
    ...{ LINK_SIGNING_KEY: JSON.stringify(key), EDGE_STATE_SECONDS: '0' },
    ...(previous && { LINK_SIGNING_KEY_PREVIOUS: JSON.stringify(previous) }),
  });
  const steps = [configOf(old), configOf(old, next), configOf(next, old), configOf(next, oldPublic), configOf(next)];
  const link = (config: { LINK_SIGNING_KEY: string }) =>
    signLink(
      { LINK_SIGNING_KEY: JSON.parse(config.LINK_SIGNING_KEY) },
      { assetId: 'film', expiresInSeconds: 60, now: new Date() },
    );
  const open = async (config: object, token: string) => statusOf(config, `/v/${token}/main.m3u8`);

  beforeAll(async () => {
    await putPlayable('film');
  });

  test('refuses no link while isolates differ', async () => {
    for (const [index, earlier] of steps.slice(0, -1).entries()) {
      const later = steps[index + 1] ?? earlier;
      const links = [await link(earlier), ...(later === steps.at(-1) ? [] : [await link(later)])];
      for (const token of links) {
        expect([index, await open(earlier, token)]).toEqual([index, 200]);
      }
      // The last step is taken when the last link of the old key has expired: by then all are of the new one.
      expect([index, await open(later, await link(later))]).toEqual([index, 200]);
      expect([index, await open(later, await link(earlier))]).toEqual([index, 200]);
    }
  });

  test('ends the links of the old key in the last step, and not their sessions', async () => {
    const [during, after] = [configOf(next, old), configOf(next)];
    const token = await link(configOf(old));
    const response = await app.request(`${ORIGIN}/v/${token}/main.m3u8`, {}, { ...env, ...during });
    const base = /^(\/s\/[^/]+\/)/m.exec(new TextDecoder().decode(await response.arrayBuffer()))?.[1];
    expect(await open(after, token)).toBe(403);
    expect(await statusOf(after, `${base}v360/1/1.m4s`)).toBe(200);
  });

  test('is published with the one before it, whose private half stays private', async () => {
    const response = await app.request(`${ORIGIN}/.well-known/jwks.json`, {}, { ...env, ...configOf(next, old) });
    const text = await response.text();
    expect(
      JSON.parse(text)
        .keys.map(({ kid }: { kid: string }) => kid)
        .sort(),
    ).toEqual(['next', 'old']);
    expect(text).not.toContain(old.d);
  });

  test('keeps the kid of the one before it from being registered', async () => {
    const body = JSON.stringify({ kid: 'old', publicJwk: oldPublic });
    const init = { method: 'POST', body };
    expect(await statusOf(configOf(next, old), '/v1/signing-keys', env.API_TOKEN, init)).toBe(409);
  });

  test('may be its own previous one for a moment, but no other key may have its kid', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    expect(await open(configOf(old, old), await link(configOf(old)))).toBe(200);
    expect(await open(configOf(next, { ...old, kid: 'next' }), await link(configOf(next)))).toBe(500);
    error.mockRestore();
  });
});
