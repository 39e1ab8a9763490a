/** Warnings on their way from encoders to the API, on the real workflow engine, board and catalog. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { SourceFacts } from '../../../../../src/protocol/source-facts.ts';
import { MAX_WARNINGS, type Warning } from '../../../../../src/protocol/warnings.ts';
import { call, createAsset, problemOf, readAsset } from '../../../http/client.ts';
import {
  complete,
  encodePlan,
  encoderCall,
  encodeTask,
  fail,
  inspect,
  lease,
  leaseOrThrow,
  withJobs,
} from '../encoder-client.ts';
import { FACTS as SHORT_FACTS } from '../fixture.ts';

const HDR: Warning = { code: 'hdr_to_sdr', message: 'HDR' };
const REMUX = { streams: [0, 1], shifts: [] };
/** 80 s: two chunks for one small encoder. */
const FACTS: SourceFacts = {
  ...SHORT_FACTS,
  video: { ...SHORT_FACTS.video, frameCount: 1920, durationSeconds: 80 },
  remux: REMUX,
  warnings: [HDR],
};
const damaged = (at: number): Warning => ({ code: 'picture_damaged', message: '2 pictures are damaged', at });
const holes: Warning = { code: 'sound_gaps_filled', message: '1 hole of 0.2 s', at: 60 };
/** Each once: chunk 0 begins at 0 s, chunk 1 later. */
const MERGED = [HDR, { ...damaged(1), message: '2 pictures are damaged; also in 1 more place' }, holes];

const readJob = async (id: string): Promise<unknown> => (await call('GET', `/v1/jobs/${id}`)).body;

/** Encodes what waits; each chunk and the sound have something to tell. */
async function encodeDamaged(): Promise<void> {
  for (let leased = await lease(); leased !== null; leased = await lease()) {
    const { input } = leased.task;
    expect('remux' in input.source ? input.source.remux : undefined).toEqual(REMUX);
    const found = input.kind === 'chunk' ? damaged(1 + input.chunk.firstFrame / 24) : holes;
    await encodeTask(leased, (result) => {
      result.warnings = [found];
    });
  }
}

test('a person sees them while it encodes, and all of them when it is ready', async () => {
  await withJobs(async (start) => {
    const run = await start(() => createAsset('warned'));
    const { id, job } = run.started;
    await inspect(run.job, FACTS);
    await run.job.waitForStepResult({ name: 'submit encode' });
    expect(await readJob(job.id)).toMatchObject({ status: 'running', warnings: [HDR] });
    expect(await readAsset(id)).toMatchObject({ status: 'encoding', warnings: [HDR] });

    await encodeDamaged();
    await run.job.waitForStatus('complete');
    expect(await readJob(job.id)).toMatchObject({ status: 'done', warnings: MERGED });
    expect(await readAsset(id)).toMatchObject({ status: 'ready', warnings: MERGED });
    const { body } = await call('GET', `/v1/events?asset=${id}`);
    expect(body).toMatchObject({
      events: [
        { type: 'asset.ready', data: { asset: { warnings: MERGED }, job: { warnings: MERGED } } },
        { type: 'asset.encoding', data: { asset: { warnings: [HDR] }, job: { warnings: [HDR] } } },
        { type: 'asset.queued', data: { asset: { warnings: [] }, job: { warnings: [] } } },
      ],
    });
  });
});

test('a retry neither loses nor doubles those of tasks that are not done again', async () => {
  await withJobs(async (start) => {
    const first = await start(() => createAsset('warned-retry'));
    const { id, job } = first.started;
    await inspect(first.job, FACTS);
    await first.job.waitForStepResult({ name: 'submit encode' });
    for (const _ of ['sound', 'chunk 0']) {
      const leased = await leaseOrThrow();
      await encodeTask(leased, (result) => {
        result.warnings = [leased.task.input.kind === 'audio' ? holes : damaged(1)];
      });
    }
    await fail(await leaseOrThrow(), { code: 'source_truncated', message: 'It ends early' });
    await first.job.waitForStatus('complete');
    expect(await readJob(job.id)).toMatchObject({ status: 'failed', warnings: [HDR] });
    expect(await readAsset(id)).toMatchObject({ status: 'failed', warnings: [] });

    const second = await start(() => call('POST', `/v1/jobs/${job.id}/retry`));
    await second.job.waitForStepResult({ name: 'submit encode' });
    await encodeDamaged();
    await second.job.waitForStatus('complete');
    expect(await readAsset(id)).toMatchObject({ status: 'ready', warnings: MERGED });
    expect(await readJob(job.id)).toMatchObject({ status: 'failed', warnings: [HDR] });
  });
});

