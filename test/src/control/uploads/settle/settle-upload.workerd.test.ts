/** An upload whose bytes are in the bucket becomes a source, or an asset with its job, once. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { findAsset, findLatestJob } from '../../../../../src/catalog/assets.ts';
import { endUpload, findUpload, insertUpload, type NewUpload } from '../../../../../src/catalog/uploads.ts';
import { settleUpload } from '../../../../../src/control/uploads/settle/settle-upload.ts';
import { newAssetId, newUploadId } from '../../../../../src/media/ids.ts';
import { call } from '../../../http/client.ts';

const asset = JSON.stringify({ title: 'Film', policy: 'public', prewarm: false, priority: 70 });

async function stored(change: Partial<NewUpload> = {}): Promise<NewUpload> {
  const id = newUploadId();
  const upload: NewUpload = {
    id,
    capability_hash: '0'.repeat(64),
    kind: 'file',
    file_name: 'Mein Film.mp4',
    content_type: 'video/mp4',
    metadata: null,
    length: null,
    max_bytes: 1000,
    max_seconds: null,
    key: `sources/${id}/Mein-Film.mp4`,
    multipart_id: null,
    parts: null,
    asset,
    asset_id: newAssetId(),
    creator_id: null,
    origins: null,
    expires_at: Date.now() + 60_000,
    ...change,
  };
  await insertUpload(env.CATALOG, upload, Date.now());
  await env.MEDIA.put(upload.key, 'not really a film');
  return upload;
}

const typesOf = async (subject: string) => {
  const { body } = await call('GET', `/v1/events?asset=${subject}`);
  const { events } = z.object({ events: z.array(z.looseObject({ type: z.string() })) }).parse(body);
  return events.map(({ type }) => type).reverse();
};

test('it becomes the asset that it was made for, with its job, however often that is asked for', async () => {
  const { id, key, asset_id } = await stored({ max_seconds: 60 });
  await Promise.all([settleUpload(env, id), settleUpload(env, id)]);
  await settleUpload(env, id);
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'finished', length: 17, asset_id });
  expect(await findAsset(env.CATALOG, String(asset_id))).toMatchObject({
    title: 'Film',
    policy: 'public',
    source_key: key,
    options: '{"maxSeconds":60}',
  });
  expect(await findLatestJob(env.CATALOG, String(asset_id))).toMatchObject({ priority: 70 });
  expect(await typesOf(id)).toEqual(['upload.created', 'upload.finished']);
  expect((await typesOf(String(asset_id)))[0]).toBe('asset.queued');
});

test('without a title, the asset has the name of the file', async () => {
  const { id, asset_id } = await stored({ asset: '{}' });
  await settleUpload(env, id);
  expect(await findAsset(env.CATALOG, String(asset_id))).toMatchObject({ title: 'Mein Film', policy: 'signed' });
});

test('without an asset, it waits to be named as a source', async () => {
  const { id } = await stored({ asset: null, asset_id: null });
  await settleUpload(env, id);
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'finished', length: 17, asset_id: null });
  const created = await call('POST', '/v1/assets', { json: { source: { upload: id } } });
  expect(created.status).toBe(202);
});

test('an asset that this release does not take is a failure with a reason', async () => {
  const { id, asset_id } = await stored({ asset: '{"policy": "secret"}' });
  await settleUpload(env, id);
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'failed', error_code: 'invalid_request' });
  expect(await findAsset(env.CATALOG, String(asset_id))).toBeNull();
  expect(await typesOf(id)).toEqual(['upload.created', 'upload.failed']);
});

test('a file that is being collected makes no asset', async () => {
  const { id, key } = await stored();
  await env.CATALOG.prepare('INSERT INTO collected_sources (key, marked_at) VALUES (?, 0)').bind(key).run();
  await settleUpload(env, id);
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'failed', error_code: 'source_not_found' });
});

test('an upload that has been deleted makes no asset', async () => {
  const { id, asset_id } = await stored();
  await endUpload(env.CATALOG, id, { state: 'deleted' }, Date.now());
  await settleUpload(env, id);
  expect(await findAsset(env.CATALOG, String(asset_id))).toBeNull();
});

test('whoever has stored the object says how large it is, and the bucket is not asked', async () => {
  const { id } = await stored({ asset: null, asset_id: null });
  const MEDIA = { head: () => Promise.reject(new Error('it was asked')) } as unknown as R2Bucket;
  await settleUpload({ ...env, MEDIA }, id, 18);
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'finished', length: 18 });
});

test('without its object it fails, to be called again', async () => {
  const { id, key } = await stored();
  await env.MEDIA.delete(key);
  await expect(settleUpload(env, id)).rejects.toThrow('does not exist');
  expect(await findUpload(env.CATALOG, id)).toMatchObject({ state: 'open' });
});
