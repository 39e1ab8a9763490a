/** Lists of assets and jobs: every row once, newest first, whatever comes in between. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createAsset as insertAsset } from '../../../../src/catalog/assets.ts';
import { call, problemOf } from '../../http/client.ts';

const COUNT = 7;
/** Three of one millisecond: their order is the ids'. */
const CREATED_AT = [1000, 2000, 2000, 2000, 3000, 4000, 5000];
const NEWEST_FIRST = ['page-6', 'page-5', 'page-4', 'page-3', 'page-2', 'page-1', 'page-0'];

/** Catalog rows without a job under way. */
const insert = (name: string, createdAt: number, title = 'Film') =>
  insertAsset(
    env.CATALOG,
    { id: name, title, policy: 'signed', prewarm: false, sourceKey: 'sources/a/a.mp4', sourceUrl: null },
    { id: `${name}-job`, assetId: name, version: 'ver1' },
    createdAt,
  );

beforeAll(async () => {
  for (const [index, createdAt] of CREATED_AT.entries()) {
    await insert(`page-${index}`, createdAt);
  }
});

const pageSchema = z.object({
  assets: z.array(z.looseObject({ id: z.string() })).optional(),
  jobs: z.array(z.looseObject({ id: z.string() })).optional(),
  nextCursor: z.string().nullable(),
});

async function readPage(path: string): Promise<{ ids: string[]; nextCursor: string | null }> {
  const { assets, jobs, nextCursor } = pageSchema.parse((await call('GET', path)).body);
  return { ids: (assets ?? jobs ?? []).map(({ id }) => id), nextCursor };
}

async function readAll(path: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages <= COUNT; pages++) {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(
      cursor === null ? path : `${path}&cursor=${cursor}`,
    );
    ids.push(...page.ids);
    cursor = page.nextCursor;
    if (cursor === null) {
      return ids;
    }
  }
  throw new Error('the pages do not end');
}

describe('pages', () => {
  test.each([1, 2, 3, 7, 8, 100])('of %i list every asset once, newest first', async (limit) => {
    expect(await readAll(`/v1/assets?limit=${limit}`)).toEqual(NEWEST_FIRST);
  });

  test('list every job once, newest first', async () => {
    expect(await readAll('/v1/jobs?limit=2')).toEqual(NEWEST_FIRST.map((id) => `${id}-job`));
  });

  test('end with no cursor', async () => {
    expect(await readPage('/v1/assets?limit=8')).toEqual({ ids: NEWEST_FIRST, nextCursor: null });
  });

  test('do not shift when something newer comes, or something shown goes', async () => {
    const first = await readPage('/v1/assets?limit=3');
    expect(first.ids).toEqual(NEWEST_FIRST.slice(0, 3));
    await insert('newer', 9000);
    await call('DELETE', '/v1/assets/page-4');
    const second = await readPage(`/v1/assets?limit=3&cursor=${first.nextCursor}`);
    expect(second.ids).toEqual(NEWEST_FIRST.slice(3, 6));
    await call('DELETE', '/v1/assets/newer');
    // Ids are not used again until their deletion is forgotten.
    await env.CATALOG.prepare('DELETE FROM deleted_assets').run();
    await insert('page-4', 3000);
  });

  test.each([
    'garbage',
    '',
    '1.2.3',
    '-1.page-1',
    '1e9.page-1',
    `${'9'.repeat(16)}.page-1.0`,
    '1000.page-0.0',
    "1.a' OR 1=1",
    '1.../..',
    'a'.repeat(201),
  ])('do not begin at %j', async (cursor) => {
    for (const list of ['assets', 'jobs']) {
      const answer = await call('GET', `/v1/${list}?cursor=${encodeURIComponent(cursor)}`);
      expect(problemOf(answer)).toEqual([400, 'invalid_request']);
      expect(answer.body).toMatchObject({ errors: [{ path: 'cursor' }] });
    }
  });

  test.each(['0', '101', '-1', '1.5', 'ten'])('do not have %s rows', async (limit) => {
    expect(problemOf(await call('GET', `/v1/assets?limit=${limit}`))).toEqual([400, 'invalid_request']);
  });
});

