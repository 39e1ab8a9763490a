/** Requests to erase: done to the end whatever fails, bounded in what they call, and asked again when it is time. */
import { createScheduledController, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  assetErasureId,
  eraseAsset,
  requestErasure,
  runErasure,
  sweepErasures,
  tryErasure,
} from '../../../../src/analytics/erase/erasures.ts';
import { deleteAsset } from '../../../../src/catalog/assets.ts';
import { SWEEP_CRON } from '../../../../src/control/notify/dispatch.ts';
import worker from '../../../../src/index.ts';
import {
  brokenCounters,
  counterOf,
  crowd,
  putAssetRow,
  putRollUp,
  storedIn,
  watch,
} from '../../control/views/api-fixture.ts';
import { call, createAsset } from '../../http/client.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HASH = '00112233445566ff';
const REQUEST = { id: `viewer:${HASH}`, kind: 'viewer', subject: JSON.stringify([HASH]) } as const;

const pending = async () => (await env.CATALOG.prepare('SELECT id, passes, due_at FROM view_erasures').all()).results;
const request = () => requestErasure(env.CATALOG, REQUEST, Date.now()).run();
const viewsOf = async (assetId: string) => (await counterOf(assetId).live()).views;
const isTied = async (assetId: string) => (await storedIn(counterOf(assetId))).includes(HASH);

let films = 0;
/** Assets that the viewer has begun to watch, in the order of their ids. */
async function begun(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    films += 1;
    const id = `begun${String(films).padStart(3, '0')}`;
    await putAssetRow(id);
    await putRollUp(id);
    await crowd(id);
    await watch(id, { session: 'session', viewer: HASH, runs: [[0, 1, 1]] });
    ids.push(id);
  }
  return ids;
}

beforeEach(async () => {
  await env.CATALOG.batch(['view_erasures', 'asset_views'].map((table) => env.CATALOG.prepare(`DELETE FROM ${table}`)));
});

