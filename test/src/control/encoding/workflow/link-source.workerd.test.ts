/** Which sources are linked to which, on the real catalog and bucket. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAsset } from '../../../../../src/catalog/assets.ts';
import { markEncoding, markReady, setCurrentVersion } from '../../../../../src/catalog/job-progress.ts';
import { linkSameSource } from '../../../../../src/control/encoding/workflow/link-source.ts';

const SHA256 = 'ab'.repeat(32);
const keyOf = (id: string) => `sources/${id}/film.mp4`;
const link = (key: string, sizeBytes = 3) => linkSameSource(env, { key, sizeBytes, sha256: SHA256 });

beforeEach(async () => {
  const tables = ['assets', 'source_hashes', 'collected_sources', 'deleted_assets'];
  await env.CATALOG.batch(tables.map((table) => env.CATALOG.prepare(`DELETE FROM ${table}`)));
});

/** An asset whose job is under way, of a file in its own folder. */
async function encoding(id: string, key = keyOf(id)): Promise<void> {
  const asset = { id, title: id, policy: 'signed' as const, prewarm: false, sourceKey: key, sourceUrl: null };
  await env.MEDIA.put(key, 'abc');
  await createAsset(env.CATALOG, asset, { id: `${id}-job`, assetId: id, version: 'ver1' }, Date.now());
}

async function playing(id: string, key = keyOf(id)): Promise<string> {
  await encoding(id, key);
  const job = { assetId: id, version: 'ver1', jobId: `${id}-job` };
  await markEncoding(env.CATALOG, job, Date.now());
  const size = { durationSeconds: 1, width: 2, height: 2 };
  await setCurrentVersion(env.CATALOG, { ...job, ...size, revision: 1, base: null, whole: true }, Date.now());
  await markReady(env.CATALOG, job, Date.now());
  await link(key);
  return key;
}

async function sourcesOf(id: string): Promise<unknown[]> {
  const rows = env.CATALOG.prepare(
    'SELECT source_key FROM assets WHERE id = ?1 UNION ALL SELECT source_key FROM jobs WHERE asset_id = ?1',
  );
  return (await rows.bind(id).all()).results.map(({ source_key }) => source_key);
}

test('a source is linked to the one that was noted first, and no other to it', async () => {
  const first = await playing('first');
  await playing('second');
  await playing('third');
  await link(first);
  for (const id of ['first', 'second', 'third']) {
    expect(await sourcesOf(id)).toEqual([first, first]);
  }
});

describe('a source is not linked', () => {
  test('to one of another size', async () => {
    await playing('first');
    await env.MEDIA.put(keyOf('first'), 'another');
    const second = await playing('second');
    expect(await sourcesOf('second')).toEqual([second, second]);
  });

  test('to one that is gone, or that no asset plays', async () => {
    await playing('first');
    await env.MEDIA.delete(keyOf('first'));
    const second = await playing('second');
    expect(await sourcesOf('second')).toEqual([second, second]);
    await env.CATALOG.prepare('DELETE FROM assets').run();
    const third = await playing('third');
    expect(await sourcesOf('third')).toEqual([third, third]);
  });

  test('to one that is being deleted', async () => {
    const first = await playing('first');
    await env.CATALOG.prepare('INSERT INTO collected_sources (key, marked_at) VALUES (?1, 0)').bind(first).run();
    const second = await playing('second');
    expect(await sourcesOf('second')).toEqual([second, second]);
  });

  test('while another job reads it', async () => {
    await playing('first');
    await encoding('clip', keyOf('second'));
    const second = await playing('second');
    expect(await sourcesOf('second')).toEqual([second, second]);
    expect(await sourcesOf('clip')).toEqual([second, second]);
  });

  test('where either is an operator’s', async () => {
    const theirs = await playing('theirs', 'sources/films/film.mp4');
    const ours = await playing('ours');
    expect([await sourcesOf('theirs'), await sourcesOf('ours')]).toEqual([
      [theirs, theirs],
      [ours, ours],
    ]);
    const late = await playing('late', 'sources/late.mp4');
    expect(await sourcesOf('late')).toEqual([late, late]);
  });
});
