/** Films of `encode: onDemand`: which are encoded, when, and how many rows it takes to find them. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { rollUp } from '../../../../src/analytics/count/roll-up.ts';
import { createNextJob, jobRefOf } from '../../../../src/catalog/assets.ts';
import { markFailed } from '../../../../src/catalog/job-progress.ts';
import { sweepOnDemand } from '../../../../src/control/source-playback/on-demand.ts';
import { call, readAsset } from '../../http/client.ts';
import { latestJob, newFilm, playFromSource, publishLadder } from './film-rows.ts';

/** As the root of the asset's counters does. */
const view = (assetId: string, views: number) =>
  rollUp(env.CATALOG, {
    ...{ assetId, days: [], hasDays: false, nowMs: Date.now() },
    live: { views, viewers: views, watchMs: 1000, watching: 0 },
  });
const sweep = (changed: object = {}) => sweepOnDemand({ ...env, ...changed }, Date.now());
const isNoted = async (id: string) =>
  (await env.CATALOG.prepare('SELECT 1 FROM due_ladders WHERE asset_id = ?1').bind(id).first()) !== null;
const isQueued = async (id: string) => (await latestJob(id)).status === 'queued';
const patch = (id: string, encode: string) => call('PATCH', `/v1/assets/${id}`, { json: { encode } });

test('it is encoded at the third view, and not before', async () => {
  const id = await newFilm('third', 'onDemand');
  await sweep();
  for (const views of [1, 2]) {
    await view(id, views);
    expect(await isNoted(id)).toBe(true);
    await sweep();
    expect([await isNoted(id), await isQueued(id)]).toEqual([false, false]);
  }
  await view(id, 3);
  await sweep();
  expect(await latestJob(id)).toMatchObject({ status: 'queued', options: null });
  expect(await readAsset(id)).toMatchObject({ ready: 'source', status: 'ready', encode: 'onDemand' });
  await publishLadder(id);
  expect(await readAsset(id)).toMatchObject({ ready: 'full', encode: 'onDemand' });
  await view(id, 4);
  await sweep({ ON_DEMAND_VIEWS: '1' });
  expect([await isNoted(id), await isQueued(id)]).toEqual([false, false]);
});

test('ON_DEMAND_VIEWS says at which', async () => {
  const id = await newFilm('first', 'onDemand');
  await view(id, 1);
  await sweep({ ON_DEMAND_VIEWS: '1' });
  expect(await isQueued(id)).toBe(true);
});

test('other modes are not encoded, however often they are watched', async () => {
  const ids = [await newFilm('never', 'never'), await newFilm('always', 'always')];
  await Promise.all(ids.map((id) => view(id, 100)));
  await sweep();
  expect(await Promise.all(ids.map(isNoted))).toEqual([false, false]);
  expect(await Promise.all(ids.map(isQueued))).toEqual([false, false]);
});

test('a film that has views gets the mode, or another file: it is due at once', async () => {
  const id = await newFilm('watched', 'never');
  await view(id, 5);
  await patch(id, 'onDemand');
  await sweep();
  expect(await isQueued(id)).toBe(true);
  await playFromSource(id, true);
  await sweep();
  expect(await isQueued(id)).toBe(true);
});

test('sweeps at the same time start one job', async () => {
  const id = await newFilm('raced', 'onDemand');
  await view(id, 9);
  await Promise.all([sweep(), sweep(), sweep()]);
  const jobs = env.CATALOG.prepare('SELECT count(*) AS n FROM jobs WHERE asset_id = ?1').bind(id);
  expect(await jobs.first('n')).toBe(2);
});

test('a job that has failed is not repeated unasked', async () => {
  const id = await newFilm('failing', 'onDemand');
  await view(id, 3);
  await sweep();
  await markFailed(env.CATALOG, jobRefOf(await latestJob(id)), { code: 'internal', message: 'no' }, Date.now());
  await view(id, 4);
  await sweep();
  expect([await isQueued(id), await isNoted(id)]).toEqual([false, false]);
  await patch(id, 'always');
  expect(await isQueued(id)).toBe(true);
});

test('`always` that was asked for while the source was looked at is done when its job has ended', async () => {
  const id = await newFilm('changed', 'never');
  const source = { source_key: 'sources/changed/changed.mp4', source_url: null, options: '{"encode":"never"}' };
  await createNextJob(env.CATALOG, { id: 'changed', assetId: id, version: 'v2', source }, Date.now());
  await patch(id, 'always');
  expect((await latestJob(id)).options).toBe('{"encode":"never"}');
  await playFromSource(id, true);
  await sweep();
  expect(await latestJob(id)).toMatchObject({ status: 'queued', options: null });
});

test('a film waits for its active job, and is then looked at again', async () => {
  const id = await newFilm('waiting', 'onDemand');
  const dub = env.CATALOG.prepare(
    `INSERT INTO jobs (id, asset_id, version, status, track, created_at, updated_at) VALUES ('dub', ?1, 'v', 'queued', 'a1', 1, 1)`,
  );
  await dub.bind(id).run();
  await view(id, 3);
  await sweep();
  expect([await isNoted(id), await isQueued(id)]).toEqual([true, false]);
  await env.CATALOG.prepare(`UPDATE jobs SET status = 'failed' WHERE id = 'dub'`).run();
  await sweep();
  expect(await isQueued(id)).toBe(false);
  await sweepOnDemand(env, Date.now() + 6 * 60_000);
  expect(await isQueued(id)).toBe(true);
});

test('a sweep reads no more rows in a large catalog', async () => {
  await env.CATALOG.prepare(
    `INSERT INTO assets (id, title, policy, status, ready, from_source, options, source_key, created_at, updated_at)
     WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
     SELECT 'a' || n, 'A', 'signed', 'ready', 'full', 1, '{"encode":"onDemand"}', 'x', n, n FROM n`,
  ).run();
  await env.CATALOG.prepare('DELETE FROM due_ladders').run();
  let rowsRead = 0;
  const all = async (statement: D1PreparedStatement) => {
    const result = await statement.all();
    rowsRead += result.meta.rows_read;
    return result;
  };
  const bind = (text: string, values: unknown[]) => ({ all: () => all(env.CATALOG.prepare(text).bind(...values)) });
  const CATALOG = { prepare: (text: string) => ({ bind: (...values: unknown[]) => bind(text, values) }) };
  await sweep({ CATALOG });
  expect(rowsRead).toBeLessThan(5);
});
