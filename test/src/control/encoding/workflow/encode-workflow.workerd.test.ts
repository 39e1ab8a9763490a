/** Whole jobs on the real workflow engine, board, catalog and bucket; the test plays app and encoder over HTTP. */

import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { startAsset } from '../../../../../src/control/jobs/jobs.ts';
import { currentKey, presentationKey, samplesKey } from '../../../../../src/media/keys.ts';
import { parsePresentation } from '../../../../../src/media/presentation.ts';
import { tierCounters } from '../../../../../src/metrics/tier-counters.ts';
import { audioCost, videoCost } from '../../../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { call, createAsset, problemOf, readAsset } from '../../../http/client.ts';
import { encodePlan, encoderCall, fail, inspect, lease, leaseOrThrow, withJobs } from '../encoder-client.ts';
import { FACTS as SHORT_FACTS } from '../fixture.ts';

/** 80 s: twenty segments, which for one small encoder are two chunks. */
const FACTS = { ...SHORT_FACTS, video: { ...SHORT_FACTS.video, frameCount: 1920, durationSeconds: 80 } };
const AUDIO_FRAMES = 3750;

const text = async (key: string): Promise<string | null> => (await (await env.MEDIA.get(key))?.text()) ?? null;

const readJob = async (id: string): Promise<unknown> => (await call('GET', `/v1/jobs/${id}`)).body;

describe('a job that goes well', () => {
  test('publishes the asset’s first version', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('well', { policy: 'public', title: 'All is well' }));
      const { id, job } = run.started;
      expect(run.started).toMatchObject({ status: 'queued', progress: 0, error: null, version: null });

      await inspect(run.job, FACTS);
      expect(await encodePlan(run.job)).toBe(3);
      await run.job.waitForStatus('complete');

      expect(await run.job.waitForStepResult({ name: 'prewarm' })).toBeNull();
      const asset = await readAsset(id);
      expect(asset).toMatchObject({
        status: 'ready',
        ready: 'full',
        progress: 1,
        error: null,
        revision: 1,
        width: 854,
        height: 480,
        job: { id: job.id, status: 'done' },
      });
      const current = JSON.parse((await text(currentKey(id))) ?? '{}');
      expect(current).toEqual({ version: expect.any(String), revision: 1, policy: 'public', disabled: false });
      const presentation = parsePresentation(
        (await text(presentationKey({ assetId: id, version: current.version }, 1))) ?? '',
      );
      expect(presentation).toMatchObject({ assetId: id, version: current.version, revision: 1 });
      expect(presentation.tracks.map((track) => track.id)).toEqual(['v240', 'v360', 'v480', 'a128-eng']);
      for (const track of presentation.tracks) {
        expect(await env.MEDIA.head(samplesKey(presentation, track.id))).not.toBeNull();
      }
      expect(asset).toMatchObject({ version: current.version, durationSeconds: AUDIO_FRAMES * (1024 / 48_000) });
    });
  });

  test('and is to be prewarmed is pulled through the tiers once it is published', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('prewarmed', { prewarm: true }));
      const before = { ...tierCounters };
      await inspect(run.job, FACTS);
      await encodePlan(run.job);
      await run.job.waitForStatus('complete');
      expect(await readAsset(run.started.id)).toMatchObject({ status: 'ready', prewarm: true });
      // The presentation; of four tracks the init segment and three segments.
      const objects = 1 + 4 * 4;
      const report = { read: objects, missing: 0, failed: 0, skipped: 0 };
      expect(await run.job.waitForStepResult({ name: 'prewarm' })).toEqual(report);
      expect(tierCounters.prewarmRead - before.prewarmRead).toBe(objects);
    });
  });

  test('is ready whatever becomes of its prewarming', async () => {
    const failures = vi.spyOn(console, 'error');
    await withJobs(async (start) => {
      const run = await start(() => createAsset('unwarmed', { prewarm: true }));
      await run.job.modify(async (job) => {
        await job.mockStepError({ name: 'prewarm' }, new Error('no'));
      });
      await inspect(run.job, FACTS);
      await encodePlan(run.job);
      await run.job.waitForStatus('complete');
      const { id, job } = run.started;
      expect(await readAsset(id)).toMatchObject({ status: 'ready', error: null, job: { id: job.id, status: 'done' } });
      expect(await text(currentKey(id))).not.toBeNull();
    });
    expect(failures).not.toHaveBeenCalled();
    failures.mockRestore();
  });

  test('goes on with the plan that an earlier release made, without an early rendition', async () => {
    const { early: _, ...plan } = planEncode(FACTS, { preset: 'medium' });
    await withJobs(async (start) => {
      const run = await start(() => createAsset('planned-earlier'));
      await run.job.modify(async (job) => {
        await job.mockStepResult({ name: 'plan' }, plan);
      });
      await inspect(run.job, FACTS);
      expect(await encodePlan(run.job)).toBe(3);
      await run.job.waitForStatus('complete');
      expect(await readAsset(run.started.id)).toMatchObject({ ready: 'full', error: null });
    });
  });

  test('shows where it is', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('progress'));
      const { id, job } = run.started;
      await inspect(run.job, FACTS);
      await run.job.waitForStepResult({ name: 'submit encode' });
      expect(await readAsset(id)).toMatchObject({ status: 'encoding', progress: 0 });

      const first = await leaseOrThrow();
      await encoderCall(`/v1/tasks/${first.task.id}/heartbeat`, { lease: first.lease, progress: 0.5 });
      const detail = await readJob(job.id);
      const sound = audioCost({ channels: 2, frameCount: AUDIO_FRAMES });
      const picture = videoCost(planEncode(FACTS, { preset: 'medium' }).video, FACTS.video.frameCount);
      expect(detail).toMatchObject({ id: job.id, assetId: id, status: 'running', error: null });
      expect(detail).toHaveProperty('progress', expect.closeTo((0.5 * sound) / (sound + picture), 6));
      expect(detail).toHaveProperty('tasks', [
        expect.objectContaining({ id: `${job.id}-inspect`, kind: 'inspect', state: 'done', progress: 1 }),
        expect.objectContaining({ id: `${job.id}-a128-eng`, state: 'leased', attempt: 1, encoder: 'enc-1' }),
        expect.objectContaining({ id: `${job.id}-chunk-0`, kind: 'chunk', state: 'waiting', encoder: null }),
        expect.objectContaining({ id: `${job.id}-chunk-1`, state: 'waiting' }),
      ]);
      await call('POST', `/v1/jobs/${job.id}/cancel`);
    });
  });
});

