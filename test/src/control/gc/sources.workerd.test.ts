/** What becomes of files that were brought in, and of those of operators. Real catalog, bucket, collector. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { pruneUploads } from '../../../../src/catalog/uploads.ts';
import { SESSIONS_END_MS, UNUSED_SOURCE_KEPT_MS } from '../../../../src/control/gc/limits.ts';
import { collector, countsOf, inNewWorlds, pass, published, world } from './garbage-collector-fixture.ts';
import { type Asset, DAY_MS, listKeys } from './world.ts';

/** Each is a few runs over a real bucket, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 30_000 });

inNewWorlds();

const isThere = async (key: string) => (await env.MEDIA.head(key)) !== null;

const UPLOAD = '0123456789abcdef';
const UPLOADED = `sources/${UPLOAD}/film.mp4`;

async function upload(state: 'open' | 'finished' | 'expired'): Promise<void> {
  await world.put(UPLOADED);
  const finishedAtMs = state === 'finished' ? world.nowMs : null;
  await env.CATALOG.prepare(
    `INSERT INTO uploads (id, kind, state, file_name, max_bytes, key, created_at, updated_at, expires_at, finished_at)
     VALUES (?1, 'file', ?2, 'film.mp4', 3, ?3, 0, 0, 0, ?4)`,
  )
    .bind(UPLOAD, state, UPLOADED, finishedAtMs)
    .run();
}
const uploadState = async () => (await env.CATALOG.prepare('SELECT state FROM uploads').first())?.['state'];
const setSource = (table: 'assets' | 'jobs', idColumn: 'id' | 'asset_id', assetId: string, key: string) =>
  env.CATALOG.prepare(`UPDATE ${table} SET source_key = ?1 WHERE ${idColumn} = ?2`).bind(key, assetId).run();

describe('an upload', () => {
  test('that no call has named goes a week after it was finished, and its row says so', async () => {
    await upload('finished');
    pass(UNUSED_SOURCE_KEPT_MS - 1);
    expect(countsOf(await collector.collect())).toEqual({ 'wait/source_unused_lately': 1 });
    pass(1);
    expect(countsOf(await collector.collect())).toEqual({ 'delete/source_unused': 1 });
    expect([await isThere(UPLOADED), await uploadState()]).toEqual([false, 'deleted']);
  });

  test('that is under way stays; one that was given up goes after the grace', async () => {
    await upload('open');
    pass(30 * DAY_MS);
    expect(countsOf(await collector.collect())).toEqual({ 'keep/source_of_asset': 1 });
    await env.CATALOG.prepare(`UPDATE uploads SET state = 'expired'`).run();
    expect(countsOf(await collector.collect())).toEqual({ 'delete/source_unused': 1 });
  });

  test.each([['assets', 'id'] as const, ['jobs', 'asset_id'] as const])(
    'stays while a row of %s names it',
    async (table, idColumn) => {
      await upload('finished');
      const asset = await published();
      await setSource(table, idColumn, asset.id, UPLOADED);
      pass(30 * DAY_MS);
      await pruneUploads(env.CATALOG, world.nowMs);
      await collector.collect();
      expect(await isThere(UPLOADED)).toBe(true);
      await setSource(table, idColumn, asset.id, asset.source);
      await collector.collect();
      expect(await isThere(UPLOADED)).toBe(false);
    },
  );

  test('that is named between the decision and the mark stays', async () => {
    await upload('finished');
    const asset = await world.ingest();
    pass(30 * DAY_MS);
    let batches = 0;
    collector.state.hook = async (call) => {
      batches += Number(call === 'batch');
      if (call === 'batch' && batches === 2) {
        await setSource('jobs', 'asset_id', asset.id, UPLOADED);
      }
    };
    expect(countsOf(await collector.collect())).toMatchObject({ 'keep/source_of_asset': 2 });
    expect(await isThere(UPLOADED)).toBe(true);
  });

  test('cannot be encoded while it is being deleted', async () => {
    const asset = await published();
    await env.CATALOG.prepare('INSERT INTO collected_sources (key, marked_at) VALUES (?1, 0)').bind(UPLOADED).run();
    await expect(setSource('jobs', 'asset_id', asset.id, UPLOADED)).rejects.toThrow('source_collected');
  });
});

async function replaced(): Promise<Asset> {
  const asset = await published();
  pass(DAY_MS);
  await world.encodeAgain(asset);
  await world.encodeAll(asset);
  await world.publish(asset);
  pass(DAY_MS);
  await collector.collect();
  return asset;
}

test('the file of a version that plays again stays, and the other goes', async () => {
  const asset = await replaced();
  await world.goBack(asset, 0);
  for (const _ of [1, 2]) {
    pass(SESSIONS_END_MS);
    await collector.collect();
  }
  expect(asset.playing).toBe(asset.versions[0]);
  expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
  expect([await isThere(asset.source), await isThere(asset.versions[1]?.source ?? '')]).toEqual([true, false]);
});

test('the file of a replaced film goes with the version that was made of it', async () => {
  const asset = await replaced();
  pass(SESSIONS_END_MS - 1);
  await collector.collect();
  expect(await isThere(asset.source)).toBe(true);
  pass(1);
  expect(countsOf(await collector.collect())).toMatchObject({ 'delete/source_unused': 1 });
  expect(await isThere(asset.source)).toBe(false);
  expect(await isThere(asset.versions[1]?.source ?? '')).toBe(true);
});

test('files of operators stay, of failed assets and beside sources of Sluice, too', async () => {
  const asset = await world.ingest();
  const [theirs, beside] = ['sources/films/film.mp4', `sources/${asset.id}/notes.txt`];
  await world.put(theirs);
  await world.put(beside);
  await setSource('assets', 'id', asset.id, theirs);
  await setSource('jobs', 'asset_id', asset.id, theirs);
  await world.fail(asset, false);
  pass(30 * DAY_MS);
  await collector.collect({ orphans: true });
  expect([await isThere(theirs), await isThere(beside)]).toEqual([true, true]);
});
