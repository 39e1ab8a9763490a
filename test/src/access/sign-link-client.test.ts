/** Links that the client signs (client/sign-link.ts), against the check that delivery makes. */
import { describe, expect, test } from 'vitest';
import { type LinkOptions, signLink } from '../../../client/sign-link.ts';
import { AppError } from '../../../src/errors.ts';
import { keySet, newKeyPair } from './keys.ts';
import { verifyLink } from './verify-link.ts';

const nowSeconds = () => Math.floor(Date.now() / 1000);
const ES256 = await newKeyPair('ES256');

const options = (more: Partial<LinkOptions> = {}): LinkOptions => ({
  server: 'https://video.example/any/page',
  assetId: 'film',
  key: ES256.privateJwk,
  expiresIn: 3600,
  ...more,
});

describe('a link', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'signed with %s is accepted, also if the key does not name it',
    async (alg) => {
      const pair = await newKeyPair(alg);
      const use = { keys: keySet(pair), audience: 'video', nowSeconds: nowSeconds() } as const;
      const { alg: _, ...unnamed } = pair.privateJwk;
      for (const key of [pair.privateJwk, unnamed]) {
        const { token, jti } = await signLink(options({ key }));
        expect(await verifyLink(token, use)).toMatchObject({ sub: 'film', jti, kid: pair.key.kid });
      }
    },
  );

  test('says what was asked of it', async () => {
    const restrictions = {
      viewer: 'viewer-1',
      maxHeight: 720,
      limits: { sessions: 2, policy: 'evict-oldest' as const },
      rules: { countries: { allow: ['HR'] } },
    };
    const { token, ...link } = await signLink(options({ ...restrictions, audience: ['video', 'image'], jti: 'j' }));
    const use = { keys: keySet(ES256), audience: 'image', nowSeconds: nowSeconds() } as const;
    const claims = await verifyLink(token, use);
    expect(claims).toMatchObject({ ...restrictions, aud: ['video', 'image'], jti: 'j' });
    expect(link).toEqual({
      jti: 'j',
      expiresAt: new Date(claims.exp * 1000).toISOString(),
      hls: `https://video.example/v/${token}/main.m3u8`,
      dash: `https://video.example/v/${token}/manifest.mpd`,
      watch: `https://video.example/watch/${token}`,
      images: `https://video.example/v/${token}/images/`,
    });
  });

  test('has its times', async () => {
    const notBefore = nowSeconds() + 1000;
    const { token } = await signLink(options({ notBefore, expiresIn: 2000 }));
    const at = (seconds: number) => verifyLink(token, { keys: keySet(ES256), audience: 'video', nowSeconds: seconds });
    await expect(at(notBefore - 100)).rejects.toThrow(AppError);
    await expect(at(notBefore + 1)).resolves.toMatchObject({ nbf: notBefore });
    await expect(at(notBefore + 1100)).rejects.toThrow(AppError);
  });
});

describe('what the Worker would refuse is not signed:', () => {
  test.each<[string, Partial<LinkOptions>]>([
    ['a key without a kid', { key: { kty: 'EC', crv: 'P-256' } }],
    ['a key of another algorithm', { key: { kty: 'EC', crv: 'P-384', kid: 'k' } }],
    ['a secret', { key: { kty: 'oct', k: 'c2VjcmV0', kid: 'k', alg: 'HS256' } }],
    ['no end', { expiresIn: Number.NaN }],
    ['an end in the past', { expiresIn: -1 }],
    ['limits without a viewer', { limits: { sessions: 1 } }],
    ['too many rules', { rules: { userAgents: { deny: Array.from({ length: 100 }, () => 'x'.repeat(100)) } } }],
  ])('%s', async (_, more) => {
    await expect(signLink(options(more))).rejects.toThrow();
  });
});
