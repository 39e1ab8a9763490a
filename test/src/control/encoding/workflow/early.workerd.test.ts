/** An asset that plays before it is complete: one rendition and the sound first, the others as a new revision. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { currentKey, presentationKey } from '../../../../../src/media/keys.ts';
import { type Presentation, parsePresentation } from '../../../../../src/media/presentation.ts';
import type { Lease } from '../../../../../src/protocol/tasks.ts';
import { call, createAsset, readAsset } from '../../../http/client.ts';
import { sourceFacts } from '../../../protocol/fixture.ts';
import {
  encoderCall,
  encodeTask,
  fail,
  inspect,
  lease,
  leaseOrThrow,
  type Start,
  withJobs,
} from '../encoder-client.ts';

/** A minute that takes four cores more than ten. */
const FACTS = sourceFacts({
  codedWidth: 3840,
  codedHeight: 2160,
  displayWidth: 3840,
  displayHeight: 2160,
  frameRate: { num: 60, den: 1 },
  frameCount: 60 * 60,
  durationSeconds: 60,
});
/** Some hundred objects, each made, stored and checked on a machine that others share. */
vi.setConfig({ testTimeout: 30_000 });
const BIG_ENCODER = { id: 'big', version: '0.1.0', cores: 2, memoryBytes: 1 };
const FAILURE = { code: 'source_truncated', message: 'It ends early' } as const;

const json = async (key: string): Promise<string> => (await (await env.MEDIA.get(key))?.text()) ?? '';

async function revisionOf(assetId: string, revision: number): Promise<Presentation> {
  const { version } = JSON.parse(await json(currentKey(assetId)));
  return parsePresentation(await json(presentationKey({ assetId, version }, revision)));
}

const presentationKeyOf = (presentation: Presentation): string => presentationKey(presentation, presentation.revision);

async function startFilm(start: Start, title: string) {
  expect(await encoderCall('/v1/encoders/lease', { encoder: BIG_ENCODER })).toMatchObject({ status: 204 });
  const run = await start(() => createAsset(title));
  await inspect(run.job, FACTS);
  await run.job.waitForStepResult({ name: 'submit encode' });
  return run;
}

/** Encodes what is handed out before the first of the other chunks, which it returns. */
async function encodeFirst(): Promise<{ ids: string[]; next: Lease }> {
  const ids: string[] = [];
  for (let leased = await leaseOrThrow(); ; leased = await leaseOrThrow()) {
    if (leased.task.id.includes('-chunk-')) {
      return { ids, next: leased };
    }
    await encodeTask(leased);
    ids.push(leased.task.id);
  }
}

test('plays in one rendition while the others are encoded, then in all', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'early');
    const { id, job } = run.started;
    const { ids, next } = await encodeFirst();
    expect(ids[0]).toBe(`${job.id}-a128-eng`);
    expect(ids.slice(1)).toEqual(ids.slice(1).map((_, index) => `${job.id}-early-${index}`));
    await run.job.waitForStepResult({ name: 'publish early' });

    const partial = await readAsset(id);
    expect(partial).toMatchObject({
      status: 'encoding',
      ready: 'partial',
      error: null,
      revision: 1,
      width: 854,
      height: 480,
      durationSeconds: expect.closeTo(60, 1),
      progress: expect.closeTo(0.04, 1),
      job: { id: job.id, status: 'running' },
    });
    expect(JSON.parse(await json(currentKey(id)))).toMatchObject({ revision: 1 });
    const first = await revisionOf(id, 1);
    expect(first.tracks.map((track) => track.id)).toEqual(['v480', 'a128-eng']);

    await encodeTask(next);
    for (let leased = await lease(); leased !== null; leased = await lease()) {
      await encodeTask(leased);
    }
    await run.job.waitForStatus('complete');
    expect(await readAsset(id)).toMatchObject({
      status: 'ready',
      ready: 'full',
      revision: 2,
      width: 3840,
      progress: 1,
    });
    expect(JSON.parse(await json(currentKey(id)))).toMatchObject({ revision: 2 });
    const second = await revisionOf(id, 2);
    const ladder = ['v240', 'v360', 'v480', 'v540', 'v720', 'v1080', 'v1440', 'v2160'];
    expect(second).toMatchObject({ version: first.version, revision: 2 });
    expect(second.tracks.map((track) => track.id)).toEqual([...ladder, 'a128-eng']);
    // What running sessions and new ones share is the same in both, down to the declared bandwidth.
    expect(second.tracks.filter((track) => ['v480', 'a128-eng'].includes(track.id))).toEqual(first.tracks);
    expect(await revisionOf(id, 1)).toEqual(first);
  });
});

