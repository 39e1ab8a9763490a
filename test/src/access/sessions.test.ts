import { base64url, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../../src/access/revocations.ts';
import { SessionTokens, sessionTokensOf } from '../../../src/access/session-tokens.ts';
import {
  isCarried,
  MAX_SHARDS,
  type Session,
  type SessionViews,
  sessionExpiry,
  sessionFromBytes,
  sessionToBytes,
} from '../../../src/access/sessions.ts';
import { MAX_DURATION_SECONDS, MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../../../src/media/limits.ts';
import { meter } from '../../../src/metrics/meter.ts';
import { encode, forged, newKeyPair, signed } from './keys.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const ID = '0123456789abcdef';
const NOW = 1_800_000_000;
const session: Session = {
  sessionId: ID,
  assetId: 'asset1',
  version: 'ver1',
  revision: 2,
  tracks: undefined,
  expiresAtSeconds: NOW + 60,
  link: undefined,
};

/** Fingerprints, as `fingerprintLink` makes them of an app's ids. */
const [kid, jti, viewer] = [
  'aaaaaaaabbbbbbbbcccccccc',
  '000000010000000200000003',
  'ffffffff0000000012345678',
] as const;

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
    ['limited to a height', { maxHeight: 720 }],
    ['limited to the lowest height', { maxHeight: 1 }],
    [
      'limited, counted, of a link with limits',
      {
        maxHeight: 8192,
        views,
        link: { kid, jti, viewer, limits: { sessions: 2, policy: 'evict-oldest' } },
      },
    ],
    ['of a link', { link: { kid, jti, viewer } }],
    ['of a limit', { link: { kid, viewer, limits: { sessions: 3, policy: 'reject-new' } } }],
    ['of a limit that evicts', { link: { kid, viewer, limits: { sessions: 1, policy: 'evict-oldest' } } }],
    ['counted', { views }],
    ['counted by sound, in a late shard', { views: { ...views, main: 'audio', shard: MAX_SHARDS - 1 } }],
    ['counted, of a link', { views, link: { kid, viewer } }],
    ['of a link without ids', { link: { kid, jti: undefined, viewer: undefined } }],
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
    await expect(tokens.verify(token, NOW + 60)).rejects.toMatchObject({
      code: 'session_expired',
      options: { extra: { claim: 'exp' } },
    });
    await expect(new SessionTokens(SECRET).verify(token, NOW + 60)).rejects.toMatchObject({ code: 'session_expired' });
  });

  test('is noted as new once while it is remembered, and never when it is not genuine', async () => {
    const noted: string[] = [];
    const tokens = new SessionTokens(SECRET, undefined, ({ sessionId }) => noted.push(sessionId));
    const token = await tokens.mint(session);
    await tokens.verify(token, NOW);
    await tokens.verify(token, NOW);
    expect(noted).toEqual([ID]);
    expect(await codeOf(`${token.slice(0, -6)}AAAAAA`, tokens)).toBe('session_signature');
    expect(await codeOf('a.b', tokens)).toBe('session_malformed');
    expect(noted).toHaveLength(1);
  });

  test('is counted as a signature that was checked, then as one that needed no check', async () => {
    const counted = ['sluice_token_verifications_total session valid', 'sluice_token_cache_hits_total'];
    const tokens = new SessionTokens(SECRET);
    const token = await tokens.mint(session);
    const countOf = () => counted.map((key) => meter.snapshot()[key] ?? 0);
    const [checked = 0, hits = 0] = countOf();
    await tokens.verify(token, NOW);
    expect(countOf()).toEqual([checked + 1, hits]);
    await tokens.verify(token, NOW);
    expect(countOf()).toEqual([checked + 1, hits + 1]);
  });

  test('is forgotten when thousands of others came after it: what an isolate remembers is bounded', async () => {
    let noted = 0;
    const tokens = new SessionTokens(SECRET, undefined, () => {
      noted += 1;
    });
    const others = Array.from({ length: 4096 }, (_, index) =>
      tokens.mint({ ...session, sessionId: `s${index}`.padEnd(16, 'x') }),
    );
    const [first, ...more] = await Promise.all([tokens.mint(session), ...others]);
    for (const token of [first, ...more, first]) {
      await tokens.verify(token, NOW);
    }
    expect(noted).toBe(4098);
  });

  test('of the longest ids is within its bound', async () => {
    const link = { kid, jti, viewer };
    const tokens = new SessionTokens(SECRET);
    const ids = { assetId: 'a'.repeat(64), version: 'v'.repeat(32) };
    const token = await tokens.mint({ ...session, ...ids, maxHeight: 8192, link, views });
    await expect(tokens.verify(token, NOW)).resolves.toMatchObject({ ...ids, maxHeight: 8192, link, views });
  });

  test('is short: it is repeated in every URL of a player', async () => {
    const tokens = new SessionTokens(SECRET);
    const real = { ...session, assetId: ID, version: '01234567', views };
    const link = { kid, jti, viewer };
    const lengthOf = async (changed: Partial<Session>) => (await tokens.mint({ ...real, ...changed })).length;
    expect(await lengthOf({})).toBeLessThan(100);
    expect(await lengthOf({ link })).toBeLessThan(150);
    const limits = { sessions: 2, policy: 'evict-oldest' } as const;
    expect(await lengthOf({ link: { ...link, limits }, maxHeight: 1080 })).toBeLessThan(160);
  });

  test('shows nothing but the id of the session', async () => {
    const token = await new SessionTokens(SECRET).mint({ ...session, views, link: { kid, jti, viewer } });
    const shown = Buffer.from(token.slice(ID.length), 'base64url');
    expect(token.slice(0, ID.length)).toBe(ID);
    for (const secret of [session.assetId, session.version]) {
      expect(shown.includes(secret)).toBe(false);
    }
    for (const hex of [kid, jti, viewer]) {
      expect(shown.includes(Buffer.from(hex, 'hex'))).toBe(false);
    }
  });

  test('of two sessions alike has no part alike', async () => {
    const tokens = new SessionTokens(SECRET);
    const two = await Promise.all([ID, 'fedcba9876543210'].map((sessionId) => tokens.mint({ ...session, sessionId })));
    const [one = '', other = ''] = two.map((token) => token.slice(ID.length));
    const [bytes, others] = [base64url.decode(one), base64url.decode(other)];
    expect(bytes.filter((byte, index) => byte === others[index]).length).toBeLessThan(bytes.length / 4);
  });

  test('of another secret is refused', async () => {
    expect(await codeOf(await new SessionTokens('another secret of thirty-two bytes').mint(session))).toBe(
      'session_signature',
    );
  });

  test('that was changed in any character is refused', async () => {
    const tokens = new SessionTokens(SECRET);
    const token = await tokens.mint(session);
    const changed = [...token].map((character, index) => {
      const other = character === 'a' ? 'b' : 'a';
      return token.slice(0, index) + other + token.slice(index + 1);
    });
    const codes = await Promise.all([...changed, token.slice(0, -4), `${token}AAAA`].map((it) => codeOf(it, tokens)));
    expect(new Set(codes)).toEqual(new Set(['session_signature']));
  });

  test('of which a part is missing is refused', async () => {
    const token = await new SessionTokens(SECRET).mint(session);
    const codes = await Promise.all([...token].map((_, length) => codeOf(token.slice(0, length))));
    expect(new Set(codes)).toEqual(new Set(['session_malformed', 'session_signature']));
  });

  test('of a later format, or with more than is known, is refused', () => {
    const bytes = sessionToBytes({ ...session, maxHeight: 360, views });
    expect(sessionFromBytes(ID, bytes)).toMatchObject({ maxHeight: 360, views });
    expect(() => sessionFromBytes(ID, bytes.with(0, 3))).toThrow(/format 3/);
    expect(() => sessionFromBytes(ID, sessionToBytes({ ...session, assetId: '../x' }))).toThrow();
    expect(() => sessionFromBytes(ID, sessionToBytes({ ...session, version: 'ver1,v360' }))).toThrow(/too many/);
    for (let length = 0; length < bytes.length - 'asset1,ver1'.length; length++) {
      expect(() => sessionFromBytes(ID, bytes.subarray(0, length))).toThrow();
    }
  });

  /** As an earlier release wrote them: with this bit, ids of tracks follow that of the version. */
  const limitedTo = (...tracks: string[]): Uint8Array => {
    const bytes = sessionToBytes(session);
    const list = new TextEncoder().encode(tracks.map((track) => `,${track}`).join(''));
    return Uint8Array.from([...bytes.with(1, (bytes[1] ?? 0) | 128), ...list]);
  };

  test('of an earlier release has the tracks that it names', () => {
    expect(sessionFromBytes(ID, limitedTo('v360', 'a128-en'))).toEqual({ ...session, tracks: ['v360', 'a128-en'] });
    expect(sessionFromBytes(ID, limitedTo()).tracks).toEqual([]);
    expect(() => sessionFromBytes(ID, limitedTo(...Array(MAX_TRACKS + 1).fill('v360')))).toThrow(/too many/);
    expect(() => sessionFromBytes(ID, limitedTo('../x'))).toThrow();
  });
});

