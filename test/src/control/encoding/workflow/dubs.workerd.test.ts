/** Jobs of sound that is added to an asset, on the real workflow engine, board, catalog and bucket; the test plays the encoder. */

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { findTrack, insertTrack, type NewTrack } from '../../../../../src/catalog/tracks.ts';
import { sweepJobs } from '../../../../../src/control/encoding/workflow/settle-jobs.ts';
import { startDub, sweepDubs } from '../../../../../src/control/encoding/workflow/start-dub.ts';
import { currentKey, presentationKey, samplesKey } from '../../../../../src/media/keys.ts';
import { type Presentation, parsePresentation } from '../../../../../src/media/presentation.ts';
import type { SoundFacts } from '../../../../../src/protocol/sound-facts.ts';
import { call, createAsset, problemOf, readAsset } from '../../../http/client.ts';
import { complete, encodePlan, fail, inspect, lease, leaseOrThrow, type Start, withJobs } from '../encoder-client.ts';
import { FACTS } from '../fixture.ts';

type Run = Awaited<ReturnType<Start>>['job'];

const SOUND: SoundFacts = {
  schema: 1,
  container: 'mp3',
  sizeBytes: 5,
  audio: {
    streamIndex: 0,
    codec: 'mp3',
    channels: 2,
    sampleRate: 48_000,
    language: 'und',
    startSeconds: 0.025,
    isDefault: true,
  },
  fileStartSeconds: 0.025,
  durationSeconds: 14,
  warnings: [],
};

async function addDub(assetId: string, id: string, change: Partial<NewTrack> = {}): Promise<void> {
  const content = `sources/${assetId}/tracks/${id}-1`;
  await env.MEDIA.put(content, 'sound');
  const row = { id, kind: 'audio', language: 'fr', name: '', is_default: 0, state: 'waiting', content } as const;
  expect(await insertTrack(env.CATALOG, assetId, { ...row, ...change }, Date.now())).toBe(true);
}

async function published(start: Start, name: string): Promise<{ id: string; job: { id: string } }> {
  const run = await start(() => createAsset(name));
  await inspect(run.job, FACTS);
  await encodePlan(run.job);
  await run.job.waitForStatus('complete');
  return run.started;
}

async function inspectSound(job: Run, facts: SoundFacts = SOUND): Promise<void> {
  await job.waitForStepResult({ name: 'submit inspect' });
  const leased = await leaseOrThrow();
  expect(leased.task.input.kind).toBe('inspect_sound');
  await complete(leased, facts);
}

async function encodeDub(job: Run): Promise<void> {
  await inspectSound(job);
  expect(await encodePlan(job)).toBe(1);
  await job.waitForStatus('complete');
}

async function playing(id: string): Promise<Presentation> {
  const current = JSON.parse((await (await env.MEDIA.get(currentKey(id)))?.text()) ?? '{}');
  const key = presentationKey({ assetId: id, version: current.version }, current.revision);
  return parsePresentation((await (await env.MEDIA.get(key))?.text()) ?? '');
}

const soundsOf = ({ tracks }: Presentation) => tracks.filter(({ kind }) => kind === 'audio').map(({ id }) => id);

async function jobsOf(assetId: string): Promise<{ id: string; track: string | null; status: string }[]> {
  const { jobs } = (await call('GET', '/v1/jobs')).body as {
    jobs: { id: string; assetId: string; track: string | null; status: string }[];
  };
  return jobs.filter((job) => job.assetId === assetId);
}

const eventTypes = async (assetId: string): Promise<unknown[]> =>
  (
    await env.CATALOG.prepare('SELECT type FROM events WHERE asset_id = ?1 ORDER BY sequence').bind(assetId).all()
  ).results.map(({ type }) => type);

