/** Sources that turn out not to be playable while they play, on the real catalog and bucket, workflows and board. */
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findAsset, findJob, findLatestJob } from '../../../../src/catalog/assets.ts';
import { type JobRef, markEncoding, markFailed } from '../../../../src/catalog/job-progress.ts';
import type { AssetRow, JobRow } from '../../../../src/catalog/rows.ts';
import { findVersionRow, makeCurrent, versionStatus } from '../../../../src/catalog/versions.ts';
import { taskBoard } from '../../../../src/control/encoding/board/board-stub.ts';
import { publishRevision, withTracksOf } from '../../../../src/control/encoding/publish/publish.ts';
import type { SourceReports } from '../../../../src/control/encoding/workflow/source-reports.ts';
import { lookAtSource } from '../../../../src/control/source-playback/look-at-source.ts';
import { withdrawSource } from '../../../../src/control/source-playback/withdraw.ts';
import { currentKey } from '../../../../src/media/keys.ts';
import { call, readAsset } from '../../http/client.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { eventsOf, film, filmed, keyOf, through } from './film.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const LADDER = [videoTrack('v360', 640, 360, 1000), audioTrack('a128-eng', 'eng')];
const REFUSAL = { error_code: 'source_not_playable', error_message: expect.stringContaining('(open_gop)') };
const GONE = { current_version: null, current_revision: null, ready: 'no', from_source: null };

const assetOf = ({ assetId }: JobRef): Promise<AssetRow | null> => findAsset(env.CATALOG, assetId);
const jobOf = ({ jobId }: JobRef): Promise<JobRow | null> => findJob(env.CATALOG, jobId);
const isPointed = async ({ assetId }: JobRef) => (await env.MEDIA.head(currentKey(assetId))) !== null;
const statusOf = async (job: JobRef) => {
  const row = await findVersionRow(env.CATALOG, job);
  return row && versionStatus(row);
};

async function playing(options: object | null = null): Promise<JobRef> {
  const job = await filmed(film(), options);
  await lookAtSource(env, job);
  return job;
}
const publishLadder = (job: JobRef) =>
  publishRevision(env, job, 'full', [], (base) =>
    withTracksOf(base, { ...presentationOf(LADDER, job.assetId), version: job.version }),
  );

describe('a film whose ladder is encoded', () => {
  test('plays no more until that is ready, and comes back', async () => {
    const job = await playing();
    await markEncoding(env.CATALOG, job, Date.now());
    expect(await withdrawSource(env, job, 'open_gop')).toEqual([]);
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'encoding', error_code: null });
    expect(await isPointed(job)).toBe(false);
    expect(await lookAtSource(env, job)).toMatchObject({ standard: false, code: 'open_gop' });
    expect(await isPointed(job)).toBe(false);
    await publishLadder(job);
    expect(await assetOf(job)).toMatchObject({
      status: 'ready',
      ready: 'full',
      current_revision: 2,
      from_source: null,
    });
    expect(await isPointed(job)).toBe(true);
    expect(await eventsOf(job.assetId)).toEqual([
      ...['asset.queued', 'asset.ready_source', 'asset.encoding', 'asset.source_withdrawn', 'asset.ready'],
    ]);
  });

  test('to another version: that job’s look says why, and goes on', async () => {
    const job = await playing({ encode: 'never' });
    await call('PATCH', `/v1/assets/${job.assetId}`, { json: { encode: 'always' } });
    const next = await findLatestJob(env.CATALOG, job.assetId);
    const ladder = { ...job, jobId: next?.id ?? '', version: next?.version ?? '' };
    expect(await lookAtSource(env, ladder)).toMatchObject({ standard: true });
    await markEncoding(env.CATALOG, ladder, Date.now());
    expect(await withdrawSource(env, job, 'open_gop')).toEqual([]);
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'encoding', error_code: null });
    expect(await readAsset(job.assetId)).toMatchObject({ look: { code: 'open_gop' }, job: { status: 'running' } });
    await publishLadder(ladder);
    expect(await assetOf(job)).toMatchObject({ status: 'ready', ready: 'full', current_version: ladder.version });
    expect(await eventsOf(job.assetId)).toEqual([
      ...['asset.queued', 'asset.ready', 'job.queued', 'job.running', 'asset.source_withdrawn', 'asset.ready'],
    ]);
  });

  test('has failed where that other job has, and its look says why', async () => {
    const job = await playing({ encode: 'never' });
    await call('PATCH', `/v1/assets/${job.assetId}`, { json: { encode: 'always' } });
    const next = await findLatestJob(env.CATALOG, job.assetId);
    await lookAtSource(env, { ...job, jobId: next?.id ?? '', version: next?.version ?? '' });
    await call('POST', `/v1/jobs/${next?.id}/cancel`);
    await withdrawSource(env, job, 'open_gop');
    expect(await readAsset(job.assetId)).toMatchObject({ status: 'failed', ready: 'no', look: { code: 'open_gop' } });
  });

  test('plays again where its ladder is published before the deletion of current.json', async () => {
    const job = await playing();
    await markEncoding(env.CATALOG, job, Date.now());
    const slow = through(async (method, run) => {
      if (method === 'delete') {
        await publishLadder(job);
        expect(await isPointed(job)).toBe(true);
      }
      return await run();
    });
    await withdrawSource(slow, job, 'open_gop');
    expect(await isPointed(job)).toBe(true);
    expect(await assetOf(job)).toMatchObject({ ready: 'full', current_revision: 2 });
  });

  test('goes on playing when the report comes after the ladder', async () => {
    const job = await playing();
    await markEncoding(env.CATALOG, job, Date.now());
    await publishLadder(job);
    expect(await withdrawSource(env, job, 'open_gop')).toEqual([]);
    expect(await assetOf(job)).toMatchObject({ ready: 'full', current_revision: 2 });
    expect(await isPointed(job)).toBe(true);
  });

  test('has failed where its job has', async () => {
    const job = await playing();
    await markFailed(env.CATALOG, job, { code: 'decode_failed', message: 'no' }, Date.now());
    expect(await assetOf(job)).toMatchObject({ status: 'failed', ready: 'partial', from_source: 1 });
    await withdrawSource(env, job, 'open_gop');
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'failed', ...REFUSAL });
  });
});

