/** Facets and their counts are what the rows say, whatever happens to assets. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AssetChange, changeAssets, createAsset, deleteAsset } from '../../../src/catalog/assets.ts';
import { countFacets, rarestFirst } from '../../../src/catalog/facets.ts';
import { markFailed } from '../../../src/catalog/job-progress.ts';

const NOW = 1_800_000_000_000;
const IDS = ['one', 'two', 'three'];

const list = fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((tags) => JSON.stringify(tags)));
const change = fc.record<AssetChange>(
  {
    policy: fc.constantFrom('signed', 'public'),
    disabled: fc.constantFrom(0, 1),
    tags: list,
    categories: list,
    creator_id: fc.option(fc.constantFrom('u1', 'u2')),
    external_id: fc.option(fc.constantFrom('e1', 'e2')),
  },
  { requiredKeys: [] },
);
const step = fc.record({
  id: fc.constantFrom(...IDS),
  what: fc.constantFrom('change', 'delete', 'fail', 'warn'),
  change,
});

let made = 0;

async function make(id: string): Promise<string> {
  made += 1;
  const asset = {
    id: `${id}-${made}`,
    title: 'Film',
    policy: 'signed',
    prewarm: false,
    sourceKey: 'sources/f',
    sourceUrl: null,
  } as const;
  const details = { tags: '["a"]', categories: null };
  await createAsset(
    env.CATALOG,
    { ...asset, details },
    { id: `${asset.id}-job`, assetId: asset.id, version: 'v1' },
    NOW,
  );
  return asset.id;
}

async function take(id: string, what: string, changed: AssetChange): Promise<void> {
  const warned = env.CATALOG.prepare('UPDATE assets SET warnings = ?2 WHERE id = ?1');
  switch (what) {
    case 'delete':
      return deleteAsset(env.CATALOG, id, NOW, []);
    case 'fail':
      return markFailed(
        env.CATALOG,
        { jobId: `${id}-job`, assetId: id, version: 'v1' },
        { code: 'internal', message: '' },
        NOW,
      );
    case 'warn':
      await warned.bind(id, '[{"code":"x","message":""},{"code":"x","message":""},{"code":"y","message":""}]').run();
      return;
    default:
      await changeAssets(env.CATALOG, [id], changed, NOW);
  }
}

const rowsOf = async (text: string): Promise<unknown[]> => (await env.CATALOG.prepare(text).all()).results;

test('facets are those of the rows, and counts those of the facets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const ids = new Map<string, string>();
      for (const name of IDS) {
        ids.set(name, await make(name));
      }
      for (const { id, what, change: changed } of steps) {
        await take(ids.get(id) ?? '', what, changed);
      }
      const columns = 'facet, value, created_at, asset_id';
      expect(await rowsOf(`SELECT ${columns} FROM asset_facets ORDER BY ${columns}`)).toEqual(
        await rowsOf(`SELECT DISTINCT ${columns} FROM facets_of_assets ORDER BY ${columns}`),
      );
      expect(await rowsOf('SELECT * FROM facet_counts ORDER BY facet, value')).toEqual(
        await rowsOf(
          'SELECT facet, value, count(*) AS assets FROM asset_facets GROUP BY facet, value ORDER BY facet, value',
        ),
      );
    }),
    { numRuns: 8 },
  );
});

test('the rarest filter comes first, and none is left where nobody has one', async () => {
  const id = await make('rare');
  await changeAssets(env.CATALOG, [id], { tags: '["rare"]' }, NOW);
  await make('other');
  const [rare, signed] = [
    { facet: 'tag', value: 'rare' },
    { facet: 'policy', value: 'signed' },
  ] as const;
  expect(await rarestFirst(env.CATALOG, [signed, rare])).toEqual([rare, signed]);
  expect(await rarestFirst(env.CATALOG, [signed, { facet: 'tag', value: 'nowhere' }])).toBeNull();
  expect(await countFacets(env.CATALOG)).toContainEqual({ ...rare, assets: 1 });
});