describe('a dub', () => {
  test('is a further revision of the version that plays', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'dubbed');
      const before = await playing(asset.id);
      await addDub(asset.id, 'a-fr_1', { name: 'Français', content: null, content_url: null });
      await env.MEDIA.put(`sources/${asset.id}/tracks/a-fr_1-1`, 'sound');
      const { job } = await start(() => startDub(env, asset.id));
      await inspectSound(job, { ...SOUND, durationSeconds: 10 });
      expect(await readAsset(asset.id)).toMatchObject({ status: 'ready', progress: 1, job: { id: asset.job.id } });
      expect(await encodePlan(job)).toBe(1);
      await job.waitForStatus('complete');

      const after = await playing(asset.id);
      expect(after).toMatchObject({ version: before.version, revision: 2 });
      expect(after.tracks.slice(0, -1)).toEqual(before.tracks);
      expect(after.tracks.at(-1)).toMatchObject({ id: 'a-fr_1', language: 'fr', role: 'alternate', name: 'Français' });
      expect(await env.MEDIA.head(samplesKey(after, 'a-fr_1'))).not.toBeNull();
      const length = { code: 'dub_length_differs', message: expect.stringContaining('10.0 s, the film at 14.0 s') };
      expect(await jobsOf(asset.id)).toMatchObject([
        { track: 'a-fr_1', status: 'done', warnings: [length] },
        { id: asset.job.id, track: null },
      ]);
      const row = await findTrack(env.CATALOG, asset.id, 'a-fr_1');
      expect(row).toMatchObject({
        state: 'ready',
        version: after.version,
        content: `sources/${asset.id}/tracks/a-fr_1-1`,
      });
      expect(row?.warnings).toContain('dub_length_differs');
      expect(await readAsset(asset.id)).toMatchObject({
        ...{
          status: 'ready',
          ready: 'full',
          revision: 2,
          error: null,
          warnings: [],
          job: { id: asset.job.id, status: 'done' },
        },
      });
      expect((await eventTypes(asset.id)).slice(-2)).toEqual(['asset.ready', 'asset.updated']);
    });
  });

  test('of more channels has formats of its own', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'surround');
      await addDub(asset.id, 'a-fr_2');
      const { job } = await start(() => startDub(env, asset.id));
      await inspectSound(job, { ...SOUND, audio: { ...SOUND.audio, channels: 6 } });
      await job.waitForStepResult({ name: 'submit encode' });
      const planned = [await leaseOrThrow(), await leaseOrThrow()].map(({ task: { input } }) => input);
      expect(planned).toMatchObject([
        { kind: 'audio', audio: { track: 'a-fr_2-384', formatOf: 'a-fr_2', channels: 6 } },
        {
          kind: 'audio',
          originSeconds: 0.025,
          audio: { track: 'a-fr_2', language: 'fr', channels: 2, segmentSeconds: 4 },
        },
      ]);
      await call('POST', `/v1/jobs/${(await jobsOf(asset.id))[0]?.id}/cancel`);
    });
  });

  test('is encoded for a clip from where the clip begins', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'clipped');
      await addDub(asset.id, 'a-fr_c');
      await encodeDub((await start(() => startDub(env, asset.id))).job);
      const clip = await start(() => call('POST', `/v1/assets/${asset.id}/clips`, { json: { start: 4, end: 9 } }));
      await inspect(clip.job, FACTS);
      await encodePlan(clip.job);
      const { job, started } = await start(() => clip.job.waitForStatus('complete').then(() => lease()));
      expect(started).toBeNull();
      await inspectSound(job);
      await job.waitForStepResult({ name: 'submit encode' });
      const { input } = (await leaseOrThrow()).task;
      expect(input).toMatchObject({ kind: 'audio', originSeconds: 4.025, audio: { track: 'a-fr_c', frameCount: 235 } });
      const [dub] = await jobsOf((clip.started.body as { id: string }).id);
      expect(dub).toMatchObject({ track: 'a-fr_c', warnings: [] });
      await call('POST', `/v1/jobs/${dub?.id}/cancel`);
    });
  });

  test('waits for the encode that is under way, and one dub for the other', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('waits'));
      const { id } = run.started;
      await addDub(id, 'a-fr_3');
      await addDub(id, 'a-de_3', { language: 'de' });
      await startDub(env, id);
      expect(await jobsOf(id)).toHaveLength(1);
      await inspect(run.job, FACTS);
      await encodePlan(run.job);
      const first = await start(() => run.job.waitForStatus('complete'));
      await encodeDub(first.job);
      expect((await jobsOf(id)).map(({ track }) => track)).toEqual(['a-de_3', 'a-fr_3', null]);
      const second = await start(async () => undefined);
      await encodeDub(second.job);
      expect(soundsOf(await playing(id))).toEqual(['a128-eng', 'a-fr_3', 'a-de_3']);
    });
  });

  test('is added to a new version as well', async () => {
    await withJobs(async (start) => {
      const failed = await start(() => createAsset('anew'));
      const { id, job } = failed.started;
      await failed.job.waitForStepResult({ name: 'submit inspect' });
      await call('POST', `/v1/jobs/${job.id}/cancel`);
      await addDub(id, 'a-fr_4');
      const versions: string[] = [];
      for (let round = 0; round < 2; round++) {
        const encode = await start(() => call('POST', `/v1/jobs/${job.id}/retry`));
        await inspect(encode.job, FACTS);
        await encodePlan(encode.job);
        const dub = await start(() => encode.job.waitForStatus('complete'));
        expect(await findTrack(env.CATALOG, id, 'a-fr_4')).toMatchObject({ state: 'waiting' });
        await encodeDub(dub.job);
        const { version, ...presentation } = await playing(id);
        expect(presentation.tracks.at(-1)?.id).toBe('a-fr_4');
        versions.push(version);
      }
      expect(new Set(versions).size).toBe(2);
    });
  });

  test('is added to a version that garbage collection has sealed; sessions on the revision before are safe', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'sealed');
      const { version } = await playing(asset.id);
      await env.CATALOG.prepare(
        'INSERT INTO version_marks (asset_id, version, sealed_at, earlier_retired_at) VALUES (?1, ?2, 1, 1)',
      )
        .bind(asset.id, version)
        .run();
      await addDub(asset.id, 'a-fr_s');
      await encodeDub((await start(() => startDub(env, asset.id))).job);
      expect(await playing(asset.id)).toMatchObject({ version, revision: 2 });
      const marks = env.CATALOG.prepare('SELECT earlier_retired_at FROM version_marks WHERE asset_id = ?1');
      expect(await marks.bind(asset.id).first()).toEqual({ earlier_retired_at: null });
    });
  });

  test('that nobody started is found by the sweep', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'swept');
      await addDub(asset.id, 'a-fr_5');
      await sweepDubs(env, Date.now());
      expect(await jobsOf(asset.id)).toHaveLength(1);
      const { job } = await start(() => sweepDubs(env, Date.now() + 61_000));
      await encodeDub(job);
      await sweepDubs(env, Date.now() + 61_000);
      expect(await jobsOf(asset.id)).toHaveLength(2);
    });
  });
});