describe('deleting an asset', () => {
  test('clears its counter and its rows, and again what arrives late', async () => {
    const { id } = await createAsset('watched');
    await watch(id, { session: 'session', runs: [[0, 1, 10]] });
    expect(await viewsOf(id)).toBe(1);
    const startMs = Date.now();
    expect((await call('DELETE', `/v1/assets/${id}`)).status).toBe(204);
    const rolledUp = async () => (await env.CATALOG.prepare('SELECT * FROM asset_views').all()).results;
    expect(await rolledUp()).toEqual([]);
    await vi.waitFor(async () => expect(await pending()).toMatchObject([{ id: assetErasureId(id), passes: 1 }]));
    expect(await viewsOf(id)).toBe(0);

    await watch(id, { session: 'late', runs: [[0, 1, 10]] });
    expect([await viewsOf(id), await rolledUp(), await storedIn(counterOf(id))]).toEqual([0, [], '']);
    const { calls, env: counted } = brokenCounters(() => false);
    for (const [afterMs, passes] of [
      [5 * MINUTE_MS, [1]],
      [15 * MINUTE_MS, [2]],
      [6 * DAY_MS, [2]],
      [8 * DAY_MS, []],
    ] as const) {
      await sweepErasures(counted, startMs + afterMs);
      expect((await pending()).map((row) => row['passes'])).toEqual(passes);
    }
    expect(calls.names).toEqual([id, id]);
    expect(await runInDurableObject(counterOf(id), (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  test('whose counter cannot be reached is done by the sweep once it can', async () => {
    await putAssetRow('unreached');
    await watch('unreached', { session: 'session', runs: [[0, 1, 10]] });
    const nowMs = Date.now();
    await deleteAsset(env.CATALOG, 'unreached', nowMs, eraseAsset(env.CATALOG, 'unreached', nowMs));
    const broken = brokenCounters(() => true).env;
    expect(await tryErasure(broken, assetErasureId('unreached'), nowMs)).toBeNull();
    for (const minute of [3, 6, 9]) {
      await sweepErasures(broken, nowMs + minute * MINUTE_MS);
    }
    expect([await viewsOf('unreached'), await pending()]).toMatchObject([1, [{ passes: 0 }]]);
    await sweepErasures(env, nowMs + 12 * MINUTE_MS);
    expect([await viewsOf('unreached'), await pending()]).toMatchObject([0, [{ passes: 1 }]]);
  });

  test('is gone on with by what wakes each minute', async () => {
    await putAssetRow('woken');
    await watch('woken', { session: 'session', runs: [[0, 1, 10]] });
    await deleteAsset(env.CATALOG, 'woken', Date.now(), eraseAsset(env.CATALOG, 'woken', Date.now()));
    const scheduledTime = new Date(Date.now() + MINUTE_MS);
    await worker.scheduled(createScheduledController({ cron: SWEEP_CRON, scheduledTime }), env);
    expect([await viewsOf('woken'), await pending()]).toMatchObject([0, [{ passes: 1 }]]);
  });

  test('is not hurried by a time ahead, nor put off for good by a clock that was set back', async () => {
    await deleteAsset(env.CATALOG, 'hurried', Date.now(), eraseAsset(env.CATALOG, 'hurried', Date.now()));
    await sweepErasures(env, Date.now());
    await worker.scheduled(createScheduledController({ cron: SWEEP_CRON, scheduledTime: new Date('2100-01-01') }), env);
    expect(await pending()).toMatchObject([{ passes: 1 }]);
    await sweepErasures(env, Date.now() - 30 * DAY_MS);
    expect(await pending()).toMatchObject([{ passes: 2 }]);
  });

  test('that is not there asks for nothing more than a clear', async () => {
    await deleteAsset(env.CATALOG, 'nowhere', Date.now(), eraseAsset(env.CATALOG, 'nowhere', Date.now()));
    expect(await tryErasure(env, assetErasureId('nowhere'), Date.now())).toMatchObject({ complete: true });
  });
});

describe('forgetting a viewer', () => {
  test('goes on where it stopped, a bounded number of counters at a time', async () => {
    const ids = await begun(12);
    const { calls, env: counted } = brokenCounters(() => false);
    await request();
    const runs: unknown[] = [];
    for (let run = 0; run < 3; run++) {
      runs.push(await runErasure(counted, REQUEST.id, Date.now(), 5));
    }
    expect(runs).toEqual([
      { assets: 5, sessions: 5, complete: false },
      { assets: 5, sessions: 5, complete: false },
      { assets: 2, sessions: 2, complete: true },
    ]);
    expect(calls.names).toEqual(ids);
    await sweepErasures(counted, Date.now() + 15 * MINUTE_MS);
    expect(calls.names).toEqual([...ids, ...ids]);
    expect(await Promise.all(ids.map(isTied))).toEqual(ids.map(() => false));
  });

  test('passes over a counter that fails, says so, and comes back to it', async () => {
    const ids = await begun(7);
    const [, , third] = ids;
    const broken = brokenCounters((name) => name === third);
    await request();
    await expect(runErasure(broken.env, REQUEST.id, Date.now())).rejects.toThrow('cannot be reached');
    expect(broken.calls.names).toEqual(ids);
    expect((await Promise.all(ids.map(isTied))).map(Number)).toEqual([0, 0, 1, 0, 0, 0, 0]);
    const { calls, env: counted } = brokenCounters(() => false);
    await sweepErasures(counted, Date.now());
    expect(calls.names).toEqual(ids.slice(2));
    expect(await isTied(ids[2] ?? '')).toBe(false);
    expect(await pending()).toMatchObject([{ passes: 1 }]);
  });

  test('has a second pass for what was on its way, then is done', async () => {
    const [id = ''] = await begun(1);
    await request();
    const nowMs = Date.now();
    await sweepErasures(env, nowMs);
    await watch(id, { session: 'late', viewer: HASH, runs: [[0, 1, 1]] });
    await sweepErasures(env, nowMs + 5 * MINUTE_MS);
    expect(await isTied(id)).toBe(true);
    await sweepErasures(env, nowMs + 15 * MINUTE_MS);
    expect([await isTied(id), await pending()]).toEqual([false, []]);
  });

  test('asked for again is done again, from the start where a pass was done', async () => {
    const ids = await begun(7);
    await request();
    await sweepErasures(env, Date.now());
    const { calls, env: counted } = brokenCounters(() => false);
    await request();
    expect(await runErasure(counted, REQUEST.id, Date.now())).toEqual({ assets: 7, sessions: 0, complete: true });
    expect(calls.names).toEqual(ids);
    expect(calls.most).toBe(5);
  });

  test('asked for again in the midst of its second pass begins anew', async () => {
    await begun(3);
    await request();
    await sweepErasures(env, Date.now());
    const laterMs = Date.now() + 15 * MINUTE_MS;
    expect(await runErasure(env, REQUEST.id, laterMs, 2)).toMatchObject({ assets: 2, complete: false });
    await request();
    expect(await runErasure(env, REQUEST.id, Date.now())).toMatchObject({ assets: 3, complete: true });
    expect(await pending()).toMatchObject([{ passes: 1 }]);
  });

  test('looks at no asset that nobody has watched for longer than a session lives', async () => {
    const [id = ''] = await begun(1);
    await putRollUp(id, {}, Date.now() - 10 * DAY_MS);
    await request();
    expect(await runErasure(env, REQUEST.id, Date.now())).toMatchObject({ assets: 0, complete: true });
  });

  test('is nobody else’s while somebody is at it, until that one must have died', async () => {
    await begun(1);
    await request();
    const nowMs = Date.now();
    const { env: broken } = brokenCounters(() => true);
    const never = { ...broken, CATALOG: env.CATALOG };
    const results = await Promise.allSettled([
      runErasure(never, REQUEST.id, nowMs),
      runErasure(env, REQUEST.id, nowMs),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
      'failed',
      null,
    ]);
  });
});
