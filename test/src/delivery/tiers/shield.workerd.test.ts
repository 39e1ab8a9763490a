/** The shield as a real Durable Object, and what is done without it. */

import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { R2Objects } from '../../../../src/delivery/objects/objects.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { MAX_HELD_OBJECT_BYTES, SHIELD_WAIT_MS } from '../../../../src/delivery/tiers/limits.ts';
import { MemoryTier } from '../../../../src/delivery/tiers/memory-tier.ts';
import { type ShieldAnswer, ShieldTier } from '../../../../src/delivery/tiers/shield-tier.ts';
import { newTierCounters, tierCounters } from '../../../../src/metrics/tier-counters.ts';
import { startTimer } from '../../../../src/platform/timer.ts';
import { bytesOf, FakeObjects, ManualClock, settle, tierOf, times } from './fakes.ts';

const read = async (key: string): Promise<ShieldAnswer> => env.SHIELDS.get(env.SHIELDS.idFromName(key)).read(key);

/** As one more isolate of the Worker, anywhere: a memory of its own, the same shields, the same bucket. */
function isolate(): MemoryTier {
  const counters = newTierCounters();
  return new MemoryTier(new ShieldTier(new R2Objects(env.MEDIA), { read, counters, startTimer }), {
    bytesMax: 10_000_000,
    budget: new ByteBudget(10_000_000, 10_000),
    counters,
    waitUntil: () => {},
    startTimer,
    now: Date.now,
  });
}

describe('a Durable Object per key', () => {
  test('reads the bucket once for many isolates', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    await env.MEDIA.put('assets/s/v/v360/1/1.m4s', bytes);
    const before = tierCounters.r2MediaReads;
    const isolates = Array.from({ length: 5 }, isolate);
    const reads = await Promise.all(isolates.flatMap((one) => times(20, () => one.get('assets/s/v/v360/1/1.m4s'))));
    expect(tierCounters.r2MediaReads - before).toBe(1);
    expect(reads.filter((answer) => tierOf(answer) === 'shield')).toHaveLength(5);
    expect(reads.filter((answer) => tierOf(answer) === 'memory')).toHaveLength(95);
    expect(await bytesOf(reads[99] ?? { kind: 'missing' })).toEqual(bytes);
    const etag = (await env.MEDIA.head('assets/s/v/v360/1/1.m4s'))?.httpEtag;
    expect(reads[0]).toMatchObject({ etag, size: 100_000 });
    // Later, elsewhere: still no further read, and nothing that the Worker's own memory is credited with.
    const { memoryHits } = tierCounters;
    await isolate().get('assets/s/v/v360/1/1.m4s');
    expect(tierCounters.memoryHits).toBe(memoryHits);
    expect(tierCounters.r2MediaReads - before).toBe(1);
  });

  test('says that an object is missing', async () => {
    expect(await read('assets/s/v/none')).toEqual({ kind: 'missing' });
    expect(await isolate().get('assets/s/v/none')).toEqual({ kind: 'missing' });
  });

  test('leaves what is too large to the caller', async () => {
    await env.MEDIA.put('assets/s/v/large', new Uint8Array(MAX_HELD_OBJECT_BYTES + 1));
    expect(await read('assets/s/v/large')).toEqual({ kind: 'too-large' });
    const answer = await isolate().get('assets/s/v/large', { offset: 5, length: 7 });
    expect(tierOf(answer)).toBe('r2');
    expect(await bytesOf(answer)).toHaveLength(7);
  });
});

describe('a shield that does not help', () => {
  let source: FakeObjects;
  let clock: ManualClock;
  const tierWith = (ask: (key: string) => Promise<ShieldAnswer>) =>
    new ShieldTier(source, { read: ask, counters: newTierCounters(), startTimer: clock.startTimer });

  beforeEach(() => {
    source = new FakeObjects();
    clock = new ManualClock();
    source.put('k', 1000);
  });

  test('because it fails is passed by', async () => {
    const tier = tierWith(() => Promise.reject(new Error('overloaded')));
    expect(tierOf(await tier.get('k'))).toBe('r2');
    expect(clock.running).toBe(0);
  });

  test('because it is slow is passed by after its time', async () => {
    const answer = tierWith(() => new Promise(() => {})).get('k');
    await settle();
    expect(source.gets).toHaveLength(0);
    clock.advance(SHIELD_WAIT_MS);
    expect(tierOf(await answer)).toBe('r2');
  });

  test('is not asked for heads and ranges', async () => {
    const asked: string[] = [];
    const tier = tierWith(async (key) => {
      asked.push(key);
      return { kind: 'missing' };
    });
    expect(await tier.head('k')).toMatchObject({ tier: 'r2' });
    expect(tierOf(await tier.get('k', { offset: 0, length: 1 }))).toBe('r2');
    expect(asked).toEqual([]);
  });
});

test('what the shield says is believed, and counted where it has the object', async () => {
  const source = new FakeObjects();
  const counters = newTierCounters();
  const held = Uint8Array.of(1, 2, 3);
  const ask = async (key: string): Promise<ShieldAnswer> =>
    key === 'held' ? { kind: 'held', bytes: held, etag: '"e"' } : { kind: 'missing' };
  const tier = new ShieldTier(source, { read: ask, counters, startTimer });
  source.put('gone', 10);
  expect(await tier.get('gone')).toEqual({ kind: 'missing' });
  expect(counters.shieldHits).toBe(0);
  const answer = await tier.get('held');
  expect(answer).toMatchObject({ tier: 'shield', etag: '"e"', size: 3 });
  expect(await bytesOf(answer)).toEqual(held);
  expect(counters.shieldHits).toBe(1);
  expect(source.gets).toEqual([]);
});
