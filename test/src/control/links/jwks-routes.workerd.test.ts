/** `/.well-known/jwks.json`: public halves only, of the keys that links may be signed with now. */
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { signLink } from '../../../../src/access/link-signing.ts';
import { ask } from './fixture.ts';

const JWKS = '/.well-known/jwks.json';
const own = JSON.parse(env.LINK_SIGNING_KEY);
const keysSchema = z.strictObject({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string(), use: z.literal('sig') })),
});
const read = async () => keysSchema.parse((await ask('GET', JWKS)).body);

test('holds our key and the registered ones, without anything private', async () => {
  const created = [];
  for (const alg of ['ES256', 'EdDSA', 'RS256']) {
    const { body } = await ask('POST', '/v1/signing-keys', { json: { alg } });
    created.push(z.looseObject({ kid: z.string() }).parse(body).kid);
  }
  const { keys } = await read();
  expect(keys.map(({ kid }) => kid).toSorted()).toEqual([own.kid, ...created].toSorted());
  for (const key of keys) {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) {
      expect(key).not.toHaveProperty(member);
    }
  }
  expect(JSON.stringify(keys)).not.toContain(own.d);
  const link = await signLink({ LINK_SIGNING_KEY: own }, { assetId: 'a', expiresInSeconds: 60, now: new Date() });
  await expect(jwtVerify(link, createLocalJWKSet({ keys }))).resolves.toBeDefined();
});

test('leaves out what was deleted or revoked', async () => {
  const { body } = await ask('POST', '/v1/signing-keys', { json: {} });
  const { kid } = z.looseObject({ kid: z.string() }).parse(body);
  await ask('DELETE', `/v1/signing-keys/${kid}`);
  await ask('POST', '/v1/revocations', { json: { kind: 'key', value: own.kid } });
  expect((await read()).keys.map((key) => key.kid)).not.toContain(kid);
  expect((await read()).keys.map((key) => key.kid)).not.toContain(own.kid);
});

test('may be kept for a minute and read by any page', async () => {
  const { status, headers } = await ask('GET', JWKS);
  expect([status, headers.get('content-type')]).toEqual([200, 'application/jwk-set+json']);
  expect(headers.get('cache-control')).toBe('public, max-age=60');
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect((await ask('HEAD', JWKS)).status).toBe(200);
  expect((await ask('OPTIONS', JWKS)).status).toBe(204);
  expect((await ask('POST', JWKS)).status).toBe(405);
});
