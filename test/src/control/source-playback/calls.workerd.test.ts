/** Calls and workflows of films that play from their source: what the API shows, and when the ladder takes over. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findAsset, findJob } from '../../../../src/catalog/assets.ts';
import { sweepJobs } from '../../../../src/control/encoding/workflow/settle-jobs.ts';
import { presentationKey } from '../../../../src/media/keys.ts';
import { parsePresentation } from '../../../../src/media/presentation.ts';
import { tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { call } from '../../http/client.ts';
import { sourceFacts } from '../../protocol/fixture.ts';
import { encodePlan, fail, inspect, leaseOrThrow, withJobs } from '../encoding/encoder-client.ts';
import { film, filmed } from './film.ts';

vi.setConfig({ testTimeout: 30_000 });
beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const FACTS = sourceFacts({
  codedWidth: 854,
  codedHeight: 480,
  displayWidth: 854,
  displayHeight: 480,
  frameCount: 480,
});
type Body = { id: string; version: string; job: { id: string; status: string } };

async function post(name: string): Promise<Body> {
  const key = `sources/${name}/film.mp4`;
  await env.MEDIA.put(key, film());
  return (await call('POST', '/v1/assets', { json: { source: { object: key } } })).body as Body;
}
const rowOf = (id: string) => findAsset(env.CATALOG, id);
async function tracksOf(id: string): Promise<string[]> {
  const { current_version: version, current_revision: revision } = (await rowOf(id)) ?? {};
  const object = await env.MEDIA.get(presentationKey({ assetId: id, version: version ?? '' }, revision ?? 0));
  return parsePresentation((await object?.text()) ?? '').tracks.map((track) => track.id);
}

test('a film plays with the answer to the call that made it, then in its renditions', async () => {
  await withJobs(async (start) => {
    const { started, job } = await start(() => post('at-once'));
    expect(started).toMatchObject({ status: 'queued', revision: 1, width: 1920, job: { status: 'queued' } });
    expect(await rowOf(started.id)).toMatchObject({ ready: 'partial', from_source: 1 });
    expect(await tracksOf(started.id)).toEqual(['sv0', 'sa0']);
    await inspect(job, FACTS);
    await encodePlan(job);
    await job.waitForStatus('complete');
    expect(await rowOf(started.id)).toMatchObject({ status: 'ready', ready: 'full', from_source: null });
    const { current_version } = (await rowOf(started.id)) ?? {};
    expect(current_version).toBe(started.version);
    expect(await tracksOf(started.id)).toContain('v240');
    expect(await tracksOf(started.id)).not.toContain('sv0');
  });
});

describe('what players fetch first is prewarmed', () => {
  /** Slots, ranges of the source, init segments and the presentation. */
  async function warms(run: () => Promise<unknown>): Promise<void> {
    const before = tierCounters.r2MediaReads;
    await run();
    await vi.waitFor(() => expect(tierCounters.r2MediaReads).toBeGreaterThan(before + 4), { timeout: 10_000 });
  }

  test.each(['never', 'always'])('by the call that made the film (%s)', async (encode) => {
    const object = `sources/warm-${encode}/film.mp4`;
    await env.MEDIA.put(object, film());
    await warms(() => call('POST', '/v1/assets', { json: { source: { object }, encode, prewarm: true } }));
  });

  test('by the workflow that looked at it', async () => {
    await withJobs(async (start) => {
      const ref = await filmed(film(), { encode: 'never' });
      await env.CATALOG.prepare('UPDATE assets SET prewarm = 1 WHERE id = ?1').bind(ref.assetId).run();
      await warms(async () => {
        const { job } = await start(() => sweepJobs(env, Date.now() + 2 * 60_000));
        await job.waitForStatus('complete');
      });
    });
  });
});

test('a film whose job fails goes on playing from its source, and a retry goes on with the version', async () => {
  await withJobs(async (start) => {
    const { started, job } = await start(() => post('retried'));
    await job.waitForStepResult({ name: 'submit inspect' });
    await fail(await leaseOrThrow(), { code: 'source_truncated', message: 'It ends early' });
    await job.waitForStatus('complete');
    expect(await rowOf(started.id)).toMatchObject({ status: 'failed', ready: 'partial', from_source: 1 });
    const retry = await start(() => call('POST', `/v1/jobs/${started.job.id}/retry`));
    expect(retry.started.body).toMatchObject({ version: started.version, status: 'queued' });
    expect(await rowOf(started.id)).toMatchObject({ ready: 'partial', from_source: 1, current_revision: 1 });
    await inspect(retry.job, FACTS);
    await encodePlan(retry.job);
    await retry.job.waitForStatus('complete');
    expect(await rowOf(started.id)).toMatchObject({
      ready: 'full',
      from_source: null,
      current_version: started.version,
    });
  });
});

test('the workflow looks where no call has: at pulled files, and after a crash', async () => {
  await withJobs(async (start) => {
    const ref = await filmed();
    const { job } = await start(() => sweepJobs(env, Date.now() + 2 * 60_000));
    await job.waitForStepResult({ name: 'look' });
    expect(await rowOf(ref.assetId)).toMatchObject({ ready: 'partial', from_source: 1 });
    await job.waitForStepResult({ name: 'submit inspect' });
  });
});

test.each([
  ['plays', film(), 'done'],
  ['does not play', 'no film', 'failed'],
])('the workflow ends after the look where nothing is to be encoded and the source %s', async (_, bytes, status) => {
  await withJobs(async (start) => {
    const ref = await filmed(bytes, { encode: 'never' });
    const { job } = await start(() => sweepJobs(env, Date.now() + 2 * 60_000));
    await job.waitForStatus('complete');
    expect(await findJob(env.CATALOG, ref.jobId)).toMatchObject({ status });
  });
});
