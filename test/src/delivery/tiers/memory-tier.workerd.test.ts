import { describe, expect, test } from 'vitest';
import { FOLLOWER_WAIT_MS, LOAD_MS, MAX_HELD_OBJECT_BYTES, MISSING_MS } from '../../../../src/delivery/tiers/limits.ts';
import { bytesOf, newMemory, settle, tierOf, times } from './fakes.ts';

const LARGE = MAX_HELD_OBJECT_BYTES + 1;

describe('a cold object', () => {
  test('that many ask for at once is read once', async () => {
    const { source, tier, counters, clock } = newMemory();
    const bytes = source.put('k', 1000);
    const reads = await Promise.all(times(100, () => tier.get('k')));
    expect(source.gets).toHaveLength(1);
    expect(reads.map(tierOf)).toEqual(['r2', ...Array(99).fill('memory')]);
    for (const read of reads) {
      expect(await bytesOf(read)).toEqual(bytes);
      expect(read).toMatchObject({ etag: '"k"', size: 1000, part: { offset: 0, length: 1000 } });
    }
    // So that the answers to a crowd can begin together; whoever comes later is in none.
    expect(reads.map((read) => read.kind === 'found' && read.crowd)).toEqual(Array(100).fill(99));
    expect(counters).toMatchObject({ followers: 99, memoryHits: 0 });
    expect(await tier.get('k')).not.toHaveProperty('crowd');
    expect(tierOf(await tier.get('k'))).toBe('memory');
    expect(source.gets).toHaveLength(1);
    expect(clock.running).toBe(0);
  });

  test('is filled whole by a range, and the ranges are slices of it', async () => {
    const { source, tier } = newMemory();
    const bytes = source.put('k', 1000);
    const ranges = [{ offset: 0, length: 1 }, { offset: 990 }, { suffix: 10 }, { offset: 5, length: 5000 }];
    const reads = await Promise.all(ranges.map((range) => tier.get('k', range)));
    expect(source.gets).toEqual([{ key: 'k', range: undefined }]);
    expect(await Promise.all(reads.map(bytesOf))).toEqual([
      bytes.slice(0, 1),
      bytes.slice(990),
      bytes.slice(990),
      bytes.slice(5),
    ]);
    expect(reads[0]).toMatchObject({ part: { offset: 0, length: 1 }, size: 1000 });
    expect(await tier.get('k', { offset: 1000 })).toEqual({ kind: 'unsatisfiable', size: 1000 });
  });

  test('that cannot be read fails once and is read once more, for all of them', async () => {
    const { source, tier } = newMemory();
    source.put('k', 1000);
    source.failures = 1;
    const reads = await Promise.all(times(100, () => tier.get('k')));
    expect(source.gets).toHaveLength(2);
    expect(reads.every((read) => read.kind === 'found')).toBe(true);
  });

  test('that stays unreadable is refused to all after two reads, and read again when asked again', async () => {
    const { source, tier } = newMemory();
    source.put('k', 1000);
    source.failures = 2;
    const outcomes = await Promise.allSettled(times(100, () => tier.get('k')));
    expect(source.gets).toHaveLength(2);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    }
    expect(tierOf(await tier.get('k'))).toBe('r2');
  });

  test.each([1, 1000, -1, -1000])(
    'whose body is not as long as it should be is not remembered: %d bytes less',
    async (cut) => {
      const { source, tier, budget } = newMemory();
      const bytes = source.put('k', 1000);
      source.cutBytes = cut;
      await expect(tier.get('k')).rejects.toMatchObject({ code: 'unavailable' });
      expect(budget.bytes).toBe(0);
      source.cutBytes = 0;
      const read = await tier.get('k');
      expect(tierOf(read)).toBe('r2');
      expect(await bytesOf(read)).toEqual(bytes);
    },
  );

  test('of no bytes at all is remembered', async () => {
    const { source, tier } = newMemory();
    source.put('k', 0);
    await tier.get('k');
    expect(await tier.get('k')).toMatchObject({ kind: 'found', size: 0, tier: 'memory' });
  });

  test('is loaded to the end when the leader has gone: its request is kept alive', async () => {
    const { source, tier, kept } = newMemory();
    source.put('k', 1000);
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    void tier.get('k');
    expect(kept).toHaveLength(1);
    const follower = tier.get('k');
    gate.resolve();
    expect(tierOf(await follower)).toBe('memory');
    await Promise.all(kept);
    expect(source.gets).toHaveLength(1);
  });
});

