/** The board by the Worker's public door: priorities, encoders, dead tasks, and a retry that keeps what was done. */
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { currentKey, presentationKey } from '../../../../src/media/keys.ts';
import { call, createAsset, problemOf, readAsset } from '../../http/client.ts';
import { encoderCall, encodeTask, fail, inspect, lease, leaseOrThrow, withJobs } from '../encoding/encoder-client.ts';
import { FACTS as SHORT_FACTS } from '../encoding/fixture.ts';

/** 64 s: more than one chunk, however they are cut. */
const FACTS = { ...SHORT_FACTS, video: { ...SHORT_FACTS.video, frameCount: 1536, durationSeconds: 64 } };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a priority', () => {
  test('is given with the asset, shown with the job, and changed there', async () => {
    const { job } = await createAsset('urgent', { priority: 90 });
    const path = `/v1/jobs/${job.id}`;
    expect((await call('GET', path)).body).toMatchObject({ priority: 90, retryOf: null });
    expect(await call('PATCH', path, { json: { priority: 0 } })).toMatchObject({ status: 200, body: { priority: 0 } });
    expect((await call('GET', path)).body).toMatchObject({ priority: 0 });
    await call('POST', `${path}/cancel`);
    expect(problemOf(await call('PATCH', path, { json: { priority: 1 } }))).toEqual([409, 'job_not_active']);
  });

  test('decides whose task is next', async () => {
    await withJobs(async (start) => {
      const low = await start(() => createAsset('low', { priority: 40 }));
      const high = await start(() => createAsset('high'));
      await low.job.waitForStepResult({ name: 'submit inspect' });
      await high.job.waitForStepResult({ name: 'submit inspect' });
      expect((await leaseOrThrow()).task.id).toBe(`${high.started.job.id}-inspect`);
      for (const { started } of [low, high]) {
        await call('POST', `/v1/jobs/${started.job.id}/cancel`);
      }
    });
  });

  test.each([-1, 101, 1.5, '50', null])('may not be %j', async (priority) => {
    const { job } = await createAsset(`priority-${String(priority).length}`);
    expect(problemOf(await call('PATCH', `/v1/jobs/${job.id}`, { json: { priority } }))).toEqual([
      400,
      'invalid_request',
    ]);
    await call('POST', `/v1/jobs/${job.id}/cancel`);
  });
});

describe('lists for operators', () => {
  test('show encoders and dead tasks, to the API token only', async () => {
    const encoder = {
      id: 'listed',
      version: '1',
      cores: 4,
      memoryBytes: 9,
      freeCores: 2.5,
      load: 0.5,
      features: ['av1'],
    };
    const { status, headers } = await encoderCall('/v1/encoders/lease', { encoder });
    expect([status, headers.get('retry-after')]).toEqual([204, '1']);
    const { body } = await call('GET', '/v1/encoders');
    expect(body).toHaveProperty(
      'encoders.0',
      expect.objectContaining({ ...encoder, state: 'idle', tasks: 0, lastSeenAt: expect.any(String) }),
    );
    expect((await call('GET', '/v1/tasks?state=dead')).body).toEqual({ tasks: [], nextCursor: null });
    expect(problemOf(await call('GET', '/v1/tasks?state=done'))).toEqual([400, 'invalid_request']);
    for (const path of ['/v1/encoders', '/v1/tasks?state=dead']) {
      expect(problemOf(await call('GET', path, { token: env.ENCODER_TOKEN }))).toEqual([401, 'unauthorized']);
    }
    expect(problemOf(await call('POST', '/v1/encoders/lease', { json: { encoder } }))).toEqual([401, 'unauthorized']);
  });

  test.each([
    ['a feature that is a sentence', { features: ['not a name'] }],
    ['more features than anybody has', { features: Array.from({ length: 17 }, (_, index) => `f${index}`) }],
    ['a load above all', { load: 1.1 }],
    ['fewer cores than none', { freeCores: -1 }],
  ])('take no encoder with %s', async (_, change) => {
    const encoder = { id: 'odd', version: '1', cores: 4, memoryBytes: 9, ...change };
    expect(problemOf(await encoderCall('/v1/encoders/lease', { encoder }))).toEqual([400, 'invalid_request']);
  });
});

