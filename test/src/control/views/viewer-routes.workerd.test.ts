/** A viewer that asks to be forgotten: afterwards no storage of ours holds anything that ties a session to it. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import { fingerprint } from '../../../../src/access/revocations.ts';
import { sweepErasures } from '../../../../src/analytics/erase/erasures.ts';
import { ViewerHasher } from '../../../../src/analytics/viewer-hash.ts';
import { app } from '../../../../src/app.ts';
import { configOf } from '../../../../src/config.ts';
import { call, ORIGIN, problemOf } from '../../http/client.ts';
import {
  brokenCounters,
  counterOf,
  crowd,
  putAssetRow,
  putRollUp,
  storedIn,
  storedInCatalog,
  watch,
} from './api-fixture.ts';

const DAY_SECONDS = 86_400;
const VIEWER = 'anna/müller@example.com?#%';
const PATH = `/v1/viewers/${encodeURIComponent(VIEWER)}`;
const PASSED_MS = 15 * 60_000;

const hasher = new ViewerHasher(configOf(env));
const nowSeconds = () => Date.now() / 1000;
const hashNow = async () => hasher.hash(await fingerprint('viewer', VIEWER), nowSeconds());
/** Of a session of an earlier version, that began when another salt was in force, if one was a week ago. */
const hashBefore = () => hasher.hash(VIEWER, nowSeconds() - 6 * DAY_SECONDS);
const OTHER = 'fedcba9876543210';

const streamsOf = async (viewer: string) =>
  env.CONCURRENCY.get(env.CONCURRENCY.idFromName(await fingerprint('viewer', viewer)));
const contains = async (assetId: string, hash: string) => (await storedIn(counterOf(assetId))).includes(hash);

let films = 0;
let film: string;
let series: string;

beforeEach(async () => {
  await env.CATALOG.batch(['view_erasures', 'asset_views'].map((table) => env.CATALOG.prepare(`DELETE FROM ${table}`)));
  films += 1;
  film = `film${films}`;
  series = `series${films}`;
  for (const id of [film, series]) {
    await putAssetRow(id);
    await putRollUp(id);
    await crowd(id);
  }
  // One that is a view, one that is none yet, and somebody else's.
  await watch(film, { session: 'viewed', viewer: await hashNow(), runs: [[0, 1, 30]] });
  await watch(film, { session: 'begun', viewer: await hashNow(), runs: [[0, 1, 1]] });
  await watch(film, { session: 'other', viewer: OTHER, runs: [[0, 1, 1]] });
  await watch(series, { session: 'begun', viewer: await hashBefore(), runs: [[1, 1, 1]] });
});

test('DELETE /v1/viewers/{viewer} leaves nothing of the viewer in any storage, and of everybody else all', async () => {
  const limiter = await streamsOf(VIEWER);
  await limiter.renew('session', { sessions: 2, policy: 'reject-new' });
  const before = await counterOf(film).live();
  expect([await contains(film, await hashNow()), await contains(series, await hashBefore())]).toEqual([true, true]);
  expect(await storedIn(limiter)).not.toBe('');

  const { status, body } = await call('DELETE', PATH);
  expect([status, body]).toEqual([200, { assets: 2, sessions: 3, streams: 1, complete: true }]);
  await sweepErasures(env, Date.now() + PASSED_MS);

  for (const restarted of [false, true]) {
    if (restarted) {
      await Promise.all([film, series].map((id) => evictDurableObject(counterOf(id))));
    }
    // What is counted stays counted.
    expect(await counterOf(film).live()).toMatchObject({ views: before.views, watchMs: before.watchMs });
    const stored = `${await storedIn(counterOf(film))}${await storedIn(counterOf(series))}${await storedInCatalog()}`;
    for (const name of [VIEWER, await hashNow(), await hashBefore()]) {
      expect(stored).not.toContain(name);
    }
    expect(await storedIn(limiter)).toBe('');
    expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBeNull();
  }
});