describe('a slow source', () => {
  test('lets followers go on their own after their time, and newcomers start anew', async () => {
    const { source, tier, clock, counters } = newMemory();
    const bytes = source.put('k', 1000);
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const leader = tier.get('k');
    const followers = [tier.get('k', { offset: 0, length: 10 }), tier.get('k')];
    await settle();
    source.gate = Promise.resolve();
    clock.advance(FOLLOWER_WAIT_MS);
    expect(await Promise.all((await Promise.all(followers)).map(bytesOf))).toEqual([bytes.slice(0, 10), bytes]);
    expect(counters.lateFollowers).toBe(2);
    expect(source.gets).toHaveLength(3);
    const newcomers = await Promise.all(times(10, () => tier.get('k')));
    expect(newcomers.map(tierOf)[0]).toBe('r2');
    expect(source.gets).toHaveLength(4);
    gate.resolve();
    expect(await bytesOf(await leader)).toEqual(bytes);
  });

  test('that never answers is given up: nobody hangs', async () => {
    const { source, tier, clock } = newMemory();
    source.put('k', 1000);
    source.gate = new Promise(() => {});
    const outcomes = Promise.allSettled([...times(5, () => tier.get('k')), ...times(5, () => tier.head('k'))]);
    for (let passed = 0; passed < 4 * LOAD_MS; passed += 1000) {
      await settle();
      clock.advance(1000);
    }
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    }
    expect(clock.running).toBe(0);
  });

  test('whose request was killed does not hold up the next one', async () => {
    const { source, tier, clock } = newMemory();
    source.put('k', 1000);
    source.gate = new Promise(() => {});
    // Its timers die with it, so that nothing ever ends this flight.
    const killed = tier.get('k');
    killed.catch(() => {});
    await settle();
    source.gate = Promise.resolve();
    clock.advance(LOAD_MS + 1);
    expect(await bytesOf(await tier.get('k'))).toHaveLength(1000);
  });
});

describe('a missing object', () => {
  test('is missing to all after one read, for a second', async () => {
    const { source, tier, clock } = newMemory();
    const reads = await Promise.all(times(50, () => tier.get('k')));
    expect(reads).toEqual(Array(50).fill({ kind: 'missing' }));
    expect(await tier.head('k')).toBeNull();
    source.put('k', 10);
    clock.advance(MISSING_MS - 1);
    expect(await tier.get('k')).toEqual({ kind: 'missing' });
    expect(source.gets).toHaveLength(1);
    clock.advance(1);
    expect(tierOf(await tier.get('k'))).toBe('r2');
  });

  test('is remembered from before it was asked for', async () => {
    const { source, tier, clock } = newMemory();
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const read = tier.get('k');
    await settle();
    clock.advance(MISSING_MS);
    gate.resolve();
    await read;
    source.put('k', 10);
    expect(tierOf(await tier.get('k'))).toBe('r2');
  });
});

describe('what is not held', () => {
  test('a large object streams to each, and is known to be large from then on', async () => {
    const { source, tier, kept } = newMemory({ bytesMax: 100_000_000, budgetBytes: 100_000_000 });
    source.put('k', LARGE);
    const reads = await Promise.all(times(3, () => tier.get('k')));
    expect(reads.map((read) => read.kind === 'found' && read.body instanceof ReadableStream)).toEqual([
      true,
      true,
      true,
    ]);
    expect(source.gets).toHaveLength(3);
    expect((await bytesOf(await tier.get('k', { offset: 7, length: 3 }))).byteLength).toBe(3);
    expect(source.gets.at(-1)).toEqual({ key: 'k', range: { offset: 7, length: 3 } });
    expect(kept).toHaveLength(1);
    expect(await tier.head('k')).toMatchObject({ size: LARGE, tier: 'memory' });
  });

  test('a first range of a large object lets go of the whole', async () => {
    const { source, tier } = newMemory();
    source.put('k', LARGE);
    expect((await bytesOf(await tier.get('k', { suffix: 3 }))).byteLength).toBe(3);
    expect(source.cancelled).toBe(1);
  });

  test('bytes on their way are bounded: what is too much streams', async () => {
    const { source, tier, budget, clock } = newMemory({ budgetBytes: 1500 });
    source.put('a', 1000);
    source.put('bb', 1000);
    const lease = budget.reserve(1000, clock.now());
    const streamed = await tier.get('a');
    expect(streamed).toMatchObject({ body: expect.any(ReadableStream) });
    budget.release(lease ?? 0);
    expect(await tier.get('a')).toMatchObject({ body: expect.any(Uint8Array) });
    expect(budget.bytes).toBe(0);
  });

  test('the least recently used goes first, counted in bytes', async () => {
    const { source, tier } = newMemory({ bytesMax: 3 * 1000 + 3 * 512 });
    for (const key of ['a', 'b', 'c']) {
      source.put(key, 1000);
      await tier.get(key);
    }
    await tier.get('a');
    source.put('d', 1000);
    await tier.get('d');
    const tiers: string[] = [];
    for (const key of ['a', 'c', 'd', 'b']) {
      tiers.push(tierOf(await tier.get(key)));
    }
    expect(tiers).toEqual(['memory', 'memory', 'memory', 'r2']);
  });
});

describe('HEAD', () => {
  test('is one read for all, then none', async () => {
    const { source, tier } = newMemory();
    source.put('k', 1000);
    const heads = await Promise.all(times(20, () => tier.head('k')));
    expect(heads[0]).toEqual({ size: 1000, etag: '"k"', tier: 'r2' });
    expect(await tier.head('k')).toEqual({ size: 1000, etag: '"k"', tier: 'memory' });
    expect(source.heads).toBe(1);
  });

  test('costs nothing where the object was read', async () => {
    const { source, tier } = newMemory();
    source.put('k', 1000);
    await tier.get('k');
    expect(await tier.head('k')).toMatchObject({ tier: 'memory' });
    expect(source.heads).toBe(0);
  });

  test('is tried twice', async () => {
    const { source, tier } = newMemory();
    source.put('k', 1000);
    source.failures = 1;
    expect(await Promise.all(times(20, () => tier.head('k')))).toHaveLength(20);
    expect(source.heads).toBe(2);
  });
});
