/** The estimator alone, with time in the test's hands. */

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  EDGE_SECONDS,
  HALF_LIFE_MS,
  HOT_SCORE,
  POPULARITY_VERSIONS_MAX,
  Popularity,
  WARM_SCORE,
} from '../../../../src/delivery/tiers/popularity.ts';
import { segmentKey } from '../../../../src/media/keys.ts';
import { POPULARITY_CLASSES } from '../../../../src/metrics/metric-series.ts';

const FILM = { assetId: 'film', version: 'ver1' };
const KEY = segmentKey(FILM, 'v360', '1', 1);

let nowMs: number;
let popularity: Popularity;

beforeEach(() => {
  nowMs = 1_000_000;
  popularity = new Popularity(() => nowMs);
});

const countSessions = (count: number, version = FILM) => {
  for (let session = 0; session < count; session += 1) {
    popularity.countSession(version);
  }
};

describe('a version', () => {
  test.each([
    [0, 'cold'],
    [1, 'cold'],
    [2, 'warm'],
    [7, 'warm'],
    [8, 'hot'],
    [1000, 'hot'],
  ])('with %i sessions just now is %s', (sessions, popularityClass) => {
    countSessions(sessions);
    expect(popularity.classOf(KEY)).toBe(popularityClass);
    expect(popularity.classOf('assets/film/ver1/presentation-1.json')).toBe(popularityClass);
  });

  test('is not another version, nor another asset, nor what is no key of one', () => {
    countSessions(8);
    for (const key of [
      segmentKey({ ...FILM, version: 'ver2' }, 'v360', '1', 1),
      segmentKey({ ...FILM, assetId: 'film2' }, 'v360', '1', 1),
      'assets/film/current.json',
      'assets/film/ver1',
      'film',
      '',
    ]) {
      expect(popularity.classOf(key)).toBe('cold');
    }
  });

  test('is forgotten by halves', () => {
    countSessions(16);
    nowMs += HALF_LIFE_MS;
    expect(popularity.classOf(KEY)).toBe('hot');
    nowMs += 1;
    expect(popularity.classOf(KEY)).toBe('warm');
    nowMs += 3 * HALF_LIFE_MS;
    expect(popularity.classOf(KEY)).toBe('cold');
  });

  test('is warm by two sessions in less than a half-life, not by two further apart', () => {
    countSessions(1);
    nowMs += HALF_LIFE_MS;
    countSessions(1);
    expect(popularity.classOf(KEY)).toBe('warm');
    nowMs += 10 * HALF_LIFE_MS;
    countSessions(1);
    nowMs += HALF_LIFE_MS + 60_000;
    countSessions(1);
    expect(popularity.classOf(KEY)).toBe('cold');
  });

  test('that is to be prewarmed is hot until that is taken back; its sessions stay counted', () => {
    popularity.notePrewarm(FILM, true);
    nowMs += 100 * HALF_LIFE_MS;
    expect(popularity.classOf(KEY)).toBe('hot');
    countSessions(2);
    expect(popularity.classOf(KEY)).toBe('hot');
    popularity.notePrewarm(FILM, false);
    expect(popularity.classOf(KEY)).toBe('warm');
  });

  test('that is not to be prewarmed takes no place', () => {
    popularity.notePrewarm(FILM, false);
    expect(popularity.size).toBe(0);
  });

  test('is not aged by a clock that is set back', () => {
    countSessions(8);
    nowMs -= 100 * HALF_LIFE_MS;
    expect(popularity.classOf(KEY)).toBe('hot');
  });
});

test('whatever happens: bounded, and a score between nothing and all sessions that were met', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('session' as const), asset: fc.nat(5) }),
    fc.record({ kind: fc.constant('prewarm' as const), asset: fc.nat(5), on: fc.boolean() }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -HALF_LIFE_MS, max: 3 * HALF_LIFE_MS }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const estimate = new Popularity(() => nowMs);
      const sessions = new Map<number, number>();
      const prewarmed = new Set<number>();
      for (const one of steps) {
        if (one.kind === 'pass') {
          nowMs += one.ms;
        } else if (one.kind === 'session') {
          estimate.countSession({ assetId: `a${one.asset}`, version: 'v' });
          sessions.set(one.asset, (sessions.get(one.asset) ?? 0) + 1);
        } else {
          estimate.notePrewarm({ assetId: `a${one.asset}`, version: 'v' }, one.on);
          prewarmed[one.on ? 'add' : 'delete'](one.asset);
        }
        for (let asset = 0; asset <= 5; asset += 1) {
          const met = sessions.get(asset) ?? 0;
          const found = estimate.classOf(`assets/a${asset}/v/v360/1/1.m4s`);
          const most = met >= HOT_SCORE ? 'hot' : met >= WARM_SCORE ? 'warm' : 'cold';
          expect(POPULARITY_CLASSES.indexOf(found)).toBeGreaterThanOrEqual(
            prewarmed.has(asset) ? 0 : POPULARITY_CLASSES.indexOf(most),
          );
          expect(found === 'hot' || !prewarmed.has(asset)).toBe(true);
        }
        expect(estimate.size).toBeLessThanOrEqual(6);
      }
    }),
  );
});

test('as many versions as there may be are remembered, the latest', () => {
  for (let asset = 0; asset < POPULARITY_VERSIONS_MAX + 100; asset += 1) {
    countSessions(2, { assetId: `a${asset}`, version: 'v' });
  }
  expect(popularity.size).toBe(POPULARITY_VERSIONS_MAX);
  // 200 bytes each: under a megabyte of the isolate.
  expect(POPULARITY_VERSIONS_MAX).toBeLessThanOrEqual(4096);
  expect(popularity.classOf('assets/a99/v/x')).toBe('cold');
  expect(popularity.classOf(`assets/a${POPULARITY_VERSIONS_MAX + 99}/v/x`)).toBe('warm');
});

test.each([
  [10, 'warm'],
  [11, 'hot'],
])('%i new sessions an hour settle at %s', (hourly, popularityClass) => {
  for (let session = 0; session < 12 * hourly; session += 1) {
    nowMs += 3_600_000 / hourly;
    countSessions(1);
  }
  expect(popularity.classOf(KEY)).toBe(popularityClass);
});

test('nothing that was asked for is let go within a month, nothing is kept for more than a year', () => {
  expect(EDGE_SECONDS).toEqual({ hot: 365 * 86_400, warm: 90 * 86_400, cold: 30 * 86_400 });
});

test('the more popular, the longer it is kept', () => {
  const kept = POPULARITY_CLASSES.map((popularityClass) => EDGE_SECONDS[popularityClass]);
  expect(kept).toEqual([...kept].sort((a, b) => b - a));
  expect(new Set(kept).size).toBe(kept.length);
});
