/** The attack family of JWTs (RFC 8725, RFC 7515 10) against link tokens; links.test.ts has the plain cases. */
import { base64url, CompactSign, exportSPKI, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkLinkUse, type LinkClaims, readLink } from '../../../src/access/links.ts';
import type { KeySet } from '../../../src/access/signing-keys.ts';
import { encode, forged, type KeyPair, keySet, mirrored, newKeyPair, signed } from './keys.ts';
import { verifyLink } from './verify-link.ts';

const NOW = 1_800_000_000;
const claims = { sub: 'asset1', exp: NOW + 60 };

let ec: KeyPair;
let ed: KeyPair;
let rsa: KeyPair;
let stranger: KeyPair;
let keys: KeySet;

beforeAll(async () => {
  [ec, ed, rsa, stranger] = await Promise.all([
    newKeyPair('ES256'),
    newKeyPair('EdDSA'),
    newKeyPair('RS256'),
    newKeyPair('ES256'),
  ]);
  keys = keySet(ec, ed, rsa);
});

const codeOf = (token: string, nowSeconds = NOW): Promise<unknown> =>
  verifyLink(token, { keys, audience: 'video', nowSeconds }).then(
    () => 'accepted',
    (error) => error.code ?? error,
  );

describe('algorithms', () => {
  test.each([
    'none',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'HS384',
    'HS512',
    'hs256',
    'ES384',
    'ES256K',
    'PS256',
    'RS1',
    'RSA-OAEP',
    'dir',
    ' ES256',
  ])('%j is not one', async (alg) => {
    expect(await codeOf(await forged({ alg, kid: ec.key.kid }, claims))).toBe('link_algorithm');
    const secret = new TextEncoder().encode(JSON.stringify(ec.key.jwk));
    expect(await codeOf(await forged({ alg, kid: ec.key.kid }, claims, secret))).toBe('link_algorithm');
  });

  test.each([[['ES256']], [{ alg: 'ES256' }], [null], [256]])('%j is no name of one', async (alg) => {
    expect(await codeOf(await forged({ alg, kid: ec.key.kid }, claims))).toBe('link_malformed');
  });

  test('a public key, in any spelling, is no HMAC secret, whatever the header says', async () => {
    for (const { key } of [ec, ed, rsa]) {
      const spki = await exportSPKI((await importJWK(key.jwk, key.alg, { extractable: true })) as CryptoKey);
      const raw = base64url.decode(key.jwk.kty === 'RSA' ? key.jwk.n : key.jwk.x);
      const texts = [spki, spki.trim(), spki.replaceAll('\n', ''), JSON.stringify(key.jwk)];
      for (const secret of [raw, ...texts.map((text) => new TextEncoder().encode(text))]) {
        expect(await codeOf(await forged({ alg: 'HS256', kid: key.kid }, claims, secret))).toBe('link_algorithm');
        expect(await codeOf(await forged({ alg: key.alg, kid: key.kid }, claims, secret))).toBe('link_signature');
      }
    }
  });

  test('a key signs with its own algorithm only', async () => {
    for (const [pair, kid] of [
      [ec, ed.key.kid],
      [ed, rsa.key.kid],
      [rsa, ec.key.kid],
    ] as const) {
      expect(await codeOf(await signed(pair, claims, { kid }))).toBe('link_algorithm');
    }
  });
});

