/** Links for other people's browsers. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { findAsset } from '../../../../src/catalog/assets.ts';
import { call, problemOf } from '../../http/client.ts';
import { create, head, idOf, metadata, OCTETS, patch, placeOf, read } from './client.ts';

const linkSchema = z.object({ id: z.string(), url: z.url(), expiresAt: z.iso.datetime() });

async function makeLink(json: object = {}) {
  const { status, body } = await call('POST', '/v1/uploads/links', { json: { expiresIn: 600, ...json } });
  expect(status).toBe(201);
  const { id, url } = linkSchema.parse(body);
  return { id, path: url.replace('https://sluice.example', '') };
}

const use = (path: string, headers: Record<string, string>, body?: string) =>
  create(headers, { token: null, ...(body === undefined ? {} : { body }) }, path);

test('a browser without a token uploads what the link says', async () => {
  const { id, path } = await makeLink({ asset: { title: 'Trip' }, maxSeconds: 60, creatorId: 'ada' });
  const place = placeOf(await use(path, { 'upload-length': '4', 'upload-metadata': metadata({ filename: 'a.mp4' }) }));
  expect(idOf(place)).toBe(id);
  expect((await patch(place, 0, 'film')).status).toBe(204);
  const { asset, creatorId } = await read(place);
  expect(creatorId).toBe('ada');
  expect(await findAsset(env.CATALOG, String(asset))).toMatchObject({
    title: 'Trip',
    options: '{"maxSeconds":60}',
    creator_id: 'ada',
  });
});

test('without an asset, its limit and creator hold for what names the upload', async () => {
  const { path, id } = await makeLink({ maxSeconds: 60, creatorId: 'ada' });
  placeOf(await use(path, { 'upload-length': '4', 'content-type': OCTETS }, 'film'));
  const { body } = await call('POST', '/v1/assets', { json: { source: { upload: id } } });
  expect(body).toMatchObject({ options: { maxSeconds: 60 }, creatorId: 'ada' });
  const named = z.looseObject({ id: z.string() }).parse(body).id;
  expect((await call('GET', `/v1/uploads/${id}`)).body).toMatchObject({ asset: named });
  const another = { source: { upload: id }, creatorId: 'bob' };
  expect((await call('POST', '/v1/assets', { json: another })).body).toMatchObject({ creatorId: 'bob' });
  expect((await call('GET', `/v1/uploads/${id}`)).body).toMatchObject({ asset: named });
});

test('it makes one upload; the same creation again is answered with it', async () => {
  const { path } = await makeLink();
  const headers = { 'upload-length': '4', 'upload-metadata': metadata({ filename: 'a.mp4' }), 'content-type': OCTETS };
  const place = placeOf(await use(path, headers, 'fi'));
  const again = await use(path, headers, 'fi');
  expect([placeOf(again), again.headers.get('upload-offset')]).toEqual([place, '2']);
  const changes = [{ 'upload-length': '5' }, { 'upload-metadata': metadata({ filename: 'b.mp4' }) }];
  for (const change of changes) {
    expect(problemOf(await use(path, { ...headers, ...change }))).toEqual([409, 'upload_link_used']);
  }
  await patch(place, 2, 'lm');
  expect(placeOf(await use(path, headers))).toBe(place);
});

test('two at once make one', async () => {
  const { path } = await makeLink();
  const answers = await Promise.all([1, 2, 3].map(() => use(path, { 'upload-length': '4' })));
  expect(new Set(answers.map(placeOf)).size).toBe(1);
});

test('an upload that was deleted uses it up', async () => {
  const { path, id } = await makeLink();
  placeOf(await use(path, { 'upload-length': '4' }));
  await call('DELETE', `/v1/uploads/${id}`);
  expect(problemOf(await use(path, { 'upload-length': '4' }))).toEqual([409, 'upload_link_used']);
});

test('it decides what the upload becomes, and how large', async () => {
  const { path } = await makeLink({ maxBytes: 10 });
  expect(problemOf(await use(path, { 'upload-length': '11' }))).toEqual([413, 'upload_too_large']);
  const asset = { 'upload-length': '4', 'upload-metadata': metadata({ asset: '{"policy":"public"}' }) };
  expect(problemOf(await use(path, asset))).toEqual([400, 'invalid_request']);
  const part = { 'upload-length': '4', 'upload-concat': 'partial' };
  expect(problemOf(await use(path, part))).toEqual([400, 'invalid_request']);
  const place = placeOf(await use(path, { 'upload-defer-length': '1' }));
  expect(problemOf(await patch(place, 0, 'more than ten'))).toEqual([413, 'upload_too_large']);
});

test('its sites are held to at the creation and at the upload', async () => {
  const { path } = await makeLink({ origins: ['https://app.example', 'http://localhost:3000'] });
  const headers = { 'upload-length': '4' };
  expect(problemOf(await use(path, { ...headers, origin: 'https://evil.example' }))).toEqual([403, 'rule_origin']);
  const created = await use(path, { ...headers, origin: 'https://app.example' });
  expect(created.headers.get('access-control-allow-origin')).toBe('https://app.example');
  const place = placeOf(created);
  const elsewhere = await patch(place, 0, 'film', { origin: 'https://evil.example' });
  expect(problemOf(elsewhere)).toEqual([403, 'rule_origin']);
  expect((await head(place)).headers.get('upload-offset')).toBe('0');
  const { status, headers: told } = await patch(place, 0, 'film', { origin: 'http://localhost:3000' });
  expect([status, told.get('access-control-allow-origin')]).toEqual([204, 'http://localhost:3000']);
  expect(told.get('access-control-expose-headers')).toContain('Upload-Offset');
});

test('it expires, and none is known that was cut off or changed', async () => {
  const { path, id } = await makeLink();
  const headers = { 'upload-length': '4' };
  for (const wrong of [
    path.slice(0, -1),
    `${path.slice(0, -2)}${path.endsWith('00') ? '11' : '00'}`,
    '/v1/uploads?link=',
    `/v1/uploads?link=${id}`,
  ]) {
    expect(problemOf(await use(wrong, headers))).toEqual([403, 'upload_link_unknown']);
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
  try {
    expect(problemOf(await use(path, headers))).toEqual([410, 'upload_link_expired']);
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  [{ expiresIn: 59 }],
  [{ expiresIn: 86_400 * 31 }],
  [{ maxBytes: 0 }],
  [{ maxSeconds: -1 }],
  [{ asset: { title: '' } }],
  [{ asset: { source: {} } }],
  [{ origins: [] }],
  [{ origins: ['https://app.example/path'] }],
  [{ origins: ['*'] }],
  [{ creatorId: 'a\u0000b' }],
  [{ unknown: 1 }],
])('a link of %o is refused', async (json) => {
  const answer = await call('POST', '/v1/uploads/links', { json: { expiresIn: 600, ...json } });
  expect(problemOf(answer)).toEqual([400, 'invalid_request']);
});

test('what is stored and listed opens nothing', async () => {
  const { path } = await makeLink();
  const place = placeOf(await use(path, { 'upload-length': '4' }));
  const secrets = [path.split('link=')[1]?.slice(16), place.slice(-26)].map(String);
  const tables = ['uploads', 'upload_links', 'events'];
  const rows = await Promise.all(tables.map((table) => env.CATALOG.prepare(`SELECT * FROM ${table}`).all()));
  const lists = await Promise.all(['/v1/uploads', '/v1/events'].map((list) => call('GET', list)));
  const text = JSON.stringify([rows, lists.map(({ body }) => body)]);
  expect(text).toContain(idOf(place));
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});
