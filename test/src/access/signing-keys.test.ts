import { base64url, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  edgeKeysSchema,
  generateSigningKey,
  LINK_ALGORITHMS,
  MAX_SIGNING_KEYS,
  mergeKeys,
  parsePublicJwk,
} from '../../../src/access/signing-keys.ts';

const now = new Date('2026-11-20T12:00:00Z');
const codeOf = (input: unknown): Promise<unknown> =>
  parsePublicJwk(input).then(
    () => 'accepted',
    (error) => error.code,
  );

describe('a key to register', () => {
  test.each(LINK_ALGORITHMS)('of %s is accepted, without what is not the key', async (alg) => {
    const { key } = await generateSigningKey(alg, now);
    const input = { ...key.jwk, alg, use: 'sig', kid: 'x', key_ops: ['verify'], note: 'hello' };
    await expect(parsePublicJwk(input)).resolves.toEqual({ alg, jwk: key.jwk });
  });

  test('that is private is refused, with the reason', async () => {
    const { privateJwk } = await generateSigningKey('ES256', now);
    await expect(parsePublicJwk(privateJwk)).rejects.toMatchObject({
      code: 'signing_key_invalid',
      options: { detail: expect.stringContaining('private') },
    });
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('with the private member %s is refused', async (member) => {
    const { key } = await generateSigningKey('ES256', now);
    expect(await codeOf(key.jwk)).toBe('accepted');
    expect(await codeOf({ ...key.jwk, [member]: 'AAAA' })).toBe('signing_key_invalid');
  });

  test('of RSA with 1024 bits is refused, also with leading zeros', async () => {
    const parameters = {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    };
    const pair = (await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])) as CryptoKeyPair;
    const { n = '' } = await exportJWK(pair.publicKey);
    expect(await codeOf({ kty: 'RSA', n, e: 'AQAB' })).toBe('signing_key_invalid');
    for (const length of [342, 344, 683]) {
      const padded = n.padStart(length, 'A');
      expect(await codeOf({ kty: 'RSA', n: padded, e: 'AQAB' })).toBe('signing_key_invalid');
    }
  });

  /** Wycheproof, json_web_key_test.json, test 7: a real key of this weakness. */
  const ROCA =
    'AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPrId7fe4r11CqRw09yBFuW79V8sY' +
    'IwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQWOOzl1S9OhwAfSiiOwz6efnXEaxuTEtPd7Bj' +
    'Sx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtKUsNSGCT7OZg0hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE';
  const modulusOf = (value: bigint): string =>
    base64url.encode(Buffer.from(value.toString(16).padStart(512, '0'), 'hex'));
  const odd = 2n ** 2047n + 1n;

  test.each<[string, string, RegExp]>([
    ['that a smart card made', ROCA, /CVE-2017-15361/],
    ['with an even modulus', modulusOf(2n ** 2047n), /small factor/],
    ['with a modulus that 701 divides', modulusOf(odd + 2n * (701n - ((odd * 351n) % 701n))), /small factor/],
    ['with a modulus of no number of bytes', '_'.repeat(345), /base64url/],
    ['of 2047 bits', modulusOf(2n ** 2046n + 1n), /2048 to 4096 bits/],
  ])('of RSA %s is refused', async (_, n, reason) => {
    await expect(parsePublicJwk({ kty: 'RSA', n, e: 'AQAB' })).rejects.toMatchObject({
      code: 'signing_key_invalid',
      options: { detail: expect.stringMatching(reason) },
    });
  });

  test.each([
    ['the neutral point', `01${'00'.repeat(31)}`],
    ['the neutral point, with a sign', `01${'00'.repeat(30)}80`],
    ['a point of order 4', '00'.repeat(32)],
    ['a point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ])('of Ed25519 that is %s is refused: anyone could sign', async (_, hex) => {
    expect(await codeOf({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') })).toBe(
      'signing_key_invalid',
    );
  });

  test('on another curve is refused', async () => {
    const { publicKey } = await generateKeyPair('ES384', { extractable: true });
    expect(await codeOf(await exportJWK(publicKey))).toBe('signing_key_invalid');
  });

  test('whose point is not on the curve is refused', async () => {
    const { key } = await generateSigningKey('ES256', now);
    expect(await codeOf({ ...key.jwk, y: 'A'.repeat(43) })).toBe('signing_key_invalid');
  });

  test.each([
    ['nothing', undefined],
    ['text', 'key'],
    ['a list', []],
    ['an empty object', {}],
    ['a secret', { kty: 'oct', k: 'AAAA' }],
    ['a small exponent', { kty: 'RSA', n: 'x'.repeat(342), e: 'Aw' }],
    ['a huge modulus', { kty: 'RSA', n: 'x'.repeat(100_000), e: 'AQAB' }],
    ['coordinates of another length', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }],
    ['X25519', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) }],
  ])('that is %s is refused', async (_, input) => {
    expect(await codeOf(input)).toBe('signing_key_invalid');
  });

  test.each([{ key_ops: ['verify'] }, { key_ops: ['verify', 'sign'], use: 'sig' }])(
    'with %o is accepted',
    async (members) => {
      const { key } = await generateSigningKey('ES256', now);
      expect(await codeOf({ ...key.jwk, ...members })).toBe('accepted');
    },
  );

  test.each([
    { alg: 'HS256' },
    { alg: 'RS256' },
    { alg: 5 },
    { use: 'enc' },
    { use: null },
    { key_ops: [] },
    { key_ops: ['sign'] },
    { key_ops: ['encrypt', 'wrapKey'] },
    { key_ops: 'verify' },
    { key_ops: { 0: 'verify' } },
    { key_ops: null },
  ])('with %o is refused', async (members) => {
    const { key } = await generateSigningKey('ES256', now);
    expect(await codeOf({ ...key.jwk, ...members })).toBe('signing_key_invalid');
  });
});