describe('keys that the token brings or names', () => {
  test('its own jwk, jku, x5u, x5c, with which it verifies', async () => {
    const members = {
      jwk: stranger.key.jwk,
      jku: 'https://evil.example/jwks.json',
      x5u: 'https://evil.example/cert.pem',
      x5c: ['MIIB'],
    };
    for (const [member, value] of Object.entries(members)) {
      for (const kid of [stranger.key.kid, ec.key.kid]) {
        expect(await codeOf(await signed(stranger, claims, { [member]: value, kid }))).toBe('link_malformed');
      }
    }
    // A genuine token with such a member is refused too, so that no app relies on it.
    expect(await codeOf(await signed(ec, claims, { jwk: ec.key.jwk }))).toBe('link_malformed');
  });

  test.each([{ zip: 'DEF' }, { crit: ['b64'], b64: true }, { b64: true }])(
    'a genuine token with the extension %j is refused: none is applied, so none is ignored',
    async (header) => {
      expect(await codeOf(await signed(ec, claims, header))).toBe('link_malformed');
    },
  );

  test.each([
    '../../../../dev/null',
    '/dev/null',
    '..\\..\\keys',
    'file:///etc/passwd',
    'https://evil.example/key',
    "' OR '1'='1",
    "x' UNION SELECT 'AA' --",
    '; DROP TABLE signing_keys',
    '$(id)',
    '\u0000',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'size',
    'get',
    '0',
    '*',
  ])('kid %j finds nothing', async (kid) => {
    expect(await codeOf(await signed(stranger, claims, { kid }))).toBe('link_key_unknown');
    expect(await codeOf(await signed(ec, claims, { kid }))).toBe('link_key_unknown');
  });

  test.each([[''], ['k'.repeat(129)], [null], [0], [['a']], [{ toString: 'a' }]])('kid %j is no kid', async (kid) => {
    const input = `${encode({ alg: 'ES256', kid })}.${encode(claims)}`;
    expect(await codeOf(`${input}.${'A'.repeat(86)}`)).toBe('link_malformed');
  });

  test('kid with blanks or other case is another kid', async () => {
    for (const kid of [` ${ec.key.kid}`, `${ec.key.kid} `, `${ec.key.kid}\u0000`, ec.key.kid.toUpperCase()]) {
      expect(await codeOf(await signed(ec, claims, { kid }))).toBe('link_key_unknown');
    }
  });
});

describe('encodings', () => {
  test.each<[string, (parts: string[]) => string]>([
    ['padded', (parts) => parts.map((part) => part.padEnd(Math.ceil(part.length / 4) * 4, '=')).join('.')],
    ['padding at the end', (parts) => `${parts.join('.')}==`],
    ['a blank before', (parts) => ` ${parts.join('.')}`],
    ['a line end after', (parts) => `${parts.join('.')}\n`],
    ['a NUL after', (parts) => `${parts.join('.')}\u0000`],
    ['a dot more', (parts) => `${parts.join('.')}.`],
    ['a part more', (parts) => `${parts.join('.')}.AAAA`],
    ['five parts, as encrypted tokens have', (parts) => `${parts.join('.')}.AAAA.AAAA`],
    ['a signature of one letter', ([header, payload]) => `${header}.${payload}.A`],
    ['no payload', ([header = '', , signature = '']) => `${header}..${signature}`],
    ['no header', ([, payload = '', signature = '']) => `.${payload}.${signature}`],
    ['escaped dots', (parts) => parts.join('%2e')],
    ['a letter that looks the same', (parts) => parts.join('.').replace('e', 'е')],
    ['wide dots', (parts) => parts.join('．')],
    ['plain base64', (parts) => `${parts[0]}+/.${parts[1]}.${parts[2]}`],
    ['JSON serialisation', ([header, payload, signature]) => JSON.stringify({ protected: header, payload, signature })],
    ['100 KB', (parts) => `${parts[0]}.${parts[1]}${'A'.repeat(100_000)}.${parts[2]}`],
    ['100 KB of signature', (parts) => `${parts.join('.')}${'A'.repeat(100_000)}`],
  ])('%s', async (_, change) => {
    const parts = (await signed(ec, claims)).split('.');
    expect(await codeOf(parts.join('.'))).toBe('accepted');
    expect(await codeOf(change(parts))).toBe('link_malformed');
  });

  test('a signature has one spelling: the bits that no byte needs are not free', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const token = await signed(ec, claims);
    const spellings = await Promise.all([...alphabet].map((last) => codeOf(token.slice(0, -1) + last)));
    expect(spellings.filter((code) => code === 'accepted')).toHaveLength(1);
    expect(new Set(spellings)).toEqual(new Set(['accepted', 'link_signature']));
  });

  /** A property of ECDSA: with (r, s) anyone can write (r, n − s). Signers choose between them at random. */
  test('an ES256 signature and its mirror image are one link', async () => {
    const token = await signed(ec, { ...claims, jti: 'link-1', viewer: 'ann' });
    const other = mirrored(token);
    expect(other).not.toBe(token);
    expect(mirrored(other)).toBe(token);
    const [one, two] = await Promise.all([token, other].map((text) => readLink(text, keySet(ec))));
    expect(two).toEqual(one);
  });

  test('a header or payload spelt otherwise is not what was signed', async () => {
    const [header = '', payload = '', signature = ''] = (await signed(ec, claims)).split('.');
    const respelt = (part: string): string => base64url.encode(` ${new TextDecoder().decode(base64url.decode(part))}`);
    expect(await codeOf(`${respelt(header)}.${payload}.${signature}`)).toBe('link_signature');
    expect(await codeOf(`${header}.${respelt(payload)}.${signature}`)).toBe('link_signature');
  });

  test('bytes that are no UTF-8', async () => {
    for (const bytes of [
      [0xff, 0xfe],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
    ]) {
      const payload = Uint8Array.from([...new TextEncoder().encode('{"sub":"'), ...bytes, 0x22, 0x7d]);
      const token = await new CompactSign(payload)
        .setProtectedHeader({ alg: 'ES256', kid: ec.key.kid })
        .sign(await importJWK(ec.privateJwk, 'ES256'));
      expect(await codeOf(token)).toBe('link_malformed');
    }
  });

  test('an ECDSA signature in DER, of zeros, or with s and r beyond the order', async () => {
    const [header, payload] = (await signed(ec, claims)).split('.');
    for (const bytes of [
      new Uint8Array(64),
      new Uint8Array(64).fill(255),
      new Uint8Array(70).fill(48),
      new Uint8Array(1),
    ]) {
      expect(await codeOf(`${header}.${payload}.${base64url.encode(bytes)}`)).toBe('link_signature');
    }
  });
});

