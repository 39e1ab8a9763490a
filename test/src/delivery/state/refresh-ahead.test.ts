/** What is kept, when it is read again, and by whom. Time passes by hand; reads end when a test says so. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  REFRESH_PAUSE_MS,
  RefreshAhead,
  STATE_JOIN_MS,
  STATE_READ_MS,
} from '../../../../src/delivery/state/refresh-ahead.ts';
import { AppError } from '../../../../src/errors.ts';
import type { StartTimer } from '../../../../src/platform/timer.ts';
import { ManualClock, settle, times } from '../tiers/fakes.ts';

const BOUND_MS = 10_000;
const unavailable = () => new AppError('unavailable');

function newKept({ maxAgeMs = BOUND_MS }: { maxAgeMs?: number } = {}) {
  const clock = new ManualClock();
  const startedMs = clock.now();
  const reads: PromiseWithResolvers<string | null>[] = [];
  const kept: Promise<unknown>[] = [];
  const platform = { endsRequests: false };
  const startTimer: StartTimer = (milliseconds) =>
    platform.endsRequests ? { elapsed: new Promise(() => {}), cancel: () => {} } : clock.startTimer(milliseconds);
  const values = new RefreshAhead<string>({
    maxAgeMs,
    waitUntil: (work) => kept.push(work),
    startTimer,
    now: clock.now,
    load: () => {
      const read = Promise.withResolvers<string | null>();
      reads.push(read);
      return read.promise;
    },
  });
  return {
    clock,
    platform,
    reads,
    kept,
    read: () => values.read('key', clock.now()),
    /** The read that is under way, and all that follows from it. */
    async answer(value: string | null | Error): Promise<void> {
      const last = reads.at(-1);
      value instanceof Error ? last?.reject(value) : last?.resolve(value);
      await settle();
    },
    /** To a moment after the start. */
    goTo: (milliseconds: number) => clock.advance(startedMs + milliseconds - clock.now()),
  };
}
type Kept = ReturnType<typeof newKept>;

/** What a request is answered without anything else having to happen. */
async function atOnce(kept: Kept): Promise<unknown> {
  const outcome = Promise.race([kept.read(), settle().then(() => 'waits')]);
  return outcome.catch((error) => error);
}

/** Has read `a` when it started. */
async function newKnown(options?: { maxAgeMs: number }): Promise<Kept> {
  const kept = newKept(options);
  const first = kept.read();
  await kept.answer('a');
  expect(await first).toBe('a');
  return kept;
}

const warn = vi.fn();

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(warn);
});
afterEach(() => {
  vi.restoreAllMocks();
  warn.mockReset();
});

describe('what is known', () => {
  test('is read again from half the bound on, by one request, and nobody waits', async () => {
    const kept = await newKnown();
    kept.goTo(4999);
    expect(await atOnce(kept)).toBe('a');
    expect(kept.reads.length).toBe(1);
    kept.goTo(5000);
    expect(await Promise.all(times(100, () => atOnce(kept)))).toEqual(Array(100).fill('a'));
    expect(kept.reads.length).toBe(2);
    await kept.answer('b');
    expect(await atOnce(kept)).toBe('b');
    expect(kept.reads.length).toBe(2);
  });

  test('keeps the request alive that reads it again', async () => {
    const kept = await newKnown();
    kept.goTo(5000);
    await kept.read();
    expect(kept.kept.length).toBe(2);
    const ended = vi.fn();
    void kept.kept[1]?.then(ended);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    await kept.answer('b');
    expect(ended).toHaveBeenCalledOnce();
  });

  test('has the age of the moment before it was read', async () => {
    const kept = await newKnown();
    kept.goTo(5000);
    await kept.read();
    kept.goTo(7000);
    await kept.answer('b');
    kept.goTo(14_999);
    expect(await atOnce(kept)).toBe('b');
    kept.goTo(15_000);
    expect(await atOnce(kept)).toBe('waits');
  });

  test.each([
    ['fails', true],
    ['hangs', false],
  ])('is good until the bound where reading it again %s, no longer', async (_, fails) => {
    const kept = await newKnown();
    for (const moment of [5000, 6000, 7000, 8000, 9000, 9999]) {
      kept.goTo(moment);
      expect(await atOnce(kept)).toBe('a');
      await (fails && kept.answer(unavailable()));
      await (fails && kept.answer(unavailable()));
    }
    kept.goTo(BOUND_MS);
    const asked = kept.read().catch((error) => error);
    expect(await atOnce(kept)).toBe('waits');
    for (let waited = 0; waited < 3; waited += 1) {
      kept.clock.advance(STATE_READ_MS);
      await settle();
    }
    expect(await asked).toMatchObject({ code: 'unavailable' });
  });

  test('is good again as soon as a read of the bound is answered', async () => {
    const kept = await newKnown();
    kept.goTo(9500);
    await kept.read();
    kept.goTo(BOUND_MS);
    const asked = times(10, kept.read);
    expect(kept.reads.length).toBe(2);
    await kept.answer('b');
    expect(await Promise.all(asked)).toEqual(Array(10).fill('b'));
  });

  test('is read again once a second, not by every request, where that fails at once', async () => {
    const kept = await newKnown();
    kept.goTo(5000);
    for (let moment = 5000; moment < 8000; moment += 10) {
      kept.goTo(moment);
      await atOnce(kept);
      await kept.answer(unavailable());
      await kept.answer(unavailable());
    }
    expect(kept.reads.length).toBe(1 + 2 * (3000 / REFRESH_PAUSE_MS));
    expect(warn).toHaveBeenCalledTimes(3);
    expect(JSON.parse(warn.mock.lastCall?.[0])).toMatchObject({
      event: 'state_refresh_failed',
      key: expect.any(String),
    });
  });

  test('never makes a lone player wait, whatever its rhythm', async () => {
    for (let intervalMs = 500; intervalMs < BOUND_MS; intervalMs += 500) {
      const kept = await newKnown();
      for (let moment = intervalMs; moment < 60_000; moment += intervalMs) {
        kept.goTo(moment);
        expect({ intervalMs, moment, told: await atOnce(kept) }).toEqual({ intervalMs, moment, told: 'a' });
        await kept.answer('a');
      }
      expect(kept.reads.length).toBeLessThanOrEqual(1 + 60_000 / (BOUND_MS / 2));
    }
  });

  test('is read again where the clock was set back', async () => {
    const kept = await newKnown();
    kept.goTo(-60_000);
    const asked = kept.read();
    await kept.answer('b');
    expect(await asked).toBe('b');
    expect(await atOnce(kept)).toBe('b');
  });

  test('is not replaced, nor is a request answered, by what an earlier read found later', async () => {
    const kept = newKept();
    const slow = kept.read();
    kept.goTo(STATE_JOIN_MS);
    const later = kept.read();
    kept.reads[1]?.resolve('new');
    expect(await later).toBe('new');
    kept.reads[0]?.resolve('old');
    expect(await slow).toBe('new');
    expect(await atOnce(kept)).toBe('new');
  });
});