/** Tokens of sessions that began under an earlier version. */
describe('a session JWT', () => {
  test('is read as the same session with the same link', async () => {
    const claims = {
      i: 's',
      a: 'asset1',
      v: 'ver1',
      r: 2,
      t: ['v360'],
      j: 'link-1',
      u: 'ann',
      k: 'key-1',
      n: 2,
      p: 'e',
    };
    const payload = { ...claims, w: ['a', 4004, 1800, 7_205_198, 3, 61], exp: NOW + 60 };
    const token = await forged({ alg: 'HS256' }, payload, new TextEncoder().encode(SECRET));
    await expect(new SessionTokens(SECRET).verify(token, NOW)).resolves.toEqual({
      ...{ ...session, sessionId: 's', tracks: ['v360'] },
      views: { ...views, main: 'audio', shard: 3 },
      link: {
        kid: await fingerprint('key', 'key-1'),
        jti: await fingerprint('link', 'link-1'),
        viewer: await fingerprint('viewer', 'ann'),
        limits: { sessions: 2, policy: 'evict-oldest' },
      },
    });
  });

  test('that was changed is refused', async () => {
    const secret = new TextEncoder().encode(SECRET);
    const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60 };
    const [header, , signature] = (await forged({ alg: 'HS256' }, payload, secret)).split('.');
    expect(await codeOf(`${header}.${encode({ ...payload, a: 'asset2' })}.${signature}`)).toBe('session_signature');
  });

  test('of ours that holds no JSON is refused', async () => {
    const input = `${encode({ alg: 'HS256' })}.${base64url.encode('{')}`;
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(SECRET), hmac, false, ['sign']);
    const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input));
    expect(await codeOf(`${input}.${base64url.encode(new Uint8Array(signature))}`)).toBe('session_malformed');
  });

  test('with another algorithm is refused', async () => {
    const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60 };
    const secret = new TextEncoder().encode(SECRET);
    expect(await codeOf(await forged({ alg: 'HS256' }, payload, secret))).toBe('accepted');
    expect(await codeOf(await forged({ alg: 'HS512' }, payload, secret))).toBe('session_signature');
    const genuine = await new SignJWT(payload).setProtectedHeader({ alg: 'HS512' }).sign(secret);
    expect(await codeOf(genuine)).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'none' }, payload, secret))).toBe('session_signature');
    expect(await codeOf(await forged({ alg: 'none' }, payload))).toBe('session_malformed');
    expect(await codeOf(await signed(await newKeyPair('ES256'), payload))).toBe('session_signature');
  });

  test.each([
    ['no exp', { exp: undefined }],
    ['a path for an asset', { a: '../x' }],
    ['an unknown claim', { z: 1 }],
    ['more tracks than a version has', { t: Array(MAX_TRACKS + 1).fill('v360') }],
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

  test.each([
    '',
    'x',
    ID,
    `${ID.toUpperCase()}AAAA`,
    `${ID}A A`,
    'a.b',
    'a.b.c.d',
    'e30.e30.!',
    'a'.repeat(100_000),
    `a.${'b'.repeat(5000)}.c`,
  ])('%.20s is malformed', async (token) => {
    expect(await codeOf(token)).toBe('session_malformed');
  });
});

