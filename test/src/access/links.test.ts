import { exportSPKI, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { signLink } from '../../../src/access/link-signing.ts';
import { LINK_ALGORITHMS, mergeKeys } from '../../../src/access/signing-keys.ts';
import { encode, forged, type KeyPair, keySet, newKeyPair, signed } from './keys.ts';
import { type VerifyLinkOptions, verifyLink } from './verify-link.ts';

const NOW = 1_800_000_000;
const claims = { sub: 'asset1', exp: NOW + 60 };

let pairs: Record<(typeof LINK_ALGORITHMS)[number], KeyPair>;
let ec: KeyPair;
let stranger: KeyPair;
let options: VerifyLinkOptions;

beforeAll(async () => {
  pairs = { ES256: await newKeyPair('ES256'), EdDSA: await newKeyPair('EdDSA'), RS256: await newKeyPair('RS256') };
  ec = pairs.ES256;
  stranger = await newKeyPair('ES256');
  options = { keys: keySet(...Object.values(pairs)), audience: 'video', nowSeconds: NOW };
});

const codeOf = (token: string, changed: Partial<VerifyLinkOptions> = {}): Promise<unknown> =>
  verifyLink(token, { ...options, ...changed }).then(
    () => 'accepted',
    (error) => error.code,
  );

describe('a link token', () => {
  test.each(LINK_ALGORITHMS)('signed with %s is accepted', async (alg) => {
    const pair = pairs[alg];
    await expect(verifyLink(await signed(pair, claims), options)).resolves.toEqual({
      ...claims,
      aud: 'video',
      kid: pair.key.kid,
    });
  });

  test('carries every claim', async () => {
    const full = {
      ...claims,
      nbf: NOW - 1,
      aud: ['image', 'video'],
      jti: 'j1',
      viewer: 'someone',
      maxHeight: 720,
      limits: { sessions: 2, policy: 'evict-oldest' },
      rules: {
        countries: { allow: ['DE'] },
        ips: { deny: ['10.0.0.0/8', '2001:db8::/32'] },
        origins: { allow: ['https://a.example'] },
        userAgents: { deny: ['curl'] },
      },
    };
    const token = await signed(ec, { ...full, iat: NOW, iss: 'the app' });
    await expect(verifyLink(token, options)).resolves.toEqual({ ...full, kid: ec.key.kid });
  });

  test('of ours is accepted, with a jti of its own', async () => {
    const config = { LINK_SIGNING_KEY: { ...stranger.privateJwk, kid: 'own' } as never };
    const now = new Date(NOW * 1000);
    const link = {
      assetId: 'asset1',
      expiresInSeconds: 60,
      viewer: 'v',
      maxHeight: 480,
      rules: { countries: { deny: ['US'] } },
      now,
    };
    const read = async () => verifyLink(await signLink(config, link), { ...options, keys: mergeKeys(config, null) });
    const [one, other] = [await read(), await read()];
    expect(one).toMatchObject({
      sub: 'asset1',
      aud: 'video',
      exp: NOW + 60,
      viewer: 'v',
      maxHeight: 480,
      rules: link.rules,
      kid: 'own',
    });
    expect(one.jti).not.toBe(other.jti);
  });

  test('is not made longer than it may be', async () => {
    const config = { LINK_SIGNING_KEY: { ...stranger.privateJwk, kid: 'own' } as never };
    const rules = { userAgents: { deny: Array.from({ length: 100 }, (_, index) => `${index}`.repeat(90)) } };
    const link = { assetId: 'asset1', expiresInSeconds: 60, rules, now: new Date() };
    await expect(signLink(config, link)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('time', () => {
  test.each([
    ['just before exp', { exp: NOW + 0.001 }, 'accepted'],
    ['at exp', { exp: NOW }, 'link_expired'],
    ['long after exp', { exp: 0 }, 'link_expired'],
    ['at nbf', { nbf: NOW }, 'accepted'],
    ['nbf within the tolerance', { nbf: NOW + 5 }, 'accepted'],
    ['before nbf', { nbf: NOW + 6 }, 'link_not_yet_valid'],
  ])('%s', async (_, changed, expected) => {
    expect(await codeOf(await signed(ec, { ...claims, ...changed }))).toBe(expected);
  });
});

describe('claims', () => {
  test.each([
    ['no exp', { exp: undefined }, 'link_claims'],
    ['exp as text', { exp: '1900000000' }, 'link_claims'],
    ['negative exp', { exp: -1 }, 'link_claims'],
    ['null nbf', { nbf: null }, 'link_claims'],
    ['no sub', { sub: undefined }, 'link_claims'],
    ['sub that is a path', { sub: '../edge' }, 'link_claims'],
    ['sub with a dot', { sub: 'a.b' }, 'link_claims'],
    ['wrong audience', { aud: 'image' }, 'link_audience'],
    ['unknown audience', { aud: 'videos' }, 'link_audience'],
    ['no audience in the list', { aud: [] }, 'link_audience'],
    ['audience as a number', { aud: 1 }, 'link_claims'],
    ['eight audiences', { aud: Array(8).fill('video') }, 'accepted'],
    ['nine audiences', { aud: Array(9).fill('video') }, 'link_claims'],
    ['empty viewer', { viewer: '' }, 'link_claims'],
    ['long viewer', { viewer: 'v'.repeat(129) }, 'link_claims'],
    ['maxHeight as text', { maxHeight: '720' }, 'link_claims'],
    ['maxHeight zero', { maxHeight: 0 }, 'link_claims'],
    ['a viewer that is no text', { viewer: '\ud800' }, 'link_claims'],
    ['limits without a viewer', { limits: { sessions: 1 } }, 'link_claims'],
    ['limits of no session', { viewer: 'v', limits: { sessions: 0 } }, 'link_claims'],
    ['limits of 101 sessions', { viewer: 'v', limits: { sessions: 101 } }, 'link_claims'],
    ['limits of nothing', { viewer: 'v', limits: {} }, 'link_claims'],
    ['unknown limit', { viewer: 'v', limits: { sessions: 1, devices: 1 } }, 'link_claims'],
    ['unknown policy', { viewer: 'v', limits: { sessions: 1, policy: 'warn' } }, 'link_claims'],
    ['unknown rule', { rules: { cities: { allow: ['Rome'] } } }, 'link_claims'],
    ['unknown list', { rules: { countries: { permit: ['DE'] } } }, 'link_claims'],
    ['empty list', { rules: { countries: { allow: [] } } }, 'link_claims'],
    ['country in lower case', { rules: { countries: { allow: ['de'] } } }, 'link_claims'],
    ['not a CIDR range', { rules: { ips: { allow: ['10.0.0.0/33'] } } }, 'link_claims'],
    ['not an origin', { rules: { origins: { allow: ['https://a.example/path'] } } }, 'link_claims'],
    ['rules that are a list', { rules: [] }, 'link_claims'],
  ])('%s', async (_, changed, expected) => {
    expect(await codeOf(await signed(ec, { ...claims, ...changed }))).toBe(expected);
  });

  test('for images are accepted where images are asked for', async () => {
    expect(await codeOf(await signed(ec, { ...claims, aud: 'image' }), { audience: 'image' })).toBe('accepted');
  });

  test.each([
    ['infinite exp', '{"sub":"asset1","exp":1e999}', 'link_claims'],
    ['a list', '[]', 'link_claims'],
    ['not JSON', 'hello', 'link_malformed'],
    ['nothing', '', 'link_malformed'],
  ])('%s', async (_, payload, expected) => {
    expect(['link_malformed', expected]).toContain(await codeOf(await signed(ec, payload)));
    expect(await codeOf(await signed(ec, payload))).toBe(expected);
  });

  test('a limit rejects the new session unless it says otherwise, and names itself where it lacks its viewer', async () => {
    const token = await signed(ec, { ...claims, viewer: 'v', limits: { sessions: 100 } });
    expect((await verifyLink(token, options)).limits).toEqual({ sessions: 100, policy: 'reject-new' });
    const nobodys = await signed(ec, { ...claims, limits: { sessions: 1 } });
    const error = await verifyLink(nobodys, options).catch((caught) => caught);
    expect(error.options.extra).toEqual({ claim: 'limits' });
  });

  test('are named in the refusal, not repeated', async () => {
    const token = await signed(ec, { ...claims, viewer: '', rules: { ips: { allow: ['secret'] } } });
    const error = await verifyLink(token, options).catch((caught) => caught);
    expect(error.options.detail).toBe('Not as documented: viewer, rules.ips.allow.0.');
  });

  test('are named up to ten: a refusal is not as long as what is wrong', async () => {
    const token = await signed(ec, { ...claims, rules: { ips: { deny: Array(100).fill('x') } } });
    const error = await verifyLink(token, options).catch((caught) => caught);
    expect(error.options.detail.match(/rules\.ips/g)).toHaveLength(10);
  });
});

describe('forgeries', () => {
  test('without a signature (alg: none)', async () => {
    for (const alg of ['none', 'None', 'nOnE']) {
      expect(await codeOf(await forged({ alg, kid: ec.key.kid }, claims))).toBe('link_algorithm');
    }
  });

  test('HS256 with the public key as secret, in every form it is known in', async () => {
    for (const pair of [ec, pairs.RS256]) {
      const spki = await exportSPKI((await importJWK(pair.key.jwk, pair.key.alg, { extractable: true })) as CryptoKey);
      for (const secret of [spki, spki.trim(), JSON.stringify(pair.key.jwk)]) {
        const token = await forged({ alg: 'HS256', kid: pair.key.kid }, claims, new TextEncoder().encode(secret));
        expect(await codeOf(token)).toBe('link_algorithm');
      }
    }
  });

  test('an accepted algorithm that is not the key’s', async () => {
    const token = await signed(pairs.RS256, claims, { kid: ec.key.kid });
    expect(await codeOf(token)).toBe('link_algorithm');
  });

  test('a stranger’s key under a known kid', async () => {
    expect(await codeOf(await signed(stranger, claims, { kid: ec.key.kid }))).toBe('link_signature');
  });

  test.each([
    ['unknown kid', { kid: 'nobody' }, 'link_key_unknown'],
    ['no kid', { kid: undefined }, 'link_key_unknown'],
    ['kid as a number', { kid: 1 }, 'link_malformed'],
    ['kid as a path', { kid: '../../keys' }, 'link_key_unknown'],
    ['kid of the prototype', { kid: '__proto__' }, 'link_key_unknown'],
    ['own jwk', { jwk: {} }, 'link_malformed'],
    ['own jku', { jku: 'https://evil.example/keys' }, 'link_malformed'],
    ['own x5u', { x5u: 'https://evil.example/cert' }, 'link_malformed'],
    ['own x5c', { x5c: ['AAAA'] }, 'link_malformed'],
  ])('header: %s', async (_, header, expected) => {
    expect(await codeOf(await signed(ec, claims, header))).toBe(expected);
  });

  test('critical extensions', async () => {
    const [, payload, signature] = (await signed(ec, claims)).split('.');
    const header = encode({ alg: 'ES256', kid: ec.key.kid, crit: ['b64'], b64: false });
    expect(await codeOf(`${header}.${payload}.${signature}`)).toBe('link_malformed');
  });

  test('a payload changed after signing', async () => {
    const [header, , signature] = (await signed(ec, claims)).split('.');
    expect(await codeOf(`${header}.${encode({ ...claims, exp: NOW + 1e6 })}.${signature}`)).toBe('link_signature');
  });

  test('a signature cut, emptied, or of another token', async () => {
    const [header, payload, signature = ''] = (await signed(ec, claims)).split('.');
    const [, , other] = (await signed(ec, { ...claims, sub: 'asset2' })).split('.');
    for (const changed of [signature.slice(0, -4), '', other, 'A'.repeat(86)]) {
      expect(await codeOf(`${header}.${payload}.${changed}`)).toBe('link_signature');
    }
  });

  test.each([
    ['empty', ''],
    ['words', 'hello'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['dots', '..'],
    ['header that is no base64url', '!!!.e30.AA'],
    ['header that is no JSON', 'aGVsbG8.e30.AA'],
    ['header that is a list', 'W10.e30.AA'],
    ['escapes', 'e30%2ee30%2eAA'],
    ['100 KB', `e30.${'A'.repeat(100_000)}.AA`],
    ['100 KB of dots', '.'.repeat(100_000)],
  ])('not a token: %s', async (_, token) => {
    expect(await codeOf(token)).toBe('link_malformed');
  });

  test('a genuine one that is too long', async () => {
    expect(await codeOf(await signed(ec, { ...claims, note: 'x'.repeat(8192) }))).toBe('link_malformed');
  });
});