describe('a search', () => {
  const search = async (q: string) => (await readPage(`/v1/assets?q=${encodeURIComponent(q)}`)).ids;
  beforeAll(async () => {
    await insert('percent', 100, '100% wool');
    await insert('underscore', 101, 'a_b');
    await insert('long', 102, 'Documentary');
  });

  test.each([
    ['finds a word of a title, in any case', 'wOOl', ['percent']],
    ['finds the beginning of a word', 'woo', ['percent']],
    ['finds nothing inside a word', 'ool', []],
    ['finds a long word by its beginning', 'documenta', ['long']],
    ['finds a long word by no other that begins alike', 'documentation', []],
    ['finds all words, in any order', 'wool 100', ['percent']],
    ['finds nothing where one word is missing', 'wool silk', []],
    ['finds an id', 'page-2', ['page-2']],
    ['finds no part of an id', 'page', []],
    ['passes over signs', '100%', ['percent']],
    ['finds nothing by signs alone', '%', []],
    ['takes _ as a space', 'a_b', ['underscore']],
    ['takes a quote as a space', '100"wool', ['percent']],
    ...[
      '"',
      '*',
      "'",
      '\\',
      'NEAR(wool)',
      'title:wool',
      '-wool',
      'wool AND',
      '^',
      '{title}:',
      'a OR',
      '""',
      '\u0000',
    ].map((q): [string, string, string[]] => [
      `takes ${JSON.stringify(q)} for text`,
      q,
      q === '-wool' ? ['percent'] : [],
    ]),
  ])('%s', async (_, q, ids) => {
    expect(await search(q)).toEqual(ids);
  });

  test.each([
    ['Cyrillic', 'Лягушка-путешественница', 'ЛЯГУШКА'],
    ['Greek, with the sigma at the end', 'Ο Δρόμος', 'ΔΡΌΜΟΣ'],
    ['Croatian, also without its marks', 'ŽABA I ČVORAK', 'zaba i čvo'],
    ['German', 'Die Straße', 'STRASSE'],
    ['Turkish', 'İSTANBUL', 'istanbul'],
    ['a title whose marks are characters of their own', 'Cafe\u0301', 'CAFÉ'],
    ['full-width letters', 'ＳＨＯＷ', 'show'],
  ])('finds %s in any case, also after the title has changed', async (script, title, q) => {
    const id = script.toLowerCase().replace(/[^a-z]/g, '-');
    await insert(id, 50, title);
    expect(await search(q)).toEqual([id]);
    await call('PATCH', `/v1/assets/${id}`, { json: { title: 'Something else' } });
    expect(await search(q)).toEqual([]);
    expect(await search('somethinG ELSE')).toEqual([id]);
    await call('DELETE', `/v1/assets/${id}`);
  });

  test('meets titles from before they were checked, which are listed as they are', async () => {
    const title = 'ÅNGSTRÖM\u0000\u001b[2J\u202e';
    await insert('old', 40, title);
    expect(await search('ångström')).toEqual(['old']);
    expect((await call('GET', '/v1/assets/old')).body).toMatchObject({ title });
    expect(await readAll('/v1/assets?limit=100')).toContain('old');
    await call('DELETE', '/v1/assets/old');
  });

  test('may be of 100 words of any script', async () => {
    await insert('han', 30, '一丁丂 ก字');
    for (const [first, ids] of [
      [0x4e00, []],
      [0x0e01, []],
      [0x0430, []],
    ] as const) {
      const words = Array.from({ length: 100 }, (_, index) => String.fromCodePoint(first + (index % 30)));
      expect(await search(words.join(' '))).toEqual(ids);
    }
    expect(await search('一 丁 丂 ก '.repeat(25).trim())).toEqual(['han']);
    expect(await search('一 丁 丂 三')).toEqual([]);
    await call('DELETE', '/v1/assets/han');
  });

  test('is at most 200 characters', async () => {
    expect(await search('x'.repeat(200))).toEqual([]);
    expect(problemOf(await call('GET', `/v1/assets?q=${'x'.repeat(201)}`))).toEqual([400, 'invalid_request']);
  });
});
