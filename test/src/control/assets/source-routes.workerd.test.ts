/** `/v1/assets/{id}/source` and `/versions` through the public door: what is refused, and where a film comes from. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findAsset, findLatestJob } from '../../../../src/catalog/assets.ts';
import { markFailed } from '../../../../src/catalog/job-progress.ts';
import { call, createAsset, problemOf, readAsset } from '../../http/client.ts';
import { ask } from '../links/fixture.ts';
import { create } from '../uploads/client.ts';

/** No test reaches out: nothing is started. */
const from = { ...env, SOURCE_LOOPBACK: 'on', ENCODE_WORKFLOW: { create: async () => {} } };

async function failed(name: string): Promise<string> {
  const { id, job } = await createAsset(name, { audio: { loudness: -23 } });
  await call('POST', `/v1/jobs/${job.id}/cancel`);
  const error = { code: 'source_not_media', message: 'no' };
  await markFailed(env.CATALOG, { assetId: id, version: 'x', jobId: job.id }, error, Date.now());
  return id;
}

test('a film that is pulled has a key of its version, and the asset waits for it', async () => {
  const id = await failed('pulled');
  const json = { url: 'http://127.0.0.1:9/next%20film.mp4', start: 1, priority: 80, audio: { dolby: true } };
  const { status, body } = await ask('POST', `/v1/assets/${id}/source`, { json, from });
  expect([status, z.looseObject({ status: z.string() }).parse(body).status]).toEqual([202, 'waiting']);
  const job = await findLatestJob(env.CATALOG, id);
  expect(job).toMatchObject({
    ...{ source_key: `sources/${id}/${job?.version}/next-20film.mp4`, source_url: json.url, priority: 80 },
    options: '{"start":1,"audio":{"dolby":true}}',
  });
  // Until it is published.
  expect(await findAsset(env.CATALOG, id)).toMatchObject({ source_key: 'sources/pulled/pulled.mp4', source_url: null });
});

test('the limit of an upload link holds for its file', async () => {
  const id = await failed('uploaded');
  const { body } = await call('POST', '/v1/uploads/links', { json: { expiresIn: 600, maxSeconds: 60 } });
  const link = z.object({ id: z.string(), url: z.url() }).parse(body);
  await create({ 'upload-length': '0' }, { token: null }, link.url.slice(new URL(link.url).origin.length));
  await ask('POST', `/v1/assets/${id}/source`, { json: { upload: link.id }, from });
  const { options } = (await findLatestJob(env.CATALOG, id)) ?? {};
  expect(options).toBe('{"maxSeconds":60,"audio":{"loudness":-23}}');
});

test('it is encoded as the asset is; the limit of an upload link is not kept', async () => {
  const id = await failed('limited');
  const limited = `UPDATE assets SET options = '{"start":2,"audio":{"loudness":-23},"maxSeconds":9}' WHERE id = ?1`;
  await env.CATALOG.prepare(limited).bind(id).run();
  await ask('POST', `/v1/assets/${id}/source`, { json: { object: 'sources/limited/limited.mp4' }, from });
  expect(await findLatestJob(env.CATALOG, id)).toMatchObject({ options: '{"audio":{"loudness":-23}}', priority: 50 });
});

describe('a source is refused', () => {
  let refusing = '';
  beforeAll(async () => {
    refusing = await failed('refusing');
  });

  test.each([
    ['none', {}, 400, 'invalid_request'],
    ['two', { object: 'sources/a.mp4', url: 'https://films.example/a.mp4' }, 400, 'invalid_request'],
    ['a part that ends before it begins', { object: 'sources/a.mp4', start: 5, end: 4 }, 400, 'invalid_request'],
    ['a title', { object: 'sources/a.mp4', title: 'a' }, 400, 'invalid_request'],
    ['an object that is not there', { object: 'sources/nowhere.mp4' }, 422, 'source_not_found'],
    ['a private host', { url: 'http://10.0.0.1/a.mp4' }, 422, 'source_refused'],
    ['an upload that is not there', { upload: '0000000000000000' }, 422, 'source_not_found'],
  ])('%s', async (_, json, status, code) => {
    expect(problemOf(await call('POST', `/v1/assets/${refusing}/source`, { json }))).toEqual([status, code]);
    expect(await readAsset(refusing)).toMatchObject({ status: 'failed' });
  });

  test('of an asset that is not there, or while it is deleted', async () => {
    await env.MEDIA.put('sources/a.mp4', 'not really a film');
    const json = { object: 'sources/a.mp4' };
    expect(problemOf(await call('POST', '/v1/assets/nobody/source', { json }))).toEqual([404, 'asset_not_found']);
    const id = await failed('collected');
    await env.CATALOG.prepare(`INSERT INTO collected_sources (key, marked_at) VALUES ('sources/a.mp4', 0)`).run();
    expect(problemOf(await call('POST', `/v1/assets/${id}/source`, { json }))).toEqual([422, 'source_not_found']);
    expect(await readAsset(id)).toMatchObject({ status: 'failed' });
  });
});

test('versions of an asset that is not there', async () => {
  expect(problemOf(await call('GET', '/v1/assets/nobody/versions'))).toEqual([404, 'asset_not_found']);
  expect(problemOf(await call('POST', '/v1/assets/nobody/versions/v1/current'))).toEqual([404, 'asset_not_found']);
});
