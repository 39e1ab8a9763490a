/** How old a revocation list may get, and how often it is read. Time passes by hand; nothing sleeps. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fingerprintOf, fingerprintToHex, formatRevocations } from '../../../../src/access/revocation-list.ts';
import { STATE_JOIN_MS } from '../../../../src/delivery/state/refresh-ahead.ts';
import { settle } from '../tiers/fakes.ts';
import { FaultyObjects, newEdgeState } from './edge-state.ts';

const KEY = 'edge/revocations.json';

let objects: FaultyObjects;
let isolate: ReturnType<typeof newEdgeState>;

/** Lists of different sizes: the bucket in memory makes its ETags of them. */
async function revoke(...values: string[]): Promise<void> {
  const hexes = await Promise.all(values.map(async (value) => fingerprintToHex(await fingerprintOf('link', value))));
  objects.objects.set(KEY, formatRevocations(hexes.sort().map((fingerprint) => ({ fingerprint, expiresAtMs: null }))));
}
const listAt = (milliseconds: number) => isolate.state.revocations(isolate.at(milliseconds));
/** What was known when it was asked for, even where it is being read again. */
async function isRevoked(value: string, milliseconds: number): Promise<boolean> {
  const [list, fingerprint] = await Promise.all([listAt(milliseconds), fingerprintOf('link', value)]);
  return list.has(fingerprint, 0, isolate.clock.now() / 1000);
}

beforeEach(() => {
  objects = new FaultyObjects();
  isolate = newEdgeState(objects);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('what is revoked is seen within the bound, and what is taken back, too', async () => {
  expect(await isRevoked('a', 0)).toBe(false);
  await revoke('a');
  expect(await isRevoked('a', 10_000)).toBe(true);
  objects.objects.delete(KEY);
  expect(await isRevoked('a', 20_000)).toBe(false);
});

test('there being none is remembered as long as a list', async () => {
  for (const moment of [0, 1000, 4999]) {
    await listAt(moment);
  }
  expect([objects.heads, objects.reads]).toEqual([1, 0]);
});

test('a list that has not changed is not read again, nor parsed', async () => {
  await revoke('a');
  const list = await listAt(0);
  expect(await listAt(10_000)).toBe(list);
  expect(await listAt(25_000)).toBe(list);
  expect([objects.heads, objects.reads]).toEqual([3, 1]);
});

test('a list that has not changed is good for the whole bound again', async () => {
  await revoke('a');
  for (let moment = 0; moment <= 60_000; moment += 5000) {
    expect(await isRevoked('a', moment)).toBe(true);
    await isolate.settled();
  }
  objects.does = 'fail';
  expect(await isRevoked('a', 69_999)).toBe(true);
  await isolate.settled();
  expect([objects.heads, objects.reads]).toEqual([15, 1]);
});

test('it is read again early, while all go on with what is known', async () => {
  await revoke('a');
  await listAt(0);
  await revoke('a', 'b');
  let release = () => {};
  objects.delay = new Promise((resolve) => {
    release = resolve;
  });
  expect([await isRevoked('b', 5000), await isRevoked('b', 5001)]).toEqual([false, false]);
  release();
  await isolate.settled();
  expect(await isRevoked('b', 5002)).toBe(true);
  expect([objects.heads, objects.reads]).toEqual([2, 2]);
});

test('of many requests that meet without a list, one reads it, also where each of them has to look', async () => {
  await revoke('a');
  for (const maxAgeSeconds of [10, 0]) {
    objects.heads = 0;
    objects.reads = 0;
    isolate = newEdgeState(objects, { maxAgeSeconds });
    const seen = await Promise.all(Array.from({ length: 100 }, () => isRevoked('a', 0)));
    expect(seen).toEqual(Array(100).fill(true));
    expect([objects.heads, objects.reads]).toEqual([maxAgeSeconds === 0 ? 100 : 1, 1]);
  }
});

test('a slow, early read does not replace what a later one found', async () => {
  let release = () => {};
  objects.delay = new Promise((resolve) => {
    release = resolve;
  });
  await revoke('a');
  const slow = isRevoked('b', 0);
  await settle();
  objects.delay = Promise.resolve();
  await revoke('a', 'b');
  expect(await isRevoked('b', STATE_JOIN_MS)).toBe(true);
  release();
  expect(await slow).toBe(true);
  expect(await isRevoked('b', STATE_JOIN_MS + 1)).toBe(true);
  expect(objects.heads).toBe(2);
});

test('a bucket that is away is forgiven within the bound, no longer', async () => {
  await revoke('a');
  expect(await isRevoked('a', 0)).toBe(true);
  objects.does = 'fail';
  expect(await isRevoked('a', 9999)).toBe(true);
  await isolate.settled();
  await expect(listAt(10_000)).rejects.toMatchObject({ code: 'unavailable' });
  objects.does = 'answer';
  expect(await isRevoked('a', 10_001)).toBe(true);
});

test('a list that is none fails, and says which', async () => {
  objects.objects.set(KEY, '{}');
  await expect(listAt(0)).rejects.toThrow(`${KEY} is not what it should be`);
  objects.objects.set(KEY, ' '.repeat(5_000_000));
  await expect(listAt(0)).rejects.toThrow(RangeError);
});

test('is never remembered where that is configured', async () => {
  isolate = newEdgeState(objects, { maxAgeSeconds: 0 });
  expect(await isRevoked('a', 0)).toBe(false);
  await revoke('a');
  expect(await isRevoked('a', 0)).toBe(true);
});
