/** `/v1/jobs` where no encoder takes part; whole jobs are in control/encoding/workflow/encode-workflow.workerd.test.ts. */
import { describe, expect, test } from 'vitest';
import { call, createAsset, problemOf } from '../../http/client.ts';

describe('a job', () => {
  test('can be read as soon as its asset is accepted', async () => {
    const { id, job } = await createAsset('job');
    const { status, body } = await call('GET', `/v1/jobs/${job.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: job.id, assetId: id, progress: 0, error: null, tasks: expect.any(Array) });
  });

  test.each([
    ['GET', '/v1/jobs/nope'],
    ['POST', '/v1/jobs/nope/cancel'],
    ['POST', '/v1/jobs/nope/retry'],
  ])('that does not exist: %s %s is 404', async (method, path) => {
    expect(problemOf(await call(method, path))).toEqual([404, 'job_not_found']);
  });

  test('is cancelled once', async () => {
    const { id, job } = await createAsset('cancel-once');
    expect(await call('POST', `/v1/jobs/${job.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect(problemOf(await call('POST', `/v1/jobs/${job.id}/cancel`))).toEqual([409, 'job_not_active']);
    const asset = (await call('GET', `/v1/assets/${id}`)).body;
    expect(asset).toMatchObject({ status: 'failed', error: { code: 'cancelled' }, job: { status: 'cancelled' } });
  });

  test('that was cancelled is retried as a job of its own', async () => {
    const { id, job } = await createAsset('retried');
    await call('POST', `/v1/jobs/${job.id}/cancel`);
    const { status, body } = await call('POST', `/v1/jobs/${job.id}/retry`);
    expect(status).toBe(202);
    expect(body).toMatchObject({ assetId: id, error: null });
    expect(body).not.toMatchObject({ id: job.id });
    expect((await call('GET', `/v1/jobs/${job.id}`)).body).toMatchObject({ status: 'cancelled' });
  });
});