test('facts and reports of the release before, which told none, are taken', async () => {
  await withJobs(async (start) => {
    const run = await start(() => createAsset('unwarned'));
    await run.job.waitForStepResult({ name: 'submit inspect' });
    const { warnings: _, ...facts } = SHORT_FACTS;
    await complete(await leaseOrThrow(), facts);
    await encodePlan(run.job, (result) => {
      Reflect.deleteProperty(result, 'warnings');
    });
    await run.job.waitForStatus('complete');
    expect(await readAsset(run.started.id)).toMatchObject({ status: 'ready', warnings: [] });
    const row = env.CATALOG.prepare('SELECT warnings FROM jobs WHERE id = ?1').bind(run.started.job.id);
    expect(await row.first()).toEqual({ warnings: null });
  });
});

test('reports with warnings that break the rules are refused; control characters are cleaned', async () => {
  await withJobs(async (start) => {
    const run = await start(() => createAsset('hostile'));
    await run.job.waitForStepResult({ name: 'submit inspect' });
    const { task, lease: token } = await leaseOrThrow();
    const report = (warnings: unknown) =>
      encoderCall(`/v1/tasks/${task.id}/complete`, { lease: token, result: { ...FACTS, warnings } });
    for (const warnings of [
      [{ ...HDR, message: 'x'.repeat(501) }],
      [{ ...HDR, message: '' }],
      [{ ...HDR, code: 'of_mine' }],
      [{ ...HDR, at: -1 }],
      [{ ...HDR, html: '<b>' }],
      new Array(MAX_WARNINGS + 1).fill(HDR),
      'hdr_to_sdr',
    ]) {
      expect(problemOf(await report(warnings))).toEqual([400, 'invalid_request']);
    }
    const hostile = { ...HDR, message: `bell\u0007 \u001b]0;title\u0007 \u202e evil ${'x'.repeat(460)}` };
    expect((await report([hostile])).status).toBe(204);
    await run.job.waitForStepResult({ name: 'submit encode' });
    const asset = await readAsset(run.started.id);
    expect(asset).toHaveProperty('warnings.0.message', expect.stringMatching(/^bell +]0;title +evil x+$/));
    await call('POST', `/v1/jobs/${run.started.job.id}/cancel`);
  });
});

test.each(['source_encrypted', 'source_audio_unsupported', 'decode_failed'] as const)(
  '%s ends a job on the first attempt, and the asset shows why',
  async (code) => {
    await withJobs(async (start) => {
      const run = await start(() => createAsset(code.replaceAll('_', '-')));
      const { id, job } = run.started;
      await run.job.waitForStepResult({ name: 'submit inspect' });
      const error = { code, message: 'Export it without DRM' };
      await fail(await leaseOrThrow(), error);
      await run.job.waitForStatus('complete');
      expect(await lease()).toBeNull();
      const detail = {
        status: 'failed',
        error,
        warnings: [],
        tasks: [{ state: 'dead', attempt: 1, failures: 1, error }],
      };
      expect(await readJob(job.id)).toMatchObject(detail);
      expect(await readAsset(id)).toMatchObject({ status: 'failed', error, version: null });
    });
  },
);

test('a retry of what the plan or the facts may have got wrong inspects the source anew', async () => {
  await withJobs(async (start) => {
    const first = await start(() => createAsset('misjudged'));
    await inspect(first.job, FACTS);
    await first.job.waitForStepResult({ name: 'submit encode' });
    await fail(await leaseOrThrow(), { code: 'decode_failed', message: 'No' });
    await first.job.waitForStatus('complete');
    const second = await start(() => call('POST', `/v1/jobs/${first.started.job.id}/retry`));
    await second.job.waitForStepResult({ name: 'submit inspect' });
    const leased = await leaseOrThrow();
    expect(leased.task.input.kind).toBe('inspect');
    await call('POST', `/v1/jobs/${leased.task.id.replace('-inspect', '')}/cancel`);
  });
});
