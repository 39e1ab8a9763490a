/** `/v1/revocations`, and what players meet of them: from the call to the segment. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { signLink } from '../../../../src/access/link-signing.ts';
import { fingerprintOf, MAX_REVOCATIONS, RevocationList } from '../../../../src/access/revocation-list.ts';
import { EDGE_REVOCATIONS_KEY } from '../../../../src/media/keys.ts';
import { mirrored, signed } from '../../access/keys.ts';
import { sessionJwt } from '../../delivery/fixture.ts';
import { problemOf } from '../../http/client.ts';
import { ask, play, putPlayable } from './fixture.ts';

const DAY_MS = 86_400_000;

beforeEach(async () => {
  await putPlayable('film');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
});

const revocationSchema = z.strictObject({
  kind: z.string(),
  value: z.string(),
  reason: z.string().nullable(),
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
});
const pageSchema = z.strictObject({ revocations: z.array(revocationSchema), nextCursor: z.string().nullable() });

const post = (json: unknown) => ask('POST', '/v1/revocations', { json });
const list = async (query = '') => pageSchema.parse((await ask('GET', `/v1/revocations${query}`)).body);
const take = (kind: string, value: string) =>
  ask('DELETE', `/v1/revocations?kind=${kind}&value=${encodeURIComponent(value)}`);

async function revoke(json: object) {
  const { status, body } = await post(json);
  expect(status).toBe(200);
  return revocationSchema.parse(body);
}

const newLink = (viewer?: string): Promise<string> =>
  signLink(
    { LINK_SIGNING_KEY: JSON.parse(env.LINK_SIGNING_KEY) },
    {
      assetId: 'film',
      expiresInSeconds: 60,
      viewer,
      now: new Date(),
    },
  );

/** The Worker where R2 refuses to write the list, as it does when it is written more than once a second. */
const withoutWrites = () => {
  const MEDIA = new Proxy(env.MEDIA, {
    get: (bucket, name) =>
      name === 'put'
        ? (key: string, ...rest: [string]) =>
            key === EDGE_REVOCATIONS_KEY ? Promise.reject(new Error('too many writes')) : bucket.put(key, ...rest)
        : Reflect.get(bucket, name).bind(bucket),
  });
  return { ...env, EDGE_STATE_SECONDS: '0', MEDIA };
};
const mirroredSize = async (): Promise<number> =>
  RevocationList.parse((await (await env.MEDIA.get(EDGE_REVOCATIONS_KEY))?.text()) ?? '').size;

/** What a refusal says: status, code and the kind that decided. */
async function refusal(path: string) {
  const answer = await ask('GET', path);
  const [status, code] = problemOf(answer);
  return [status, code, z.looseObject({ claim: z.string().optional() }).parse(answer.body).claim];
}

