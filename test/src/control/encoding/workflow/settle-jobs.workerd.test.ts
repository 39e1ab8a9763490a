/** Jobs whose row, workflow and tasks a crash has left in different states: the sweep brings them together. */

import { createScheduledController, introspectWorkflowInstance } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAsset as insertAsset } from '../../../../../src/catalog/assets.ts';
import { setCurrentVersion } from '../../../../../src/catalog/job-progress.ts';
import { taskBoard } from '../../../../../src/control/encoding/board/board-stub.ts';
import { LOOK_EVERY_MS, sweepJobs } from '../../../../../src/control/encoding/workflow/settle-jobs.ts';
import { START_CRON } from '../../../../../src/control/encoding/workflow/start-cron.ts';
import worker from '../../../../../src/index.ts';
import { currentKey } from '../../../../../src/media/keys.ts';
import { isInstanceKnown, isInstanceMissing } from '../../../../../src/platform/binding-errors.ts';
import { call, createAsset, problemOf, readAsset } from '../../../http/client.ts';
import { ask } from '../../links/fixture.ts';
import { lease } from '../encoder-client.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  // No task of one test is another's.
  await env.CATALOG.prepare('DELETE FROM assets').run();
  await sweep();
});

const MINUTE_MS = 60_000;
const sweep = (afterMs = 2 * MINUTE_MS) => sweepJobs(env, Date.now() + afterMs);
const isNoted = async (job: string) =>
  (await env.CATALOG.prepare('SELECT 1 FROM unsettled_jobs WHERE job_id = ?1').bind(job).first()) !== null;

/** The Worker where neither the board nor the workflows answer. */
const fail = () => Promise.reject(new Error('no answer'));
const away = {
  ...env,
  TASK_BOARD: {
    idFromName: () => 'main',
    get: () => ({ openJob: fail, closeJob: fail, setPriority: fail, jobSummary: fail }),
  },
  ENCODE_WORKFLOW: { get: fail, create: fail },
};

/** A job whose inspection waits on the board. */
async function inspecting(name: string) {
  const { id, job } = await createAsset(name);
  await vi.waitUntil(async () => (await taskBoard(env).jobSummary(job.id)).tasks.length === 1, { timeout: 10_000 });
  return { assetId: id, job: job.id, workflow: await env.ENCODE_WORKFLOW.get(job.id) };
}
const statusOf = async (workflow: WorkflowInstance) => (await workflow.status()).status;
const jobOf = async (job: string) => (await call('GET', `/v1/jobs/${job}`)).body;

test('a job whose workflow was never started is started, once', async () => {
  const source = { sourceKey: 'sources/crash/film.mp4', sourceUrl: null };
  const asset = { id: 'crash', title: 'crash', policy: 'signed' as const, prewarm: false, ...source };
  await env.MEDIA.put(source.sourceKey, 'not really a film');
  const workflow = await introspectWorkflowInstance(env.ENCODE_WORKFLOW, 'crash-job');
  await insertAsset(
    env.CATALOG,
    asset,
    { id: 'crash-job', assetId: 'crash', version: 'ver1', priority: 70 },
    Date.now(),
  );
  await sweep(MINUTE_MS / 2);
  await expect(env.ENCODE_WORKFLOW.get('crash-job')).rejects.toThrow('not_found');
  await sweep();
  await workflow.waitForStepResult({ name: 'submit inspect' });
  await sweep(LOOK_EVERY_MS + MINUTE_MS);
  expect(await jobOf('crash-job')).toMatchObject({ status: 'queued', priority: 70, tasks: [{ state: 'waiting' }] });
  await workflow.dispose();
});

test('a first job names no other: a board of the release before would look for a job that is called null', async () => {
  const asset = { id: 'first', title: 'first', policy: 'signed' as const, prewarm: false };
  const source = { sourceKey: 'sources/crash/first.mp4', sourceUrl: null };
  const job = { id: 'first-job', assetId: 'first', version: 'ver1', priority: 70 };
  await insertAsset(env.CATALOG, { ...asset, ...source }, job, Date.now());
  const openJob = vi.fn(async () => true);
  const board = { ...away.TASK_BOARD, get: () => ({ ...away.TASK_BOARD.get(), openJob }) };
  const workflows = { ...away.ENCODE_WORKFLOW, create: async () => {} };
  const others = { TASK_BOARD: board, ENCODE_WORKFLOW: workflows } as unknown as Partial<typeof env>;
  await sweepJobs({ ...env, ...others }, Date.now() + 2 * MINUTE_MS);
  expect(openJob.mock.calls).toStrictEqual([['first-job', { priority: 70 }]]);
});

test("the engine's refusal of an id that is taken is known as such", async () => {
  const { job } = await inspecting('taken');
  const refusal = await env.ENCODE_WORKFLOW.create({ id: job }).catch((error: unknown) => error);
  expect([isInstanceKnown(refusal), isInstanceMissing(refusal)]).toEqual([true, false]);
});

test('a job that is accepted while the board is away is started when it is back', async () => {
  await env.MEDIA.put('sources/away/film.mp4', 'not really a film');
  const json = { source: { object: 'sources/away/film.mp4' } };
  // Its answer shows tasks, which the board alone knows.
  expect((await ask('POST', '/v1/assets', { json, from: away })).status).toBe(500);
  const [{ id, job } = { id: '', job: { id: '' } }] = (
    (await call('GET', '/v1/assets?q=film')).body as { assets: { id: string; job: { id: string } }[] }
  ).assets;
  await sweep();
  await vi.waitUntil(async () => (await taskBoard(env).jobSummary(job.id)).tasks.length === 1, { timeout: 10_000 });
  expect(await readAsset(id)).toMatchObject({ status: 'queued' });
});