describe('a film that is never encoded', () => {
  test('has failed, and its version cannot be made current', async () => {
    const job = await playing({ encode: 'never' });
    expect(await statusOf(job)).toBe('current');
    await withdrawSource(env, job, 'open_gop');
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'failed', ...REFUSAL });
    expect(await jobOf(job)).toMatchObject({ status: 'failed', ...REFUSAL });
    expect([await isPointed(job), await statusOf(job)]).toEqual([false, 'failed']);
    expect(await makeCurrent(env.CATALOG, job, Date.now())).toBe(false);
    const events = await eventsOf(job.assetId);
    await withdrawSource(env, job, 'open_gop');
    expect(await eventsOf(job.assetId)).toEqual(events);
  });

  test('may play an earlier version, and its look is then that one’s', async () => {
    const job = await playing({ encode: 'never' });
    const object = `sources/${job.assetId}/other.mp4`;
    await env.MEDIA.put(object, film({ seconds: 30 }));
    await call('POST', `/v1/assets/${job.assetId}/source`, { json: { object } });
    const other = { ...job, version: (await assetOf(job))?.current_version ?? '' };
    const shown = () => readAsset(job.assetId);
    expect(await shown()).toMatchObject({ ready: 'source', look: { standard: true, durationSeconds: 30 } });
    const goBack = () => call('POST', `/v1/assets/${job.assetId}/versions/${job.version}/current`);
    await goBack();
    expect(await shown()).toMatchObject({ look: { durationSeconds: 20 }, encodeEstimate: { sourceBytes: 460_276 } });
    await call('POST', `/v1/assets/${job.assetId}/versions/${other.version}/current`);
    await withdrawSource(env, other, 'open_gop');
    expect(await shown()).toMatchObject({ ready: 'no', look: { code: 'open_gop' } });
    await goBack();
    expect(await shown()).toMatchObject({ ready: 'source', look: { standard: true, durationSeconds: 20 } });
  });

  test('is not played from the same file again, but from another under its name', async () => {
    const job = await playing({ encode: 'never' });
    await withdrawSource(env, job, 'open_gop');
    const retry = async (jobId: string) => {
      await env.CATALOG.prepare(
        `INSERT INTO jobs (id, asset_id, version, status, created_at, updated_at, priority, source_key, options)
         SELECT ?1, asset_id, ?1, 'queued', created_at, updated_at, priority, source_key, options FROM jobs WHERE id = ?2`,
      )
        .bind(jobId, job.jobId)
        .run();
      return { ...job, jobId, version: jobId };
    };
    const same = await retry(`${job.assetId}same`);
    expect(await lookAtSource(env, same)).toMatchObject({ standard: false, code: 'open_gop' });
    expect(await jobOf(same)).toMatchObject({ status: 'failed' });
    await env.MEDIA.put(keyOf(job), film({ seconds: 30 }));
    const other = await retry(`${job.assetId}other`);
    expect(await lookAtSource(env, other)).toMatchObject({ standard: true });
    expect(await assetOf(other)).toMatchObject({ status: 'ready', ready: 'full', from_source: 1, error_code: null });
  });

  test('is withdrawn although its job has not heard that it plays', async () => {
    const job = await filmed(film(), { encode: 'never' });
    await lookAtSource(env, job);
    await env.CATALOG.batch([
      env.CATALOG.prepare(`UPDATE assets SET status = 'queued', ready = 'no' WHERE id = ?1`).bind(job.assetId),
      env.CATALOG.prepare(`UPDATE jobs SET status = 'queued' WHERE id = ?1`).bind(job.jobId),
    ]);
    await withdrawSource(env, job, 'open_gop');
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'failed' });
    expect(await jobOf(job)).toMatchObject({ status: 'failed' });
  });
});