describe('what is revoked', () => {
  test.each(['link', 'viewer', 'asset', 'key'] as const)('by %s: neither opens nor goes on', async (kind) => {
    const link = await newLink('someone');
    const base = await play(link);
    const values = {
      link: String(decodeJwt(link).jti),
      viewer: 'someone',
      asset: 'film',
      key: JSON.parse(env.LINK_SIGNING_KEY).kid,
    };
    await revoke({ kind, value: values[kind] });
    expect(await refusal(`/v/${link}/main.m3u8`)).toEqual([403, 'link_revoked', kind]);
    expect(await refusal(`/v/${link}/manifest.mpd`)).toEqual([403, 'link_revoked', kind]);
    for (const path of ['v360.m3u8', 'v360/init.mp4', 'v360/1/1.m4s', 'images/poster.jpg']) {
      expect(await refusal(base + path)).toEqual([403, 'session_revoked', kind]);
    }
    expect((await take(kind, values[kind])).status).toBe(204);
    expect((await ask('GET', `${base}v360/1/1.m4s`)).status).toBe(200);
    expect((await ask('GET', `/v/${link}/main.m3u8`)).status).toBe(200);
  });

  test.each(['session', 'link', 'viewer', 'key'] as const)(
    'by %s: a session of an earlier version, too',
    async (kind) => {
      const claims = { i: 'old-session', j: 'old-link', u: 'old-viewer', k: 'old-key' };
      const path = `/s/${await sessionJwt({ a: 'film', ...claims }, env.SESSION_SECRET)}/v360/1/1.m4s`;
      expect((await ask('GET', path)).status).toBe(200);
      await revoke({ kind, value: `old-${kind}` });
      expect(await refusal(path)).toEqual([403, 'session_revoked', kind]);
    },
  );

  test('by link: also in the other spelling that an ES256 signature has', async () => {
    const link = await newLink();
    const [one, other] = [await play(link), await play(mirrored(link))];
    await revoke({ kind: 'link', value: decodeJwt(link).jti });
    for (const path of [`/v/${link}/main.m3u8`, `/v/${mirrored(link)}/main.m3u8`]) {
      expect(await refusal(path)).toEqual([403, 'link_revoked', 'link']);
    }
    for (const base of [one, other]) {
      expect(await refusal(`${base}v360/1/1.m4s`)).toEqual([403, 'session_revoked', 'link']);
    }
  });

  test('is not shown by the URLs of a player', async () => {
    const link = await newLink('someone@example');
    const base = await play(link);
    const { viewer, jti } = decodeJwt(link);
    const { kid } = JSON.parse(env.LINK_SIGNING_KEY);
    for (const decoded of [
      base,
      ...base.split(/[/.]/).map((part) => Buffer.from(part, 'base64url').toString('latin1')),
    ]) {
      for (const secret of ['film', String(viewer), String(jti), kid]) {
        expect(decoded).not.toContain(secret);
      }
    }
  });

  test('by session: only that one', async () => {
    const link = await newLink();
    const [one, other] = [await play(link), await play(link)];
    await revoke({ kind: 'session', value: one.split('/')[2]?.slice(0, 16) });
    expect(await refusal(`${one}v360/1/1.m4s`)).toEqual([403, 'session_revoked', 'session']);
    expect((await ask('GET', `${other}v360/1/1.m4s`)).status).toBe(200);
    expect((await ask('GET', `/v/${link}/main.m3u8`)).status).toBe(200);
  });

  test('of an asset that is public: by asset', async () => {
    await putPlayable('open', { policy: 'public' });
    const base = await play('open');
    await revoke({ kind: 'asset', value: 'open' });
    expect(await refusal('/v/open/main.m3u8')).toEqual([403, 'link_revoked', 'asset']);
    expect(await refusal(`${base}v360/1/1.m4s`)).toEqual([403, 'session_revoked', 'asset']);
  });

  test.each(['link', 'viewer', 'key'] as const)(
    'by %s: a link that its app signed for ten years, too',
    async (kind) => {
      const yearSeconds = 366 * 86_400;
      const LINK_SIGNING_KEY = JSON.parse(env.LINK_SIGNING_KEY);
      const link = await signLink(
        { LINK_SIGNING_KEY },
        { assetId: 'film', expiresInSeconds: 10 * yearSeconds, viewer: 'someone', now: new Date() },
      );
      const values = { link: decodeJwt(link).jti, viewer: 'someone', key: LINK_SIGNING_KEY.kid };
      await revoke({ kind, value: values[kind] });
      const now = Date.now();
      for (const years of [1.1, 5, 9.9]) {
        vi.spyOn(Date, 'now').mockReturnValue(now + years * yearSeconds * 1000);
        // Whatever is revoked later has the list written again.
        await revoke({ kind: 'session', value: `other-${years}` });
        expect([years, ...(await refusal(`/v/${link}/main.m3u8`))]).toEqual([years, 403, 'link_revoked', kind]);
      }
    },
  );

  test('is no longer, when its time has come', async () => {
    const link = await newLink('someone');
    await revoke({ kind: 'viewer', value: 'someone', expiresAt: new Date(Date.now() + 5000).toISOString() });
    expect(await refusal(`/v/${link}/main.m3u8`)).toEqual([403, 'link_revoked', 'viewer']);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 7000);
    expect((await ask('GET', `/v/${link}/main.m3u8`)).status).toBe(200);
    expect((await list()).revocations).toEqual([]);
  });

  test('is logged with request id, code and claim, never with the token', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
    const link = await newLink('someone');
    await revoke({ kind: 'viewer', value: 'someone' });
    const { headers } = await ask('GET', `/v/${link}/main.m3u8`);
    // The revocation itself is logged without the viewer.
    expect(lines.join()).not.toContain('someone');
    expect(lines.map((line) => JSON.parse(line)).filter(({ event }) => event !== 'audit')).toEqual([
      { event: 'refused', requestId: headers.get('x-request-id'), code: 'link_revoked', claim: 'viewer' },
    ]);
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{10,}$/);
  });
});

