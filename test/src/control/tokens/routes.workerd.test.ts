/** API tokens from their making to their end, and what each of them opens. */
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { app } from '../../../../src/app.ts';
import { listChanges, pruneRecords } from '../../../../src/control/tokens/audit-store.ts';
import { TOKEN_STATE_MS } from '../../../../src/http/api-tokens.ts';
import { SCOPES, type Scope } from '../../../../src/http/scopes.ts';
import { call, createAsset, ORIGIN, problemOf } from '../../http/client.ts';
import { createToken } from './fixture.ts';

const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

const statusOf = async (token: string, path = '/v1/assets', method = 'GET') =>
  (await call(method, path, { token })).status;
const listed = async () =>
  z.object({ apiTokens: z.array(z.looseObject({ id: z.string() })) }).parse((await call('GET', '/v1/api-tokens')).body)
    .apiTokens;
const entryOf = async (id: string) => (await listed()).find((entry) => entry.id === id);
/** As another isolate: what this one remembers is not dropped. */
const revokeElsewhere = (id: string) =>
  env.CATALOG.prepare('UPDATE api_tokens SET revoked_at = ? WHERE id = ?').bind(Date.now(), id).run();

describe('a token', () => {
  test('is shown once, is found by scanners, and is not in the database', async () => {
    const { id, token } = await createToken(['assets:read']);
    expect(token).toMatch(/^sluice_[A-Za-z0-9_-]{43}$/);
    const { results } = await env.CATALOG.prepare('SELECT * FROM api_tokens').all();
    expect(JSON.stringify([results, await listed()])).not.toContain(token.slice('sluice_'.length));
    expect(await entryOf(id)).toEqual({ id, name: 'Test', scopes: ['assets:read'], createdAt: expect.any(String) });
  });

  test('says when it was used, at once and then every five minutes', async () => {
    const { id, token } = await createToken(['assets:read']);
    await statusOf(token);
    await vi.waitFor(async () => expect(await entryOf(id)).toHaveProperty('lastUsedAt'));
    const first = (await entryOf(id))?.['lastUsedAt'];
    await statusOf(token);
    expect((await entryOf(id))?.['lastUsedAt']).toBe(first);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 });
    await statusOf(token);
    await vi.waitFor(async () => expect((await entryOf(id))?.['lastUsedAt']).not.toBe(first));
  });

  test('that is revoked is refused at once here, and elsewhere within ten seconds', async () => {
    const [here, elsewhere] = [await createToken(['assets:read']), await createToken(['assets:read'])];
    expect([await statusOf(here.token), await statusOf(elsewhere.token)]).toEqual([200, 200]);
    expect((await call('DELETE', `/v1/api-tokens/${here.id}`)).status).toBe(204);
    expect(problemOf(await call('GET', '/v1/assets', { token: here.token }))).toEqual([401, 'unauthorized']);
    expect((await call('DELETE', `/v1/api-tokens/${here.id}`)).status).toBe(204);
    expect(await entryOf(here.id)).toHaveProperty('revokedAt');

    await revokeElsewhere(elsewhere.id);
    expect(await statusOf(elsewhere.token)).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + TOKEN_STATE_MS });
    expect(await statusOf(elsewhere.token)).toBe(401);
  });

  test('ends when it said it would', async () => {
    const { token } = await createToken(['assets:read'], { expiresAt: new Date(Date.now() + 5_000).toISOString() });
    expect(await statusOf(token)).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_000 });
    expect(await statusOf(token)).toBe(401);
  });

  test.each([
    ['no scope', { name: 'a', scopes: [] }],
    ['an unknown scope', { name: 'a', scopes: ['assets:own'] }],
    ['no name', { scopes: ['assets:read'] }],
    ['a name of two lines', { name: 'a\nb', scopes: ['assets:read'] }],
    ['an end in the past', { name: 'a', scopes: ['assets:read'], expiresAt: '2020-01-01T00:00:00Z' }],
    ['more than there is', { name: 'a', scopes: ['assets:read'], admin: true }],
  ])('with %s is not made', async (_, json) => {
    expect(problemOf(await call('POST', '/v1/api-tokens', { json }))).toEqual([400, 'invalid_request']);
  });

  test('that does not exist cannot be revoked', async () => {
    expect(problemOf(await call('DELETE', '/v1/api-tokens/none'))).toEqual([404, 'api_token_not_found']);
    expect(problemOf(await call('DELETE', '/v1/api-tokens/root'))).toEqual([404, 'api_token_not_found']);
  });

  test('is forgotten when no audit entry can name it any more', async () => {
    const { id, token } = await createToken(['assets:read']);
    await call('DELETE', `/v1/api-tokens/${id}`);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 89 * DAY_MS });
    await createToken(['assets:read']);
    expect(await entryOf(id)).toBeDefined();
    vi.setSystemTime(Date.now() + 2 * DAY_MS);
    await createToken(['assets:read']);
    expect([await entryOf(id), await statusOf(token)]).toEqual([undefined, 401]);
  });

  test('is one of a thousand', async () => {
    const fill = env.CATALOG.prepare(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
      INSERT INTO api_tokens (id, token_hash, name, scopes, created_at) SELECT 'fill' || i, i, 'x', '[]', 0 FROM n`);
    await fill.run();
    const full = await call('POST', '/v1/api-tokens', { json: { name: 'a', scopes: ['assets:read'] } });
    await env.CATALOG.prepare("DELETE FROM api_tokens WHERE id LIKE 'fill%'").run();
    expect(problemOf(full)).toEqual([409, 'api_tokens_full']);
    expect((await createToken(['assets:read'])).token).toBeTypeOf('string');
  });
});

describe('scopes', () => {
  type Operation = { method: string; path: string; scopes: Scope[] };
  async function operations(): Promise<Operation[]> {
    const itemSchema = z.record(z.string(), z.looseObject({ security: z.array(z.record(z.string(), z.any())) }));
    const { body } = await call('GET', '/v1/openapi.json');
    const { paths } = z.looseObject({ paths: z.record(z.string(), itemSchema) }).parse(body);
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { security }]) => {
        const scopes: Scope[] | undefined = security[0]?.['apiToken'];
        return scopes === undefined ? [] : [{ method: method.toUpperCase(), path, scopes }];
      }),
    );
  }
  const ask = ({ method, path }: Operation, token: string) =>
    call(method, `/v1${path.replaceAll(/\{\w+\}/g, 'none')}`, { token });

  test('are needed by every operation but one', async () => {
    const { id, token } = await createToken(['assets:read']);
    await env.CATALOG.prepare("UPDATE api_tokens SET scopes = '[]' WHERE id = ?").bind(id).run();
    const open: string[] = [];
    for (const operation of await operations()) {
      const answer = await ask(operation, token);
      if (answer.status === 403) {
        expect(answer.body).toMatchObject({ code: 'scope_missing', scope: operation.scopes[0] });
        expect(answer.headers.get('www-authenticate')).toContain(`scope="${operation.scopes[0]}"`);
      } else {
        open.push(`${operation.method} ${operation.path}`);
      }
    }
    expect(open).toEqual(['GET /api-tokens/current']);
  });

  test('open the operations of their resource, and the scope to write those that read', async () => {
    const byScope = Map.groupBy(await operations(), ({ scopes: [scope] }) => scope);
    for (const scope of SCOPES) {
      const { token } = await createToken([scope]);
      const [read] = byScope.get(scope.replace('write', 'read') as Scope) ?? [];
      const own = [...(byScope.get(scope) ?? []), ...(read === undefined ? [] : [read])];
      for (const operation of own.filter(({ path }) => !path.endsWith('/events'))) {
        const { status, body } = await ask(operation, token);
        expect([operation.path, status === 401 || Object(body).code === 'scope_missing']).toEqual([
          operation.path,
          false,
        ]);
      }
      if (scope.endsWith(':read')) {
        const [write] = byScope.get(scope.replace('read', 'write') as Scope) ?? [];
        expect([scope, write && (await ask(write, token)).status]).toEqual([scope, write && 403]);
      }
    }
  });

  test('are told to their token', async () => {
    const expiresAt = '2100-01-01T00:00:00.000Z';
    const { id, token } = await createToken(['jobs:read', 'jobs:read'], { expiresAt });
    const { body } = await call('GET', '/v1/api-tokens/current', { token });
    expect(body).toEqual({ id, name: 'Test', scopes: ['jobs:read'], expiresAt });
    const { body: root } = await call('GET', '/v1/api-tokens/current');
    expect(root).toEqual({ id: 'root', name: 'API_TOKEN', scopes: [...SCOPES] });
  });

  test('are passed on only by those who have them', async () => {
    const { token: by } = await createToken(['tokens:write', 'assets:write']);
    const make = async (...scopes: Scope[]) =>
      (await call('POST', '/v1/api-tokens', { token: by, json: { name: 'a', scopes } })).status;
    expect([await make('assets:read'), await make('assets:write', 'tokens:read')]).toEqual([201, 201]);
    expect([await make('jobs:read'), await make('assets:read', 'keys:write')]).toEqual([403, 403]);
  });

  test('are passed on for no longer than they last', async () => {
    const ends = new Date(Date.now() + DAY_MS).toISOString();
    const { token } = await createToken(['tokens:write'], { expiresAt: ends });
    const make = async (json: object) =>
      (await call('POST', '/v1/api-tokens', { token, json: { name: 'a', scopes: ['tokens:read'], ...json } })).body;
    const sooner = new Date(Date.now() + 60_000).toISOString();
    expect(await make({})).toMatchObject({ expiresAt: ends });
    expect(await make({ expiresAt: '2100-01-01T00:00:00Z' })).toMatchObject({ expiresAt: ends });
    expect(await make({ expiresAt: sooner })).toMatchObject({ expiresAt: sooner });
  });

  test('do not matter to an address that does not exist', async () => {
    const { token } = await createToken(['jobs:read']);
    expect(problemOf(await call('GET', '/v1/nope', { token }))).toEqual([404, 'not_found']);
  });

  test('do not open the metrics or the calls of encoders', async () => {
    const { token } = await createToken([...SCOPES]);
    expect([await statusOf(token, '/metrics'), await statusOf(token, '/v1/encoders/lease', 'POST')]).toEqual([
      401, 401,
    ]);
  });
});

describe('the audit log', () => {
  const read = async (query = '') => {
    const { body } = await call('GET', `/v1/audit${query}`);
    return z.object({ changes: z.array(z.looseObject({})), nextCursor: z.string().nullable() }).parse(body);
  };

  test('names the token, the target and the members, and no values', async () => {
    const { id: tokenId, token } = await createToken(['assets:write']);
    const { id } = await createAsset('audited-row');
    const { headers } = await call('PATCH', `/v1/assets/${id}`, {
      token,
      json: { title: 'Secret title', disabled: true },
      headers: { 'cf-connecting-ip': '192.0.2.7' },
    });
    const { changes } = await read(`?token=${tokenId}`);
    expect(changes).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        at: expect.any(String),
        token: { id: tokenId, name: 'Test' },
        operation: 'updateAsset',
        target: { id },
        asset: id,
        fields: ['title', 'disabled'],
        requestId: headers.get('x-request-id'),
        clientIp: '192.0.2.7',
      },
    ]);
    expect((await read(`?asset=${id}`)).changes).toMatchObject([
      { operation: 'updateAsset' },
      { operation: 'createAsset', token: { id: 'root', name: 'API_TOKEN' } },
    ]);
    expect((await read(`?asset=${id}&operation=createAsset`)).changes).toHaveLength(1);
    const { results } = await env.CATALOG.prepare('SELECT * FROM audit_log').all();
    expect(JSON.stringify(results)).not.toMatch(/Secret title|sluice_/);
  });

  test('has an entry for each asset that was changed with others, and none for those that were not', async () => {
    const [one, two] = [await createAsset('bulk-one'), await createAsset('bulk-two')];
    const json = { ids: [one.id, 'none', two.id], change: { title: 'Secret title' } };
    await call('PATCH', '/v1/assets', { json });
    expect((await read('?operation=updateAssets')).changes).toMatchObject([
      { target: { id: two.id }, asset: two.id, fields: ['title'] },
      { target: { id: one.id }, asset: one.id, fields: ['title'] },
    ]);
  });

  test('names a version, a track, and what is made of something', async () => {
    const { id } = await createAsset('audited-parts');
    const made = z
      .looseObject({ id: z.string() })
      .parse((await call('POST', `/v1/assets/${id}/clips`, { json: { start: 0, end: 1 } })).body);
    const cues = 'WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n';
    const added = await call('POST', `/v1/assets/${id}/tracks?language=de`, {
      body: cues,
      headers: { 'content-type': 'text/vtt' },
    });
    const track = z.looseObject({ id: z.string() }).parse(added.body).id;
    await call('DELETE', `/v1/assets/${id}/tracks/${track}`);
    const { changes } = await read(`?asset=${id}`);
    expect(changes.slice(0, 3).map(({ operation, target }) => [operation, target])).toEqual([
      [expect.any(String), { id, track }],
      [expect.any(String), expect.objectContaining({ id, created: track })],
      ['createClip', { id, created: made.id }],
    ]);
  });

  test('has a change that is made and not yet in force', async () => {
    const { id } = await createAsset('audited-unavailable');
    await env.CATALOG.prepare("UPDATE assets SET current_version = 'v1', current_revision = 1 WHERE id = ?")
      .bind(id)
      .run();
    const MEDIA = {
      put: () => Promise.reject(new Error('R2 is down')),
      get: () => Promise.reject(new Error('R2 is down')),
    };
    const patch = async (path: string, json: object) => {
      const headers = { authorization: `Bearer ${env.API_TOKEN}`, 'content-type': 'application/json' };
      const init = { method: 'PATCH', headers, body: JSON.stringify(json) };
      return (await app.request(`${ORIGIN}${path}`, init, { ...env, MEDIA })).status;
    };
    const statuses = [
      await patch(`/v1/assets/${id}`, { disabled: true }),
      await patch('/v1/assets', { ids: [id], change: { disabled: false } }),
    ];
    expect(statuses).toEqual([503, 200]);
    expect((await read(`?asset=${id}`)).changes).toMatchObject([
      { operation: 'updateAssets' },
      { operation: 'updateAsset' },
      { operation: 'createAsset' },
    ]);
  });

  test('has the uploads that a token has created, and none of those that it may not', async () => {
    const { id: tokenId, token } = await createToken(['uploads:write']);
    const { token: reader } = await createToken(['uploads:read']);
    const headers = { 'tus-resumable': '1.0.0', 'upload-length': '3' };
    const refused = await call('POST', '/v1/uploads', { token: reader, headers });
    const created = await call('POST', '/v1/uploads', { token, headers });
    const id = created.headers.get('location')?.split('/').at(-1)?.slice(0, 16);
    expect([refused.status, created.status]).toEqual([403, 201]);
    await vi.waitFor(async () =>
      expect((await read('?operation=createUpload')).changes).toMatchObject([
        { token: { id: tokenId }, target: { id } },
      ]),
    );
  });

  test('is read in pages, newest first', async () => {
    for (let count = 0; count < 5; count += 1) {
      await createToken(['gc:read']);
    }
    const all = (await read('?operation=createApiToken&limit=100')).changes.slice(0, 5);
    const first = await read('?operation=createApiToken&limit=2');
    const second = await read(`?operation=createApiToken&limit=2&cursor=${first.nextCursor}`);
    const ofAnother = await call('GET', `/v1/audit?limit=2&cursor=${first.nextCursor}`);
    expect(problemOf(ofAnother)).toEqual([400, 'invalid_request']);
    expect([...first.changes, ...second.changes]).toEqual(all.slice(0, 4));
    expect(problemOf(await call('GET', '/v1/audit?cursor=x'))).toEqual([400, 'invalid_request']);
  });

  test('does not fail the change that it cannot record', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    await env.CATALOG.prepare('ALTER TABLE audit_log RENAME TO audit_away').run();
    const answer = await call('POST', '/v1/api-tokens', { json: { name: 'a', scopes: ['gc:read'] } });
    await env.CATALOG.prepare('ALTER TABLE audit_away RENAME TO audit_log').run();
    expect(answer.status).toBe(201);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('"event":"audit_unstored"'));
    logged.mockRestore();
  });

  test('is kept for 90 days', async () => {
    const newest = async () =>
      (await listChanges(env.CATALOG, {}, { before: Number.MAX_SAFE_INTEGER, limit: 100 })).length;
    const before = await newest();
    expect(before).toBeGreaterThan(0);
    await pruneRecords(env, Date.now() + 89 * DAY_MS);
    expect(await newest()).toBe(before);
    await pruneRecords(env, Date.now() + 300 * DAY_MS); // other tests have turned the clock forward
    expect(await newest()).toBe(0);
  });
});