describe('a read', () => {
  test('is one for a thousand who meet', async () => {
    const kept = newKept();
    const asked = times(1000, kept.read);
    await kept.answer('a');
    expect(await Promise.all(asked)).toEqual(Array(1000).fill('a'));
    expect(kept.reads.length).toBe(1);
  });

  test('that fails is tried again, once for all', async () => {
    const kept = newKept();
    const asked = times(100, kept.read);
    await kept.answer(unavailable());
    await kept.answer('a');
    expect(await Promise.all(asked)).toEqual(Array(100).fill('a'));
    const failing = newKept();
    const refused = times(100, () => failing.read().catch(({ code }) => code));
    await failing.answer(unavailable());
    await failing.answer(unavailable());
    expect(await Promise.all(refused)).toEqual(Array(100).fill('unavailable'));
    expect([kept.reads.length, failing.reads.length]).toEqual([2, 2]);
  });

  test('that hangs is tried again, and given up', async () => {
    const kept = newKept();
    const asked = kept.read();
    kept.clock.advance(STATE_READ_MS);
    await settle();
    await kept.answer('a');
    expect(await asked).toBe('a');
    const hanging = newKept();
    const refused = hanging.read().catch(({ code }) => code);
    hanging.clock.advance(STATE_READ_MS);
    await settle();
    hanging.clock.advance(STATE_READ_MS);
    expect(await refused).toBe('unavailable');
    expect([kept.clock.running, hanging.clock.running]).toEqual([0, 0]);
  });

  test('of what is there and wrong is not', async () => {
    const kept = newKept();
    const asked = kept.read();
    await kept.answer(new RangeError('wrong'));
    await expect(asked).rejects.toThrow(RangeError);
    expect(kept.reads.length).toBe(1);
  });

  test('that never ends, because the platform has ended its request, holds the others up for a bounded time', async () => {
    const kept = newKept();
    kept.platform.endsRequests = true;
    void kept.read();
    kept.platform.endsRequests = false;
    const asked = times(100, kept.read);
    kept.clock.advance(STATE_READ_MS);
    await settle();
    expect(kept.reads.length).toBe(2);
    await kept.answer('a');
    expect(await Promise.all(asked)).toEqual(Array(100).fill('a'));
  });

  test('is not joined after a second: what it finds missing may have been published since', async () => {
    const kept = newKept();
    const first = kept.read();
    kept.goTo(999);
    const joined = kept.read();
    expect(kept.reads.length).toBe(1);
    kept.goTo(1000);
    const second = kept.read();
    expect(kept.reads.length).toBe(2);
    kept.reads[0]?.resolve(null);
    expect([await first, await joined]).toEqual([null, null]);
    kept.reads[1]?.resolve('a');
    expect(await second).toBe('a');
  });

  test('is not joined by those who may not be answered with anything that old', async () => {
    const kept = newKept({ maxAgeMs: 500 });
    void kept.read();
    kept.goTo(500);
    void kept.read();
    expect(kept.reads.length).toBe(2);
  });
});

test('what is missing is asked for again after a second, and not before', async () => {
  const kept = newKept();
  const first = kept.read();
  await kept.answer(null);
  expect(await first).toBe(null);
  for (const moment of [500, 999]) {
    kept.goTo(moment);
    expect(await atOnce(kept)).toBe(null);
  }
  expect(kept.reads.length).toBe(1);
  kept.goTo(1000);
  expect(await atOnce(kept)).toBe('waits');
});

test('without a bound every request reads, also those that meet', async () => {
  const kept = newKept({ maxAgeMs: 0 });
  const asked = times(3, kept.read);
  expect(kept.reads.length).toBe(3);
  for (const [index, read] of kept.reads.entries()) {
    read.resolve(String(index));
  }
  expect(await Promise.all(asked)).toEqual(['0', '1', '2']);
  expect(await atOnce(kept)).toBe('waits');
});