describe('a retry', () => {
  test('goes on with the version: only what is missing is encoded, and a poison task is shown', async () => {
    await withJobs(async (start) => {
      const first = await start(() => createAsset('resumed'));
      const { id, job } = first.started;
      await inspect(first.job, FACTS);
      await first.job.waitForStepResult({ name: 'submit encode' });
      const sound = await leaseOrThrow();
      await encodeTask(sound);
      const chunk = await leaseOrThrow();
      await encodeTask(chunk);
      const poison = await leaseOrThrow();
      await fail(poison, { code: 'source_truncated', message: 'It ends early', detail: 'last words' });
      await first.job.waitForStatus('complete');
      expect((await call('GET', `/v1/jobs/${job.id}`)).body).toMatchObject({
        status: 'failed',
        tasks: expect.arrayContaining([
          expect.objectContaining({ id: chunk.task.id, state: 'done' }),
          expect.objectContaining({
            id: poison.task.id,
            state: 'dead',
            error: expect.objectContaining({ detail: 'last words' }),
          }),
        ]),
      });
      expect((await call('GET', '/v1/tasks?state=dead')).body).toMatchObject({
        tasks: [{ id: poison.task.id, jobId: job.id, error: { detail: 'last words' } }],
      });

      const second = await start(() => call('POST', `/v1/jobs/${job.id}/retry`));
      expect(second.started).toMatchObject({ status: 202, body: { assetId: id, retryOf: job.id } });
      expect(problemOf(await call('POST', `/v1/jobs/${job.id}/retry`))).toEqual([409, 'job_active']);
      await second.job.waitForStepResult({ name: 'submit encode' });
      const names: string[] = [];
      for (let leased = await lease(); leased !== null; leased = await lease()) {
        expect(Number(leased.task.attempt)).toBeGreaterThan(1);
        names.push(leased.task.id.split('-').slice(1).join('-'));
        await encodeTask(leased);
      }
      await second.job.waitForStatus('complete');
      const name = (taskId: string) => taskId.slice(job.id.length + 1);
      expect(names).toContain(name(poison.task.id));
      expect(names).not.toContain(name(chunk.task.id));
      expect(names).not.toContain(name(sound.task.id));
      expect(await readAsset(id)).toMatchObject({ status: 'ready', error: null });
      const current = JSON.parse((await (await env.MEDIA.get(currentKey(id)))?.text()) ?? '{}');
      const ref = { assetId: id, version: current.version };
      const presentation = await (await env.MEDIA.get(presentationKey(ref, current.revision)))?.json<{
        tracks: { chunks: { attempt: string }[] }[];
      }>();
      expect(new Set(presentation?.tracks.flatMap(({ chunks }) => chunks.map(({ attempt }) => attempt)))).toEqual(
        new Set(['1', '2']),
      );
    });
  });

  test('after a failed check begins a new version', async () => {
    await withJobs(async (start) => {
      const first = await start(() => createAsset('rechecked'));
      const { job } = first.started;
      await inspect(first.job, FACTS);
      await first.job.waitForStepResult({ name: 'submit encode' });
      await fail(await leaseOrThrow(), { code: 'init_mismatch', message: 'No' });
      await first.job.waitForStatus('complete');
      const second = await start(() => call('POST', `/v1/jobs/${job.id}/retry`));
      expect(second.started).toMatchObject({ status: 202, body: { retryOf: null } });
      const { version } = (await call('GET', `/v1/jobs/${job.id}`)).body as { version: string };
      expect(second.started.body).not.toHaveProperty('version', version);
      await call('POST', `/v1/jobs/${(second.started.body as { id: string }).id}/cancel`);
    });
  });
});
