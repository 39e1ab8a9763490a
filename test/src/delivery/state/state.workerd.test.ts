/** What may change of an asset and the keys: what is read, and how old it gets. How it is kept: refresh-ahead.test.ts. */

import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { formatRevocations } from '../../../../src/access/revocation-list.ts';
import { R2Objects } from '../../../../src/delivery/objects/objects.ts';
import { STATE_READ_MS } from '../../../../src/delivery/state/refresh-ahead.ts';
import { EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY } from '../../../../src/media/keys.ts';
import { tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { fetchPath, link, newEnv, putAsset, putCurrent, refusalOf, startSession } from '../fixture.ts';
import { settle, times } from '../tiers/fakes.ts';
import { FaultyObjects, newEdgeState } from './edge-state.ts';

const KEY = 'assets/asset1/current.json';
const current = (revision: number): string =>
  JSON.stringify({ version: 'ver1', revision, policy: 'signed', disabled: false });

let objects: FaultyObjects;

beforeEach(() => {
  objects = new FaultyObjects();
  objects.objects.set(KEY, current(1));
});

describe('the state of an asset', () => {
  test('is read once in its time, then again', async () => {
    const { state, at } = newEdgeState(objects);
    await state.current('asset1', at(0));
    objects.objects.set(KEY, current(2));
    expect(await state.current('asset1', at(4999))).toMatchObject({ revision: 1 });
    expect(objects.reads).toBe(1);
    expect(await state.current('asset1', at(10_000))).toMatchObject({ revision: 2 });
    expect(objects.reads).toBe(2);
  });

  test('is told of when it is read, not when it is remembered', async () => {
    const told: unknown[] = [];
    const noteCurrent = vi.fn((version: object, { prewarm }) => told.push({ ...version, prewarm }));
    const { state, at } = newEdgeState(objects, { noteCurrent });
    await state.current('asset1', at(0));
    await state.current('asset1', at(1));
    await state.current('asset2', at(1));
    expect(told).toEqual([{ assetId: 'asset1', version: 'ver1', prewarm: undefined }]);
    objects.objects.set(KEY, JSON.stringify({ ...JSON.parse(current(2)), prewarm: true }));
    await state.current('asset1', at(10_000));
    expect(told.slice(1)).toEqual([{ assetId: 'asset1', version: 'ver1', prewarm: true }]);
  });

  test('that is missing is asked for again after a second', async () => {
    const { state, at } = newEdgeState(objects);
    expect(await state.current('asset2', at(0))).toBeNull();
    expect(await state.current('asset2', at(999))).toBeNull();
    expect(objects.reads).toBe(1);
    objects.objects.set('assets/asset2/current.json', current(1));
    expect(await state.current('asset2', at(1000))).toMatchObject({ revision: 1 });
  });

  test.each(['{', '[]', '{"version":"ver1"}', current(1).replace('signed', 'open')])(
    'that is not one is an error of ours: %s',
    async (text) => {
      const { state, at } = newEdgeState(objects);
      objects.objects.set(KEY, text);
      await expect(state.current('asset1', at(0))).rejects.toThrow(`${KEY} is not what it should be`);
      expect(objects.reads).toBe(1);
    },
  );

  test('that is huge is not read', async () => {
    const { state, at } = newEdgeState(objects);
    objects.objects.set(KEY, ' '.repeat(300_000) + current(1));
    await expect(state.current('asset1', at(0))).rejects.toThrow(RangeError);
  });
});

describe('no read of the bucket holds a request up for longer than three attempts take', () => {
  const READS: Record<string, (kept: ReturnType<typeof newEdgeState>) => Promise<unknown>> = {
    'of current.json': ({ state, clock }) => state.current('asset1', clock.now()),
    'of the keys': ({ state, clock }) => state.signingKeys(clock.now()),
    'of the revocations': ({ state, clock }) => state.revocations(clock.now()),
  };

  for (const [name, read] of Object.entries(READS)) {
    for (const fault of ['hang', 'hang in the body', 'fail'] as const) {
      test(`${name}, where they ${fault}`, async () => {
        objects.objects.set(EDGE_KEYS_KEY, JSON.stringify({ keys: [] }));
        objects.objects.set(EDGE_REVOCATIONS_KEY, formatRevocations([]));
        objects.does = fault;
        const isolate = newEdgeState(objects);
        const asked = times(10, () => read(isolate).catch(({ code }) => code));
        for (let waited = 0; waited <= 3; waited += 1) {
          isolate.at(waited * STATE_READ_MS);
          await settleStreams();
        }
        expect(await Promise.all(asked)).toEqual(Array(10).fill('unavailable'));
        expect(isolate.clock.running).toBe(0);
      });
    }
  }

  /** Bodies take more than promises: they are read by the runtime. */
  async function settleStreams(): Promise<void> {
    await settle();
    await scheduler.wait(0);
    await settle();
  }
});

describe('with the bucket of workerd', () => {
  test('a thousand requests that meet in a new isolate read each object once', async () => {
    const { MEDIA } = env as unknown as { MEDIA: R2Bucket };
    await putCurrent(newEnv(), 'met');
    await MEDIA.put(EDGE_REVOCATIONS_KEY, formatRevocations([]));
    const counted = vi.fn();
    const { state, at } = newEdgeState(new R2Objects(MEDIA, counted));
    const nowMs = at(0);
    const read = () => Promise.all([state.current('met', nowMs), state.revocations(nowMs)]);
    for (const [found, list] of await Promise.all(times(1000, read))) {
      expect([found?.version, list.size]).toEqual(['ver1', 0]);
    }
    expect(counted).toHaveBeenCalledTimes(3);
    await MEDIA.delete(EDGE_REVOCATIONS_KEY);
  });

  test('players that go on within the bound never wait, and are told of a change', async () => {
    const delivery = newEnv({ EDGE_STATE_SECONDS: '10' });
    await putAsset(delivery, 'changing');
    const base = await startSession(delivery, await link('changing'));
    const segment = () => fetchPath(delivery, `${base}v360/1/1.m4s`);
    expect((await segment()).status).toBe(200);
    await putCurrent(delivery, 'changing', { disabled: true });
    const before = tierCounters.r2StateReads;
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(Date.now() + 6000);
      // What it is answered with was known before: the read that it begins finds the asset disabled.
      expect((await segment()).status).toBe(200);
      await vi.waitFor(async () => expect((await segment()).status).toBe(403));
      expect(await refusalOf(await segment())).toBe('403 asset_disabled');
      expect(tierCounters.r2StateReads - before).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
