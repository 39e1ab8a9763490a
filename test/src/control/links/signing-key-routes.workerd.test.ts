/** `/v1/signing-keys`: what is kept of a key, and what the delivery plane gets to read of it. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EDGE_KEYS_KEY } from '../../../../src/media/keys.ts';
import { call, problemOf } from '../../http/client.ts';
import { ask, putPlayable } from './fixture.ts';

afterEach(async () => {
  await reset();
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
});

const post = (json: unknown) => call('POST', '/v1/signing-keys', { json });
const listed = async (): Promise<unknown> => (await call('GET', '/v1/signing-keys')).body;
const edgeKeys = async (): Promise<unknown> => (await env.MEDIA.get(EDGE_KEYS_KEY))?.json();

const jwkSchema = z.record(z.string(), z.unknown());
const createdSchema = z.strictObject({
  kid: z.string(),
  alg: z.string(),
  jwk: jwkSchema,
  createdAt: z.iso.datetime(),
  privateJwk: jwkSchema.optional(),
});

async function create(json: unknown) {
  const { status, body } = await post(json);
  expect(status).toBe(201);
  return createdSchema.parse(body);
}

async function publicJwkOf(alg: string, options: { modulusLength?: number; crv?: string } = {}) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { publicJwk: await exportJWK(publicKey), privateJwk: await exportJWK(privateKey), privateKey };
}

test('a link plays at once with a key that was registered a moment ago, the first there ever was, too', async () => {
  const remembering = { ...env, EDGE_STATE_SECONDS: '60' };
  const open = async (kid: string, privateJwk: Record<string, unknown>) => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setSubject('film')
      .setExpirationTime('1m')
      .sign(await importJWK(privateJwk, 'ES256'));
    return (await ask('GET', `/v/${token}/main.m3u8`, { from: remembering })).status;
  };
  await putPlayable('film');
  const stranger = await publicJwkOf('ES256');
  // From here on the isolate remembers that there is none.
  expect(await open('stranger', stranger.privateJwk)).toBe(403);
  const first = await create({});
  expect(await open(first.kid, first.privateJwk ?? {})).toBe(200);
  const second = await create({});
  expect(await open(second.kid, second.privateJwk ?? {})).toBe(200);
});

describe('a key pair made here', () => {
  test.each([
    ['ES256 unless asked otherwise', {}, 'ES256'],
    ['EdDSA', { alg: 'EdDSA' }, 'EdDSA'],
    ['RS256', { alg: 'RS256' }, 'RS256'],
  ])('is %s, and its halves belong together', async (_, json, alg) => {
    const created = await create(json);
    expect(created.alg).toBe(alg);
    const privateJwk = created.privateJwk ?? {};
    expect(privateJwk).toMatchObject({ kid: created.kid, alg });
    const token = await new SignJWT({}).setProtectedHeader({ alg }).sign(await importJWK(privateJwk, alg));
    await expect(jwtVerify(token, await importJWK(created.jwk, alg))).resolves.toBeDefined();
  });

  test('shows its private half once, and keeps it nowhere', async () => {
    const { privateJwk, ...key } = await create({});
    const secret = String(privateJwk?.['d']);
    expect(secret.length).toBeGreaterThan(40);
    expect(await listed()).toEqual({ keys: [key] });
    expect(await edgeKeys()).toEqual({ keys: [key] });
    const { results } = await env.CATALOG.prepare('SELECT * FROM signing_keys').all();
    expect(results).toHaveLength(1);
    expect(JSON.stringify(results)).not.toContain(secret);
  });

  test('is not kept by anyone on the way', async () => {
    expect((await post({})).headers.get('cache-control')).toBe('no-store');
  });
});

describe('a public key', () => {
  test.each(['ES256', 'EdDSA', 'RS256'])('of %s is registered under the name that was given', async (alg) => {
    const { publicJwk } = await publicJwkOf(alg);
    const created = await create({ publicJwk, kid: 'app-1' });
    expect(created).toMatchObject({ kid: 'app-1', alg });
    expect(created.privateJwk).toBeUndefined();
    expect(await edgeKeys()).toMatchObject({ keys: [{ kid: 'app-1', alg, jwk: created.jwk }] });
  });

  test('gets a name where none was given', async () => {
    const { publicJwk } = await publicJwkOf('ES256');
    expect((await create({ publicJwk })).kid).toMatch(/^[a-z0-9]{16}$/);
  });

  test('keeps nothing but what makes it', async () => {
    const { publicJwk } = await publicJwkOf('ES256');
    const { jwk } = await create({ publicJwk: { ...publicJwk, use: 'sig', key_ops: ['verify'], x5c: ['no'] } });
    expect(Object.keys(jwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
  });

  test('whose private half comes with it is refused', async () => {
    const { privateJwk } = await publicJwkOf('ES256');
    expect(problemOf(await post({ publicJwk: privateJwk }))).toEqual([422, 'signing_key_invalid']);
    expect(await listed()).toEqual({ keys: [] });
  });

  const P256 = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };

  test.each<[string, () => Promise<object>]>([
    ['a shared secret', async () => ({ kty: 'oct', k: 'c2VjcmV0' })],
    ['RSA of 1,024 bits', async () => (await publicJwkOf('RS256', { modulusLength: 1024 }).catch(weakRsa)).publicJwk],
    ['another curve', async () => (await publicJwkOf('ES384')).publicJwk],
    ['a point that is on no curve', async () => P256],
    ['no numbers', async () => ({ kty: 'EC', crv: 'P-256' })],
    ['an algorithm that is not its type’s', async () => ({ ...(await publicJwkOf('ES256')).publicJwk, alg: 'HS256' })],
    ['a key to encrypt with', async () => ({ ...(await publicJwkOf('ES256')).publicJwk, use: 'enc' })],
    ['nothing', async () => ({})],
  ])('may not be %s', async (_, make) => {
    expect(problemOf(await post({ publicJwk: await make() }))).toEqual([422, 'signing_key_invalid']);
    expect(await edgeKeys()).toBeUndefined();
  });

  test('may not take the name of another, nor ours', async () => {
    const { publicJwk } = await publicJwkOf('ES256');
    const first = await create({ publicJwk, kid: 'app-1' });
    const other = (await publicJwkOf('ES256')).publicJwk;
    expect(problemOf(await post({ publicJwk: other, kid: 'app-1' }))).toEqual([409, 'signing_key_exists']);
    const { kid } = JSON.parse(env.LINK_SIGNING_KEY);
    expect(problemOf(await post({ publicJwk: other, kid }))).toEqual([409, 'signing_key_exists']);
    expect(await edgeKeys()).toEqual({ keys: [first] });
  });

  test.each([
    'app@example.com',
    'https://app.example/keys/1?x=y#z',
    'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e',
    'a+b/c=',
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=',
    '/',
    '...',
    '.well-known',
    'a..b/../c',
    '%2e%2e',
    '100%',
    '!"#$&\'()*,;<>?[\\]^`{|}~',
    '__proto__',
    'k'.repeat(128),
  ])('may be named %j, from the registration to the deletion', async (kid) => {
    await putPlayable('film');
    const { publicJwk, privateKey } = await publicJwkOf('ES256');
    expect((await create({ publicJwk, kid })).kid).toBe(kid);
    expect(await edgeKeys()).toMatchObject({ keys: [{ kid }] });
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setSubject('film')
      .setExpirationTime('1m')
      .sign(privateKey);
    const open = async () => (await ask('GET', `/v/${token}/main.m3u8`)).status;
    expect(await open()).toBe(200);
    expect((await call('DELETE', `/v1/signing-keys/${encodeURIComponent(kid)}`)).status).toBe(204);
    expect(await listed()).toEqual({ keys: [] });
    expect(await open()).toBe(403);
  });

  test.each(['', '.', '..', 'a b', 'a\n', 'a\u007f', 'é', 'a'.repeat(129)])('may not be named %j', async (kid) => {
    const { publicJwk } = await publicJwkOf('ES256');
    expect(problemOf(await post({ publicJwk, kid }))).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['an unknown algorithm', { alg: 'HS256' }],
    ['no algorithm', { alg: 'none' }],
    ['a key and an algorithm', { alg: 'ES256', publicJwk: P256 }],
    ['an unknown member', { extra: 1 }],
    ['text for a key', { publicJwk: 'PEM' }],
  ])('request may not have %s', async (_, json) => {
    expect(problemOf(await post(json))).toEqual([400, 'invalid_request']);
  });
});

/** Where the runtime itself makes no such key: a modulus of 1,024 bits. */
const weakRsa = () => ({ publicJwk: { kty: 'RSA', n: `w${'A'.repeat(170)}`, e: 'AQAB' } });

