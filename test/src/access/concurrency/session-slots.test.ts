/** Which sessions may fetch: cases of what viewers do, and a model of everything that they could try. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COOLDOWN_MS,
  GRACE_MS,
  isEmpty,
  LEASE_MS,
  LOST_MAX,
  PERSIST_MS,
  RENEW_MS,
} from '../../../../src/access/concurrency/session-slots.ts';
import { type ConcurrencyPolicy, Desk, limitsOf, newest, newestTwo, one, START_MS, two } from './desk.ts';

test('the times are those that are documented, and fit together', () => {
  expect({ RENEW_MS, LEASE_MS, GRACE_MS, COOLDOWN_MS, PERSIST_MS, LOST_MAX }).toEqual({
    RENEW_MS: 10_000,
    LEASE_MS: 45_000,
    GRACE_MS: 50_000,
    COOLDOWN_MS: 120_000,
    PERSIST_MS: 600_000,
    LOST_MAX: 500,
  });
});

describe('a clock that is set back by days', () => {
  test.each(['restarted', 'running'])('keeps nobody out of the place of who has left: %s', (how) => {
    const desk = new Desk();
    desk.play(GRACE_MS + RENEW_MS, { a: one, b: one });
    expect(desk.fetch('b', one)).toBe('stream_limit');
    desk.nowMs -= 10 * 86_400_000;
    if (how === 'restarted') {
      desk.restart();
    }
    expect(desk.fetch('c', one)).toBe('ok');
    desk.nowMs += LEASE_MS;
    expect(desk.fetch('d', one)).toBe('ok');
  });

  test('ends a grace that had begun', () => {
    const desk = new Desk();
    desk.play(RENEW_MS, { a: one, b: one });
    desk.nowMs -= 10 * 86_400_000;
    desk.play(GRACE_MS + RENEW_MS, { a: one, b: one });
    expect([desk.fetch('a', one), desk.fetch('b', one)].toSorted()).toEqual(['ok', 'stream_limit']);
  });
});

describe('within the limit', () => {
  test('sessions play, and only a change of who plays is stored', () => {
    const desk = new Desk();
    expect(desk.play(PERSIST_MS - RENEW_MS, { a: two, b: two })).toEqual({ a: 'ok', b: 'ok' });
    expect(desk.saves).toBe(2);
    expect([desk.nowMs, desk.fetch('a', two), desk.saves]).toEqual([START_MS + PERSIST_MS, 'ok', 3]);
    desk.play(3_600_000, { a: two, b: two });
    expect(desk.saves).toBeLessThanOrEqual(2 + 7);
  });

  test('a player that is quiet for 35 s between bursts keeps its place from a newcomer', () => {
    const desk = new Desk();
    desk.fetch('a', one);
    desk.nowMs += 1000;
    expect(desk.fetch('b', one)).toBe('ok');
    desk.nowMs += RENEW_MS + 33_000;
    expect(desk.fetch('a', one)).toBe('ok');
    desk.nowMs += 20_000;
    expect([desk.fetch('b', one), desk.fetch('a', one)]).toEqual(['stream_limit', 'ok']);
  });
});

describe('a reload', () => {
  test.each([
    ['one session', one],
    ['one session, evicting', newest],
  ])('is a new session and is never refused: %s', (_, limits) => {
    const desk = new Desk();
    desk.play(60_000, { a: limits });
    expect(desk.play(120_000, { b: limits })).toEqual({ b: 'ok' });
    expect(desk.book.holders.map(({ session }) => session)).toEqual(['b']);
  });

  test('again and again is not refused either: the last one has the place in the end', () => {
    const desk = new Desk();
    desk.play(60_000, { a: one });
    for (let index = 0; index < 30; index += 1) {
      desk.nowMs += 4000;
      expect(desk.fetch(`b${index}`, one)).toBe('ok');
    }
    expect(desk.play(90_000, { last: one })).toEqual({ last: 'ok' });
  });

  test('beside another screen evicts nobody', () => {
    const desk = new Desk();
    desk.play(60_000, { tablet: newestTwo, a: newestTwo });
    expect(desk.play(120_000, { tablet: newestTwo, b: newestTwo })).toEqual({ tablet: 'ok', b: 'ok' });
  });

  test('is not refused when the object restarts in the middle of it', () => {
    const desk = new Desk();
    desk.play(60_000, { a: one });
    desk.restart();
    for (let index = 0; index < 12; index += 1) {
      expect(desk.fetch('b', one)).toBe('ok');
      desk.restart();
      desk.nowMs += 12_000;
    }
  });
});

describe('one session too many', () => {
  test('reject-new: the newcomer plays for the grace time, then not until a place is free', () => {
    const desk = new Desk();
    desk.play(60_000, { a: one });
    expect(desk.play(GRACE_MS - RENEW_MS, { a: one, b: one })).toEqual({ a: 'ok', b: 'ok' });
    expect(desk.play(20_000, { a: one, b: one })).toEqual({ a: 'ok', b: 'stream_limit' });
    expect(desk.play(COOLDOWN_MS * 3, { a: one, b: one })).toEqual({ a: 'ok', b: 'stream_limit' });
    expect(desk.play(LEASE_MS + RENEW_MS, { b: one })).toEqual({ b: 'ok' });
  });

  test('reloading does not make it an extra stream: no grace in the cool-down, then once again', () => {
    const desk = new Desk();
    const played = [];
    for (let index = 0; desk.nowMs < START_MS + 600_000; index += 1) {
      desk.fetch('a', one);
      desk.nowMs += 5000;
      played.push(desk.fetch(`b${index}`, one) === 'ok');
    }
    const share = played.filter(Boolean).length / played.length;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual((GRACE_MS + 10_000) / (GRACE_MS + COOLDOWN_MS));
  });

  test('in the cool-down a place that is free is free', () => {
    const desk = new Desk();
    desk.play(GRACE_MS + RENEW_MS, { a: one, b: one });
    expect(desk.fetch('c', one)).toBe('stream_limit');
    desk.nowMs += LEASE_MS;
    expect(desk.fetch('c', one)).toBe('ok');
  });

  test('evict-oldest, one session: the newcomer plays at once, the other is told', () => {
    const desk = new Desk();
    desk.play(60_000, { a: newest });
    expect(desk.fetch('b', newest)).toBe('ok');
    expect(desk.fetch('a', newest)).toBe('stream_evicted');
  });

  test('evict-oldest, two sessions: the one that began first goes when the grace time ends', () => {
    const desk = new Desk();
    const all = { a: newestTwo, b: newestTwo, c: newestTwo };
    desk.play(30_000, { a: newestTwo, b: newestTwo });
    expect(desk.play(GRACE_MS - RENEW_MS, all)).toEqual({ a: 'ok', b: 'ok', c: 'ok' });
    expect(desk.play(RENEW_MS * 2, all)).toEqual({ a: 'stream_evicted', b: 'ok', c: 'ok' });
  });

  test('evict-oldest: the evicted one does not push back; it comes when a place is free', () => {
    const desk = new Desk();
    desk.fetch('a', newest);
    desk.fetch('b', newest);
    expect(desk.play(GRACE_MS + COOLDOWN_MS, { a: newest, b: newest })).toEqual({ a: 'stream_evicted', b: 'ok' });
    expect(desk.play(LEASE_MS + RENEW_MS, { a: newest })).toEqual({ a: 'ok' });
  });

  test('evict-oldest: taking turns in reloading gives no extra stream, the grace is given once', () => {
    const desk = new Desk();
    desk.play(GRACE_MS + RENEW_MS * 2, { a: newestTwo, b: newestTwo, c: newestTwo });
    expect(desk.fetch('d', newestTwo)).toBe('ok');
    expect(['b', 'c', 'd'].map((session) => desk.fetch(session, newestTwo))).toEqual(['stream_evicted', 'ok', 'ok']);
  });

  test('a second newcomer takes over the grace of the first, and its end', () => {
    const desk = new Desk();
    desk.fetch('a', one);
    desk.play(20_000, { a: one, b: one });
    expect([desk.fetch('c', one), desk.fetch('b', one)]).toEqual(['ok', 'stream_limit']);
    expect(desk.play(GRACE_MS - 20_000, { a: one, c: one })).toEqual({ a: 'ok', c: 'stream_limit' });
  });

  test('links of other limits: the newcomer is held to its own', () => {
    const desk = new Desk();
    desk.play(20_000, { a: limitsOf(3), b: limitsOf(3) });
    expect(desk.play(GRACE_MS + RENEW_MS, { a: limitsOf(3), b: limitsOf(3), c: one })).toEqual({
      a: 'ok',
      b: 'ok',
      c: 'stream_limit',
    });
    expect(desk.fetch('d', limitsOf(3))).toBe('ok');
  });
});

describe('a restart', () => {
  test('forgets no eviction and no refusal', () => {
    const desk = new Desk();
    desk.fetch('a', newest);
    desk.fetch('b', newest);
    desk.restart();
    expect([desk.fetch('a', newest), desk.fetch('b', newest)]).toEqual(['stream_evicted', 'ok']);
  });

  test('does not throw a running session out in favour of a newcomer', () => {
    const desk = new Desk();
    desk.play(PERSIST_MS - 60_000, { a: one });
    desk.restart();
    desk.play(GRACE_MS, { b: one, a: one });
    desk.restart();
    desk.nowMs += RENEW_MS;
    expect([desk.fetch('a', one), desk.fetch('b', one)]).toEqual(['ok', 'stream_limit']);
  });

  test('after an hour of playing the running session is still known to be one', () => {
    const desk = new Desk();
    desk.play(6 * PERSIST_MS, { a: one });
    desk.restart();
    expect(desk.play(GRACE_MS + RENEW_MS, { b: one, a: one })).toEqual({ b: 'stream_limit', a: 'ok' });
  });

  test('before each call: who left is gone at last, the stored book with it', () => {
    const desk = new Desk();
    desk.fetch('a', one);
    desk.nowMs += PERSIST_MS + LEASE_MS;
    desk.restart();
    expect(isEmpty(desk.book, desk.nowMs)).toBe(true);
  });
});

test('who lost is forgotten only beyond a bound', () => {
  const desk = new Desk();
  for (let index = 0; index <= LOST_MAX + 10; index += 1) {
    desk.fetch(`s${index}`, newest);
  }
  expect(desk.book.lost).toHaveLength(LOST_MAX);
  expect(desk.book.holders).toHaveLength(1);
});

describe('whatever sessions do', () => {
  const policies = fc.constantFrom<ConcurrencyPolicy>('reject-new', 'evict-oldest');
  const steps = fc.array(
    fc.record({
      session: fc.nat(7),
      waitMs: fc.constantFrom(0, 100, 4000, 9000, 20_000, 46_000),
      restart: fc.boolean(),
    }),
    { minLength: 1, maxLength: 120 },
  );
  const limits = fc.record({ sessions: fc.integer({ min: 1, max: 3 }), policy: policies });

  test('at most one more than allowed has a place; beyond grace, none more', () => {
    fc.assert(
      fc.property(limits, steps, (limit, all) => {
        const desk = new Desk();
        let overMs = 0;
        for (const { session, waitMs, restart } of all) {
          desk.nowMs += waitMs;
          if (restart) {
            desk.restart();
          }
          desk.fetch(`s${session}`, limit);
          const { holders, contest } = desk.book;
          expect(holders.length).toBeLessThanOrEqual(limit.sessions);
          overMs = contest === null ? 0 : desk.nowMs - contest.sinceMs;
          expect(overMs).toBeLessThan(GRACE_MS);
        }
      }),
    );
  });

  test('who keeps fetching under reject-new is never refused; grace is never given again in the cool-down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), steps, (sessions, all) => {
        const desk = new Desk();
        const limit = limitsOf(sessions);
        let lastGraceMs = Number.NEGATIVE_INFINITY;
        for (const { session, waitMs, restart } of all) {
          const steady = Array.from({ length: sessions }, (_, index) => desk.fetch(`steady${index}`, limit));
          expect(steady.every((answer) => answer === 'ok')).toBe(true);
          desk.nowMs += Math.min(waitMs, LEASE_MS - 1);
          if (restart) {
            desk.restart();
          }
          desk.fetch(`s${session}`, limit);
          const sinceMs = desk.book.contest?.sinceMs ?? lastGraceMs;
          if (sinceMs !== lastGraceMs) {
            expect(sinceMs - lastGraceMs).toBeGreaterThanOrEqual(GRACE_MS + COOLDOWN_MS);
            lastGraceMs = sinceMs;
          }
        }
      }),
    );
  });

  test('a viewer who only reloads is never refused', () => {
    fc.assert(
      fc.property(
        policies,
        fc.array(fc.record({ fetches: fc.integer({ min: 1, max: 12 }), restart: fc.boolean() }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 44_000 }),
        (policy, reloads, gapMs) => {
          const desk = new Desk();
          for (const [index, { fetches, restart }] of reloads.entries()) {
            for (let fetch = 0; fetch < fetches; fetch += 1) {
              if (restart) {
                desk.restart();
              }
              expect(desk.fetch(`s${index}`, limitsOf(1, policy))).toBe('ok');
              desk.nowMs += gapMs;
            }
          }
        },
      ),
    );
  });

  test('who lost changes nothing for anybody while no place is free', () => {
    fc.assert(
      fc.property(limits, steps, (limit, all) => {
        const desk = new Desk();
        for (const { session, waitMs } of all) {
          desk.nowMs += waitMs;
          desk.fetch(`s${session}`, limit);
          const { holders, contest, lost } = desk.book;
          if (holders.length + (contest === null ? 0 : 1) < limit.sessions) {
            continue;
          }
          for (const { session: loser, code } of lost) {
            expect(desk.fetch(loser, limit)).toBe(code);
          }
          expect([desk.book.holders, desk.book.contest, desk.book.lost]).toEqual([holders, contest, lost]);
        }
      }),
    );
  });
});
