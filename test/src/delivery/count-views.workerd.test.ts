/** From the segment that a player fetches to the counter that knows of it: the routes, and the real Durable Objects. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { counterName, type LiveViews } from '../../../src/analytics/facts.ts';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { isolateOf } from '../../../src/delivery/isolate.ts';
import { putAssetRow } from '../control/views/api-fixture.ts';
import { fetchPath, link, newEnv, putAsset, sessionJwt, startSession } from './fixture.ts';

/** An isolate of its own, with the real counters. */
const newCounting = (changed: Record<string, string> = {}): DeliveryEnv => ({ ...newEnv(changed), VIEWS: env.VIEWS });
const PLAYER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36' };

const counter = (assetId: string) => env.VIEWS.get(env.VIEWS.idFromName(counterName(assetId, 0)));
const live = async (assetId: string): Promise<LiveViews> => counter(assetId).live();

/** All that this isolate has noted is durable: what was due was sent by the requests that had brought it. */
const settled = (delivery: DeliveryEnv) =>
  vi.waitFor(() => expect(isolateOf(delivery).views?.collector.waiting).toBe(0), { timeout: 15_000, interval: 50 });
const waiting = (delivery: DeliveryEnv) => isolateOf(delivery).views?.collector.waiting;

async function get(delivery: DeliveryEnv, path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetchPath(delivery, path, { ...init, headers: { ...PLAYER, ...init.headers } });
  await response.arrayBuffer();
  return response.status;
}

let assets = 0;
/** An asset that nobody has watched. */
async function newAsset(): Promise<string> {
  assets += 1;
  const assetId = `watched${assets}`;
  await putAsset(newEnv(), assetId);
  await putAssetRow(assetId);
  return assetId;
}

describe('a player', () => {
  let assetId = '';
  const delivery = newCounting();
  beforeAll(async () => {
    assetId = await newAsset();
  });

  test('is a view once it was given enough, whatever else it fetches', async () => {
    const base = await startSession(delivery, await link(assetId));
    for (const path of ['v360.m3u8', 'v360/init.mp4', 'a128-en/1/1.m4s', 'v360/1/1.m4s', 'v720/1/1.m4s']) {
      expect(await get(delivery, base + path)).toBe(200);
    }
    expect(waiting(delivery)).toBe(2);
    await settled(delivery);
    expect(await live(assetId)).toMatchObject({ views: 1, watching: 1, watchMs: 4004 });
  });

  test('that starts again is another view, and its replays are none', async () => {
    const base = await startSession(delivery, await link(assetId));
    for (let round = 0; round < 3; round += 1) {
      await get(delivery, `${base}v360/1/1.m4s`);
      await get(delivery, `${base}v360/1/2.m4s`);
      await get(delivery, `${base}v360/1,3.2/3.m4s`);
    }
    await settled(delivery);
    expect(await live(assetId)).toMatchObject({ views: 2, watchMs: 4004 + 9510 });
  });

  test('whose segments come from two isolates is one view', async () => {
    const other = newCounting();
    const base = await startSession(delivery, await link(assetId));
    for (const isolate of [delivery, other, delivery, other]) {
      await get(isolate, `${base}v360/1/1.m4s`);
      await get(isolate, `${base}v360/1/2.m4s`);
    }
    await Promise.all([settled(delivery), settled(other)]);
    expect(await live(assetId)).toMatchObject({ views: 3, watchMs: 4004 + 9510 + 8008 });
  });
});

test('what is no watching is not even noted', async () => {
  const assetId = await newAsset();
  const delivery = newCounting();
  const base = await startSession(delivery, await link(assetId));
  const segment = `${base}v360/1/1.m4s`;
  expect(await get(delivery, segment, { method: 'HEAD' })).toBe(200);
  expect(await get(delivery, segment, { headers: { range: 'bytes=0-1' } })).toBe(206);
  expect(await get(delivery, segment, { headers: { range: 'bytes=1-' } })).toBe(206);
  expect(await get(delivery, segment, { headers: { range: 'bytes=9999-' } })).toBe(416);
  expect(await get(delivery, segment, { headers: { 'user-agent': 'Googlebot/2.1' } })).toBe(200);
  const { headers } = await fetchPath(newCounting(), segment, { method: 'HEAD' });
  expect(await get(delivery, segment, { headers: { 'if-none-match': headers.get('etag') ?? '' } })).toBe(304);
  expect(await get(delivery, `${base}v360/1/99.m4s`)).toBe(404);
  expect(waiting(delivery)).toBe(0);
  expect(await get(delivery, segment, { headers: { range: 'bytes=0-' } })).toBe(206);
  expect(waiting(delivery)).toBe(1);
  await settled(delivery);
});

test('a session that was started by an earlier Sluice plays, and is not counted', async () => {
  const assetId = await newAsset();
  const delivery = newCounting();
  const { views } = isolateOf(delivery);
  const token = await sessionJwt({ a: assetId });
  expect(await get(delivery, `/s/${token}/v360/1/1.m4s`)).toBe(200);
  expect(views?.collector.waiting).toBe(0);
});

test('a deployment without counters plays', async () => {
  const assetId = await newAsset();
  const base = await startSession(newEnv(), await link(assetId));
  expect(await get(newEnv(), `${base}v360/1/1.m4s`)).toBe(200);
});

test('viewers are one each, and what is stored does not name them', async () => {
  const assetId = await newAsset();
  const delivery = newCounting();
  for (const viewer of ['ann@example', 'ann@example', 'bob@example']) {
    const base = await startSession(delivery, await link(assetId, { viewer }));
    await get(delivery, `${base}v360/1/1.m4s`);
  }
  await settled(delivery);
  expect(await live(assetId)).toMatchObject({ views: 3, viewers: 2 });
  const stored = await runInDurableObject(counter(assetId), (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    const rows = tables
      .filter(({ name }) => !name.startsWith('_') && !name.startsWith('sqlite_'))
      .map(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
    return JSON.stringify(rows, (_key, value) =>
      value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value,
    );
  });
  expect(stored).toContain(assetId);
  expect(stored).not.toMatch(/ann|bob/);
});

test('a counter that is down is told when it is back', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const assetId = await newAsset();
  const delivery = newCounting();
  let isDown = true;
  const real = env.VIEWS;
  const VIEWS = new Proxy(real, {
    get: (target, name) => {
      if (isDown && name === 'get') {
        return () => ({ record: () => Promise.reject(new Error('down')) });
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const failing = { ...delivery, VIEWS };
  const base = await startSession(failing, await link(assetId));
  await get(failing, `${base}v360/1/1.m4s`);
  await vi.waitFor(() => expect(warned).toHaveBeenCalledWith(expect.stringContaining('views_unrecorded')), 5000);
  expect(waiting(failing)).toBe(1);
  isDown = false;
  await settled(failing);
  expect(await live(assetId)).toMatchObject({ views: 1 });
  warned.mockRestore();
});

test('new sessions go where the counters want them, those of an isolate to one shard', async () => {
  const assetId = await newAsset();
  const delivery = newCounting();
  const isolate = isolateOf(delivery);
  const shardOf = async () => {
    const base = await startSession(delivery, await link(assetId));
    const session = await isolate.sessions.verify(base.split('/')[2] ?? '', Date.now() / 1000);
    return session.views?.shard;
  };
  expect(await shardOf()).toBe(0);
  isolate.windows.learn(assetId, 0, { from: 7, count: 2 }, Date.now());
  const shards = await Promise.all(Array.from({ length: 10 }, shardOf));
  expect(new Set(shards).size).toBe(1);
  expect([7, 8]).toContain(shards[0]);
});
