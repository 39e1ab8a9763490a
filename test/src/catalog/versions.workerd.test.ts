/** Going back to an earlier version, in the rows of the catalog. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { createAsset, createNextJob, findAsset } from '../../../src/catalog/assets.ts';
import { markEncoding, markReady, setCurrentVersion } from '../../../src/catalog/job-progress.ts';
import { findTrack, insertTrack } from '../../../src/catalog/tracks.ts';
import { findVersionRow, listVersions, makeCurrent, versionStatus } from '../../../src/catalog/versions.ts';

const SIZE = { durationSeconds: 1, width: 2, height: 2 };

async function publish(assetId: string, version: string, whole: boolean): Promise<void> {
  const job = { assetId, version, jobId: `${assetId}-${version}` };
  await markEncoding(env.CATALOG, job, Date.now());
  await setCurrentVersion(env.CATALOG, { ...job, ...SIZE, revision: 1, base: null, whole }, Date.now());
}

async function addVersion(assetId: string, version: string, whole = true): Promise<void> {
  const source = { source_key: `sources/${version}.mp4`, source_url: null, options: null };
  await createNextJob(env.CATALOG, { id: `${assetId}-${version}`, assetId, version, source }, Date.now());
  await publish(assetId, version, whole);
}
const end = (assetId: string, version: string) =>
  markReady(env.CATALOG, { assetId, version, jobId: `${assetId}-${version}` }, Date.now());

/** With two whole versions, of which the second plays. */
async function replaced(id: string): Promise<void> {
  const source = { sourceKey: 'sources/v1.mp4', sourceUrl: 'https://films.example/v1.mp4', options: '{"end":9}' };
  const asset = { id, title: id, policy: 'signed' as const, prewarm: false, ...source };
  await createAsset(env.CATALOG, asset, { id: `${id}-v1`, assetId: id, version: 'v1' }, Date.now());
  await publish(id, 'v1', true);
  await end(id, 'v1');
  await addVersion(id, 'v2');
  await end(id, 'v2');
}

const back = (assetId: string) => makeCurrent(env.CATALOG, { assetId, version: 'v1' }, Date.now());

test('what plays has the source of its job, and so has what plays again', async () => {
  await replaced('sources');
  expect(await findAsset(env.CATALOG, 'sources')).toMatchObject({
    ...{ current_version: 'v2', source_key: 'sources/v2.mp4', source_url: null, options: null },
  });
  expect(await back('sources')).toBe(true);
  expect(await findAsset(env.CATALOG, 'sources')).toMatchObject({
    ...{ current_version: 'v1', current_revision: 1, ready: 'full', status: 'ready', duration_seconds: 1 },
    ...{ source_key: 'sources/v1.mp4', source_url: 'https://films.example/v1.mp4', options: '{"end":9}' },
  });
});

describe('a version is not made current', () => {
  test('while a job of the asset is active', async () => {
    await replaced('busy');
    await addVersion('busy', 'v3');
    expect(await back('busy')).toBe(false);
    await end('busy', 'v3');
    expect(await back('busy')).toBe(true);
  });

  test('where it is not whole', async () => {
    await replaced('part');
    await env.CATALOG.prepare(`UPDATE versions SET whole = 0 WHERE asset_id = 'part' AND id = 'v1'`).run();
    expect(await back('part')).toBe(false);
  });

  test('when it has been collected since it was looked at', async () => {
    await replaced('late');
    const mark = `INSERT INTO version_marks (asset_id, version, sealed_at, collected_at) VALUES ('late', 'v1', 0, 0)`;
    await env.CATALOG.prepare(mark).run();
    await expect(back('late')).rejects.toMatchObject({ code: 'version_collected' });
  });
});

test('sound that was added to a version is not encoded for it again', async () => {
  await replaced('dubbed');
  const row = {
    kind: 'audio',
    language: 'fr',
    name: '',
    is_default: 0,
    state: 'waiting',
    content: 'sources/fr',
  } as const;
  await insertTrack(env.CATALOG, 'dubbed', { ...row, id: 'a-fr_1' }, Date.now());
  await insertTrack(env.CATALOG, 'dubbed', { ...row, id: 'a-fr_2' }, Date.now());
  const dub = `INSERT INTO jobs (id, asset_id, version, track, status, created_at, updated_at)
    VALUES ('dub', 'dubbed', 'v1', 'a-fr_1', 'done', 0, 0)`;
  await env.CATALOG.batch([
    env.CATALOG.prepare(dub),
    env.CATALOG.prepare(
      `UPDATE tracks SET version = 'v2', state = 'failed', error_code = 'internal' WHERE asset_id = 'dubbed'`,
    ),
  ]);
  await back('dubbed');
  expect(await findTrack(env.CATALOG, 'dubbed', 'a-fr_1')).toMatchObject({ version: 'v1', state: 'ready' });
  expect(await findTrack(env.CATALOG, 'dubbed', 'a-fr_2')).toMatchObject({ version: 'v2', state: 'failed' });
});

test('the list is newest first, a version once, by its latest job; jobs of tracks are none', async () => {
  await replaced('listed');
  await env.CATALOG.batch([
    env.CATALOG.prepare(`UPDATE jobs SET created_at = 1 WHERE id = 'listed-v1'`),
    env.CATALOG.prepare(`UPDATE jobs SET created_at = 2 WHERE id = 'listed-v2'`),
    env.CATALOG.prepare(`INSERT INTO jobs (id, asset_id, version, track, status, created_at, updated_at)
      VALUES ('dub-2', 'listed', 'v2', 'a-fr', 'done', 9, 9)`),
    env.CATALOG.prepare(`INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at)
      VALUES ('try-1', 'listed', 'v3', 'failed', 3, 3), ('try-2', 'listed', 'v3', 'running', 4, 4)`),
  ]);
  const rows = await listVersions(env.CATALOG, 'listed', 9);
  expect(rows.map((row) => [row.version, row.job_id, row.created_at, versionStatus(row)])).toEqual([
    ['v3', 'try-2', 3, 'encoding'],
    ['v2', 'listed-v2', 2, 'current'],
    ['v1', 'listed-v1', 1, 'ready'],
  ]);
  expect(rows.map(({ source_key }) => source_key)).toEqual(['sources/v2.mp4', 'sources/v2.mp4', 'sources/v1.mp4']);
  expect(await listVersions(env.CATALOG, 'listed', 2)).toHaveLength(2);
  expect(await findVersionRow(env.CATALOG, { assetId: 'listed', version: 'v4' })).toBeNull();
});