describe('a job that fails', () => {
  test('in its inspection says why', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('bad-inspect'));
      await run.job.waitForStepResult({ name: 'submit inspect' });
      await fail(await leaseOrThrow(), { code: 'source_not_media', message: 'It is a text file', detail: 'stderr' });
      await run.job.waitForStatus('complete');
      const error = { code: 'source_not_media', message: 'It is a text file' };
      expect(await readAsset(run.started.id)).toMatchObject({ status: 'failed', error, version: null });
      expect(await readJob(run.started.job.id)).toMatchObject({ status: 'failed', error });
      expect(await text(currentKey(run.started.id))).toBeNull();
    });
  });

  test('in one chunk takes the other tasks back', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('bad-chunk'));
      await inspect(run.job, FACTS);
      await run.job.waitForStepResult({ name: 'submit encode' });
      await fail(await leaseOrThrow(), { code: 'source_truncated', message: 'It ends early' });
      await run.job.waitForStatus('complete');
      expect(await readAsset(run.started.id)).toMatchObject({ status: 'failed', error: { code: 'source_truncated' } });
      expect(await lease()).toBeNull();
    });
  });

  test('has a source that may not be read', async () => {
    await withJobs(async (start) => {
      // As an asset of an older version, or a name that leads elsewhere by now: the API itself refuses this address.
      const sourceUrl = 'http://127.0.0.1:8787/v1/assets';
      const asset = { id: 'refused', title: 'a', prewarm: false, sourceKey: 'sources/refused/a' };
      const { job } = await start(() => startAsset(env, { ...asset, policy: 'signed', sourceUrl }));
      await job.waitForStatus('complete');
      expect(await readAsset('refused')).toMatchObject({ status: 'failed', error: { code: 'source_refused' } });
    });
  });

  test('the check names the rule, and does not publish', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('bad-report'));
      await inspect(run.job, FACTS);
      await encodePlan(run.job, ({ tracks }) => {
        for (const track of tracks) {
          // From the second chunk on, one tick late.
          track.baseDecodeTime += track.baseDecodeTime === 0 ? 0 : 1;
        }
      });
      await run.job.waitForStatus('complete');
      const asset = await readAsset(run.started.id);
      expect(asset).toMatchObject({ status: 'failed', version: null, error: { code: 'check_failed' } });
      expect(asset).toHaveProperty('error.message', expect.stringContaining('[has-7.3] v480, segment 11'));
      expect(await text(currentKey(run.started.id))).toBeNull();
      const stored = await env.MEDIA.list({ prefix: `assets/${run.started.id}/` });
      expect(stored.objects.filter(({ key }) => key.includes('presentation'))).toEqual([]);
    });
  });

  test('the check of the bucket does not believe a report', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('bad-bytes'));
      await inspect(run.job, FACTS);
      await encodePlan(run.job, ({ tracks }) => {
        for (const { init } of tracks) {
          init.sha256 = '0'.repeat(64);
        }
      });
      await run.job.waitForStatus('complete');
      const asset = await readAsset(run.started.id);
      expect(asset).toMatchObject({ status: 'failed', error: { code: 'check_failed' } });
      expect(asset).toHaveProperty('error.message', expect.stringContaining('[cmaf-init-equal]'));
      expect(await text(currentKey(run.started.id))).toBeNull();
    });
  });
});

