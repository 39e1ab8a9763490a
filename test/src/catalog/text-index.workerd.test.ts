/** The full-text index follows the rows, and a call that read an older text does not win. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { changeAssets, createAsset, deleteAsset } from '../../../src/catalog/assets.ts';
import { listAssets } from '../../../src/catalog/list-assets.ts';
import { indexTexts } from '../../../src/catalog/text-index.ts';

const NOW = 1_800_000_000_000;
const ID = 'film';

async function make(id: string, title: string): Promise<void> {
  const asset = { id, title, policy: 'signed', prewarm: false, sourceKey: 'sources/f', sourceUrl: null } as const;
  await createAsset(env.CATALOG, asset, { id: `${id}-job`, assetId: id, version: 'v1' }, NOW);
}

const found = async (query: string, db: D1Database = env.CATALOG): Promise<string[]> => {
  const page = { after: null, limit: 100, sort: 'newest', filters: [] } as const;
  return (await listAssets(db, { ...page, query })).map(({ row }) => row.id);
};

/** Fails where the index does not hold what the table does. */
const isSound = () =>
  env.CATALOG.batch(
    ['asset_words', 'asset_trigrams'].map((name) =>
      env.CATALOG.prepare(`INSERT INTO ${name} (${name}, rank) VALUES ('integrity-check', 0)`),
    ),
  );

beforeEach(async () => {
  await env.CATALOG.batch(
    ['DELETE FROM assets', 'DELETE FROM deleted_assets'].map((text) => env.CATALOG.prepare(text)),
  );
  await make(ID, 'Alpha 東京物語');
});

test('text that has changed or gone is not found any more', async () => {
  expect([await found('alpha'), await found('東京物'), await found('物語')]).toEqual([[ID], [ID], [ID]]);
  await changeAssets(env.CATALOG, [ID], { title: 'Beta', tags: '["gamma ray"]', description: 'Delta\nline' }, NOW);
  expect([await found('alpha'), await found('物語')]).toEqual([[], []]);
  expect([await found('beta ray'), await found('delta line')]).toEqual([[ID], [ID]]);
  await deleteAsset(env.CATALOG, ID, NOW, []);
  expect(await found('beta')).toEqual([]);
  await isSound();
  expect(await env.CATALOG.prepare('SELECT count(*) AS rows FROM asset_texts').first()).toEqual({ rows: 0 });
});

test('many assets are indexed before the first search', async () => {
  const rows = Array.from({ length: 450 }, (_, index) => ({ id: `many-${index}`, title: `Many ${index}` }));
  await env.CATALOG.prepare(
    `INSERT INTO assets (id, title, policy, status, source_key, created_at, updated_at)
     SELECT value ->> 'id', value ->> 'title', 'signed', 'ready', 'x', 1, 1 FROM json_each(?1)`,
  )
    .bind(JSON.stringify(rows))
    .run();
  expect(await found('many 0')).toEqual(['many-0']);
  expect(await found('many 449')).toEqual(['many-449']);
  await isSound();
});

test('a text that changes while it is indexed is indexed as it became', async () => {
  const retitling = new Proxy(env.CATALOG, {
    get: (db, name) =>
      name === 'batch'
        ? async (statements: D1PreparedStatement[]) => {
            await changeAssets(env.CATALOG, [ID], { title: 'Later' }, NOW);
            return db.batch(statements);
          }
        : Reflect.get(db, name).bind(db),
  });
  await indexTexts(retitling);
  expect([await found('alpha'), await found('later')]).toEqual([[], [ID]]);
  await isSound();
});

test('two searches at once index once', async () => {
  await Promise.all([indexTexts(env.CATALOG), indexTexts(env.CATALOG)]);
  await isSound();
  expect(await found('alpha')).toEqual([ID]);
});

test('the catalog changes while the virtual tables are dropped for an export, and is searched after a rebuild', async () => {
  await found('alpha');
  const { results } = await env.CATALOG.prepare(
    "SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'",
  ).all<{ name: string; sql: string }>();
  expect(results).toHaveLength(2);
  await env.CATALOG.batch(results.map(({ name }) => env.CATALOG.prepare(`DROP TABLE ${name}`)));
  await changeAssets(env.CATALOG, [ID], { title: 'During' }, NOW);
  await env.CATALOG.batch(
    results.flatMap(({ name, sql }) => [
      env.CATALOG.prepare(sql),
      env.CATALOG.prepare(`INSERT INTO ${name} (${name}) VALUES ('rebuild')`),
    ]),
  );
  expect([await found('alpha'), await found('during')]).toEqual([[], [ID]]);
  await isSound();
});