describe('deleting a key', () => {
  test('takes it from the list and from what players’ links are checked with', async () => {
    const { publicJwk } = await publicJwkOf('ES256');
    const kept = await create({ publicJwk, kid: 'kept' });
    await create({ publicJwk, kid: 'gone' });
    expect((await call('DELETE', '/v1/signing-keys/gone')).status).toBe(204);
    expect(await listed()).toEqual({ keys: [kept] });
    expect(await edgeKeys()).toEqual({ keys: [kept] });
  });

  test('that is the last leaves an empty list, not the old one', async () => {
    const { kid } = await create({});
    await call('DELETE', `/v1/signing-keys/${kid}`);
    expect(await edgeKeys()).toEqual({ keys: [] });
  });

  test('that is not there is 404, and mirrors what an earlier call may not have', async () => {
    await create({});
    await env.CATALOG.prepare('DELETE FROM signing_keys').run();
    expect(problemOf(await call('DELETE', '/v1/signing-keys/nope'))).toEqual([404, 'signing_key_not_found']);
    expect(await edgeKeys()).toEqual({ keys: [] });
  });
});

test('there are at most 200 keys', async () => {
  const insert = env.CATALOG.prepare(
    'INSERT INTO signing_keys (kid, alg, public_jwk, created_at) VALUES (?1, ?2, ?3, 0)',
  );
  const { publicJwk } = await publicJwkOf('ES256');
  await env.CATALOG.batch(
    Array.from({ length: 200 }, (_, index) => insert.bind(`key-${index}`, 'ES256', JSON.stringify(publicJwk))),
  );
  const other = (await publicJwkOf('ES256')).publicJwk;
  expect(problemOf(await post({ publicJwk, kid: 'one-more' }))).toEqual([422, 'signing_key_invalid']);
  expect(problemOf(await post({ publicJwk: other, kid: 'key-7' }))).toEqual([409, 'signing_key_exists']);
});
