/** Newcomers beyond the limit: sessions that left meanwhile, sessions that come later, and when a loss is forgotten. */
import { describe, expect, test } from 'vitest';
import {
  COOLDOWN_MS,
  GRACE_MS,
  LEASE_MS,
  LOST_MAX,
  RENEW_MS,
} from '../../../../src/access/concurrency/session-slots.ts';
import { Desk, newest, newestTwo, one, START_MS, two } from './desk.ts';

describe('who came and left', () => {
  test('a renewal that arrives late, or from a clock that was set back, shortens no lease', () => {
    const desk = new Desk();
    desk.fetch('a', one);
    desk.nowMs -= 30_000;
    desk.fetch('a', one);
    expect(desk.book.holders).toMatchObject([{ session: 'a', seenMs: START_MS }]);
  });

  test.each([
    ['reject-new', two],
    ['evict-oldest', newestTwo],
  ])('a newcomer that has left before its grace ends loses nothing and takes no place: %s', (_, limits) => {
    const desk = new Desk();
    desk.play(60_000, { a: limits, b: limits });
    expect(desk.fetch('c', limits)).toBe('ok');
    expect(desk.play(GRACE_MS + COOLDOWN_MS + RENEW_MS, { a: limits, b: limits })).toEqual({ a: 'ok', b: 'ok' });
    expect(desk.book).toMatchObject({ contest: null, lost: [] });
    expect(desk.fetch('c', limits)).toBe('ok');
  });

  test('a loss is forgotten with the place that was found after it', () => {
    const desk = new Desk();
    desk.play(60_000, { x: two, a: two });
    expect(desk.play(GRACE_MS + RENEW_MS, { x: two, a: two, b: two })).toMatchObject({ b: 'stream_limit' });
    desk.play(LEASE_MS, { x: two });
    expect(desk.fetch('b', two)).toBe('ok');
    desk.play(LEASE_MS, { x: two });
    desk.play(COOLDOWN_MS, { x: two, c: two });
    expect(desk.fetch('b', two)).toBe('ok');
  });

  test('a restart in the cool-down keeps no place for who has left', () => {
    const desk = new Desk();
    expect(desk.play(GRACE_MS + RENEW_MS, { a: one, b: one })).toEqual({ a: 'ok', b: 'stream_limit' });
    desk.nowMs += LEASE_MS;
    desk.restart();
    expect(desk.fetch('b', one)).toBe('ok');
  });

  test('of those that lost the latest are remembered', () => {
    const desk = new Desk();
    for (let index = 0; index < LOST_MAX + 2; index += 1) {
      expect(desk.fetch(`s${index}`, newest)).toBe('ok');
    }
    expect(desk.book.lost).toHaveLength(LOST_MAX);
    expect([desk.fetch(`s${LOST_MAX}`, newest), desk.fetch('s0', newest)]).toEqual(['stream_evicted', 'ok']);
  });
});

describe('a second newcomer', () => {
  test('takes over from the first, which loses as its policy says', () => {
    const desk = new Desk();
    desk.play(60_000, { a: newestTwo, b: newestTwo });
    expect([desk.fetch('c', newestTwo), desk.fetch('d', newestTwo)]).toEqual(['ok', 'ok']);
    expect(desk.fetch('c', newestTwo)).toBe('stream_evicted');
  });

  test('whose link claims more finds the first one counted: never two beyond the limit', () => {
    const desk = new Desk();
    desk.play(60_000, { a: one });
    expect([desk.fetch('b', one), desk.fetch('c', two)]).toEqual(['ok', 'ok']);
    expect([desk.fetch('a', one), desk.fetch('b', one), desk.fetch('c', two)]).toEqual(['ok', 'stream_limit', 'ok']);
  });
});

test('the cool-down ends at its end', () => {
  const desk = new Desk();
  desk.play(GRACE_MS + COOLDOWN_MS - RENEW_MS, { a: one, b: one });
  desk.nowMs -= 1;
  expect(desk.nowMs).toBe(START_MS + GRACE_MS + COOLDOWN_MS - 1);
  expect([desk.fetch('a', one), desk.fetch('c', one)]).toEqual(['ok', 'stream_limit']);
  desk.nowMs += 1;
  expect(desk.fetch('c', one)).toBe('ok');
});
