import { describe, expect, test } from 'vitest';
import { type Session, SessionTokens, type SessionViews, sessionExpiry } from '../../../src/playback/sessions.ts';
import { MAX_SHARDS } from '../../../src/views/protocol.ts';
import { encode, forged, newKeyPair, signed } from './keys.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const NOW = 1_800_000_000;
const session: Session = {
  sessionId: 'session1',
  assetId: 'asset1',
  version: 'ver1',
  revision: 2,
  tracks: undefined,
  expiresAtSeconds: NOW + 60,
  link: undefined,
};

const views: SessionViews = {
  main: 'video',
  measure: { segmentMs: 4004, segments: 1800, durationMs: 7_205_198 },
  shard: 0,
  startedAtSeconds: NOW - 1,
};

const codeOf = (token: string, tokens = new SessionTokens(SECRET)): Promise<unknown> =>
  tokens.verify(token, NOW).then(
    () => 'accepted',
    (error) => error.code,
  );

describe('a session token', () => {
  test.each<[string, Partial<Session>]>([
    ['plain', {}],
    ['limited to tracks', { tracks: ['v360', 'a128-en'] }],
    ['of a link', { link: { kid: 'k', jti: 'j', viewer: 'v' } }],
    ['of a limit', { link: { kid: 'k', viewer: 'v', limits: { sessions: 3, policy: 'reject-new' } } }],
    ['of a limit that evicts', { link: { kid: 'k', viewer: 'v', limits: { sessions: 1, policy: 'evict-oldest' } } }],
    ['counted', { views }],
    ['counted by sound, in a late shard', { views: { ...views, main: 'audio', shard: MAX_SHARDS - 1 } }],
    ['counted, of a link', { views, link: { kid: 'k', viewer: 'v' } }],
    ['of a link without ids', { link: { kid: 'k', jti: undefined, viewer: undefined } }],
  ])('round-trips: %s', async (_, changed) => {
    const tokens = new SessionTokens(SECRET);
    const token = await tokens.mint({ ...session, ...changed });
    await expect(tokens.verify(token, NOW)).resolves.toEqual({ ...session, ...changed });
    await expect(tokens.verify(token, NOW)).resolves.toEqual({ ...session, ...changed });
  });

  test('expires, also when it is remembered', async () => {
    const tokens = new SessionTokens(SECRET);
    const token = await tokens.mint(session);
    await tokens.verify(token, NOW + 59.9);
    await expect(tokens.verify(token, NOW + 60)).rejects.toMatchObject({ code: 'session_expired' });
    await expect(new SessionTokens(SECRET).verify(token, NOW + 60)).rejects.toMatchObject({ code: 'session_expired' });
  });

  test('is noted as new once while it is remembered, and never when it is not genuine', async () => {
    const noted: string[] = [];
    const tokens = new SessionTokens(SECRET, undefined, ({ sessionId }) => noted.push(sessionId));
    const token = await tokens.mint(session);
    await tokens.verify(token, NOW);
    await tokens.verify(token, NOW);
    expect(noted).toEqual(['session1']);
    expect(await codeOf(`${token.slice(0, -6)}AAAAAA`, tokens)).toBe('session_signature');
    expect(await codeOf('a.b', tokens)).toBe('session_malformed');
    expect(noted).toHaveLength(1);
  });

  test('of the most tracks and the longest ids is within its bound', async () => {
    const tracks = Array.from({ length: 32 }, (_, index) => `t${index}`.padEnd(32, 'x'));
    const link = { kid: 'k'.repeat(64), jti: 'j'.repeat(128), viewer: 'v'.repeat(128) };
    const tokens = new SessionTokens(SECRET);
    const token = await tokens.mint({
      ...session,
      assetId: 'a'.repeat(64),
      version: 'v'.repeat(32),
      tracks,
      link,
      views,
    });
    await expect(tokens.verify(token, NOW)).resolves.toMatchObject({ tracks, link, views });
  });

  test('says in under 50 characters what its views are counted by', async () => {
    const tokens = new SessionTokens(SECRET);
    const [plain, counted] = [await tokens.mint(session), await tokens.mint({ ...session, views })];
    expect(counted.length - plain.length).toBeLessThan(50);
  });

  test('of another secret is refused', async () => {
    expect(await codeOf(await new SessionTokens('another secret of thirty-two bytes').mint(session))).toBe(
      'session_signature',
    );
  });

  test('that was changed is refused', async () => {
    const [header, , signature] = (await new SessionTokens(SECRET).mint(session)).split('.');
    const payload = encode({ i: 's', a: 'asset2', v: 'ver1', r: 1, exp: NOW + 60 });
    expect(await codeOf(`${header}.${payload}.${signature}`)).toBe('session_signature');
  });

  test('with another algorithm is refused', async () => {
    const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60 };
    const secret = new TextEncoder().encode(SECRET);
    expect(await codeOf(await forged({ alg: 'HS256' }, payload, secret))).toBe('accepted');
    expect(await codeOf(await forged({ alg: 'HS512' }, payload, secret))).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'none' }, payload, secret))).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'none' }, payload))).toBe('session_malformed');
    expect(await codeOf(await signed(await newKeyPair('ES256'), payload))).toBe('session_signature');
  });

  test.each([
    ['no exp', { exp: undefined }],
    ['a path for an asset', { a: '../x' }],
    ['an unknown claim', { z: 1 }],
    ['views of another kind', { w: ['x', 4004, 3, 12_012, 0, 60] }],
    ['views without a segment', { w: ['v', 4004, 0, 12_012, 0, 60] }],
    ['views of a shard too far', { w: ['v', 4004, 3, 12_012, MAX_SHARDS, 60] }],
    ['views with half a millisecond', { w: ['v', 4004.5, 3, 12_012, 0, 60] }],
    ['views that begin after their end', { w: ['v', 4004, 3, 12_012, 0, -60] }],
    ['views with more than is known', { w: ['v', 4004, 3, 12_012, 0, 60, 1] }],
  ])('of ours with %s is refused', async (_, changed) => {
    const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60, ...changed };
    expect(await codeOf(await forged({ alg: 'HS256' }, payload, new TextEncoder().encode(SECRET)))).toBe(
      'session_malformed',
    );
  });

  test.each(['', 'x', 'a.b', 'a.b.c.d', 'e30.e30.!', 'a'.repeat(100_000), `a.${'b'.repeat(5000)}.c`])(
    '%.20s is malformed',
    async (token) => {
      expect(await codeOf(token)).toBe('session_malformed');
    },
  );
});

