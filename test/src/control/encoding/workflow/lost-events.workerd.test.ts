/** A job whose events get lost still goes on: after every wait that ends without one, its workflow asks the board. */
import { introspectWorkflowInstance } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { createAsset as insertAsset } from '../../../../../src/catalog/assets.ts';
import { call, readAsset } from '../../../http/client.ts';
import { complete, encodePlan, fail, leaseOrThrow } from '../encoder-client.ts';
import { FACTS } from '../fixture.ts';

/** As `startAsset` does, with an id that is known before, so that the job's waits can be cut short. */
async function startJob(name: string): Promise<void> {
  const ref = { assetId: name, version: 'ver1' };
  const key = `sources/${name}/film.mp4`;
  await env.MEDIA.put(key, 'not really a film');
  const asset = { id: name, title: name, policy: 'signed' as const, prewarm: false, sourceKey: key, sourceUrl: null };
  await insertAsset(env.CATALOG, asset, { id: `${name}-job`, ...ref }, Date.now());
  await env.ENCODE_WORKFLOW.create({
    id: `${name}-job`,
    params: { ...ref, jobId: `${name}-job`, source: { key, url: null } },
  });
}

describe('a job whose wait ends without an event', () => {
  test('waits again where the task goes on', async () => {
    const job = await introspectWorkflowInstance(env.ENCODE_WORKFLOW, 'slow-job');
    await job.modify((m) => m.forceEventTimeout({ name: 'slow-job-inspect ends (1)' }));
    await startJob('slow');
    await job.waitForStepResult({ name: 'ask for slow-job-inspect (1)' });
    await complete(await leaseOrThrow(), FACTS);
    await encodePlan(job);
    await job.waitForStatus('complete');
    expect(await readAsset('slow')).toMatchObject({ status: 'ready' });
    await job.dispose();
  });

  test('goes on where the task had ended', async () => {
    const job = await introspectWorkflowInstance(env.ENCODE_WORKFLOW, 'lost-job');
    await job.modify(async (m) => {
      await m.forceEventTimeout({ name: 'lost-job-inspect ends (1)' });
      await m.mockStepResult(
        { name: 'ask for lost-job-inspect (1)' },
        JSON.stringify({ state: 'done', attempt: '1', result: FACTS }),
      );
    });
    await startJob('lost');
    await job.waitForStepResult({ name: 'plan' });
    // The inspection is still on the board; it is taken back with the rest of the job.
    await job.waitForStepResult({ name: 'submit encode' });
    expect(await call('POST', '/v1/jobs/lost-job/cancel')).toMatchObject({ status: 200 });
    await job.dispose();
  });

  test('fails where the task had failed', async () => {
    const job = await introspectWorkflowInstance(env.ENCODE_WORKFLOW, 'gone-job');
    await job.modify(async (m) => {
      await m.forceEventTimeout({ name: 'gone-job-inspect ends (1)' });
      await m.forceEventTimeout({ name: 'gone-job-inspect ends (2)' });
    });
    await startJob('gone');
    await job.waitForStepResult({ name: 'submit inspect' });
    await fail(await leaseOrThrow(), { code: 'source_no_video', message: 'Only sound' });
    await job.waitForStatus('complete');
    expect(await readAsset('gone')).toMatchObject({ status: 'failed', error: { code: 'source_no_video' } });
    await job.dispose();
  });
});
