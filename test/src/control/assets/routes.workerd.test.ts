/** `/v1/assets` through the public door. Jobs start for real and wait for an encoder that never comes. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { app } from '../../../../src/app.ts';
import { findAsset } from '../../../../src/catalog/assets.ts';
import { listChapters, setChapters } from '../../../../src/catalog/chapters.ts';
import { setCurrentVersion, writeCurrent } from '../../../../src/catalog/job-progress.ts';
import { listTracks } from '../../../../src/catalog/tracks.ts';
import { currentKey } from '../../../../src/media/keys.ts';
import { call, createAsset, ORIGIN, problemOf, readAsset } from '../../http/client.ts';

const FILM = 'sources/film/film.mp4';

beforeAll(async () => {
  await env.MEDIA.put(FILM, 'not really a film');
});

const create = (json: unknown) => call('POST', '/v1/assets', { json });
const readCurrent = async (id: string): Promise<unknown> => (await env.MEDIA.get(currentKey(id)))?.json();

/** As `publish` does, without an encode. */
async function publish(id: string): Promise<void> {
  const published = {
    assetId: id,
    version: 'ver1',
    jobId: 'job1',
    revision: 1,
    base: null,
    durationSeconds: 10,
    width: 1280,
    height: 720,
  };
  await setCurrentVersion(env.CATALOG, published, Date.now());
  await writeCurrent(env.CATALOG, env.MEDIA, id);
}