describe('the list', () => {
  test('of an earlier version keeps for good what had been given no end', async () => {
    const [created, most] = [Date.now() - DAY_MS, 373 * DAY_MS];
    const insert = env.CATALOG.prepare(
      'INSERT INTO revocations (kind, value, fingerprint, expires_at, created_at) VALUES (?1, ?2, ?1 || ?2, ?3, ?4)',
    );
    const rows: [string, string, number][] = [
      ['link', 'default', most],
      ['key', 'default', most],
      ['viewer', 'default', most],
      ['link', 'renewed', most + 1],
      ['viewer', 'of-its-own', most + 1],
      ['link', 'of-its-own', 10 * DAY_MS],
      ['session', 'default', 7 * DAY_MS],
    ];
    await env.CATALOG.batch(rows.map(([kind, value, ms]) => insert.bind(kind, value, created + ms, created)));
    const migration = env.TEST_MIGRATIONS.filter(({ name }) => name.startsWith('0011'));
    expect(migration).toHaveLength(1);
    await env.CATALOG.batch(migration.flatMap(({ queries }) => queries.map((query) => env.CATALOG.prepare(query))));
    const kept = (await list()).revocations.filter(({ expiresAt }) => expiresAt === null);
    expect(kept.map(({ kind, value }) => `${kind} ${value}`).sort()).toEqual([
      'key default',
      'link default',
      'link renewed',
      'viewer default',
    ]);
  });

  test('tells when an entry is forgotten', async () => {
    const days = async (json: object) => {
      const { expiresAt, createdAt } = await revoke(json);
      return expiresAt === null ? null : Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / DAY_MS);
    };
    const expiresAt = new Date(Date.now() + 10 * DAY_MS).toISOString();
    expect(await days({ kind: 'session', value: 'a' })).toBe(7);
    for (const kind of ['link', 'viewer', 'key', 'asset']) {
      expect(await days({ kind, value: 'a' })).toBeNull();
    }
    // Sessions of a link run on after its end: the entry stays as long as they may.
    expect(await days({ kind: 'link', value: 'b', expiresAt })).toBe(17);
    expect(await days({ kind: 'key', value: 'b', expiresAt })).toBe(17);
    expect(await days({ kind: 'session', value: 'b', expiresAt })).toBe(10);
    expect(await days({ kind: 'viewer', value: 'b', expiresAt })).toBe(10);
    expect(await days({ kind: 'asset', value: 'b', expiresAt })).toBe(10);
    const zoned = expiresAt.replace('Z', '+00:00');
    expect(await days({ kind: 'asset', value: 'c', expiresAt: zoned })).toBe(10);
  });

  test('takes a repeated call for one, and keeps the later end', async () => {
    const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
    const first = await revoke({ kind: 'viewer', value: 'a', reason: 'shared', expiresAt: at(5) });
    const later = await revoke({ kind: 'viewer', value: 'a', expiresAt: at(9) });
    const sooner = await revoke({ kind: 'viewer', value: 'a', expiresAt: at(1) });
    expect([later.reason, later.createdAt]).toEqual(['shared', first.createdAt]);
    expect(sooner).toEqual(later);
    expect((await list()).revocations).toEqual([later]);
    await revoke({ kind: 'asset', value: 'a' });
    expect((await revoke({ kind: 'asset', value: 'a', expiresAt: at(1) })).expiresAt).toBeNull();
  });

  test('comes in pages, newest first, of one kind or one value where asked', async () => {
    for (let index = 0; index < 7; index++) {
      await revoke({ kind: index % 2 === 0 ? 'link' : 'viewer', value: `v${index}` });
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.infer<typeof pageSchema> = await list(`?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.revocations.length).toBeLessThanOrEqual(3);
      seen.push(...page.revocations.map(({ value }) => value));
      cursor = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']);
    expect((await list('?kind=viewer')).revocations).toHaveLength(3);
    expect((await list('?kind=viewer&value=v1')).revocations).toHaveLength(1);
    expect((await list('?kind=viewer&value=v2')).revocations).toEqual([]);
  });

  test('comes in pages also where all were revoked in the same millisecond', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    for (const value of ['a', 'b', 'c']) {
      await revoke({ kind: 'link', value });
    }
    const seen: string[] = [];
    for (let query = '?limit=1'; query !== '' && seen.length < 9; ) {
      const { revocations, nextCursor } = await list(query);
      seen.push(...revocations.map(({ value }) => value));
      query = nextCursor === null ? '' : `?limit=1&cursor=${nextCursor}`;
    }
    expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('that is full takes no more, but what is in it already, and keys', async () => {
    await env.CATALOG.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO revocations (kind, value, fingerprint, created_at)
       SELECT 'link', 'n' || i, printf('%024x', i), 0 FROM n`,
    )
      .bind(MAX_REVOCATIONS)
      .run();
    const before = await env.MEDIA.head(EDGE_REVOCATIONS_KEY);
    expect(problemOf(await post({ kind: 'link', value: 'one more' }))[1]).toBe('revocations_full');
    expect(problemOf(await post({ kind: 'viewer', value: 'n1' }))[1]).toBe('revocations_full');
    expect(await env.MEDIA.head(EDGE_REVOCATIONS_KEY)).toEqual(before);
    await revoke({ kind: 'link', value: 'n1', reason: 'said again' });
    await revoke({ kind: 'key', value: 'a key' });
    expect(await env.CATALOG.prepare('SELECT count(*) AS n FROM revocations').first('n')).toBe(MAX_REVOCATIONS + 1);
  }, 30_000);

  test('is mirrored by the call that follows one that failed half-way', async () => {
    await revoke({ kind: 'link', value: 'a' });
    const refusing = await ask('DELETE', '/v1/revocations?kind=link&value=a', { from: withoutWrites() });
    expect(problemOf(refusing)).toEqual([503, 'unavailable']);
    expect(refusing.headers.get('retry-after')).toBe('1');
    expect((await list()).revocations).toEqual([]);
    expect(await mirroredSize()).toBe(1);
    expect(problemOf(await take('link', 'a'))).toEqual([404, 'revocation_not_found']);
    expect(await mirroredSize()).toBe(0);
  });

  test('that players are checked with holds what is live, and no name', async () => {
    await revoke({ kind: 'viewer', value: 'someone-by-name', reason: 'a reason' });
    await revoke({ kind: 'link', value: 'b' });
    await env.CATALOG.prepare(`UPDATE revocations SET expires_at = 1 WHERE value = 'b'`).run();
    await revoke({ kind: 'link', value: 'c' });
    const text = (await (await env.MEDIA.get(EDGE_REVOCATIONS_KEY))?.text()) ?? '';
    expect(text).not.toContain('someone');
    const mirrored = RevocationList.parse(text);
    const has = async (kind: 'viewer' | 'link', value: string) =>
      mirrored.has(await fingerprintOf(kind, value), 0, Date.now() / 1000);
    expect(await Promise.all([has('viewer', 'someone-by-name'), has('link', 'b'), has('link', 'c')])).toEqual([
      true,
      false,
      true,
    ]);
    expect(await env.CATALOG.prepare('SELECT count(*) AS n FROM revocations').first('n')).toBe(2);
  });

  test('of more than one page of the database is mirrored whole', async () => {
    // Numbers as fingerprints: what is tested is the reading, not the hashing.
    await env.CATALOG.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
       INSERT INTO revocations (kind, value, fingerprint, created_at)
       SELECT 'link', 'n' || i, printf('%024x', i), 0 FROM n`,
    ).run();
    await revoke({ kind: 'link', value: 'one more' });
    const text = (await (await env.MEDIA.get(EDGE_REVOCATIONS_KEY))?.text()) ?? '';
    const mirrored = RevocationList.parse(text);
    expect(mirrored.size).toBe(40_001);
    expect(mirrored.has(Uint32Array.of(0, 0, 20_001), 0, 0)).toBe(true);
    expect(mirrored.has(Uint32Array.of(0, 0, 40_001), 0, 0)).toBe(false);
  });

  test.each([
    ['an unknown kind', { kind: 'ip', value: 'a' }],
    ['no kind', { value: 'a' }],
    ['no value', { kind: 'link' }],
    ['an empty value', { kind: 'link', value: '' }],
    ['a long value', { kind: 'link', value: 'a'.repeat(129) }],
    ['a number', { kind: 'link', value: 1 }],
    ['an empty reason', { kind: 'link', value: 'a', reason: '' }],
    ['a long reason', { kind: 'link', value: 'a', reason: 'r'.repeat(201) }],
    ['an end in the past', { kind: 'viewer', value: 'a', expiresAt: '2020-01-01T00:00:00Z' }],
    [
      'a link that ended so long ago that no session can run',
      { kind: 'link', value: 'a', expiresAt: '2020-01-01T00:00:00Z' },
    ],
    ['an end that is the year 10000 in UTC', { kind: 'session', value: 'a', expiresAt: '9999-12-31T23:59:59-14:00' }],
    ['an end to which no week can be added', { kind: 'link', value: 'a', expiresAt: '9999-12-31T23:59:59Z' }],
    ['a reason of two lines', { kind: 'link', value: 'a', reason: 'a\nb' }],
    ['an end that is no time', { kind: 'link', value: 'a', expiresAt: 'tomorrow' }],
    ['an unknown member', { kind: 'link', value: 'a', ttl: 5 }],
  ])('takes no entry with %s', async (_, json) => {
    expect(problemOf(await post(json))).toEqual([400, 'invalid_request']);
    expect((await list()).revocations).toEqual([]);
  });

  test('shows an end beyond the year 9999, which older versions took, as the last that can be written', async () => {
    await revoke({ kind: 'viewer', value: 'a', expiresAt: '9998-12-31T00:00:00Z' });
    for (const stored of [Date.UTC(10_000, 5, 1), Number.MAX_SAFE_INTEGER]) {
      await env.CATALOG.prepare('UPDATE revocations SET expires_at = ?1').bind(stored).run();
      expect((await list()).revocations).toMatchObject([{ value: 'a', expiresAt: '9999-12-31T23:59:59.999Z' }]);
    }
  });

  test('takes odd values as they are', async () => {
    for (const value of ["' OR 1=1 --", '__proto__', 'a b/c?d#e', '名前', '%00', '../../x']) {
      await revoke({ kind: 'viewer', value });
      expect((await take('viewer', value)).status).toBe(204);
      expect(problemOf(await take('viewer', value))).toEqual([404, 'revocation_not_found']);
    }
  });

  test.each(['?kind=link', '?value=a', '', '?kind=ip&value=a'])('takes nothing back for %j', async (query) => {
    expect(problemOf(await ask('DELETE', `/v1/revocations${query}`))).toEqual([400, 'invalid_request']);
  });

  test('is for whoever has the token', async () => {
    for (const [method, json] of [['GET'], ['POST', { kind: 'link', value: 'a' }], ['DELETE']] as const) {
      const answer = await ask(method, '/v1/revocations?kind=link&value=a', { token: null, json });
      expect(problemOf(answer)).toEqual([401, 'unauthorized']);
    }
  });
});

describe('deleting a signing key', () => {
  async function newKey() {
    const { body } = await ask('POST', '/v1/signing-keys', { json: {} });
    const { privateJwk, ...key } = z
      .looseObject({ kid: z.string(), privateJwk: z.record(z.string(), z.unknown()) })
      .parse(body);
    const token = await signed({ key, privateJwk } as never, { sub: 'film', exp: Date.now() / 1000 + 60 });
    return { kid: key.kid, key, token };
  }

  test('ends its links, and the sessions that they started', async () => {
    const [gone, kept] = [await newKey(), await newKey()];
    const [ends, goesOn] = [await play(gone.token), await play(kept.token)];
    expect((await ask('DELETE', `/v1/signing-keys/${gone.kid}`)).status).toBe(204);
    expect(await refusal(`/v/${gone.token}/main.m3u8`)).toEqual([403, 'link_key_unknown', 'kid']);
    expect(await refusal(`${ends}v360/1/1.m4s`)).toEqual([403, 'session_revoked', 'key']);
    expect((await ask('GET', `${goesOn}v360/1/1.m4s`)).status).toBe(200);
    expect((await list('?kind=key')).revocations.map(({ value }) => value)).toEqual([gone.kid]);
  });

  test('can be repeated when it failed half-way', async () => {
    const { kid, token } = await newKey();
    const base = await play(token);
    const failed = await ask('DELETE', `/v1/signing-keys/${kid}`, { from: withoutWrites() });
    expect(problemOf(failed)).toEqual([503, 'unavailable']);
    expect((await ask('DELETE', `/v1/signing-keys/${kid}`)).status).toBe(204);
    expect(await refusal(`${base}v360/1/1.m4s`)).toEqual([403, 'session_revoked', 'key']);
  });

  test('is told apart from other revocations by its reason and its end: a week, the longest session', async () => {
    const { kid } = await newKey();
    await ask('DELETE', `/v1/signing-keys/${kid}`);
    const [entry] = (await list('?kind=key')).revocations;
    expect(entry).toMatchObject({ value: kid, reason: 'The key was deleted' });
    expect(Date.parse(entry?.expiresAt ?? '') - Date.parse(entry?.createdAt ?? '')).toBe(7 * DAY_MS);
  });

  test('keeps its id from being taken while its sessions could run', async () => {
    const { kid, key } = await newKey();
    await ask('DELETE', `/v1/signing-keys/${kid}`);
    const again = { publicJwk: key['jwk'], kid };
    expect(problemOf(await ask('POST', '/v1/signing-keys', { json: again }))).toEqual([409, 'signing_key_exists']);
    await env.CATALOG.prepare('UPDATE revocations SET expires_at = 1').run();
    expect((await ask('POST', '/v1/signing-keys', { json: again })).status).toBe(201);
    await ask('DELETE', `/v1/signing-keys/${kid}`);
    expect(problemOf(await ask('POST', '/v1/signing-keys', { json: again }))).toEqual([409, 'signing_key_exists']);
    await take('key', kid);
    expect((await ask('POST', '/v1/signing-keys', { json: again })).status).toBe(201);
  });

  test('that is not there revokes nothing', async () => {
    expect(problemOf(await ask('DELETE', '/v1/signing-keys/nope'))).toEqual([404, 'signing_key_not_found']);
    expect((await list()).revocations).toEqual([]);
  });
});