describe('a cancelled job', () => {
  test('hands out nothing more and tells its encoder', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('cancel'));
      const { id, job } = run.started;
      await run.job.waitForStepResult({ name: 'submit inspect' });
      const leased = await leaseOrThrow();
      const answer = await call('POST', `/v1/jobs/${job.id}/cancel`);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ status: 'cancelled', tasks: [{ state: 'cancelled' }] });

      const heartbeat = { lease: leased.lease, progress: 0.1 };
      expect((await encoderCall(`/v1/tasks/${leased.task.id}/heartbeat`, heartbeat)).body).toEqual({ cancel: true });
      const late = await encoderCall(`/v1/tasks/${leased.task.id}/complete`, { lease: leased.lease, result: FACTS });
      expect(problemOf(late)).toEqual([409, 'lease_lost']);
      expect(await lease()).toBeNull();
      await run.job.waitForStatus('terminated');
      expect(await readAsset(id)).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
      expect(problemOf(await call('POST', `/v1/jobs/${job.id}/cancel`))).toEqual([409, 'job_not_active']);
    });
  });
});

describe('a retry', () => {
  test('makes a new version; when it fails, the one before goes on playing', async () => {
    await withJobs(async (start) => {
      const first = await start(() => createAsset('retry'));
      const { id, job } = first.started;
      await first.job.waitForStepResult({ name: 'submit inspect' });
      await call('POST', `/v1/jobs/${job.id}/cancel`);

      const retry = () => call('POST', `/v1/jobs/${job.id}/retry`);
      const second = await start(retry);
      expect(second.started).toMatchObject({ status: 202, body: { assetId: id } });
      expect(await readAsset(id)).toMatchObject({ status: 'queued', error: null });
      await inspect(second.job, FACTS);
      await encodePlan(second.job);
      await second.job.waitForStatus('complete');
      expect(await readAsset(id)).toMatchObject({ status: 'ready' });
      const playing = await text(currentKey(id));
      expect(playing).not.toBeNull();

      const third = await start(retry);
      await third.job.waitForStepResult({ name: 'submit inspect' });
      await fail(await leaseOrThrow(), { code: 'source_not_media', message: 'No' });
      await third.job.waitForStatus('complete');
      expect(await readAsset(id)).toMatchObject({ status: 'ready', error: { code: 'source_not_media' } });
      expect(await text(currentKey(id))).toBe(playing);
    });
  });

  test('of a job that is under way is refused', async () => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset('no-retry'));
      const { job } = run.started;
      expect(problemOf(await call('POST', `/v1/jobs/${job.id}/retry`))).toEqual([409, 'job_not_failed']);
      await call('POST', `/v1/jobs/${job.id}/cancel`);
    });
  });
});