describe('a dub that fails', () => {
  test('leaves the film alone, and can be retried', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'bad-dub');
      const before = await readAsset(asset.id);
      await addDub(asset.id, 'a-fr_6');
      const { job } = await start(() => startDub(env, asset.id));
      await job.waitForStepResult({ name: 'submit inspect' });
      await fail(await leaseOrThrow(), { code: 'source_no_sound', message: 'The file has no sound' });
      await job.waitForStatus('complete');
      const error = { error_code: 'source_no_sound', error_message: 'The file has no sound' };
      expect(await findTrack(env.CATALOG, asset.id, 'a-fr_6')).toMatchObject({ state: 'failed', ...error });
      expect(await readAsset(asset.id)).toEqual(before);
      expect((await eventTypes(asset.id)).at(-1)).toBe('asset.ready');
      await sweepDubs(env, Date.now() + 61_000);
      expect(await lease()).toBeNull();

      const [failed] = await jobsOf(asset.id);
      const retry = () => call('POST', `/v1/jobs/${failed?.id}/retry`);
      const second = await start(retry);
      expect(second.started).toMatchObject({ status: 202, body: { track: 'a-fr_6', status: 'queued' } });
      expect(problemOf(await retry())).toEqual([409, 'job_active']);
      await encodeDub(second.job);
      expect(soundsOf(await playing(asset.id))).toEqual(['a128-eng', 'a-fr_6']);
      expect(await findTrack(env.CATALOG, asset.id, 'a-fr_6')).toMatchObject({ state: 'ready', error_code: null });
      expect(problemOf(await retry())).toEqual([409, 'job_not_failed']);
    });
  });

  test('because it was cancelled says so', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'cancelled-dub');
      await addDub(asset.id, 'a-fr_7');
      const { job } = await start(() => startDub(env, asset.id));
      await job.waitForStepResult({ name: 'submit inspect' });
      await call('POST', `/v1/jobs/${(await jobsOf(asset.id))[0]?.id}/cancel`);
      await job.waitForStatus('terminated');
      expect(await findTrack(env.CATALOG, asset.id, 'a-fr_7')).toMatchObject({
        state: 'failed',
        error_code: 'cancelled',
      });
      expect(await readAsset(asset.id)).toMatchObject({ status: 'ready', error: null });
    });
  });

  test('a dub that is deleted while it is encoded is not published', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'deleted-dub');
      await addDub(asset.id, 'a-fr_8');
      const { job } = await start(() => startDub(env, asset.id));
      await inspectSound(job);
      await job.waitForStepResult({ name: 'submit encode' });
      await env.CATALOG.prepare('DELETE FROM tracks WHERE asset_id = ?1').bind(asset.id).run();
      await encodePlan(job);
      await job.waitForStatus('complete');
      expect(await jobsOf(asset.id)).toMatchObject([{ status: 'cancelled', error: null }, {}]);
      expect(soundsOf(await playing(asset.id))).toEqual(['a128-eng']);
    });
  });

  test('and one whose encode nobody takes is stopped by the sweep', async () => {
    await withJobs(async (start) => {
      const asset = await published(start, 'stopped-dub');
      await addDub(asset.id, 'a-fr_9');
      const { job } = await start(() => startDub(env, asset.id));
      await job.waitForStepResult({ name: 'submit inspect' });
      await env.CATALOG.prepare('DELETE FROM tracks WHERE asset_id = ?1').bind(asset.id).run();
      await sweepJobs(env, Date.now() + 2 * 60_000);
      await job.waitForStatus('terminated');
      expect(await lease()).toBeNull();
    });
  });
});