describe('a secret that is rotated', () => {
  const OLD = 'the secret that there was before this one';

  test('goes on being accepted as the previous one, and signs no more', async () => {
    const [before, during, after] = [new SessionTokens(OLD), new SessionTokens(SECRET, OLD), new SessionTokens(SECRET)];
    const [old, fresh] = [
      await before.mint(session),
      await during.mint({ ...session, sessionId: ID.replace('0', '1') }),
    ];
    for (let round = 0; round < 2; round++) {
      expect(await codeOf(old, during)).toBe('accepted');
      expect(await codeOf(fresh, during)).toBe('accepted');
    }
    expect(await codeOf(fresh, after)).toBe('accepted');
    expect(await codeOf(old, after)).toBe('session_signature');
    expect(await codeOf(fresh, before)).toBe('session_signature');
  });

  test('refuses nobody while isolates differ, where the new one is first deployed as the previous one', async () => {
    const steps = [
      [new SessionTokens(OLD), new SessionTokens(OLD, SECRET)],
      [new SessionTokens(OLD, SECRET), new SessionTokens(SECRET, OLD)],
      [new SessionTokens(SECRET, OLD), new SessionTokens(SECRET, OLD)],
    ] as const;
    for (const [earlier, later] of steps) {
      expect(await codeOf(await earlier.mint(session), later)).toBe('accepted');
      expect(await codeOf(await later.mint(session), earlier)).toBe('accepted');
    }
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

test.each<[string, () => Promise<string>]>([
  ['token', () => new SessionTokens(SECRET).mint(session)],
  ['token of another length', () => new SessionTokens(SECRET).mint({ ...session, assetId: 'asset10' })],
  [
    'JWT',
    () => {
      const payload = { i: 's', a: 'asset1', v: 'ver1', r: 1, exp: NOW + 60 };
      return forged({ alg: 'HS256' }, payload, new TextEncoder().encode(SECRET));
    },
  ],
])('a session %s has one spelling', async (_, mint) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const token = await mint();
  const spellings = await Promise.all([...alphabet].map((last) => codeOf(token.slice(0, -1) + last)));
  expect(spellings.filter((code) => code === 'accepted')).toHaveLength(1);
});

test('an isolate has one memory of tokens for each configuration', () => {
  const config = { SESSION_SECRET: SECRET } as never;
  expect(sessionTokensOf(config)).toBe(sessionTokensOf(config));
  expect(sessionTokensOf({ SESSION_SECRET: SECRET } as never)).not.toBe(sessionTokensOf(config));
});

test.each([
  ['within every limit', {}, true],
  ['too many segments', { segments: MAX_SEGMENTS_PER_TRACK + 1 }, false],
  ['too long a film', { durationMs: MAX_DURATION_SECONDS * 1000 + 1 }, false],
  ['too long a segment', { segmentMs: MAX_DURATION_SECONDS * 1000 + 1 }, false],
])('a token carries what views are counted by: %s', (_, changed, expected) => {
  const most = {
    segmentMs: MAX_DURATION_SECONDS * 1000,
    segments: MAX_SEGMENTS_PER_TRACK,
    durationMs: MAX_DURATION_SECONDS * 1000,
  };
  expect(isCarried({ ...most, ...changed })).toBe(expected);
});

test.each([
  ['a film', 5400, 43_200, 14_400],
  ['a clip', 10, 43_200, 3620],
  ['an opera, cut by configuration', 36_000, 43_200, 43_200],
  ['a fraction of a second', 9.5095, 43_200, 3620],
])('a session lasts twice the asset and an hour: %s', (_, duration, max, expected) => {
  expect(sessionExpiry(NOW + 0.7, duration, max)).toBe(NOW + expected);
});
