/** How often a session is reported while it goes on, and when its counter hears that it is silent. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LANE_SWEEP_MS } from '../../../../src/analytics/collect/fact-collector.ts';
import { BACKOFF_MS, TELL_MS, URGENT_MS } from '../../../../src/analytics/collect/lane.ts';
import { type Batch, GOES_ON_MS, SILENT_MS, WATCHING_MS } from '../../../../src/analytics/facts.ts';
import { FLUSH_MS, failing, newCollector, recorded } from './collector-harness.ts';
import { factsOf, visitorOf } from './visitors.ts';

const TELL_SECONDS = TELL_MS / 1000;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a lone session', () => {
  test('of five minutes is six batches: at once, for each minute of media, and when it is silent', async () => {
    const { play, wait, counter, silent, collector } = newCollector();
    await play(visitorOf('s1'), 1, 75);
    await wait(TELL_MS);
    expect(counter.batches.map((json) => factsOf(json).length)).toEqual([1, 15, 15, 15, 15, 14]);
    expect(counter.atMs[0]).toBe(URGENT_MS);
    expect(silent()).toEqual([[], [], [], [], [], [['s1', TELL_SECONDS]]]);
    expect(collector.waiting).toBe(0);
  });

  test('that fetches ahead is told of when there is a minute of its media', async () => {
    const { give, wait, pass, counter } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    await wait(URGENT_MS);
    for (let number = 2; number <= 15; number += 1) {
      give(visitor, number);
      await wait(250);
    }
    expect(counter.batches).toHaveLength(1);
    give(visitor, 16);
    await pass(0);
    expect(counter.batches.map((json) => factsOf(json).length)).toEqual([1, 15]);
  });

  test('whose batch has just begun waits half a second, however short the flush', async () => {
    const { known, give, wait, counter } = newCollector({ flushMs: 1000 });
    const visitors = ['s1', 's2', 's3'].map(known);
    for (const visitor of visitors) {
      give(visitor, 1);
      await wait(250);
    }
    expect(counter.batches.map(factsOf)).toEqual([['s1 v360 1', 's2 v360 1']]);
  });

  test.each([4_000, 10_000, 14_000])('that fetches each %s ms is never overdue', async (everyMs) => {
    const { play, counter, silent } = newCollector();
    await play(visitorOf('s1'), 1, Math.ceil(600_000 / everyMs), everyMs);
    const gaps = counter.atMs.slice(1).map((atMs, index) => atMs - (counter.atMs[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(GOES_ON_MS);
    expect(gaps.length).toBeLessThanOrEqual(10);
    expect(silent().flat()).toEqual([]);
  });

  test('that pauses is told of when it fetches again, before its counter can take it for ended', async () => {
    const { give, wait, pass, counter, silent } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    await wait(35_000);
    expect(silent()).toEqual([[], [['s1', TELL_SECONDS]]]);
    give(visitor, 2);
    await pass(URGENT_MS);
    expect(factsOf(counter.batches[2] ?? '')).toEqual(['s1 v360 2']);
    expect(silent()[2]).toEqual([]);
    expect(counter.atMs[2]).toBeLessThan(WATCHING_MS);
  });
});

describe('silence', () => {
  test('is told of a session that has no facts to tell: with its last one, which is not mirrored again', async () => {
    const { give, wait, counter, acknowledged, silent, collector } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 6);
    give(visitor, 7);
    await wait(TELL_MS);
    expect(counter.batches.map(factsOf)).toEqual([['s1 v360 6', 's1 v360 7'], ['s1 v360 7']]);
    expect(silent()).toEqual([[], [['s1', TELL_SECONDS]]]);
    expect(acknowledged[1]?.entries).toMatchObject([{ isRepeat: true }]);
    await wait(300_000);
    expect([counter.batches.length, collector.waiting]).toEqual([2, 0]);
  });

  test('goes with any batch of its counter', async () => {
    const { give, wait, silent } = newCollector();
    give(visitorOf('s1'), 1);
    await wait(SILENT_MS);
    give(visitorOf('s2'), 1);
    await wait(URGENT_MS);
    expect(silent()).toEqual([[], [['s1', 15]]]);
  });

  test('of many is told together', async () => {
    const { give, wait, counter, silent } = newCollector();
    for (let index = 0; index < 40; index += 1) {
      give(visitorOf(`s${index}`), 1);
      await wait(100);
    }
    await wait(2 * TELL_MS);
    const told = silent().filter((sessions) => sessions.length > 0);
    expect(new Set(told.flat().map(([sessionId]) => sessionId)).size).toBe(40);
    expect(told.flat()).toHaveLength(40);
    expect(told.length).toBeLessThanOrEqual(3);
    expect(counter.batches.length).toBeGreaterThan(3);
  });

  test('is told again, with its age, where the counter failed', async () => {
    const { give, wait, counter, silent } = newCollector();
    give(visitorOf('s1'), 1);
    await wait(URGENT_MS);
    counter.answer = failing;
    await wait(TELL_MS - URGENT_MS);
    expect(silent()[1]).toEqual([['s1', TELL_SECONDS]]);
    counter.answer = recorded;
    await wait(4 * BACKOFF_MS);
    expect(silent().slice(2)).toEqual([[['s1', TELL_SECONDS]]]);
  });

  test('is not told where the session went on while the counter failed', async () => {
    const { give, wait, counter, silent } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    await wait(URGENT_MS);
    counter.answer = failing;
    await wait(TELL_MS - URGENT_MS);
    give(visitor, 2);
    counter.answer = recorded;
    await wait(4 * BACKOFF_MS);
    expect(silent()).toEqual([[], [['s1', TELL_SECONDS]], []]);
    expect(factsOf(counter.batches[2] ?? '')).toEqual(['s1 v360 1', 's1 v360 2']);
  });

  test('is told of sessions that no acknowledged batch named', async () => {
    const { give, wait, pass, counter, silent } = newCollector();
    counter.answer = failing;
    give(visitorOf('s1'), 1);
    await wait(20_000);
    counter.answer = recorded;
    give(visitorOf('s2', { assetId: 'asset2' }), 1);
    await wait(17_000);
    give(visitorOf('s2', { assetId: 'asset2' }), 2);
    await pass(0);
    expect(silent().at(-1)).toEqual([['s1', 37]]);
  });

  test('is not told of a session whose token was forgotten and read again', async () => {
    const { give, wait, silent, counter } = newCollector();
    for (let number = 1; number <= 20; number += 1) {
      give(visitorOf('s1'), number);
      await wait(4_000);
    }
    expect(silent().flat()).toEqual([]);
    // Its counter knows it, also by another object.
    expect(counter.batches.length).toBeLessThan(4);
  });

  test('of a beacon’s session is left to its counter', async () => {
    const { collector, give, wait, pass, counter, silent } = newCollector();
    const durable = collector.addAndWait(visitorOf('s1'), 'v360', [1, 2, 3], 5_000);
    await wait(FLUSH_MS);
    give(visitorOf('s2', { assetId: 'asset2' }), 1);
    await pass(0);
    expect([await durable, counter.batches.length, silent()]).toEqual([true, 1, [[]]]);
  });
});

describe('guards', () => {
  test('of a request live until the session is told of that brings its last fact in the next seconds', async () => {
    const { give, giveDead, wait, silent } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    await wait(4_750);
    giveDead(visitor, 2);
    await wait(TELL_MS);
    expect(silent().flat()).toEqual([['s1', TELL_SECONDS]]);
  });

  test('are made every few seconds, so that no session outlives them', async () => {
    const { give, giveDead, wait, silent } = newCollector();
    const visitor = visitorOf('s1');
    for (let number = 1; number <= 40; number += 2) {
      give(visitor, number);
      await wait(3_000);
      giveDead(visitor, number + 1);
      await wait(2_000);
    }
    await wait(TELL_MS);
    expect(silent().flat()).toEqual([['s1', TELL_SECONDS]]);
  });

  test('send nothing late in the life of their request', async () => {
    const { give, giveDead, wait, counter } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    for (let number = 2; number < 12; number += 1) {
      await wait(4_000);
      giveDead(visitor, number);
    }
    await wait(60_000);
    expect(counter.batches).toHaveLength(1);
  });

  test('are replaced by the isolate’s next request, whatever it is for', async () => {
    const { give, giveDead, wait, pass, silent, facts } = newCollector();
    const visitor = visitorOf('s1');
    give(visitor, 1);
    await wait(10_000);
    giveDead(visitor, 2);
    await wait(60_000);
    expect(facts()).toEqual(['s1 v360 1']);
    give(visitorOf('s2', { assetId: 'asset2' }), 1);
    await pass(0);
    expect(facts()).toEqual(['s1 v360 1', 's1 v360 2']);
    expect(silent()).toEqual([[], [['s1', 60]]]);
  });

  test('are replaced also where no fact waits', async () => {
    const { give, wait, pass, contexts, counter, silent } = newCollector();
    give(visitorOf('s1'), 1);
    await wait(URGENT_MS / 2);
    contexts.alive = false;
    await wait(URGENT_MS / 2);
    contexts.alive = true;
    await wait(60_000);
    expect(counter.batches).toHaveLength(1);
    give(visitorOf('s2', { assetId: 'asset2' }), 1);
    await pass(0);
    expect(silent()).toEqual([[], [['s1', 60]]]);
  });

  test('that were replaced leave one that goes on', async () => {
    const { give, giveDead, wait, silent } = newCollector();
    const [ending, ended] = [visitorOf('s1'), visitorOf('s2')];
    giveDead(ended, 1);
    await wait(LANE_SWEEP_MS);
    giveDead(ending, 1);
    await wait(LANE_SWEEP_MS);
    // Its request sends the batch, and stays.
    give(visitorOf('s3', { assetId: 'asset2' }), 1);
    await wait(TELL_MS);
    expect(silent().flat().sort()).toEqual([
      ['s1', expect.any(Number)],
      ['s2', expect.any(Number)],
      ['s3', TELL_SECONDS],
    ]);
  });
});

test('an isolate that holds half of what it may waits for nothing', async () => {
  const { give, known, wait, counter } = newCollector({ maxWaitingFacts: 20 });
  for (let index = 0; index < 10; index += 1) {
    give(known(`s${index}`), 1);
  }
  await wait(URGENT_MS);
  expect(counter.batches).toEqual([]);
  give(known('another'), 1);
  await wait(URGENT_MS);
  expect(counter.batches.map((json) => factsOf(json).length)).toEqual([11]);
});

test('of an audience that comes and goes, nobody is overdue, silent too soon, or forgotten', async () => {
  const { give, wait, counter } = newCollector({ maxWaitingFacts: 50_000 });
  const players = Array.from({ length: 60 }, (_, index) => ({
    ...{ visitor: visitorOf(`s${index}`), everyMs: [4_000, 10_000][index % 2] ?? 0 },
    ...{ fromMs: 250 * (index ** 2 % 1_200), segments: 1 + ((index * 7) % 60), lastMs: 0 },
  }));
  const heard = new Map<string, { atMs: number; isSilent: boolean }>();
  const overdue: string[] = [];
  for (let [ms, read] = [0, 0]; ms < 1_000_000; ms += 250) {
    for (const player of players) {
      const number = 1 + (ms - player.fromMs) / player.everyMs;
      if (Number.isInteger(number) && number >= 1 && number <= player.segments) {
        give(player.visitor, number);
        player.lastMs = ms;
      }
    }
    await wait(250);
    for (; read < counter.batches.length; read += 1) {
      const { silent = [], versions } = JSON.parse(counter.batches[read] ?? '') as Batch;
      for (const [sessionId] of versions.flatMap(({ sessions }) => sessions)) {
        heard.set(sessionId, { atMs: ms, isSilent: silent.some(([id]) => id === sessionId) });
      }
    }
    for (const [id, { atMs, isSilent }] of heard) {
      if (!isSilent && ms - atMs > GOES_ON_MS) {
        overdue.push(`${id} at ${ms}`);
      }
    }
  }
  expect(overdue).toEqual([]);
  expect([...heard.values()].filter(({ isSilent }) => !isSilent)).toEqual([]);
  expect(heard.size).toBe(players.length);
});
