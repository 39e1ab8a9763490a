/** What owners say of assets: given, shown, changed, told of, and filtered by. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call, createAsset, problemOf, readAsset } from '../../http/client.ts';

const DETAILS = {
  description: 'Two lines,\nof which this is the second',
  tags: ['Žaba', 'two words'],
  categories: ['news'],
  externalId: 'cms/42',
  metadata: { season: 1, cast: ['A', null], deep: { er: true } },
  creatorId: 'user-7',
  publishAt: '2030-01-01T00:00:00.000Z',
  unpublishAt: '2031-01-01T00:00:00.000Z',
  deleteAt: '2032-01-01T00:00:00.000Z',
};
const NONE = Object.fromEntries(Object.keys(DETAILS).map((name) => [name, null]));

const patch = (id: string, json: unknown) => call('PATCH', `/v1/assets/${id}`, { json });
const eventsOf = async (id: string) => {
  const { body } = await call('GET', `/v1/events?asset=${id}`);
  const schema = z.object({
    events: z.array(z.looseObject({ type: z.string(), data: z.looseObject({ asset: z.looseObject({}) }) })),
  });
  return schema.parse(body).events;
};
const listed = async (query: string): Promise<string[]> => {
  const { body } = await call('GET', `/v1/assets?${query}`);
  return z
    .object({ assets: z.array(z.looseObject({ id: z.string() })) })
    .parse(body)
    .assets.map(({ id }) => id);
};

describe('details', () => {
  test('are given to a new asset, shown, and told of by its event', async () => {
    const asset = await createAsset('detailed', DETAILS);
    expect(asset).toMatchObject(DETAILS);
    expect(await readAsset(asset.id)).toMatchObject(DETAILS);
    expect((await eventsOf(asset.id)).at(-1)).toMatchObject({ data: { asset: DETAILS } });
  });

  test('are left out where there are none, in answers and in events', async () => {
    const asset = await createAsset('plain', NONE);
    const [event] = await eventsOf(asset.id);
    for (const name of Object.keys(DETAILS)) {
      expect([asset, event?.data.asset]).toEqual([
        expect.not.objectContaining({ [name]: expect.anything() }),
        expect.not.objectContaining({ [name]: expect.anything() }),
      ]);
    }
    expect(
      await env.CATALOG.prepare(
        "SELECT json_array_length(snapshot, '$.state.asset') AS parts FROM events WHERE asset_id = ?1",
      )
        .bind(asset.id)
        .first(),
    ).toEqual({ parts: 1 });
  });

  test('are changed, kept and cleared one by one, each change with its event', async () => {
    const { id } = await createAsset('changed');
    for (const [name, value] of Object.entries(DETAILS)) {
      expect((await patch(id, { [name]: value })).body).toMatchObject({ [name]: value });
    }
    expect((await patch(id, DETAILS)).body).toMatchObject(DETAILS);
    expect((await patch(id, {})).body).toMatchObject(DETAILS);
    for (const name of Object.keys(DETAILS)) {
      expect((await patch(id, { [name]: null })).body).not.toHaveProperty(name);
    }
    const updates = (await eventsOf(id)).filter(({ type }) => type === 'asset.updated');
    expect(updates).toHaveLength(2 * Object.keys(DETAILS).length);
  });

  test('of a list say nothing twice, and nothing is an empty list', async () => {
    const { id } = await createAsset('twice', { tags: ['a', 'b', 'a'], categories: [] });
    const asset = await readAsset(id);
    expect(asset).toMatchObject({ tags: ['a', 'b'] });
    expect(asset).not.toHaveProperty('categories');
  });

  const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
  test.each([
    ['text of a control character', { description: 'a\u0000b' }],
    ['text that turns what stands after it', { description: 'a\u202eb\nc' }],
    ['half a character', { creatorId: 'a\ud800' }],
    ['a description of 5,001 characters', { description: 'a'.repeat(5001) }],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, index) => `${index}`) }],
    ['an empty tag', { tags: [' '] }],
    ['a tag that is no text', { tags: [1] }],
    ['tags as text', { tags: 'a' }],
    ['metadata that is a list', { metadata: [] }],
    ['metadata of more than 8 KB', { metadata: { a: '€'.repeat(2800) } }],
    ['metadata of 9 levels', { metadata: nested(9) }],
    ['a time that is none', { publishAt: 'tomorrow' }],
    ['a time as a number', { deleteAt: 1 }],
    ['a time out of range', { deleteAt: '9999-01-01T00:00:00Z' }],
    ['an end before the beginning', { publishAt: '2031-01-01T00:00:00Z', unpublishAt: '2030-01-01T00:00:00Z' }],
  ])('may not be %s', async (_, json) => {
    expect(problemOf(await patch('nope', json))).toEqual([400, 'invalid_request']);
    const source = { object: 'sources/x/x.mp4' };
    expect(problemOf(await call('POST', '/v1/assets', { json: { source, ...json } }))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  test('of 8 levels and all kinds of names are kept as they are', async () => {
    const metadata = { ...nested(8), '': 0, constructor: 'x', ключ: '\u0000', $: { value: [] } };
    const { id } = await createAsset('deep', { metadata });
    expect(await readAsset(id)).toMatchObject({ metadata });
  });

  test('may not end before they begin, where the beginning was there before', async () => {
    const { id } = await createAsset('inverted', { publishAt: '2030-01-01T00:00:00Z' });
    const answer = await patch(id, { unpublishAt: '2029-01-01T00:00:00Z', title: 'Not changed' });
    expect(problemOf(answer)).toEqual([400, 'invalid_request']);
    expect(answer.body).toMatchObject({ errors: [{ path: 'unpublishAt' }] });
    expect(await readAsset(id)).toMatchObject({ title: 'inverted' });
    expect((await patch(id, { unpublishAt: '2029-01-01T00:00:00Z', publishAt: null })).status).toBe(200);
  });

  test('of a film are those of its clip, but for its other id and its deletion', async () => {
    const { id } = await createAsset('clipped', DETAILS);
    const { body } = await call('POST', `/v1/assets/${id}/clips`, { json: { start: 0, end: 1 } });
    const { externalId: _, deleteAt: __, ...shared } = DETAILS;
    expect(body).toMatchObject(shared);
    expect(body).not.toHaveProperty('externalId');
    expect(body).not.toHaveProperty('deleteAt');
  });
});

describe('many assets', () => {
  test('are changed alike, each with its event; what cannot be changed says why', async () => {
    const [a, b] = [await createAsset('bulk-a'), await createAsset('bulk-b', { unpublishAt: '2026-01-01T00:00:00Z' })];
    const change = { tags: ['bulk'], publishAt: '2027-01-01T00:00:00Z' };
    const { status, body } = await call('PATCH', '/v1/assets', { json: { ids: [a.id, 'nope', b.id, a.id], change } });
    expect(status).toBe(200);
    expect(body).toEqual({
      results: [
        { id: a.id, asset: expect.objectContaining({ tags: ['bulk'], title: 'bulk-a' }) },
        { id: 'nope', error: { code: 'asset_not_found', message: expect.any(String) } },
        { id: b.id, error: { code: 'invalid_request', message: expect.any(String) } },
      ],
    });
    expect((await eventsOf(a.id)).filter(({ type }) => type === 'asset.updated')).toHaveLength(1);
    expect((await eventsOf(b.id)).filter(({ type }) => type === 'asset.updated')).toHaveLength(0);
  });

  test.each([
    ['no ids', { ids: [], change: {} }],
    ['101 ids', { ids: Array.from({ length: 101 }, (_, index) => `a${index}`), change: {} }],
    ['a path as id', { ids: ['../x'], change: {} }],
    ['an unknown member', { ids: ['a'], change: { status: 'ready' } }],
    ['no change', { ids: ['a'] }],
  ])('are not changed by %s', async (_, json) => {
    expect(problemOf(await call('PATCH', '/v1/assets', { json }))).toEqual([400, 'invalid_request']);
  });

  test('of 100 ids are changed in one transaction', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `row-${index}`);
    await env.CATALOG.prepare(
      `INSERT INTO assets (id, title, policy, status, source_key, created_at, updated_at)
       SELECT value, value, 'signed', 'ready', 'x', 1, 1 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(ids))
      .run();
    const { body } = await call('PATCH', '/v1/assets', { json: { ids, change: { categories: ['hundred'] } } });
    expect(
      z.object({ results: z.array(z.looseObject({ asset: z.looseObject({}) })) }).parse(body).results,
    ).toHaveLength(100);
    expect(await listed('category=hundred&limit=100')).toHaveLength(100);
  });
});

describe('filters', () => {
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    for (const [name, change] of Object.entries({
      f1: { tags: ['x', 'y'], categories: ['k'], creatorId: 'filter-u', externalId: 'shared' },
      f2: { tags: ['x'], creatorId: 'filter-u', externalId: 'shared', policy: 'public' },
      f3: { tags: ['y'], creatorId: 'filter-v', title: 'Needle in Haystack' },
    })) {
      ids[name] = (await createAsset(name, change)).id;
    }
    await env.CATALOG.prepare("UPDATE assets SET status = 'failed', error_code = 'no_video' WHERE id = ?1")
      .bind(ids['f3'])
      .run();
  });

  test.each([
    ['tag=x', ['f2', 'f1']],
    ['tag=X', []],
    ['category=k', ['f1']],
    ['creatorId=filter-u', ['f2', 'f1']],
    ['creatorId=filter-u&policy=public', ['f2']],
    ['tag=y&creatorId=filter-v&status=failed', ['f3']],
    ['tag=y&creatorId=filter-v&status=queued', []],
    ['error=no_video', ['f3']],
    ['externalId=shared', ['f2', 'f1']],
    ['q=shared', ['f2', 'f1']],
    ['q=shared&tag=y', ['f1']],
    ['q=hay+need', ['f3']],
    ['q=haystack&status=failed', ['f3']],
    ['q=haystack&policy=public', []],
    ['tag=x&createdAfter=2020-01-01T00:00:00Z', ['f2', 'f1']],
    ['tag=x&createdAfter=2120-01-01T00:00:00Z', []],
    ['tag=x&createdBefore=2020-01-01T00:00:00Z', []],
    ['q=haystack&createdBefore=2020-01-01T00:00:00Z', []],
    ['createdBefore=2000-01-01T00:00:00Z&createdAfter=1990-01-01T00:00:00Z', []],
  ])('%s', async (query, names) => {
    expect(await listed(query)).toEqual(names.map((name) => ids[name]));
  });

  test.each(['status=gone', 'policy=open', 'tag=', 'error=No+video', 'createdAfter=yesterday', 'sort=oldest'])(
    '%s is refused',
    async (query) => {
      expect(problemOf(await call('GET', `/v1/assets?${query}`))).toEqual([400, 'invalid_request']);
    },
  );

  test.each(['tag=x', 'q=shared', 'creatorId=filter-u&tag=x'])(
    '%s has pages, whose cursors are of no other list',
    async (query) => {
      const page = z.object({ assets: z.array(z.looseObject({ id: z.string() })), nextCursor: z.string().nullable() });
      const first = page.parse((await call('GET', `/v1/assets?${query}&limit=1`)).body);
      const second = page.parse((await call('GET', `/v1/assets?${query}&limit=1&cursor=${first.nextCursor}`)).body);
      expect([...first.assets, ...second.assets].map(({ id }) => id)).toEqual([ids['f2'], ids['f1']]);
      for (const other of ['assets?limit=1', 'assets?tag=y', 'jobs?limit=1', 'events?limit=1', 'revocations?limit=1']) {
        const answer = await call('GET', `/v1/${other}&cursor=${first.nextCursor}`);
        expect(problemOf(answer)).toEqual([400, 'invalid_request']);
      }
    },
  );

  test('are counted', async () => {
    const { status, body } = await call('GET', '/v1/assets/facets');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      facets: {
        creatorId: expect.arrayContaining([{ value: 'filter-u', assets: 2 }]),
        error: [{ value: 'no_video', assets: 1 }],
        policy: [
          { value: 'signed', assets: expect.any(Number) },
          { value: 'public', assets: 1 },
        ],
      },
    });
    expect(body).not.toHaveProperty('facets.externalId');
  });
});

describe('by relevance', () => {
  test('a title comes before tags, and they before a description; there is one page', async () => {
    const { id: described } = await createAsset('r1', { title: 'One', description: 'about zebras' });
    const { id: titled } = await createAsset('r2', { title: 'Zebras' });
    const { id: tagged } = await createAsset('r3', { title: 'Two', tags: ['zebras'] });
    expect(await listed('q=zebra')).toEqual([tagged, titled, described]);
    expect(await listed('q=zebra&sort=relevance')).toEqual([titled, tagged, described]);
    const { body } = await call('GET', '/v1/assets?q=zebra&sort=relevance&limit=1');
    expect(body).toMatchObject({ assets: [{ id: titled }], nextCursor: null });
  });
});