describe('JSON', () => {
  test('of duplicate members the last counts, for every check alike', async () => {
    const twice = (one: string, other: string) => signed(ec, `{"sub":"asset1",${one},${other}}`);
    expect(await codeOf(await twice(`"exp":${NOW + 60}`, `"exp":${NOW - 60}`))).toBe('link_expired');
    const token = await twice(`"exp":${NOW - 60}`, `"exp":${NOW + 60}`);
    expect(await verifyLink(token, { keys, audience: 'video', nowSeconds: NOW })).toMatchObject({ exp: NOW + 60 });
  });

  test('duplicate members in the header: what is checked is what verifies', async () => {
    const payload = encode(claims);
    const header = (text: string) => base64url.encode(text);
    const kid = JSON.stringify(ec.key.kid);
    const cases = [
      [`{"alg":"ES256","alg":"none","kid":${kid}}`, 'link_algorithm'],
      [`{"alg":"none","alg":"ES256","kid":${kid}}`, 'link_signature'],
      [`{"alg":"ES256","kid":${kid},"kid":"nobody"}`, 'link_key_unknown'],
    ] as const;
    for (const [text, code] of cases) {
      expect(await codeOf(`${header(text)}.${payload}.${'A'.repeat(86)}`)).toBe(code);
    }
  });

  test('__proto__ in the claims changes nothing', async () => {
    const token = await signed(ec, `{"sub":"asset1","__proto__":{"exp":${NOW + 60}}}`);
    expect(await codeOf(token)).toBe('link_claims');
    const harmless = await signed(ec, `{"sub":"asset1","exp":${NOW + 60},"__proto__":{"maxHeight":1,"jti":"x"}}`);
    const read = await verifyLink(harmless, { keys, audience: 'video', nowSeconds: NOW });
    expect([read.maxHeight, read.jti, ({} as LinkClaims).jti]).toEqual([undefined, undefined, undefined]);
    expect(await codeOf(await signed(ec, `{"sub":"asset1","exp":${NOW + 60},"rules":{"__proto__":{}}}`))).toBe(
      'link_claims',
    );
  });

  test.each([
    ['1e308', 'accepted'],
    ['1e309', 'link_claims'],
    ['-1e309', 'link_claims'],
    ['9007199254740993', 'accepted'],
    [`${'9'.repeat(400)}`, 'link_claims'],
    ['-0', 'link_expired'],
    ['1e-400', 'link_expired'],
    ['NaN', 'link_malformed'],
    ['0x7fffffff', 'link_malformed'],
    ['true', 'link_claims'],
    ['[1800000060]', 'link_claims'],
    ['{}', 'link_claims'],
  ])('exp %.20s', async (exp, expected) => {
    expect(await codeOf(await signed(ec, `{"sub":"asset1","exp":${exp}}`))).toBe(expected);
  });

  test('deeply nested', async () => {
    const deep = `${'['.repeat(2500)}${']'.repeat(2500)}`;
    expect(await codeOf(await signed(ec, `{"sub":"asset1","exp":${NOW + 60},"x":${deep}}`))).toBe('accepted');
    expect(await codeOf(await signed(ec, deep))).toBe('link_claims');
  });

  test('a token in a token (cty: JWT) is not opened', async () => {
    const inner = await signed(ec, claims);
    expect(await codeOf(await signed(ec, inner, { cty: 'JWT' }))).toBe('link_malformed');
    expect(await codeOf(await signed(ec, JSON.stringify(inner), { cty: 'JWT' }))).toBe('link_claims');
    expect(await codeOf(await forged({ alg: 'none', cty: 'JWT' }, inner))).toBe('link_algorithm');
  });
});

