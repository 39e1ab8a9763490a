/** `encode` of assets through the public door: where it is taken, what it changes, what it starts. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findAsset, jobRefOf } from '../../../../src/catalog/assets.ts';
import { markFailed } from '../../../../src/catalog/job-progress.ts';
import { refusedLook } from '../../../../src/protocol/source-look.ts';
import { call, createAsset, problemOf, readAsset } from '../../http/client.ts';
import { begin, idOf, metadata, read } from '../uploads/client.ts';
import { LOOK, latestJob, newFilm, publishLadder, tellLook } from './film-rows.ts';

const patch = (id: string, json: unknown) => call('PATCH', `/v1/assets/${id}`, { json });
const jobsOf = async (id: string): Promise<number> =>
  (await env.CATALOG.prepare('SELECT count(*) AS n FROM jobs WHERE asset_id = ?1').bind(id).first<number>('n')) ?? 0;
const typesOf = async (id: string): Promise<string[]> => {
  const { body } = await call('GET', `/v1/events?asset=${id}&limit=100`);
  const { events } = z
    .looseObject({ events: z.array(z.looseObject({ sequence: z.int(), type: z.string() })) })
    .parse(body);
  return events.sort((a, b) => a.sequence - b.sequence).map(({ type }) => type);
};

describe('it is taken and shown', () => {
  test('with a new asset: in the options of its job, but not among those that are shown', async () => {
    const { id } = await createAsset('demand', { encode: 'onDemand', audio: { dolby: true } });
    const asset = await readAsset(id);
    expect(asset).toMatchObject({ encode: 'onDemand', options: { audio: { dolby: true } } });
    expect(asset).not.toHaveProperty('options.encode');
    expect((await latestJob(id)).options).toBe('{"audio":{"dolby":true},"encode":"onDemand"}');
  });

  test('`always` is left out of what is stored', async () => {
    const { id } = await createAsset('usual', { encode: 'always' });
    expect(await readAsset(id)).toMatchObject({ encode: 'always' });
    expect(await readAsset(id)).not.toHaveProperty('options');
    expect((await findAsset(env.CATALOG, id))?.options).toBeNull();
    expect(await readAsset((await createAsset('plain')).id)).toMatchObject({ encode: 'always' });
  });

  test('with what an upload becomes', async () => {
    const place = await begin(0, { 'upload-metadata': metadata({ asset: '{"title":"Up","encode":"never"}' }) });
    const { asset } = await read(place);
    expect(await readAsset(asset ?? '')).toMatchObject({ encode: 'never' });
  });

  test('of a part of a file it is `always`', async () => {
    const { id } = await createAsset('whole', { encode: 'never' });
    const object = 'sources/whole/whole.mp4';
    for (const encode of ['onDemand', 'never']) {
      for (const range of [{ start: 1 }, { end: 2 }]) {
        const answer = await call('POST', '/v1/assets', { json: { source: { object, ...range }, encode } });
        expect(problemOf(answer)).toEqual([400, 'invalid_request']);
        const replaced = await call('POST', `/v1/assets/${id}/source`, { json: { object, ...range, encode } });
        expect(problemOf(replaced)).toEqual([400, 'invalid_request']);
      }
      const clip = { start: 0, end: 1, encode };
      expect(problemOf(await call('POST', `/v1/assets/${id}/clips`, { json: clip }))).toEqual([400, 'invalid_request']);
    }
    expect((await call('POST', `/v1/assets/${id}/clips`, { json: { start: 0, end: 1 } })).body).toMatchObject({
      ...{ encode: 'always', options: { start: 0, end: 1 } },
    });
    const part = await createAsset('part', { source: { object, start: 1 }, encode: 'always' });
    const refused = await patch(part.id, { encode: 'never', title: 'Other' });
    expect(problemOf(refused)).toEqual([400, 'invalid_request']);
    expect(refused.body).toMatchObject({ errors: [{ path: 'encode', message: expect.any(String) }] });
    expect(await readAsset(part.id)).toMatchObject({ encode: 'always', title: 'whole' });
  });

  test('with another file: left out, it is the asset’s; given, it is the asset’s from then on', async () => {
    const id = await newFilm('replaced', 'never');
    const json = { object: 'sources/replaced/replaced.mp4' };
    await call('POST', `/v1/assets/${id}/source`, { json });
    expect((await latestJob(id)).options).toBe('{"encode":"never"}');
    await call('POST', `/v1/jobs/${(await latestJob(id)).id}/cancel`);
    await call('POST', `/v1/assets/${id}/source`, { json: { ...json, encode: 'onDemand' } });
    expect((await latestJob(id)).options).toBe('{"encode":"onDemand"}');
    expect(await readAsset(id)).toMatchObject({ encode: 'onDemand', ready: 'source' });
    await call('POST', `/v1/jobs/${(await latestJob(id)).id}/cancel`);
    await call('POST', `/v1/assets/${id}/source`, { json: { ...json, start: 3 } });
    expect((await latestJob(id)).options).toBe('{"start":3}');
    expect(await readAsset(id)).toMatchObject({ encode: 'always' });
  });

  test('a call that is refused while a job is active leaves it', async () => {
    const { id } = await createAsset('busy');
    const json = { object: 'sources/busy/busy.mp4', encode: 'never' };
    expect(problemOf(await call('POST', `/v1/assets/${id}/source`, { json }))).toEqual([409, 'job_active']);
    expect(await readAsset(id)).toMatchObject({ encode: 'always' });
  });
});

describe('`always` for a film that plays from its source', () => {
  test('encodes it as another version, with the priority of the job before; it plays on', async () => {
    const id = await newFilm('internal', 'never', { priority: 80, audio: { loudness: -23 } });
    const before = await latestJob(id);
    const { status, body } = await patch(id, { encode: 'always' });
    expect(status).toBe(200);
    const after = await latestJob(id);
    expect(body).toMatchObject({
      ...{ encode: 'always', ready: 'source', status: 'ready', version: before.version },
      job: { id: after.id, status: 'queued' },
    });
    expect(after.version).not.toBe(before.version);
    expect(after).toMatchObject({
      ...{ priority: 80, source_key: 'sources/internal/internal.mp4', source_url: null, retry_of: null },
      options: '{"audio":{"loudness":-23}}',
    });
    // Its workflow has been started: the call does not leave it to the sweep.
    const note = await env.CATALOG.prepare('SELECT due_at FROM unsettled_jobs WHERE job_id = ?1')
      .bind(after.id)
      .first();
    expect(Number(note?.['due_at'])).toBeGreaterThan(Date.now() + 60_000);
    await publishLadder(id);
    expect(await readAsset(id)).toMatchObject({ encode: 'always', ready: 'full', version: after.version });
    const jobs = await jobsOf(id);
    await patch(id, { encode: 'always' });
    expect(await jobsOf(id)).toBe(jobs);
  });

  test('once, also if it is asked for again, and at the same time', async () => {
    const id = await newFilm('twice', 'never');
    const answers = await Promise.all([1, 2, 3].map(() => patch(id, { encode: 'always' })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await patch(id, { encode: 'always' });
    expect(await jobsOf(id)).toBe(2);
  });

  test('also where it was to play from its source alone, and could not', async () => {
    const { id, job } = await createAsset('unplayable');
    await patch(id, { encode: 'never' });
    const error = { code: 'source_not_playable', message: 'no' };
    await markFailed(env.CATALOG, { ...jobRefOf(await latestJob(id)), jobId: job.id }, error, Date.now());
    expect((await patch(id, { encode: 'onDemand' })).body).toMatchObject({ status: 'failed' });
    expect((await patch(id, { encode: 'always' })).body).toMatchObject({ status: 'queued', error: null });
    expect(await jobsOf(id)).toBe(2);
    await markFailed(env.CATALOG, jobRefOf(await latestJob(id)), { ...error, code: 'internal' }, Date.now());
    await patch(id, { encode: 'always' });
    expect(await jobsOf(id)).toBe(2);
  });

  test('nothing where its file was collected, and of others what is due', async () => {
    const [gone, there] = [await createAsset('collected'), await newFilm('kept', 'never')];
    const error = { code: 'source_not_playable', message: 'no' };
    await markFailed(env.CATALOG, jobRefOf(await latestJob(gone.id)), error, Date.now());
    const collected = 'INSERT INTO collected_sources (key, marked_at) VALUES (?1, 1)';
    await env.CATALOG.prepare(collected).bind('sources/collected/collected.mp4').run();
    const answer = await call('PATCH', '/v1/assets', {
      json: { ids: [gone.id, there], change: { encode: 'always' } },
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { results: [{ asset: { status: 'failed', encode: 'always' } }, { asset: { job: { status: 'queued' } } }] },
    });
    expect(problemOf(await call('POST', `/v1/jobs/${gone.job.id}/retry`))).toEqual([422, 'source_not_found']);
  });

  test('again after its job has failed', async () => {
    const id = await newFilm('again', 'never');
    await patch(id, { encode: 'always' });
    const failed = jobRefOf(await latestJob(id));
    await markFailed(env.CATALOG, failed, { code: 'internal', message: 'no' }, Date.now());
    expect(await readAsset(id)).toMatchObject({ status: 'ready', ready: 'source', error: { code: 'internal' } });
    expect((await patch(id, { encode: 'always' })).body).toMatchObject({ error: null, job: { status: 'queued' } });
    expect(await jobsOf(id)).toBe(3);
  });

  test('not where the call is refused', async () => {
    const id = await newFilm('refused', 'never');
    const window = { publishAt: '2030-01-02T00:00:00Z', unpublishAt: '2030-01-01T00:00:00Z' };
    expect(problemOf(await patch(id, { encode: 'always', ...window }))).toEqual([400, 'invalid_request']);
    await patch(id, { publishAt: window.publishAt });
    const late = await patch(id, { encode: 'always', unpublishAt: window.unpublishAt });
    expect(problemOf(late)).toEqual([400, 'invalid_request']);
    expect([await jobsOf(id), await readAsset(id)]).toMatchObject([1, { encode: 'never' }]);
  });

  test('and of many at once: those that play from their source', async () => {
    const ids = [
      await newFilm('many-1', 'never'),
      await newFilm('many-2', 'onDemand'),
      await newFilm('many-3', 'always'),
    ];
    const { id: waiting } = await createAsset('many-4');
    const { body } = await call('PATCH', '/v1/assets', {
      json: { ids: [...ids, waiting, 'nobody'], change: { encode: 'always' } },
    });
    expect(body).toMatchObject({
      results: [
        { asset: { encode: 'always', job: { status: 'queued' } } },
        { asset: { encode: 'always', job: { status: 'queued' } } },
        { asset: { encode: 'always', job: { status: 'running' } } },
        { asset: { encode: 'always' } },
        { error: { code: 'asset_not_found' } },
      ],
    });
    expect(await Promise.all([...ids, waiting].map(jobsOf))).toEqual([2, 2, 1, 1]);
    const { body: audit } = await call('GET', `/v1/audit?asset=${ids[0]}&limit=1`);
    expect(audit).toMatchObject({ changes: [{ operation: 'updateAssets', fields: ['encode'] }] });
  });
});

test('while a job is active, a change holds for what comes later: it ends as it was begun, and does not undo the change', async () => {
  const id = await newFilm('later', 'always');
  const job = await latestJob(id);
  for (const encode of ['never', 'onDemand']) {
    expect((await patch(id, { encode })).body).toMatchObject({ encode, job: { id: job.id, status: 'running' } });
    expect((await latestJob(id)).options).toBeNull();
  }
  await publishLadder(id);
  expect(await readAsset(id)).toMatchObject({ encode: 'onDemand', ready: 'full' });
  expect(await jobsOf(id)).toBe(1);
});

describe('what plays from its source', () => {
  test('is told as `source` by the asset, lists, filters and counts, and by events', async () => {
    const id = await newFilm('told', 'always');
    expect(await readAsset(id)).toMatchObject({ ready: 'source', status: 'encoding' });
    const listed = async (ready: string) => {
      const { body } = await call('GET', `/v1/assets?ready=${ready}&limit=100`);
      const { assets } = z
        .looseObject({ assets: z.array(z.looseObject({ id: z.string(), ready: z.string() })) })
        .parse(body);
      return assets.filter((asset) => asset.id === id).map(({ ready: shown }) => shown);
    };
    const counted = async () => {
      const { body } = await call('GET', '/v1/assets/facets');
      const { facets } = z
        .object({ facets: z.record(z.string(), z.array(z.looseObject({ value: z.string() }))) })
        .parse(body);
      return facets['ready']?.find(({ value }) => value === 'source')?.['assets'];
    };
    expect([await listed('source'), await listed('partial'), await listed('full')]).toEqual([['source'], [], []]);
    const before = Number(await counted());
    await publishLadder(id);
    expect([await listed('source'), await listed('full')]).toEqual([[], ['full']]);
    expect(Number((await counted()) ?? 0)).toBe(before - 1);
    expect(await typesOf(id)).toEqual(['asset.queued', 'asset.encoding', 'asset.ready_source', 'asset.ready']);
    const { body } = await call('GET', `/v1/events?asset=${id}&limit=100`);
    const { events } = z
      .looseObject({ events: z.array(z.looseObject({ type: z.string(), data: z.unknown() })) })
      .parse(body);
    const { data } = events.find(({ type }) => type === 'asset.ready_source') ?? {};
    expect(data).toMatchObject({ asset: { ready: 'source' } });
    // The log has neither.
    expect(data).not.toHaveProperty('asset.encode');
    expect(data).not.toHaveProperty('job.look');
  });

  test('has the look and what the ladder would cost with it; so has its job', async () => {
    const id = await newFilm('looked', 'never');
    expect(await readAsset(id)).toMatchObject({
      look: LOOK,
      encodeEstimate: { sourceBytes: 45_000_000, cpuMinutes: expect.any(Number), storageBytes: expect.any(Number) },
    });
    expect((await call('GET', `/v1/jobs/${(await latestJob(id)).id}`)).body).toMatchObject({ look: LOOK });
    expect((await call('GET', '/v1/assets?limit=1')).body).not.toHaveProperty('assets.0.look');
    const { id: other } = await createAsset('unlooked');
    await env.CATALOG.prepare('UPDATE jobs SET look = NULL WHERE asset_id = ?1').bind(other).run();
    expect(await readAsset(other)).toMatchObject({ look: null, encodeEstimate: null });
    await tellLook(await latestJob(other), refusedLook('open_gop'));
    expect(await readAsset(other)).toMatchObject({
      look: { standard: false, code: 'open_gop', message: expect.stringContaining('key frame') },
      encodeEstimate: null,
    });
  });

  test('an upload tells its look, the event of its end too', async () => {
    const id = idOf(await begin(1));
    expect((await call('GET', `/v1/uploads/${id}`)).body).toMatchObject({ look: null, encodeEstimate: null });
    await env.CATALOG.prepare('UPDATE uploads SET look = ?2 WHERE id = ?1').bind(id, JSON.stringify(LOOK)).run();
    expect((await call('GET', `/v1/uploads/${id}`)).body).toMatchObject({
      look: LOOK,
      encodeEstimate: { sourceBytes: 45_000_000 },
    });
    await call('DELETE', `/v1/uploads/${id}`);
    const { body } = await call('GET', `/v1/events?asset=${id}`);
    expect(body).toMatchObject({ events: [{ type: 'upload.deleted', data: { upload: { look: LOOK } } }, {}] });
  });

  test('is a version of its own kind, and can be made current again', async () => {
    const id = await newFilm('versions', 'never');
    const { version } = await latestJob(id);
    await patch(id, { encode: 'always' });
    await publishLadder(id);
    const { body } = await call('GET', `/v1/assets/${id}/versions`);
    expect(body).toMatchObject({
      versions: [
        { status: 'current', fromSource: false },
        { status: 'ready', fromSource: true, version },
      ],
    });
    const back = await call('POST', `/v1/assets/${id}/versions/${version}/current`);
    expect(back.body).toMatchObject({ ready: 'source', version, encode: 'always' });
  });
});