test('goes on playing what was ready when the rest fails', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'rest-fails');
    const { id } = run.started;
    const { next } = await encodeFirst();
    await run.job.waitForStepResult({ name: 'publish early' });
    await fail(next, FAILURE);
    await run.job.waitForStatus('complete');
    expect(await readAsset(id)).toMatchObject({ status: 'failed', ready: 'partial', revision: 1, error: FAILURE });
    expect(JSON.parse(await json(currentKey(id)))).toMatchObject({ revision: 1 });
    expect(await lease()).toBeNull();
    const first = await json(presentationKeyOf(await revisionOf(id, 1)));

    const retried = await start(() => call('POST', `/v1/jobs/${run.started.job.id}/retry`));
    expect(retried.started).toMatchObject({ status: 202 });
    // Nothing of it is encoded again.
    await retried.job.waitForStepResult({ name: 'publish early' });
    expect(await readAsset(id)).toMatchObject({ status: 'encoding', ready: 'partial', revision: 1, error: null });
    expect(await json(presentationKeyOf(await revisionOf(id, 1)))).toBe(first);
    await call('POST', `/v1/jobs/${z.object({ id: z.string() }).parse(retried.started.body).id}/cancel`);
  });
});

test('is made ready to play although the rest has failed before', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'rest-fails-first');
    const { id } = run.started;
    const held: Lease[] = [];
    for (let leased = await leaseOrThrow(); ; leased = await leaseOrThrow()) {
      held.push(leased);
      if (leased.task.id.includes('-chunk-')) {
        await fail(leased, FAILURE);
        break;
      }
    }
    for (const leased of held.slice(0, -1)) {
      await encodeTask(leased);
    }
    await run.job.waitForStatus('complete');
    expect(await readAsset(id)).toMatchObject({ status: 'failed', ready: 'partial', error: FAILURE });
  });
});

test('is not played at all where its own rendition fails', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'early-fails');
    await fail(await leaseOrThrow(), FAILURE);
    await run.job.waitForStatus('complete');
    expect(await readAsset(run.started.id)).toMatchObject({ status: 'failed', ready: 'no', version: null });
    expect(await lease()).toBeNull();
  });
});

test('cancelled after it began to play, it goes on playing', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'cancelled');
    const { id, job } = run.started;
    await encodeFirst();
    await run.job.waitForStepResult({ name: 'publish early' });
    expect(await call('POST', `/v1/jobs/${job.id}/cancel`)).toMatchObject({ status: 200 });
    expect(await readAsset(id)).toMatchObject({ status: 'failed', ready: 'partial', error: { code: 'cancelled' } });
  });
});

test('is not replaced by less where a retry has to begin anew', async () => {
  await withJobs(async (start) => {
    const run = await startFilm(start, 'anew');
    const { id, job } = run.started;
    const { next } = await encodeFirst();
    await run.job.waitForStepResult({ name: 'publish early' });
    const playing = await json(currentKey(id));
    for (let leased: Lease | null = next; leased !== null; leased = await lease()) {
      await encodeTask(leased, ({ tracks }) => {
        for (const { init } of tracks) {
          init.sha256 = '0'.repeat(64);
        }
      });
    }
    await run.job.waitForStatus('complete');
    expect(await readAsset(id)).toMatchObject({
      status: 'failed',
      ready: 'partial',
      error: { code: 'check_failed' },
    });

    const retried = await start(() => call('POST', `/v1/jobs/${job.id}/retry`));
    const { id: retriedId } = z.object({ id: z.string() }).parse(retried.started.body);
    await inspect(retried.job, FACTS);
    await retried.job.waitForStepResult({ name: 'submit encode' });
    const { body } = await call('GET', `/v1/jobs/${retriedId}`);
    expect(JSON.stringify(body)).toContain(`${retriedId}-chunk-0`);
    expect(JSON.stringify(body)).not.toContain('-early-');
    expect(await json(currentKey(id))).toBe(playing);
    await call('POST', `/v1/jobs/${retriedId}/cancel`);
  });
});