describe('the clock', () => {
  test.each([
    ['a second before its end', NOW + 59, 'accepted'],
    ['at its end', NOW + 60, 'link_expired'],
    ['a second after', NOW + 61, 'link_expired'],
    ['a clock that jumps a minute ahead', NOW + 60, 'link_expired'],
    ['and back again', NOW, 'accepted'],
    ['a clock a minute behind: before nbf', NOW - 60, 'link_not_yet_valid'],
    ['behind by the tolerance', NOW - 5, 'accepted'],
    ['behind by more', NOW - 5.001, 'link_not_yet_valid'],
  ])('%s', async (_, nowSeconds, expected) => {
    expect(await codeOf(await signed(ec, { ...claims, nbf: NOW }), nowSeconds)).toBe(expected);
  });

  test('decides a use, not a reading: the claims of an expired link can be read', async () => {
    const read = await readLink(await signed(ec, { ...claims, exp: NOW - 1 }), keys);
    expect(read).toMatchObject({ sub: 'asset1', exp: NOW - 1 });
    expect(() => checkLinkUse(read, { audience: 'video', nowSeconds: NOW })).toThrow();
  });
});

describe('a refusal names the claim that decided', () => {
  test.each<[string, object, Record<string, unknown>, string]>([
    ['link_expired', { exp: NOW - 1 }, {}, 'exp'],
    ['link_not_yet_valid', { nbf: NOW + 60 }, {}, 'nbf'],
    ['link_audience', { aud: 'image' }, {}, 'aud'],
    ['link_claims', { viewer: '' }, {}, 'viewer'],
    ['link_claims', { rules: { ips: { allow: ['x'] } } }, {}, 'rules.ips.allow.0'],
    ['link_key_unknown', {}, { kid: 'nobody' }, 'kid'],
    // The first of two, in the order in which they are checked.
    ['link_claims', { viewer: '', maxHeight: 0 }, {}, 'viewer'],
    ['link_audience', { aud: 'image', exp: NOW - 1, nbf: NOW + 60 }, {}, 'aud'],
    ['link_expired', { exp: NOW - 1, nbf: NOW + 60 }, {}, 'exp'],
  ])('%s', async (code, changed, header, claim) => {
    const token = await signed(ec, { ...claims, ...changed }, header);
    const error = await verifyLink(token, { keys, audience: 'video', nowSeconds: NOW }).catch((caught) => caught);
    expect([error.code, error.options.extra?.claim]).toEqual([code, claim]);
  });
});
