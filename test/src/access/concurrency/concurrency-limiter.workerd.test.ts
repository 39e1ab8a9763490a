/** The Durable Object of a stream limit: what survives a restart, what is written, and what is deleted. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BOOK_LIFE_MS } from '../../../../src/access/concurrency/concurrency-limiter.ts';
import type { ConcurrencyLimits } from '../../../../src/access/concurrency/limits.ts';
import { type Book, GRACE_MS, LEASE_MS, RENEW_MS } from '../../../../src/access/concurrency/session-slots.ts';

const one: ConcurrencyLimits = { sessions: 1, policy: 'reject-new' };
const newest: ConcurrencyLimits = { sessions: 1, policy: 'evict-oldest' };

let objects = 0;
function newObject() {
  objects += 1;
  return env.CONCURRENCY.get(env.CONCURRENCY.idFromName(`viewer-${objects}`));
}
type Limiter = ReturnType<typeof newObject>;

const answerOf = async (object: Limiter, session: string, limits: ConcurrencyLimits): Promise<string> => {
  const verdict = await object.renew(session, limits);
  return verdict.admitted ? 'ok' : verdict.code;
};
const storedOf = (object: Limiter) => runInDurableObject(object, (_, { storage }) => [...storage.kv.list()].length);
const passTime = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the ConcurrencyLimiter object', () => {
  test('remembers an eviction over a restart', async () => {
    const object = newObject();
    await object.renew('a', newest);
    await object.renew('b', newest);
    await evictDurableObject(object);
    expect([await answerOf(object, 'a', newest), await answerOf(object, 'b', newest)]).toEqual([
      'stream_evicted',
      'ok',
    ]);
  });

  test('restarted before each call, it keeps a running session and refuses the newcomer when its grace ends', async () => {
    const object = newObject();
    await object.renew('a', one);
    for (let ms = 0; ms < GRACE_MS; ms += RENEW_MS) {
      passTime(RENEW_MS);
      await evictDurableObject(object);
      expect([await answerOf(object, 'b', one), await answerOf(object, 'a', one)]).toEqual(['ok', 'ok']);
    }
    passTime(RENEW_MS);
    await evictDurableObject(object);
    expect([await answerOf(object, 'b', one), await answerOf(object, 'a', one)]).toEqual(['stream_limit', 'ok']);
  });

  test('restarted after renewals that were not stored, it still knows who plays', async () => {
    const object = newObject();
    await object.renew('a', one);
    for (let ms = 0; ms < 2 * LEASE_MS; ms += RENEW_MS) {
      passTime(RENEW_MS);
      await object.renew('a', one);
    }
    await evictDurableObject(object);
    expect(await answerOf(object, 'b', one)).toBe('ok');
    for (let ms = 0; ms < GRACE_MS; ms += RENEW_MS) {
      passTime(RENEW_MS);
      await object.renew('a', one);
    }
    expect([await answerOf(object, 'b', one), await answerOf(object, 'a', one)]).toEqual(['stream_limit', 'ok']);
  });

  test('restarted before each call, it gives the place of who left to who reloaded', async () => {
    const object = newObject();
    await object.renew('a', one);
    for (let ms = 0; ms < 2 * GRACE_MS; ms += RENEW_MS) {
      passTime(RENEW_MS);
      await evictDurableObject(object);
      expect(await answerOf(object, 'b', one)).toBe('ok');
    }
  });

  test('stores nothing for renewals that change nothing', async () => {
    const object = newObject();
    const stored = () => runInDurableObject(object, (_, { storage }) => storage.kv.get<Book>('book-1'));
    await object.renew('a', one);
    const before = await stored();
    expect(before).toMatchObject({ savedMs: Date.now(), holders: [{ session: 'a', seenMs: Date.now() }] });
    for (let index = 0; index < 50; index += 1) {
      passTime(RENEW_MS);
      await object.renew('a', one);
    }
    expect(await stored()).toEqual(before);
  });

  test('forgets a viewer, also when it was restarted, and says whether there was anything', async () => {
    const object = newObject();
    expect(await object.clear()).toBe(false);
    await object.renew('a', newest);
    await object.renew('b', newest);
    await evictDurableObject(object);
    expect(await object.clear()).toBe(true);
    expect([await storedOf(object), await runDurableObjectAlarm(object)]).toEqual([0, false]);
    expect(await object.clear()).toBe(false);
    // The eviction is forgotten, and the new book has an alarm.
    expect(await answerOf(object, 'a', one)).toBe('ok');
    passTime(BOOK_LIFE_MS);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await storedOf(object)).toBe(0);
  });

  test('deletes what it stored when nobody plays any more, and can begin again', async () => {
    const object = newObject();
    await object.renew('a', one);
    passTime(BOOK_LIFE_MS - LEASE_MS);
    await object.renew('a', one);
    passTime(LEASE_MS - 1);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await storedOf(object)).toBe(1);
    passTime(BOOK_LIFE_MS);
    await evictDurableObject(object);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await storedOf(object)).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBe(false);
    expect(await answerOf(object, 'b', one)).toBe('ok');
    expect(await storedOf(object)).toBe(1);
    passTime(BOOK_LIFE_MS);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await storedOf(object)).toBe(0);
  });
});
