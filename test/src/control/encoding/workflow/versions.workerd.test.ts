/** Replacing the film of an asset and going back, on the real workflow engine, board, catalog and bucket; the test plays the encoder. */

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findAsset, findJob } from '../../../../../src/catalog/assets.ts';
import { currentKey } from '../../../../../src/media/keys.ts';
import { currentSchema } from '../../../../../src/media/presentation.ts';
import type { SourceFacts } from '../../../../../src/protocol/source-facts.ts';
import { call, createAsset, problemOf, readAsset } from '../../../http/client.ts';
import { encodePlan, fail, inspect, leaseOrThrow, type Start, withJobs } from '../encoder-client.ts';
import { FACTS } from '../fixture.ts';

const LONGER: SourceFacts = { ...FACTS, video: { ...FACTS.video, frameCount: 480, durationSeconds: 20 } };
const NEXT = 'sources/next/film.mp4';

const idsSchema = z.looseObject({ id: z.string(), job: z.object({ id: z.string() }) });
const versionsSchema = z.object({ versions: z.array(z.looseObject({ version: z.string(), status: z.string() })) });

/** A job that ends well. */
async function encodes<T>(start: Start, act: () => Promise<T>, facts: SourceFacts = FACTS): Promise<T> {
  const { started, job } = await start(act);
  await inspect(job, facts);
  await encodePlan(job);
  await job.waitForStatus('complete');
  return started;
}

async function replace(id: string, json: object = { object: NEXT }) {
  await env.MEDIA.put(NEXT, 'another film');
  const answer = await call('POST', `/v1/assets/${id}/source`, { json });
  if (answer.status !== 202) {
    throw new Error(`not replaced: ${JSON.stringify(answer.body)}`);
  }
  return idsSchema.parse(answer.body);
}

const versionsOf = async (id: string) =>
  versionsSchema.parse((await call('GET', `/v1/assets/${id}/versions`)).body).versions;
const goBack = (id: string, version = '') => call('POST', `/v1/assets/${id}/versions/${version}/current`);
const pointed = async (id: string) => currentSchema.parse(await (await env.MEDIA.get(currentKey(id)))?.json());
const typesOf = async (id: string) =>
  (
    await env.CATALOG.prepare('SELECT type FROM events WHERE asset_id = ?1 ORDER BY sequence').bind(id).all()
  ).results.map(({ type }) => type);

describe('a film that is replaced', () => {
  test('plays until the next one is ready, and can be made current again', async () => {
    await withJobs(async (start) => {
      const { id } = await encodes(start, () => createAsset('replaced', { audio: { loudness: -23 } }));
      const first = await pointed(id);
      const { started, job } = await start(() => replace(id, { object: NEXT, start: 1 }));
      expect(started).toMatchObject({ status: 'ready', ready: 'full', version: first.version });
      expect(problemOf(await call('POST', `/v1/assets/${id}/source`, { json: { object: NEXT } }))).toEqual([
        ...[409, 'job_active'],
      ]);
      expect(problemOf(await goBack(id, 'unknown'))).toEqual([404, 'version_not_found']);
      await job.waitForStepResult({ name: 'submit inspect' });
      const leased = await leaseOrThrow();
      expect(leased.task.input.source.key).toBe(NEXT);
      await call('POST', `/v1/tasks/${leased.task.id}/complete`, {
        token: env.ENCODER_TOKEN,
        json: { lease: leased.lease, result: LONGER },
      });
      expect(await pointed(id)).toEqual(first);
      expect(await versionsOf(id)).toMatchObject([{ status: 'encoding' }, { status: 'current' }]);
      await encodePlan(job);
      await job.waitForStatus('complete');

      const second = await pointed(id);
      expect(second.version).not.toBe(first.version);
      expect(await findAsset(env.CATALOG, id)).toMatchObject({
        ...{ source_key: NEXT, options: '{"start":1,"audio":{"loudness":-23}}', current_version: second.version },
      });
      expect(await readAsset(id)).toMatchObject({ status: 'ready', durationSeconds: expect.closeTo(19, 1) });
      expect(await versionsOf(id)).toMatchObject([
        { version: second.version, status: 'current', revision: 1, sourceKey: NEXT, width: 854, height: 480 },
        {
          ...{ version: first.version, status: 'ready', revision: 1, sourceKey: 'sources/replaced/replaced.mp4' },
          ...{ durationSeconds: expect.closeTo(14, 1), error: null, warnings: [], publishedAt: expect.any(String) },
        },
      ]);

      expect(await goBack(id, first.version)).toMatchObject({ status: 200, body: { version: first.version } });
      expect(await pointed(id)).toEqual(first);
      expect(await findAsset(env.CATALOG, id)).toMatchObject({
        ...{ source_key: 'sources/replaced/replaced.mp4', options: '{"audio":{"loudness":-23}}' },
        ...{ duration_seconds: expect.closeTo(14, 1), ready: 'full' },
      });
      expect(await goBack(id, first.version)).toMatchObject({ status: 200 });
      expect(await typesOf(id)).toEqual([
        ...['asset.queued', 'asset.encoding', 'asset.ready', 'job.queued', 'job.running', 'asset.ready'],
        'asset.updated',
      ]);

      await env.CATALOG.prepare(
        'INSERT INTO version_marks (asset_id, version, sealed_at, collected_at) VALUES (?1, ?2, 0, 0)',
      )
        .bind(id, second.version)
        .run();
      expect(await versionsOf(id)).toMatchObject([{ status: 'collected' }, { status: 'current' }]);
      expect(problemOf(await goBack(id, second.version))).toEqual([409, 'version_collected']);
    });
  });
});