describe('a job that goes on although', () => {
  test('it was cancelled: is stopped', async () => {
    const { job, workflow } = await inspecting('cancelled');
    await ask('POST', `/v1/jobs/${job}/cancel`, { from: away });
    expect(await jobOf(job)).toMatchObject({ status: 'cancelled', tasks: [{ state: 'waiting' }] });
    await sweep();
    expect(await jobOf(job)).toMatchObject({ tasks: [{ state: 'cancelled' }] });
    expect([await statusOf(workflow), await lease(), await isNoted(job)]).toEqual(['terminated', null, false]);
  });

  test('it was cancelled: is stopped by the repeated call', async () => {
    const { job, workflow } = await inspecting('cancelled-again');
    await ask('POST', `/v1/jobs/${job}/cancel`, { from: away });
    expect(await call('POST', `/v1/jobs/${job}/cancel`)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await statusOf(workflow)).toBe('terminated');
    expect(problemOf(await call('POST', `/v1/jobs/${job}/cancel`))).toEqual([409, 'job_not_active']);
  });

  test('its asset was deleted: is stopped', async () => {
    const { assetId, job, workflow } = await inspecting('deleted');
    expect((await ask('DELETE', `/v1/assets/${assetId}`, { from: away })).status).toBe(204);
    expect(await statusOf(workflow)).not.toBe('terminated');
    await sweep(0);
    expect([await statusOf(workflow), await lease(), await isNoted(job)]).toEqual(['terminated', null, false]);
  });

  test('it was cancelled: publishes nothing', async () => {
    const { assetId, job } = await inspecting('late');
    await ask('POST', `/v1/jobs/${job}/cancel`, { from: away });
    expect(await setCurrentVersion(env.CATALOG, published(assetId, job), Date.now())).toBe('ended');
    expect(await readAsset(assetId)).toMatchObject({ version: null });
  });
});

const published = (assetId: string, jobId: string) => {
  const size = { durationSeconds: 10, width: 640, height: 360 };
  return { assetId, jobId, version: 'ver1', revision: 1, base: null, whole: true, ...size };
};

describe('a job whose workflow is gone', () => {
  test('fails, and nothing of it is encoded', async () => {
    const { assetId, job, workflow } = await inspecting('gone');
    await workflow.terminate();
    await sweep(LOOK_EVERY_MS);
    expect(await readAsset(assetId)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    await sweep();
    expect([await lease(), await isNoted(job)]).toEqual([null, false]);
  });

  test('ends well where it had published its version whole, and cannot be cancelled meanwhile', async () => {
    const { assetId, job, workflow } = await inspecting('whole');
    await env.CATALOG.prepare(`UPDATE jobs SET status = 'running', version = 'ver1' WHERE id = ?1`).bind(job).run();
    await setCurrentVersion(env.CATALOG, published(assetId, job), Date.now());
    await workflow.terminate();
    expect(problemOf(await call('POST', `/v1/jobs/${job}/cancel`))).toEqual([409, 'job_not_active']);
    await sweep();
    expect(await readAsset(assetId)).toMatchObject({ status: 'ready', ready: 'full', job: { status: 'done' } });
    expect(await env.MEDIA.head(currentKey(assetId))).not.toBeNull();
    await sweep();
    expect([await lease(), await isNoted(job)]).toEqual([null, false]);
  });
});

test('a priority that has not reached the board does with the sweep', async () => {
  const { job } = await inspecting('urgent');
  const setPriority = vi.fn();
  await ask('PATCH', `/v1/jobs/${job}`, { json: { priority: 90 }, from: away });
  const board = { idFromName: () => 'main', get: () => ({ openJob: () => true, setPriority }) };
  await sweepJobs({ ...env, TASK_BOARD: board } as never, Date.now() + 2 * MINUTE_MS);
  expect(setPriority).toHaveBeenCalledExactlyOnceWith(job, 90);
});

test('a job that is under way is looked at again after a while, also where the clock was set back', async () => {
  const { job } = await inspecting('watched');
  const setPriority = vi.fn();
  const board = { idFromName: () => 'main', get: () => ({ openJob: () => true, setPriority }) };
  const look = (afterMs: number) => sweepJobs({ ...env, TASK_BOARD: board } as never, Date.now() + afterMs);
  await look(MINUTE_MS / 2);
  expect(setPriority).toHaveBeenCalledTimes(0);
  await look(LOOK_EVERY_MS);
  expect(setPriority).toHaveBeenCalledTimes(1);
  await env.CATALOG.prepare('UPDATE unsettled_jobs SET due_at = due_at + 86400000 WHERE job_id = ?1').bind(job).run();
  await look(0);
  expect(setPriority).toHaveBeenCalledTimes(2);
});

test('a workflow that stands still, as the local one does after a restart of workerd, is sent an event', async () => {
  const { job } = await inspecting('standing');
  const sendEvent = vi.fn();
  const create = () => Promise.reject(new Error('(instance.already_exists) Instance already exists'));
  const get = () => Promise.resolve({ status: () => Promise.resolve({ status: 'running' }), sendEvent });
  await worker.scheduled(createScheduledController({ cron: START_CRON }), {
    ...env,
    ENCODE_WORKFLOW: { create, get },
  } as never);
  expect(sendEvent).toHaveBeenCalledExactlyOnceWith({ type: 'wake', payload: {} });
  expect(await isNoted(job)).toBe(true);
});