test('an asset whose first facts came a moment ago is asked as well', async () => {
  const fresh = `fresh${films}`;
  await putAssetRow(fresh);
  await crowd(fresh);
  await watch(fresh, { session: 'begun', viewer: await hashNow(), runs: [[0, 1, 1]] });
  const { status, body } = await call('DELETE', PATH);
  expect([status, body]).toEqual([200, { assets: 3, sessions: 4, streams: 0, complete: true }]);
  expect(await contains(fresh, await hashNow())).toBe(false);
});

test('a session of the viewer that goes on is counted as before', async () => {
  await call('DELETE', PATH);
  const { views } = await counterOf(film).live();
  await watch(film, { session: 'begun', viewer: await hashNow(), runs: [[0, 2, 30]] });
  await watch(film, { session: 'viewed', viewer: await hashNow(), runs: [[0, 31, 60]] });
  expect((await counterOf(film).live()).views).toBe(views + 1);
});

test('of a small audience nothing is stored that names a viewer', async () => {
  const fresh = `small${films}`;
  await putAssetRow(fresh);
  await watch(fresh, { session: 'begun', viewer: await hashNow(), runs: [[0, 1, 1]] });
  expect(await contains(fresh, await hashNow())).toBe(false);
});

test('repeating it changes nothing', async () => {
  await call('DELETE', PATH);
  const { status, body } = await call('DELETE', PATH);
  expect([status, body]).toEqual([200, { assets: 2, sessions: 0, streams: 0, complete: true }]);
});

test('under a salt and a secret that have been replaced since, too', async () => {
  const before = { ...configOf(env), VIEWER_SALT_DAYS: 1, SESSION_SECRET: 'x'.repeat(32) };
  const hash = await new ViewerHasher(before).hash(VIEWER, nowSeconds() - 5 * DAY_SECONDS);
  await watch(series, { session: 'older', viewer: hash, runs: [[0, 1, 1]] });
  const rotated = { ...env, VIEWER_SALT_DAYS: '1', SESSION_SECRET_PREVIOUS: before.SESSION_SECRET };
  const headers = { authorization: `Bearer ${env.API_TOKEN}` };
  const answer = await app.request(`${ORIGIN}${PATH}`, { method: 'DELETE', headers }, rotated);
  expect(answer.status).toBe(200);
  expect(await contains(series, hash)).toBe(false);
});

test('a counter that cannot be reached makes it unavailable, and the sweep makes up for it', async () => {
  const { env: broken } = brokenCounters((name) => name === film);
  const error = vi.spyOn(console, 'error');
  const headers = { authorization: `Bearer ${env.API_TOKEN}` };
  const answer = await app.request(`${ORIGIN}${PATH}`, { method: 'DELETE', headers }, broken);
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'unavailable' }]);
  expect(JSON.stringify(error.mock.calls)).toContain('viewer_not_forgotten');
  expect(JSON.stringify(error.mock.calls)).not.toContain('anna');
  error.mockRestore();
  expect([await contains(film, await hashNow()), await contains(series, await hashBefore())]).toEqual([true, false]);
  await sweepErasures(env, Date.now());
  expect(await contains(film, await hashNow())).toBe(false);
});

test('of whom nothing is known is forgotten as well', async () => {
  const { body } = await call('DELETE', '/v1/viewers/nobody');
  expect(body).toEqual({ assets: 2, sessions: 0, streams: 0, complete: true });
});

test('needs the token, and a viewer that a link could name', async () => {
  expect(problemOf(await call('DELETE', PATH, { token: null }))).toEqual([401, 'unauthorized']);
  expect(problemOf(await call('DELETE', `/v1/viewers/${'a'.repeat(129)}`))).toEqual([400, 'invalid_request']);
  expect(problemOf(await call('DELETE', '/v1/viewers/'))).toEqual([404, 'not_found']);
});
