/** Lists of assets and jobs by their warnings. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createAsset, listJobs } from '../../../../src/catalog/assets.ts';
import { markEncoding } from '../../../../src/catalog/job-progress.ts';
import { listAssets } from '../../../../src/catalog/list-assets.ts';
import { call, problemOf } from '../../http/client.ts';

const HDR = { code: 'hdr_to_sdr', message: 'HDR' };
/** Its text names another code as JSON would. */
const DROPPED = { code: 'track_dropped', message: '"code":"alpha_composed"', at: 3.5 };
const WARNINGS = [[], [HDR], [DROPPED, HDR], [], [DROPPED], [HDR]];

beforeAll(async () => {
  for (const [index, warnings] of WARNINGS.entries()) {
    const job = { id: `f${index}-job`, assetId: `f${index}`, version: 'ver1' };
    const asset = {
      title: 'Film',
      policy: 'signed',
      prewarm: false,
      sourceKey: 'sources/a/a.mp4',
      sourceUrl: null,
    } as const;
    await createAsset(env.CATALOG, { id: job.assetId, ...asset }, job, 1000 + index);
    await markEncoding(env.CATALOG, { ...job, jobId: job.id }, 2000, warnings);
  }
});

const rowSchema = z.looseObject({ id: z.string() });
const pageSchema = z.object({
  assets: z.array(rowSchema).optional(),
  jobs: z.array(rowSchema).optional(),
  nextCursor: z.string().nullable(),
});

async function readAll(list: string, filter: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  for (let pages = 0; pages <= WARNINGS.length; pages++) {
    const page = pageSchema.parse((await call('GET', `/v1/${list}?warnings=${filter}&limit=${limit}${cursor}`)).body);
    ids.push(...(page.assets ?? page.jobs ?? []).map(({ id }) => id));
    if (page.nextCursor === null) {
      return ids;
    }
    cursor = `&cursor=${page.nextCursor}`;
  }
  throw new Error('the pages do not end');
}

describe.each([1, 2, 100])('lists in pages of %i', (limit) => {
  test.each([
    ['any', ['f5', 'f4', 'f2', 'f1']],
    ['none', ['f3', 'f0']],
    ['hdr_to_sdr', ['f5', 'f2', 'f1']],
    ['track_dropped', ['f4', 'f2']],
    ['alpha_composed', []],
  ])('have all rows with %s, newest first', async (filter, ids) => {
    expect(await readAll('assets', filter, limit)).toEqual(ids);
    expect(await readAll('jobs', filter, limit)).toEqual(ids.map((id) => `${id}-job`));
  });
});

test.each(['', 'all', 'nonsense', 'any,none'])('a filter %j is refused', async (filter) => {
  for (const list of ['assets', 'jobs']) {
    const answer = await call('GET', `/v1/${list}?warnings=${filter}`);
    expect(problemOf(answer)).toEqual([400, 'invalid_request']);
    expect(answer.body).toMatchObject({ errors: [{ path: 'warnings' }] });
  }
});

test('works beside a search', async () => {
  const { body } = await call('GET', '/v1/assets?warnings=any&q=f2');
  expect(pageSchema.parse(body).assets).toMatchObject([{ id: 'f2', warnings: [DROPPED, HDR] }]);
});

test('rows without warnings are not read where some are asked for', async () => {
  const plans: string[] = [];
  const watched = new Proxy(env.CATALOG, {
    get: (db, name) =>
      name === 'prepare'
        ? (text: string) => {
            plans.push(text);
            return db.prepare(text);
          }
        : Reflect.get(db, name),
  });
  const page = { after: null, limit: 10 };
  const filters = [{ facet: 'warnings', value: 'hdr_to_sdr' }] as const;
  await listAssets(watched, { ...page, query: '', sort: 'newest', filters });
  await listJobs(watched, { ...page, warnings: 'hdr_to_sdr' });
  expect(plans).toHaveLength(2);
  for (const [index, text] of plans.entries()) {
    const values = [...text.matchAll(/\?/g)].map(() => 'x');
    const { results } = await env.CATALOG.prepare(`EXPLAIN QUERY PLAN ${text}`)
      .bind(...values)
      .all();
    const found = index === 0 ? 'PRIMARY KEY (facet=? AND value=?' : 'jobs_warned';
    expect(JSON.stringify(results)).toContain(found);
    expect(JSON.stringify(results)).not.toContain('TEMP B-TREE');
  }
});

test('a warning that a later release has stored, or an earlier one has not cleaned, is shown safely', async () => {
  const stored = JSON.stringify([{ code: 'of_tomorrow', message: 'red\u001b[31m', more: true }]);
  await env.CATALOG.prepare('UPDATE assets SET warnings = ?1 WHERE id = ?2').bind(stored, 'f0').run();
  const { body } = await call('GET', '/v1/assets/f0');
  expect(body).toMatchObject({ warnings: [{ code: 'of_tomorrow', message: 'red [31m' }] });
});