describe('a secret that is rotated', () => {
  const OLD = 'the secret that there was before this one';

  test('goes on being accepted as the previous one, and signs no more', async () => {
    const [before, during, after] = [new SessionTokens(OLD), new SessionTokens(SECRET, OLD), new SessionTokens(SECRET)];
    const [old, fresh] = [await before.mint(session), await during.mint({ ...session, sessionId: 'session2' })];
    for (let round = 0; round < 2; round++) {
      expect(await codeOf(old, during)).toBe('accepted');
      expect(await codeOf(fresh, during)).toBe('accepted');
    }
    expect(await codeOf(fresh, after)).toBe('accepted');
    expect(await codeOf(old, after)).toBe('session_signature');
    expect(await codeOf(fresh, before)).toBe('session_signature');
  });

  test('lets nothing else in', async () => {
    const tokens = new SessionTokens(SECRET, OLD);
    expect(await codeOf(await new SessionTokens('a third secret of thirty-two bytes').mint(session), tokens)).toBe(
      'session_signature',
    );
    const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60 };
    const old = new TextEncoder().encode(OLD);
    expect(await codeOf(await forged({ alg: 'none' }, payload, old), tokens)).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'HS512' }, payload, old), tokens)).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'HS256' }, { ...payload, a: '../x' }, old), tokens)).toBe(
      'session_malformed',
    );
    expect(await codeOf(await forged({ alg: 'HS256' }, { ...payload, exp: NOW }, old), tokens)).toBe('session_expired');
  });
});

test('a session token has one spelling', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const token = await new SessionTokens(SECRET).mint(session);
  const spellings = await Promise.all([...alphabet].map((last) => codeOf(token.slice(0, -1) + last)));
  expect(spellings.filter((code) => code === 'accepted')).toHaveLength(1);
});

test.each([
  ['a film', 5400, 43_200, 14_400],
  ['a clip', 10, 43_200, 3620],
  ['an opera, cut by configuration', 36_000, 43_200, 43_200],
  ['a fraction of a second', 9.5095, 43_200, 3620],
])('a session lasts twice the asset and an hour: %s', (_, duration, max, expected) => {
  expect(sessionExpiry(NOW + 0.7, duration, max)).toBe(NOW + expected);
});