describe('the key set', () => {
  test('has the registered keys and the public half of ours, which wins', async () => {
    const [own, registered, clash] = await Promise.all([1, 2, 3].map(() => generateSigningKey('ES256', now)));
    if (!own || !registered || !clash) {
      throw new Error('no keys');
    }
    const config = { LINK_SIGNING_KEY: { ...own.privateJwk, kid: 'own' } as never };
    const file = edgeKeysSchema.parse({ keys: [registered.key, { ...clash.key, kid: 'own' }] });
    const keys = mergeKeys(config, file);
    expect([...keys.keys()].sort()).toEqual(['own', registered.key.kid].sort());
    expect(keys.get('own')).toEqual({ kid: 'own', alg: 'ES256', jwk: own.key.jwk });
    expect(mergeKeys(config, null).size).toBe(1);
  });

  test.each([
    ['HS256', { alg: 'HS256' }],
    ['no kid', { kid: '' }],
    ['no date', { createdAt: 'yesterday' }],
    ['a private key kept by mistake', { jwk: { kty: 'oct', k: 'AAAA' } }],
  ])('refuses a file with %s', async (_, changed) => {
    const { key } = await generateSigningKey('ES256', now);
    expect(edgeKeysSchema.safeParse({ keys: [key] }).success).toBe(true);
    expect(edgeKeysSchema.safeParse({ keys: [{ ...key, ...changed }] }).success).toBe(false);
  });

  test('refuses a file with more keys than can be registered', async () => {
    const { key } = await generateSigningKey('ES256', now);
    expect(edgeKeysSchema.safeParse({ keys: Array(MAX_SIGNING_KEYS).fill(key) }).success).toBe(true);
    expect(edgeKeysSchema.safeParse({ keys: Array(MAX_SIGNING_KEYS + 1).fill(key) }).success).toBe(false);
  });
});