describe('a look that is late', () => {
  test('does not bring back a film that was withdrawn meanwhile', async () => {
    const job = await filmed();
    let isWithdrawn = false;
    const late = through(async (method, run) => {
      if (method === 'put' && !isWithdrawn) {
        isWithdrawn = true;
        await lookAtSource(env, job);
        await withdrawSource(env, job, 'open_gop');
      }
      return await run();
    });
    await lookAtSource(late, job);
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'queued' });
    expect(await jobOf(job)).toMatchObject({ look: expect.stringContaining('open_gop') });
    expect(await isPointed(job)).toBe(false);
  });

  // Facts, overlay, catalog; then current.json, and the event with the status.
  test.each([null, { encode: 'never' }])('does not say that it plays: %o', async (options) => {
    const job = await filmed(film(), options);
    let batches = 0;
    const late = through(async (method, run) => {
      batches += Number(method === 'batch');
      if (method === 'batch' && batches === 4) {
        await withdrawSource(env, job, 'open_gop');
      }
      return await run();
    });
    await lookAtSource(late, job);
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: options === null ? 'queued' : 'failed' });
    expect(await isPointed(job)).toBe(false);
  });
});

describe('a film that waits for viewers to be encoded', () => {
  test('is encoded, and not looked at again', async () => {
    const job = await playing({ encode: 'onDemand' });
    const [next = ''] = await withdrawSource(env, job, 'parameter_sets');
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'queued', error_code: null });
    expect(await findJob(env.CATALOG, next)).toMatchObject({ status: 'queued', source_key: keyOf(job) });
    const again = { assetId: job.assetId, jobId: next, version: (await findJob(env.CATALOG, next))?.version ?? '' };
    expect(again.version).not.toBe(job.version);
    expect(await lookAtSource(env, again)).toMatchObject({ standard: false, code: 'parameter_sets' });
    expect(await findJob(env.CATALOG, next)).toMatchObject({ status: 'queued' });
    expect(await withdrawSource(env, job, 'parameter_sets')).toEqual([]);
  });
});

describe('a report', () => {
  const reports = () => (exports as unknown as { SourceReports: Pick<SourceReports, 'report'> }).SourceReports;

  test('withdraws the film and starts its encode', async () => {
    const { assetId, version } = await playing({ encode: 'onDemand' });
    await reports().report({ assetId, version, code: 'open_gop' });
    const job = await findLatestJob(env.CATALOG, assetId);
    expect(job).toMatchObject({ status: 'queued', look: expect.stringContaining('open_gop') });
    await vi.waitUntil(async () => (await taskBoard(env).jobSummary(job?.id ?? '')).tasks.length === 1, {
      timeout: 10_000,
    });
  });

  test.each([{ code: 'no_code' }, { assetId: '../x' }, { version: '' }])('with %o changes nothing', async (wrong) => {
    const { assetId, version } = await playing({ encode: 'never' });
    const report = { assetId, version, code: 'open_gop', ...wrong } as never;
    await reports().report(report);
    expect(await findAsset(env.CATALOG, assetId)).toMatchObject({ ready: 'full' });
  });

  test('that the file is gone counts only where it is', async () => {
    const job = await playing({ encode: 'never' });
    await withdrawSource(env, job, 'source_changed');
    expect(await assetOf(job)).toMatchObject({ ready: 'full', from_source: 1 });
    await env.MEDIA.delete(keyOf(job));
    await withdrawSource(env, job, 'source_changed');
    expect(await assetOf(job)).toMatchObject({ ...GONE, status: 'failed' });
  });

  test('of another version changes nothing', async () => {
    const job = await playing({ encode: 'never' });
    await withdrawSource(env, { ...job, version: 'ver9' }, 'open_gop');
    expect(await assetOf(job)).toMatchObject({ ready: 'full', from_source: 1 });
  });
});
