/** The collector with time by hand and a counter that answers as it is told; the real ones are in delivery/count-views.workerd.test.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SEND_MS } from '../../../../src/analytics/collect/counter-client.ts';
import { LANE_SWEEP_MS } from '../../../../src/analytics/collect/fact-collector.ts';
import { BACKOFF_MS, LOST_MS, TELL_MS, URGENT_MS } from '../../../../src/analytics/collect/lane.ts';
import { FIRST_WINDOW, GOES_ON_MS, MAX_BATCH_EVENTS, type RecordAnswer } from '../../../../src/analytics/facts.ts';
import { meter } from '../../../../src/metrics/meter.ts';
import { settle } from '../../delivery/tiers/fakes.ts';
import { FLUSH_MS, failing, hanging, newCollector, recorded } from './collector-harness.ts';
import { factsOf, visitorOf } from './visitors.ts';

const count = (name: string) => meter.snapshot()[name] ?? 0;

let warned: ReturnType<typeof vi.spyOn>;
let complained: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  complained = vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('what waits how long', () => {
  test('a session that its counter may not know: half a second, with what came meanwhile', async () => {
    const { collector, pass, facts, counter } = newCollector();
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(URGENT_MS - 1);
    collector.add(visitorOf('s2'), 'v360', 7);
    expect(counter.batches).toEqual([]);
    await pass(1);
    expect(counter.batches).toHaveLength(1);
    expect(facts()).toEqual(['s1 v360 1', 's2 v360 7']);
    expect(collector.waiting).toBe(0);
  });

  test('one that it knows: until the flush, unless somebody else is urgent', async () => {
    const { collector, pass, known, facts, play, wait } = newCollector();
    await play(known('s1'), 1, 7, 10_000);
    expect(facts()).toEqual([]);
    await wait(GOES_ON_MS - 2_000 - 70_000);
    expect(facts()).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `s1 v360 ${number}`));
    collector.add(known('s1'), 'v360', 8);
    await pass(3000);
    collector.add(visitorOf('s2'), 'v360', 1);
    await pass(URGENT_MS);
    expect(facts().slice(7)).toEqual(['s1 v360 8', 's2 v360 1']);
  });

  test('the segment that makes it a view: half a second again', async () => {
    const { collector, pass, facts } = newCollector();
    const visitor = Object.assign(visitorOf('s1'), { viewMs: 7000 });
    collector.add(visitor, 'v360', 1);
    await pass(URGENT_MS);
    expect(facts()).toEqual(['s1 v360 1']);
    collector.add(visitor, 'v360', 2);
    await pass(URGENT_MS);
    expect(facts()).toEqual(['s1 v360 1', 's1 v360 2']);
    collector.add(visitor, 'v360', 3);
    await pass(URGENT_MS);
    expect(facts()).toHaveLength(2);
  });

  test('a full batch: not at all', async () => {
    const { collector, pass, known, counter } = newCollector({ maxWaitingFacts: 2 * MAX_BATCH_EVENTS });
    for (let index = 0; index < MAX_BATCH_EVENTS; index += 1) {
      collector.add(known(`s${index}`), 'v360', 1);
    }
    await settle();
    expect(counter.batches).toHaveLength(1);
    await pass(FLUSH_MS);
    expect(counter.batches).toHaveLength(1);
  });

  test('shards and assets do not wait for each other', async () => {
    const { collector, pass, counter } = newCollector();
    collector.add(visitorOf('s1', { shard: 3 }), 'v360', 1);
    collector.add(visitorOf('s2'), 'v360', 1);
    collector.add(visitorOf('s3', { assetId: 'asset2' }), 'v360', 1);
    await pass(URGENT_MS);
    expect(counter.counters.sort()).toEqual(['asset1/0', 'asset1/3', 'asset2/0']);
  });

  test('what was given twice is told once', async () => {
    const { collector, pass, facts } = newCollector();
    const before = count('sluice_view_facts_total recorded');
    const visitor = visitorOf('s1');
    for (let index = 0; index < 1000; index += 1) {
      collector.add(visitor, 'v360', 1);
    }
    expect(collector.waiting).toBe(1);
    await pass(URGENT_MS);
    expect(facts()).toEqual(['s1 v360 1']);
    expect(count('sluice_view_facts_total recorded') - before).toBe(1);
  });

  test('a viewer is hashed when the batch is sent, and once', async () => {
    const { collector, pass, hashed, counter } = newCollector();
    const visitor = visitorOf('s1', { viewer: 'ann@example' });
    collector.add(visitor, 'v360', 1);
    collector.add(visitor, 'v360', 2);
    expect(hashed).toEqual([]);
    await pass(URGENT_MS);
    expect(hashed).toEqual(['ann@example']);
    expect(counter.batches[0]).toContain('"abababababababab"');
    expect(counter.batches[0]).not.toContain('ann');
  });
});

describe('a counter', () => {
  test.each(['recorded', 'full'] as const)('that answers %s tells the shards of new sessions', async (outcome) => {
    const { collector, pass, windows, counter } = newCollector();
    counter.answer = async () => ({ outcome, window: { from: 5, count: 1 } });
    expect(windows.shardOf('asset1')).toBe(0);
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(URGENT_MS);
    expect([windows.shardOf('asset1'), windows.shardOf('asset2')]).toEqual([5, 0]);
  });

  test.each([
    ['fails', failing, 0],
    ['hangs', hanging, SEND_MS],
    ['is full', async (): Promise<RecordAnswer> => ({ outcome: 'full', window: FIRST_WINDOW }), 0],
  ])('that %s gets it all again, later and later, without another request', async (_, answer, takesMs) => {
    const { collector, pass, counter, facts, acknowledged } = newCollector();
    counter.answer = answer;
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(URGENT_MS);
    await pass(takesMs);
    expect(counter.batches).toHaveLength(1);
    await pass(BACKOFF_MS - 1);
    expect(counter.batches).toHaveLength(1);
    await pass(1);
    await pass(takesMs);
    expect(counter.batches).toHaveLength(2);
    expect([collector.waiting, acknowledged.length]).toEqual([1, 0]);
    await pass(BACKOFF_MS);
    expect(counter.batches).toHaveLength(2);
    counter.answer = recorded;
    await pass(BACKOFF_MS);
    expect(facts()).toEqual(Array(3).fill('s1 v360 1'));
    expect([collector.waiting, acknowledged.length]).toEqual([0, 1]);
  });

  test('that fails gets what came meanwhile together with what it had', async () => {
    const { collector, pass, counter } = newCollector();
    counter.answer = failing;
    const visitor = visitorOf('s1');
    collector.add(visitor, 'v360', 1);
    await pass(URGENT_MS);
    collector.add(visitor, 'v360', 1);
    collector.add(visitor, 'v360', 2);
    expect(collector.waiting).toBe(2);
    counter.answer = recorded;
    await pass(BACKOFF_MS);
    expect(counter.batches.slice(1).map(factsOf)).toEqual([['s1 v360 1', 's1 v360 2']]);
    expect(collector.waiting).toBe(0);
  });

  test('that fails is sent it again soon, also where what came meanwhile may wait', async () => {
    const { collector, pass, known, counter, facts } = newCollector();
    const answer = Promise.withResolvers<RecordAnswer>();
    counter.answer = () => answer.promise;
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(URGENT_MS);
    collector.add(known('s2'), 'v360', 1);
    counter.answer = recorded;
    answer.reject(new Error('down'));
    await pass(0);
    await pass(BACKOFF_MS);
    expect(facts().slice(1).sort()).toEqual(['s1 v360 1', 's2 v360 1']);
  });

  test('that fails while a full batch waits gets both, one after the other', async () => {
    const { collector, pass, counter } = newCollector({ maxWaitingFacts: 3 * MAX_BATCH_EVENTS });
    counter.answer = failing;
    for (let index = 0; index < 2 * MAX_BATCH_EVENTS + 1; index += 1) {
      collector.add(visitorOf(`s${index}`), 'v360', 1);
    }
    await pass(URGENT_MS);
    expect(collector.waiting).toBe(2 * MAX_BATCH_EVENTS + 1);
    counter.answer = recorded;
    const before = counter.batches.length;
    await pass(4 * BACKOFF_MS);
    await settle();
    await settle();
    expect(new Set(counter.batches.slice(before).flatMap(factsOf)).size).toBe(2 * MAX_BATCH_EVENTS + 1);
    expect(collector.waiting).toBe(0);
  });

  test('that fails with a full batch is sent no batch that is more than full', async () => {
    const { collector, pass, counter } = newCollector({ maxWaitingFacts: 3 * MAX_BATCH_EVENTS });
    counter.answer = failing;
    for (let index = 0; index < MAX_BATCH_EVENTS; index += 1) {
      collector.add(visitorOf(`s${index}`), 'v360', 1);
    }
    await settle();
    collector.add(visitorOf('another'), 'v360', 1);
    counter.answer = recorded;
    await pass(BACKOFF_MS);
    await settle();
    expect(counter.batches.map((batch) => factsOf(batch).length).sort()).toEqual([
      1,
      MAX_BATCH_EVENTS,
      MAX_BATCH_EVENTS,
    ]);
    expect(collector.waiting).toBe(0);
  });

  test('that calls a batch invalid never sees it again, and somebody hears of it', async () => {
    const { collector, pass, counter } = newCollector();
    const before = count('sluice_view_facts_dropped_total');
    counter.answer = async () => ({ outcome: 'invalid', reason: 'measure' });
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(URGENT_MS);
    await pass(60_000);
    expect([counter.batches.length, collector.waiting]).toEqual([1, 0]);
    expect(count('sluice_view_facts_dropped_total') - before).toBe(1);
  });
});

describe('a request that dies', () => {
  test('while it waits: the next request of the isolate sends, whatever it is for', async () => {
    const { collector, pass, contexts, facts } = newCollector();
    contexts.alive = false;
    collector.add(visitorOf('s1'), 'v360', 1);
    await pass(LANE_SWEEP_MS);
    contexts.alive = true;
    collector.add(visitorOf('s2', { assetId: 'asset2' }), 'v360', 1);
    await settle();
    expect(facts()).toEqual(['s1 v360 1']);
  });

  test('while it sends: another sends again', async () => {
    const { collector, pass, contexts, counter, facts } = newCollector();
    collector.add(visitorOf('s1'), 'v360', 1);
    counter.answer = hanging;
    contexts.alive = false;
    await pass(URGENT_MS);
    contexts.alive = true;
    counter.answer = recorded;
    await pass(LOST_MS);
    expect([facts(), collector.waiting]).toEqual([['s1 v360 1'], 1]);
    await pass(250);
    collector.add(visitorOf('s2', { assetId: 'asset2' }), 'v360', 1);
    await pass(LANE_SWEEP_MS);
    collector.add(visitorOf('s3', { assetId: 'asset2' }), 'v360', 1);
    await settle();
    expect(facts().filter((fact) => fact === 's1 v360 1')).toHaveLength(2);
  });

  test('is rare: a batch has few guards, however many requests there are', async () => {
    const { collector, pass, known, kept } = newCollector();
    const visitors = Array.from({ length: 10 }, (_, index) => known(`s${index}`));
    for (let ms = 0; ms < FLUSH_MS; ms += 50) {
      for (const visitor of visitors) {
        collector.add(visitor, 'v360', 1 + Math.floor(ms / 4_000));
      }
      await pass(50);
    }
    expect(kept()).toBeGreaterThanOrEqual(FLUSH_MS / 5_000);
    expect(kept()).toBeLessThan(30);
  });
});

describe('what an isolate holds', () => {
  test('for a counter that fails leaves room for others', async () => {
    const { collector, pass, counter } = newCollector({ maxWaitingFacts: 10 });
    counter.answer = failing;
    collector.add(visitorOf('s'), 'v360', 1);
    await pass(URGENT_MS);
    for (let index = 0; index < 20; index += 1) {
      collector.add(visitorOf(`s${index}`), 'v360', 1);
    }
    expect(collector.waiting).toBe(5);
    collector.add(visitorOf('another', { assetId: 'asset2' }), 'v360', 1);
    expect(collector.waiting).toBe(6);
    counter.answer = recorded;
    await pass(URGENT_MS);
    await pass(BACKOFF_MS);
    expect(collector.waiting).toBe(0);
  });

  test('is bounded; what is beyond is counted, and logged once a second', async () => {
    const { collector, pass, counter } = newCollector({ maxWaitingFacts: 10 });
    const before = count('sluice_view_facts_dropped_total');
    counter.answer = failing;
    for (let index = 0; index < 500; index += 1) {
      collector.add(visitorOf(`s${index}`), 'v360', 1);
    }
    expect(collector.waiting).toBe(10);
    expect(count('sluice_view_facts_dropped_total') - before).toBe(490);
    const lines = () => complained.mock.calls.filter(([line]: [string]) => line.includes('view_facts_dropped'));
    expect(lines().length).toBeLessThanOrEqual(1);
    counter.answer = recorded;
    await pass(5000);
    collector.add(visitorOf('s501'), 'v360', 1);
    await pass(URGENT_MS);
    expect(collector.waiting).toBe(0);
    expect(warned).not.toHaveBeenCalledWith(expect.stringContaining('view_facts_dropped'));
  });

  test('is nothing once all is told', async () => {
    const { clock, collector, counter, pass, wait } = newCollector();
    for (let index = 0; index < 100; index += 1) {
      collector.add(visitorOf(`s${index}`, { assetId: `asset${index % 10}` }), 'v360', 1);
    }
    await pass(URGENT_MS);
    expect([collector.waiting, counter.batches.length]).toEqual([0, 10]);
    await wait(TELL_MS);
    expect([collector.waiting, counter.batches.length, clock.running]).toEqual([0, 20, 0]);
  });
});

describe('a beacon', () => {
  test('is told when its facts are durable, and not before', async () => {
    const { collector, pass, counter } = newCollector();
    const durable = Promise.withResolvers<RecordAnswer>();
    counter.answer = () => durable.promise;
    let told: boolean | undefined;
    void collector.addAndWait(visitorOf('s1'), 'v360', [1, 2], SEND_MS).then((outcome) => {
      told = outcome;
    });
    await pass(URGENT_MS);
    expect([counter.batches.map(factsOf), told]).toEqual([[['s1 v360 1', 's1 v360 2']], undefined]);
    durable.resolve({ outcome: 'recorded', window: FIRST_WINDOW });
    await settle();
    expect(told).toBe(true);
  });

  test('shares a batch with others, also where it says nothing new', async () => {
    const { collector, pass, known, counter } = newCollector();
    const visitor = known('s1');
    collector.add(visitor, 'v360', 1);
    const both = Promise.all([
      collector.addAndWait(visitor, 'v360', [1], SEND_MS),
      collector.addAndWait(known('s2'), 'v360', [1], SEND_MS),
    ]);
    await pass(URGENT_MS);
    expect(await both).toEqual([true, true]);
    expect(counter.batches).toHaveLength(1);
  });

  test.each([
    ['fails', failing],
    ['calls it invalid', async (): Promise<RecordAnswer> => ({ outcome: 'invalid', reason: 'x' })],
    ['hangs', hanging],
  ])('is told no when the counter %s', async (_, answer) => {
    const { collector, pass, counter } = newCollector();
    counter.answer = answer;
    const waiting = collector.addAndWait(visitorOf('s1'), 'v360', [1], SEND_MS);
    await pass(URGENT_MS);
    await pass(SEND_MS);
    expect(await waiting).toBe(false);
  });

  test('of more than a batch waits for all of it', async () => {
    const { collector, pass, counter } = newCollector({ maxWaitingFacts: 50_000 });
    const numbers = Array.from({ length: MAX_BATCH_EVENTS + 1 }, (_, index) => index + 1);
    let answers = 0;
    counter.answer = () => {
      answers += 1;
      return answers === 1 ? recorded() : failing();
    };
    const waiting = collector.addAndWait(visitorOf('s1', { segments: 9999 }), 'v360', numbers, SEND_MS);
    await pass(URGENT_MS);
    expect(await waiting).toBe(false);
    expect(counter.batches).toHaveLength(2);
  });

  test('is told no where there is no room', async () => {
    const { collector, counter } = newCollector({ maxWaitingFacts: 1 });
    counter.answer = failing;
    collector.add(visitorOf('s1'), 'v360', 1);
    expect(await collector.addAndWait(visitorOf('s2'), 'v360', [1], SEND_MS)).toBe(false);
  });
});
