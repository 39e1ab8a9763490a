/** How old a revocation list may get, and how often it is read. Time is given; nothing sleeps. */
import { beforeEach, expect, test } from 'vitest';
import { EdgeState } from '../../../src/delivery/state.ts';
import { fingerprintOf, fingerprintToHex, formatRevocations } from '../../../src/playback/revocation-list.ts';
import { MemoryObjects } from './memory-objects.ts';

const KEY = 'edge/revocations.json';

class CountedObjects extends MemoryObjects {
  heads = 0;
  failing = false;

  override async head(key: string) {
    this.heads += 1;
    if (this.failing) {
      throw new Error('the bucket is away');
    }
    return super.head(key);
  }
}

let objects: CountedObjects;
let state: EdgeState;

/** Lists of different sizes: the bucket in memory makes its ETags of them. */
async function revoke(...values: string[]): Promise<void> {
  const hexes = await Promise.all(values.map(async (value) => fingerprintToHex(await fingerprintOf('link', value))));
  objects.objects.set(KEY, formatRevocations(hexes.sort().map((fingerprint) => ({ fingerprint, expiresAtMs: null }))));
}
const isRevoked = async (value: string, nowMs: number, from = state): Promise<boolean> =>
  (await from.revocations(nowMs)).has(await fingerprintOf('link', value), 0, nowMs / 1000);

beforeEach(() => {
  objects = new CountedObjects();
  state = new EdgeState(objects, 10);
});

test('what is revoked is seen within the bound, and what is taken back, too', async () => {
  expect(await isRevoked('a', 0)).toBe(false);
  await revoke('a');
  expect(await isRevoked('a', 10_000)).toBe(true);
  objects.objects.delete(KEY);
  expect(await isRevoked('a', 20_000)).toBe(false);
});

test('there being none is remembered as long as a list', async () => {
  for (const nowMs of [0, 1000, 4999]) {
    await state.revocations(nowMs);
  }
  expect([objects.heads, objects.reads]).toEqual([1, 0]);
});

test('a list that has not changed is not read again, nor parsed', async () => {
  await revoke('a');
  const list = await state.revocations(0);
  expect(await state.revocations(10_000)).toBe(list);
  expect(await state.revocations(25_000)).toBe(list);
  expect([objects.heads, objects.reads]).toEqual([3, 1]);
});

test('it is renewed early, by one request while the others go on', async () => {
  await revoke('a');
  await state.revocations(0);
  await revoke('a', 'b');
  let release = () => {};
  objects.delay = new Promise((resolve) => {
    release = resolve;
  });
  const renewing = isRevoked('b', 5000);
  expect(await isRevoked('b', 5001)).toBe(false);
  expect(objects.heads).toBe(2);
  release();
  expect(await renewing).toBe(true);
  expect(await isRevoked('b', 5002)).toBe(true);
  expect(objects.heads).toBe(2);
});

test('a renewal that never ends does not hold it up past the bound', async () => {
  await state.revocations(0);
  await revoke('a');
  objects.delay = new Promise(() => {});
  void state.revocations(5000);
  await Promise.resolve();
  objects.delay = Promise.resolve();
  await revoke('a', 'b');
  expect(await isRevoked('b', 5900)).toBe(false);
  expect(await isRevoked('b', 6001)).toBe(true);
});

test('of many requests that meet without a list, one reads it', async () => {
  await revoke('a');
  const seen = await Promise.all(Array.from({ length: 100 }, () => isRevoked('a', 0)));
  expect(seen).toEqual(Array(100).fill(true));
  expect(objects.reads).toBe(1);
});

test('a slow, early read does not replace what a later one found', async () => {
  let release = () => {};
  objects.delay = new Promise((resolve) => {
    release = resolve;
  });
  await revoke('a');
  const slow = state.revocations(0);
  await Promise.resolve();
  objects.delay = Promise.resolve();
  await revoke('a', 'b');
  expect(await isRevoked('b', 3000)).toBe(true);
  release();
  await slow;
  expect(await isRevoked('b', 3001)).toBe(true);
});

test('a clock that is set back does not keep it from being read', async () => {
  expect(await isRevoked('a', 60_000)).toBe(false);
  await revoke('a');
  expect(await isRevoked('a', 0)).toBe(true);
  const reads = objects.heads;
  expect(await isRevoked('a', 1)).toBe(true);
  expect(objects.heads).toBe(reads);
  await revoke('a', 'b');
  expect(await isRevoked('b', 60_000)).toBe(true);
});

test('a bucket that is away is forgiven within the bound, no longer', async () => {
  await revoke('a');
  expect(await isRevoked('a', 0)).toBe(true);
  objects.failing = true;
  expect(await isRevoked('a', 9999)).toBe(true);
  await expect(state.revocations(10_000)).rejects.toThrow('away');
  objects.failing = false;
  expect(await isRevoked('a', 10_001)).toBe(true);
});

test('a list that is none fails, and says which', async () => {
  objects.objects.set(KEY, '{}');
  await expect(state.revocations(0)).rejects.toThrow(`${KEY} is not what it should be`);
  objects.objects.set(KEY, ' '.repeat(5_000_000));
  await expect(state.revocations(0)).rejects.toThrow(RangeError);
});

test('is never remembered where that is configured', async () => {
  const fresh = new EdgeState(objects, 0);
  expect(await isRevoked('a', 0, fresh)).toBe(false);
  await revoke('a');
  expect(await isRevoked('a', 0, fresh)).toBe(true);
});