describe('creating an asset', () => {
  test('answers 202 with its place, and is signed unless asked otherwise', async () => {
    const { status, headers, body } = await create({ source: { object: FILM } });
    expect(status).toBe(202);
    const asset = z.looseObject({ id: z.string() }).parse(body);
    expect(headers.get('location')).toBe(`/v1/assets/${asset.id}`);
    expect(asset).toMatchObject({
      title: 'film',
      policy: 'signed',
      disabled: false,
      prewarm: false,
      progress: 0,
      error: null,
      version: null,
      durationSeconds: null,
      job: { status: 'queued' },
    });
    expect((await call('GET', `/v1/assets/${asset.id}`)).body).toMatchObject({ id: asset.id, title: 'film' });
  });

  test('keeps the title that was given, trimmed', async () => {
    expect((await create({ source: { object: FILM }, title: '  Ünïcode ✓ ' })).body).toMatchObject({
      title: 'Ünïcode ✓',
    });
  });

  test.each([
    ['https://media.example/films/my%20film.final.MP4?x=1', 'my-20film.final'],
    ['https://media.example/', 'source'],
    ['https://media.example/..hidden', 'hidden'],
    ['http://127.0.0.1:9000/tiny.mp4', 'tiny'],
  ])('from %s is called %s', async (url, title) => {
    // No test reaches out: nothing is started.
    const bindings = { ...env, SOURCE_LOOPBACK: 'on', ENCODE_WORKFLOW: { create: async () => {} } };
    const response = await app.request(
      `${ORIGIN}/v1/assets`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${env.API_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ source: { url } }),
      },
      bindings,
    );
    expect([response.status, await response.json()]).toEqual([202, expect.objectContaining({ title })]);
  });

  test.each([
    'http://127.0.0.1:8787/a.mp4',
    'http://localhost/a.mp4',
    'https://10.0.0.1/a.mp4',
    'https://[::1]/a.mp4',
    'https://user:word@media.example/a.mp4',
  ])('from %s is refused at once, and leaves nothing', async (url) => {
    expect(problemOf(await create({ source: { url }, title: 'unreachable' }))).toEqual([422, 'source_refused']);
    expect((await call('GET', '/v1/assets?q=unreachable')).body).toMatchObject({ assets: [] });
  });

  test('takes an object that lies in no folder', async () => {
    await env.MEDIA.put('sources/tiny.mp4', 'not really a film');
    const { status, body } = await create({ source: { object: 'sources/tiny.mp4' } });
    expect([status, body]).toEqual([202, expect.objectContaining({ title: 'tiny' })]);
  });

  test.each([
    ['no source', {}],
    ['two sources', { source: { object: FILM, url: 'https://media.example/a.mp4' } }],
    ['an unknown source', { source: { ftp: 'x' } }],
    ['an unknown member', { source: { object: FILM }, extra: 1 }],
    ['an object elsewhere', { source: { object: 'assets/film/current.json' } }],
    ['an object up the path', { source: { object: 'sources/film/../x/y.mp4' } }],
    ['a key longer than the bucket takes', { source: { object: `sources/film/${'€'.repeat(400)}` } }],
    ['a URL of another scheme', { source: { url: 'ftp://media.example/a.mp4' } }],
    ['a script as URL', { source: { url: 'javascript:alert(1)' } }],
    ['no URL', { source: { url: 'film.mp4' } }],
    ['a URL of 2,049 characters', { source: { url: `https://media.example/${'a'.repeat(2027)}` } }],
    ['an unknown policy', { source: { object: FILM }, policy: 'open' }],
    ['prewarm as text', { source: { object: FILM }, prewarm: 'true' }],
    ['an empty title', { source: { object: FILM }, title: '  ' }],
    ['a title of two lines', { source: { object: FILM }, title: 'a\nb' }],
    ['a title that turns what stands after it', { source: { object: FILM }, title: 'a\u202egpj' }],
    ['a title of half a character', { source: { object: FILM }, title: 'a\ud800' }],
    ['a title of 201 characters', { source: { object: FILM }, title: 'a'.repeat(201) }],
    ['a start before the film', { source: { object: FILM, start: -1 } }],
    ['an end before the start', { source: { object: FILM, start: 5, end: 5 } }],
    ['an end after twelve hours', { source: { object: FILM, end: 43_201 } }],
    ['a loudness that nobody can hear', { source: { object: FILM }, audio: { loudness: -70 } }],
    ['an array', []],
    ['null', null],
  ])('may not have %s', async (_, json) => {
    expect(problemOf(await create(json))).toEqual([400, 'invalid_request']);
  });

  test('keeps which part of the source it is, and what its sound is to be', async () => {
    const plain = z.looseObject({ id: z.string() }).parse((await create({ source: { object: FILM }, audio: {} })).body);
    expect(plain).not.toHaveProperty('options');
    expect((await findAsset(env.CATALOG, plain.id))?.options).toBeNull();
    const source = { object: FILM, start: 1.5, end: 9 };
    const { body } = await create({ source, audio: { dolby: true, loudness: -23 } });
    expect(body).toHaveProperty('options', { start: 1.5, end: 9, audio: { dolby: true, loudness: -23 } });
  });

  test('says one thing of a key that is not below sources/', async () => {
    const { body } = await create({ source: { object: 'film.mp4' } });
    expect(body).toMatchObject({ errors: [{ message: expect.stringContaining('below sources/') }] });
  });

  test('from an object that is not there is refused, and leaves nothing', async () => {
    const object = 'sources/film/missing.mp4';
    expect(problemOf(await create({ source: { object }, title: 'missing' }))).toEqual([422, 'source_not_found']);
    expect((await call('GET', '/v1/assets?q=missing')).body).toEqual({ assets: [], nextCursor: null });
  });

  test('says where the request is wrong', async () => {
    const { body } = await create({ source: { object: FILM }, policy: 'open' });
    expect(body).toMatchObject({ errors: [{ path: 'policy', message: expect.any(String) }] });
  });
});

describe('an asset', () => {
  test.each([
    ['GET', undefined],
    ['PATCH', {}],
    ['DELETE', undefined],
  ])('that does not exist: %s is 404', async (method, json) => {
    const options = json === undefined ? {} : { json };
    expect(problemOf(await call(method, '/v1/assets/nope', options))).toEqual([404, 'asset_not_found']);
  });

  test('has an id, not a path', async () => {
    expect(problemOf(await call('GET', '/v1/assets/A%20b'))).toEqual([400, 'invalid_request']);
  });
});

