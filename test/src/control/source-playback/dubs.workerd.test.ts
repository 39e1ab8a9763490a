/** Sound that is added to a film that plays from its source. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findLatestJob, jobRefOf } from '../../../../src/catalog/assets.ts';
import type { JobRef } from '../../../../src/catalog/job-progress.ts';
import { findTrack, insertTrack } from '../../../../src/catalog/tracks.ts';
import { publishRevision } from '../../../../src/control/encoding/publish/publish.ts';
import type { SettleEnv } from '../../../../src/control/encoding/workflow/settle-jobs.ts';
import { startDub } from '../../../../src/control/encoding/workflow/start-dub.ts';
import { lookAtSource } from '../../../../src/control/source-playback/look-at-source.ts';
import { call, problemOf, readAsset } from '../../http/client.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { film, filmed } from './film.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const TRACK = 'a_fr';
const LADDER = [videoTrack('v360', 640, 360, 1000), audioTrack('a128-eng', 'eng')];

async function addDub(assetId: string): Promise<void> {
  const content = `sources/${assetId}/tracks/${TRACK}-1`;
  await env.MEDIA.put(content, 'sound');
  const row = { id: TRACK, kind: 'audio', language: 'fr', name: '', is_default: 0, state: 'waiting', content } as const;
  expect(await insertTrack(env.CATALOG, assetId, row, Date.now())).toBe(true);
  await startDub(env as unknown as SettleEnv, assetId);
}
const dubJobs = async (assetId: string) => {
  const select = env.CATALOG.prepare('SELECT id, version, status FROM jobs WHERE asset_id = ?1 AND track IS NOT NULL');
  return (await select.bind(assetId).all<{ id: string; version: string; status: string }>()).results;
};
const publishLadder = (job: JobRef) =>
  publishRevision(env, job, 'full', [], () => ({
    ...presentationOf(LADDER, job.assetId),
    version: job.version,
  }));

test('it waits for the ladder, and is then added to that', async () => {
  const { assetId, ...job } = await filmed(film(), { encode: 'never' });
  await lookAtSource(env, { ...job, assetId });
  await addDub(assetId);
  expect(await dubJobs(assetId)).toEqual([]);
  expect(await findTrack(env.CATALOG, assetId, TRACK)).toMatchObject({ state: 'waiting' });
  expect(await readAsset(assetId)).toMatchObject({ status: 'ready', ready: 'source', revision: 1 });

  await call('PATCH', `/v1/assets/${assetId}`, { json: { encode: 'always' } });
  const ladder = await findLatestJob(env.CATALOG, assetId);
  if (ladder === null) {
    throw new Error('no job');
  }
  await publishLadder(jobRefOf(ladder));
  await startDub(env as unknown as SettleEnv, assetId);
  expect(await dubJobs(assetId)).toMatchObject([{ version: ladder.version, status: 'queued' }]);
});

test('the job of one that failed before is not repeated on the source', async () => {
  const { assetId, ...job } = await filmed(film(), { encode: 'never' });
  await publishLadder({ ...job, assetId });
  await addDub(assetId);
  const [dub] = await dubJobs(assetId);
  await call('POST', `/v1/jobs/${dub?.id}/cancel`);
  await call('POST', `/v1/assets/${assetId}/source`, { json: { object: `sources/${assetId}/film.mp4` } });
  expect(await readAsset(assetId)).toMatchObject({ ready: 'source' });
  expect(problemOf(await call('POST', `/v1/jobs/${dub?.id}/retry`))).toEqual([409, 'job_not_failed']);
});
