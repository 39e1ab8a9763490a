import { beforeEach, describe, expect, test } from 'vitest';
import { EdgeState } from '../../../src/delivery/state.ts';
import { MemoryObjects } from './memory-objects.ts';

const KEY = 'assets/asset1/current.json';
const current = (revision: number): string =>
  JSON.stringify({ version: 'ver1', revision, policy: 'signed', disabled: false });

let objects: MemoryObjects;
let state: EdgeState;

beforeEach(() => {
  objects = new MemoryObjects();
  state = new EdgeState(objects, 10);
  objects.objects.set(KEY, current(1));
});

describe('the state of an asset', () => {
  test('is read once in its time, then again', async () => {
    await state.current('asset1', 0);
    objects.objects.set(KEY, current(2));
    expect(await state.current('asset1', 9_999)).toMatchObject({ revision: 1 });
    expect(objects.reads).toBe(1);
    expect(await state.current('asset1', 10_000)).toMatchObject({ revision: 2 });
    expect(objects.reads).toBe(2);
  });

  test('is told of when it is read, not when it is remembered', async () => {
    const told: unknown[] = [];
    const telling = new EdgeState(objects, 10, (version, { prewarm }) => told.push({ ...version, prewarm }));
    await telling.current('asset1', 0);
    await telling.current('asset1', 1);
    await telling.current('asset2', 1);
    expect(told).toEqual([{ assetId: 'asset1', version: 'ver1', prewarm: undefined }]);
    objects.objects.set(KEY, JSON.stringify({ ...JSON.parse(current(2)), prewarm: true }));
    await telling.current('asset1', 10_000);
    expect(told.slice(1)).toEqual([{ assetId: 'asset1', version: 'ver1', prewarm: true }]);
  });

  test('that is missing is asked for again after a second', async () => {
    expect(await state.current('asset2', 0)).toBeNull();
    expect(await state.current('asset2', 999)).toBeNull();
    expect(objects.reads).toBe(1);
    objects.objects.set('assets/asset2/current.json', current(1));
    expect(await state.current('asset2', 1000)).toMatchObject({ revision: 1 });
  });

  test('is not remembered where that is configured', async () => {
    const fresh = new EdgeState(objects, 0);
    await fresh.current('asset1', 0);
    objects.objects.set(KEY, current(2));
    expect(await fresh.current('asset1', 0)).toMatchObject({ revision: 2 });
  });

  test('of a slow read does not replace what a later one found', async () => {
    let release = () => {};
    objects.delay = new Promise((resolve) => {
      release = resolve;
    });
    const slow = state.current('asset1', 0);
    objects.delay = Promise.resolve();
    objects.objects.set(KEY, current(2));
    expect(await state.current('asset1', 5000)).toMatchObject({ revision: 2 });
    release();
    expect(await slow).toMatchObject({ revision: 1 });
    expect(await state.current('asset1', 5001)).toMatchObject({ revision: 2 });
  });

  test('is read again where the clock was set back', async () => {
    await state.current('asset1', 60_000);
    objects.objects.set(KEY, current(2));
    expect(await state.current('asset1', 0)).toMatchObject({ revision: 2 });
    await state.current('asset1', 1);
    expect(objects.reads).toBe(2);
  });

  test.each(['{', '[]', '{"version":"ver1"}', current(1).replace('signed', 'open')])(
    'that is not one is an error of ours: %s',
    async (text) => {
      objects.objects.set(KEY, text);
      await expect(state.current('asset1', 0)).rejects.toThrow(`${KEY} is not what it should be`);
    },
  );

  test('that is huge is not read', async () => {
    objects.objects.set(KEY, ' '.repeat(300_000) + current(1));
    await expect(state.current('asset1', 0)).rejects.toThrow(RangeError);
  });
});