describe('changing an asset', () => {
  test('changes what was named, and nothing else', async () => {
    const { id } = await createAsset('change', { title: 'Before' });
    const { status, body } = await call('PATCH', `/v1/assets/${id}`, { json: { title: 'After' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: 'After', policy: 'signed', disabled: false });
  });

  test('of its policy or of "disabled" reaches current.json', async () => {
    const { id } = await createAsset('current');
    await publish(id);
    const current = { version: 'ver1', revision: 1, policy: 'signed', disabled: false };
    expect(await readCurrent(id)).toEqual(current);
    await call('PATCH', `/v1/assets/${id}`, { json: { policy: 'public' } });
    expect(await readCurrent(id)).toEqual({ ...current, policy: 'public' });
    await call('PATCH', `/v1/assets/${id}`, { json: { disabled: true } });
    expect(await readCurrent(id)).toEqual({ ...current, policy: 'public', disabled: true });
    await call('PATCH', `/v1/assets/${id}`, { json: { disabled: false } });
    expect(await readCurrent(id)).toEqual({ ...current, policy: 'public' });
  });

  test('to be prewarmed is shown, and stands in current.json while it is so', async () => {
    const { id } = await createAsset('prewarm', { prewarm: true });
    await publish(id);
    const current = { version: 'ver1', revision: 1, policy: 'signed', disabled: false };
    expect(await readAsset(id)).toMatchObject({ prewarm: true });
    expect(await readCurrent(id)).toEqual({ ...current, prewarm: true });
    await call('PATCH', `/v1/assets/${id}`, { json: { title: 'Other' } });
    expect(await readAsset(id)).toMatchObject({ prewarm: true });
    expect((await call('PATCH', `/v1/assets/${id}`, { json: { prewarm: false } })).body).toMatchObject({
      prewarm: false,
    });
    expect(await readAsset(id)).toMatchObject({ prewarm: false });
    expect(await readCurrent(id)).toEqual(current);
  });

  test('that was never published makes no current.json', async () => {
    const { id } = await createAsset('unpublished');
    await call('PATCH', `/v1/assets/${id}`, { json: { policy: 'public' } });
    expect(await readCurrent(id)).toBeUndefined();
  });

  test.each([
    ['an unknown member', { status: 'ready' }],
    ['an id', { id: 'other' }],
    ['disabled as text', { disabled: 'yes' }],
    ['no policy', { policy: null }],
    ['prewarm as a number', { prewarm: 1 }],
  ])('may not name %s', async (_, json) => {
    const { id } = await createAsset('unchangeable');
    expect(problemOf(await call('PATCH', `/v1/assets/${id}`, { json }))).toEqual([400, 'invalid_request']);
  });
});

describe('deleting an asset', () => {
  test('removes it, its current.json and its jobs', async () => {
    const { id, job } = await createAsset('delete');
    await publish(id);
    expect(await call('DELETE', `/v1/assets/${id}`)).toMatchObject({ status: 204, body: null });
    expect(await readCurrent(id)).toBeUndefined();
    expect(await findAsset(env.CATALOG, id)).toBeNull();
    expect(problemOf(await call('GET', `/v1/jobs/${job.id}`))).toEqual([404, 'job_not_found']);
    expect(problemOf(await call('DELETE', `/v1/assets/${id}`))).toEqual([404, 'asset_not_found']);
  });
});

describe('a clip', () => {
  const clip = (id: string, json: unknown) => call('POST', `/v1/assets/${id}/clips`, { json });
  const created = async (source: object, more: object = {}) =>
    z.looseObject({ id: z.string() }).parse((await create({ source, title: 'whole', ...more })).body).id;

  test('is an asset of the same source, with its own job', async () => {
    const id = await created({ object: FILM }, { policy: 'public', audio: { dolby: true } });
    const { status, headers, body } = await clip(id, { start: 2, end: 5.5 });
    const made = z.looseObject({ id: z.string() }).parse(body);
    expect([status, headers.get('location')]).toEqual([202, `/v1/assets/${made.id}`]);
    expect(made).toMatchObject({
      ...{ title: 'whole', policy: 'public', status: 'queued', job: { status: 'queued' } },
      options: { start: 2, end: 5.5, audio: { dolby: true } },
    });
    expect(made.id).not.toBe(id);
    expect(await findAsset(env.CATALOG, made.id)).toMatchObject({ source_key: FILM, source_url: null });
  });

  test('of a part counts from the beginning of the part, and ends with it', async () => {
    const id = await created({ object: FILM, start: 10, end: 20 });
    expect((await clip(id, { start: 1, end: 3, title: 'short', policy: 'public' })).body).toMatchObject({
      ...{ title: 'short', policy: 'public', options: { start: 11, end: 13 } },
    });
    expect((await clip(id, { start: 5, end: 60 })).body).toHaveProperty('options', { start: 15, end: 20 });
  });

  test('has what was added to the film, by its own time', async () => {
    const id = await created({ object: FILM });
    const nowMs = Date.now();
    await setChapters(env.CATALOG, id, { language: 'en', chapters: [{ startMs: 4000, title: 'Two' }] }, nowMs);
    const made = z.looseObject({ id: z.string() }).parse((await clip(id, { start: 2.5, end: 9 })).body);
    expect(await listChapters(env.CATALOG, made.id)).toEqual([
      { language: 'en', chapters: [{ startMs: 1500, title: 'Two' }] },
    ]);
  });

  test('has the tracks of the film: labels, deletions, added texts and sound', async () => {
    const id = await created({ object: FILM });
    const add = `INSERT INTO tracks (asset_id, id, origin, kind, name, shift_ms, content, content_url, state, created_at, updated_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, 1)`;
    const rows = [
      ['a128-en', 'source', null, 'Original', 0, null, null, 'ready'],
      ['a128-de', 'source', null, null, 0, null, null, 'deleted'],
      ['t-en', 'source', null, null, 250, null, null, 'ready'],
      ['t-fr', 'source', null, null, 0, 'sources/x/tracks/t-fr', null, 'ready'],
      ['t-de_1', 'added', 'subtitles', null, 500, 'sources/x/tracks/t-de', null, 'ready'],
      ['t-it_1', 'added', 'captions', null, 0, null, null, 'waiting'],
      ['a-fr_1', 'added', 'audio', 'VF', 0, 'sources/fr.wav', null, 'ready'],
      ['a-it_1', 'added', 'audio', null, -1000, null, 'https://example.com/it.wav', 'waiting'],
      ['a-es_1', 'added', 'audio', null, 0, 'sources/es.wav', null, 'failed'],
    ];
    await env.CATALOG.batch(rows.map((row) => env.CATALOG.prepare(add).bind(id, ...row)));
    const made = z.looseObject({ id: z.string() }).parse((await clip(id, { start: 2.5, end: 9 })).body);
    const tracks = await listTracks(env.CATALOG, made.id);
    const brief = tracks.map((row) => [row.id, row.name, row.shift_ms, row.content ?? row.content_url, row.state]);
    expect(brief).toEqual([
      ['a-fr_1', 'VF', -2500, 'sources/fr.wav', 'waiting'],
      ['a-it_1', null, -3500, 'https://example.com/it.wav', 'waiting'],
      ['a128-de', null, 0, null, 'deleted'],
      ['a128-en', 'Original', 0, null, 'ready'],
      ['t-de_1', null, -2000, 'sources/x/tracks/t-de', 'ready'],
      ['t-en', null, 250, null, 'ready'],
      ['t-fr', null, -2500, 'sources/x/tracks/t-fr', 'ready'],
    ]);
  });

  test.each([
    ['no end', { start: 1 }],
    ['an end before the start', { start: 3, end: 2 }],
    ['an unknown member', { start: 1, end: 2, source: FILM }],
  ])('may not have %s', async (_, json) => {
    expect(problemOf(await clip(await created({ object: FILM }), json))).toEqual([400, 'invalid_request']);
  });

  test('after the end of the film is refused', async () => {
    const id = await created({ object: FILM });
    await publish(id);
    expect(problemOf(await clip(id, { start: 10, end: 11 }))).toEqual([422, 'source_range_empty']);
    expect((await clip(id, { start: 9.9, end: 11 })).status).toBe(202);
  });

  test('needs its source', async () => {
    const object = 'sources/film/gone.mp4';
    await env.MEDIA.put(object, 'not really a film');
    const id = await created({ object });
    await env.MEDIA.delete(object);
    expect(problemOf(await clip(id, { start: 1, end: 2 }))).toEqual([422, 'source_not_found']);
    await env.CATALOG.prepare("UPDATE assets SET status = 'waiting' WHERE id = ?1").bind(id).run();
    expect(problemOf(await clip(id, { start: 1, end: 2 }))).toEqual([409, 'source_pending']);
    expect(problemOf(await clip('nosuchasset', { start: 1, end: 2 }))).toEqual([404, 'asset_not_found']);
  });
});