describe('an asset that has failed', () => {
  const broken = { code: 'source_not_media', message: 'It is text' } as const;

  test('keeps its metadata, and plays with another file; a retry has the file and the range of its job', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('failed', { title: 'Kept', policy: 'public' }));
      await run.job.waitForStepResult({ name: 'submit inspect' });
      await fail(await leaseOrThrow(), broken);
      await run.job.waitForStatus('complete');
      const { id } = run.started;
      expect(await readAsset(id)).toMatchObject({ status: 'failed', error: broken });
      const [failed] = await versionsOf(id);
      expect(failed).toMatchObject({ status: 'failed', error: broken, revision: null, publishedAt: null });
      expect(problemOf(await goBack(id, failed?.version))).toEqual([409, 'version_not_ready']);
      const second = await start(() => replace(id, { object: NEXT, end: 5 }));
      expect(second.started).toMatchObject({ status: 'queued', error: null });
      await second.job.waitForStepResult({ name: 'submit inspect' });
      await fail(await leaseOrThrow(), broken);
      await second.job.waitForStatus('complete');
      expect(await findAsset(env.CATALOG, id)).toMatchObject({ source_key: 'sources/failed/failed.mp4' });
      const retried = await encodes(start, () => call('POST', `/v1/jobs/${second.started.job.id}/retry`));
      const job = await findJob(env.CATALOG, z.looseObject({ id: z.string() }).parse(retried.body).id);
      expect(job).toMatchObject({ source_key: NEXT, options: '{"end":5}' });
      expect(await readAsset(id)).toMatchObject({
        ...{ title: 'Kept', policy: 'public', status: 'ready', error: null, durationSeconds: expect.closeTo(5, 1) },
      });
      expect(await findAsset(env.CATALOG, id)).toMatchObject({ source_key: NEXT });
    });
  });
});

test('a film that is longer than its link allows fails, and says so', async () => {
  await withJobs(async (start) => {
    const { started, job } = await start(async () => {
      const asset = await createAsset('long', { source: { object: 'sources/long/long.mp4', start: 1 } });
      await env.CATALOG.prepare(`UPDATE jobs SET options = '{"maxSeconds":13}' WHERE asset_id = ?1`)
        .bind(asset.id)
        .run();
      return asset;
    });
    await inspect(job, FACTS);
    await job.waitForStatus('complete');
    const message = 'The source lasts 14.0 s, and may have 13 s';
    expect(await readAsset(started.id)).toMatchObject({
      status: 'failed',
      error: { code: 'source_too_long', message },
    });
  });
});

test('the same file a second time is linked to the first, in the asset and in its job', async () => {
  await withJobs(async (start) => {
    const keys: string[] = [];
    for (const upload of ['first00000000000', 'second0000000000']) {
      const key = `sources/${upload}/film.mp4`;
      await env.MEDIA.put(key, 'a film');
      const insert = `INSERT INTO uploads (id, kind, state, file_name, max_bytes, key, created_at, updated_at, expires_at, finished_at)
        VALUES (?1, 'file', 'finished', 'film.mp4', 3, ?2, 0, 0, 0, 0)`;
      await env.CATALOG.prepare(insert).bind(upload, key).run();
      const make = () => call('POST', '/v1/assets', { json: { source: { upload } } });
      const { body } = await encodes(start, make, { ...FACTS, sha256: 'ab'.repeat(32) });
      const { id, job } = idsSchema.parse(body);
      const rows = await Promise.all([findAsset(env.CATALOG, id), findJob(env.CATALOG, job.id)]);
      keys.push(...rows.map((row) => row?.source_key ?? ''));
    }
    expect(keys).toEqual(new Array(4).fill('sources/first00000000000/film.mp4'));
  });
});
