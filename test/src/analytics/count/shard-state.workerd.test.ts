/** The state of a shard: what counts, when, and that time, repetition and order change nothing that they must not. */

import { describe, expect, test } from 'vitest';
import {
  addSegment,
  fromRuns,
  MAX_FILMS,
  MAX_SESSIONS,
  type Segments,
  toRuns,
} from '../../../../src/analytics/count/session-book.ts';
import { ShardState } from '../../../../src/analytics/count/shard-state.ts';
import { readSnapshot, writeSnapshot } from '../../../../src/analytics/count/snapshot.ts';
import { TICK_MS } from '../../../../src/analytics/count/watching.ts';
import { FORGET_AFTER_MS, GOES_ON_MS, RESOLUTION_MS, type Run, WATCHING_MS } from '../../../../src/analytics/facts.ts';
import { batchOf, type Facts, MEASURE } from './counter-fixture.ts';

const { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } = RESOLUTION_MS;
const START = Date.UTC(2026, 10, 20, 12);
const VIEW_MS = 10_000;
const EXPIRES = START / 1000 + 3600;

const apply = (state: ShardState, nowMs: number, facts: Facts[], options?: Parameters<typeof batchOf>[2]) =>
  state.apply(
    batchOf(
      'asset',
      facts.map((each) => ({ expiresAt: EXPIRES, ...each })),
      options,
    ),
    nowMs,
    VIEW_MS,
  );
const watch = (id: string, ...runs: Run[]): Facts => ({ id, runs });

describe('a set of segments', () => {
  test('knows what is new, over the borders of its words, and is the same from its runs', () => {
    const words: Segments = [];
    const numbers = [1, 30, 31, 60, 61, 62, 2, 29, 90, 91];
    expect(numbers.map((number) => addSegment(words, number))).toEqual(numbers.map(() => true));
    expect(numbers.map((number) => addSegment(words, number))).toEqual(numbers.map(() => false));
    expect(toRuns(words)).toEqual([1, 2, 29, 31, 60, 62, 90, 91]);
    expect(fromRuns(toRuns(words))).toEqual(words);
    const all = fromRuns([1, 200]);
    expect(toRuns(all)).toEqual([1, 200]);
    expect(fromRuns([31, 95])).toEqual(fromRuns(toRuns(fromRuns([31, 95]))));
  });
});

describe('a view', () => {
  test('is one from the threshold on, whichever renditions made it, and never a second time', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 1], [1, 1, 2])]);
    expect(state.totals).toEqual({ views: 0, watchMs: 8_000 });
    apply(state, START + 1, [watch('a', [1, 2, 3])]);
    expect(state.totals).toEqual({ views: 1, watchMs: 12_000 });
    apply(state, START + 2, [watch('a', [0, 1, 11])]);
    expect(state.totals).toEqual({ views: 1, watchMs: MEASURE.durationMs });
    expect(state.viewers.estimate()).toBe(1);
  });

  test.each([
    ['half', { segmentMs: 1_000, segments: 4, durationMs: 4_000 }, [[0, 1, 2]] as Run[], 1],
    ['less than half', { segmentMs: 1_000, segments: 4, durationMs: 4_000 }, [[0, 1, 1]] as Run[], 0],
    ['all, in one segment', { segmentMs: 800, segments: 1, durationMs: 800 }, [[0, 1, 1]] as Run[], 1],
    ['the short end', { segmentMs: 1_000, segments: 4, durationMs: 3_001 }, [[0, 4, 4]] as Run[], 0],
  ])('of a short film is one with %s of it', (_, measure, runs, views) => {
    const state = new ShardState();
    apply(state, START, [{ id: 'a', runs }], { measure });
    expect(state.totals.views).toBe(views);
  });

  test('of a session that names another film than before is none', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 1])]);
    apply(state, START, [watch('a', [0, 1, 9])], { version: 'v2' });
    expect(state.totals).toEqual({ views: 0, watchMs: 4_000 });
  });

  test('of viewers is one viewer for several sessions with one hash', () => {
    const state = new ShardState();
    const viewer = '00ff00ff00ff00ff';
    apply(state, START, [
      { ...watch('a', [0, 1, 5]), viewer },
      { ...watch('b', [0, 1, 5]), viewer },
      watch('c', [0, 1, 5]),
    ]);
    expect(state.totals.views).toBe(3);
    expect(state.viewers.estimate()).toBe(2);
    expect(JSON.stringify([...state.book.storedSessions()])).not.toContain(viewer);
  });
});

describe('time', () => {
  const report = (state: ShardState, nowMs: number, facts: Facts[], silent: [string, number, number][]) =>
    state.apply({ ...batchOf('asset', facts), silent }, nowMs, VIEW_MS);

  test('lets a session that goes on watch until its next report is overdue, and a silent one until 45 s after its last fetch', () => {
    const state = new ShardState();
    const watchingAt = (ms: number) => {
      state.advance(START + ms);
      return state.watching.count();
    };
    apply(state, START, [watch('a', [0, 1, 1]), watch('b', [0, 1, 1]), watch('c', [0, 1, 1])]);
    // b fetched last at 5 s.
    report(state, START + 20_000, [watch('b', [0, 2, 2])], [['b', 15, 20]]);
    expect(watchingAt(WATCHING_MS + 4_999)).toBe(3);
    expect(watchingAt(5_000 + WATCHING_MS + TICK_MS)).toBe(2);
    apply(state, START + 60_000, [watch('a', [0, 2, 2])]);
    expect(watchingAt(GOES_ON_MS - 1)).toBe(2);
    expect(watchingAt(GOES_ON_MS + TICK_MS)).toBe(1);
    // c is silent where it was thought to go on, a went on elsewhere.
    report(state, START + 80_000, [watch('c', [0, 1, 1])], [['c', 75, 80]]);
    expect(watchingAt(60_000 + GOES_ON_MS - 1)).toBe(1);
    expect(watchingAt(DAY_MS)).toBe(0);
    apply(state, START + DAY_MS, [{ ...watch('a', [0, 3, 3]), expiresAt: EXPIRES + 2 * 86_400 }]);
    expect(watchingAt(DAY_MS)).toBe(1);
  });

  test('does not take a session for silent that another isolate has reported to go on since', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 1])]);
    // It moves at 5 s. The isolate that it left tells at 20 s what it knows: nothing since 0 s.
    apply(state, START + 5_000 + 2 * TICK_MS, [watch('a', [0, 2, 2])]);
    report(state, START + 20_000, [watch('a', [0, 1, 1])], [['a', 20, 20]]);
    state.advance(START + 75_000);
    expect(state.watching.count()).toBe(1);
  });

  test('says whether a batch brought anything but that a session goes on', () => {
    const state = new ShardState();
    expect(apply(state, START, [watch('a', [0, 1, 1])])).toBe(true);
    expect(apply(state, START, [watch('a', [0, 1, 1])])).toBe(false);
    const silent = () => report(state, START, [{ ...watch('a', [0, 1, 1]), expiresAt: EXPIRES }], [['a', 20, 0]]);
    expect([silent(), silent()]).toEqual([true, false]);
    expect(apply(state, START, [watch('a', [0, 1, 2])])).toBe(true);
  });

  test('never goes back: what comes by a clock that is a day behind counts in the minute that runs', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 1])]);
    apply(state, START - DAY_MS, [watch('a', [0, 2, 2])]);
    expect(state.minutes).toMatchObject([{ startMs: START, watchMs: 8_000 }]);
    expect(state.over.minutes).toEqual([]);
  });

  test('closes each minute, hour and day once, with all that came in it', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 3])]);
    apply(state, START + MINUTE_MS, [watch('a', [0, 4, 4]), watch('b', [0, 1, 1])]);
    state.advance(START + HOUR_MS);
    state.advance(START + HOUR_MS);
    expect(state.over.minutes).toEqual([
      { startMs: START, views: 1, watchMs: 12_000, peak: 1 },
      { startMs: START + MINUTE_MS, views: 0, watchMs: 8_000, peak: 2 },
    ]);
    expect(state.over.hours).toMatchObject([{ startMs: START, views: 1, watchMs: 20_000, peak: 2 }]);
    state.advance(START + DAY_MS);
    expect(state.over.days.map(({ viewers }) => viewers.estimate())).toEqual([1]);
  });
});

describe('what is forgotten', () => {
  test('is a session whose end is long ago, and it is not taken for a new one', () => {
    const state = new ShardState();
    apply(state, START, [watch('a', [0, 1, 5])]);
    const overMs = EXPIRES * 1000 + FORGET_AFTER_MS;
    expect(state.prune(overMs - 1)).toBe(false);
    apply(state, overMs - 1, [watch('a', [0, 1, 6])]);
    expect(state.totals).toEqual({ views: 1, watchMs: 24_000 });
    expect(state.prune(overMs)).toBe(true);
    expect(state.book.sessions.size).toBe(0);
    expect(state.book.words).toBe(0);
    apply(state, overMs, [watch('a', [0, 1, 11])]);
    // A clock that was set back does not bring it back either.
    apply(state, START, [watch('a', [0, 1, 11])]);
    expect(state.totals).toEqual({ views: 1, watchMs: 24_000 });
  });

  test('are versions before the last four, when nobody watches them', () => {
    const state = new ShardState();
    for (let number = 1; number <= 6; number += 1) {
      apply(
        state,
        START + number,
        [{ ...watch(`s${number}`, [0, 1, 1]), expiresAt: number === 1 ? EXPIRES * 2 : EXPIRES }],
        {
          version: `v${number}`,
        },
      );
    }
    state.prune(EXPIRES * 1000 + FORGET_AFTER_MS);
    expect(state.book.storedFilms().map(({ version }) => version)).toEqual(['v1', 'v3', 'v4', 'v5', 'v6']);
  });
});

describe('limits', () => {
  test('a batch with more versions than are watched at one time has no room', () => {
    const state = new ShardState();
    for (let number = 1; number <= MAX_FILMS; number += 1) {
      apply(state, START, [watch(`s${number}`, [0, 1, 1])], { version: `v${number}` });
    }
    expect(state.hasRoomFor(batchOf('asset', [watch('x', [0, 1, 1])], { version: 'v1' }))).toBe(true);
    expect(state.hasRoomFor(batchOf('asset', [watch('x', [0, 1, 1])], { version: 'v99' }))).toBe(false);
  });

  test('a shard that is full takes the sessions it has, and others when those are forgotten', () => {
    const state = new ShardState();
    for (let from = 0; from < MAX_SESSIONS; from += 4_000) {
      apply(
        state,
        START,
        Array.from({ length: 4_000 }, (_, index) => watch(`s${from + index}`, [0, 1, 1])),
      );
    }
    expect(state.fullness).toBe(1);
    const roomFor = (...ids: string[]) =>
      state.hasRoomFor(
        batchOf(
          'asset',
          ids.map((id) => watch(id, [0, 2, 2])),
        ),
      );
    expect([roomFor('s7'), roomFor('s7', 'new')]).toEqual([true, false]);
    state.prune(EXPIRES * 1000 + FORGET_AFTER_MS);
    expect(roomFor('new')).toBe(true);
  });

  test('a million facts for one session are as many as the film has segments', () => {
    const state = new ShardState();
    const runs = Array.from({ length: 300 }, (): Run => [0, 1, 11]);
    for (let times = 0; times < 303; times += 1) {
      apply(state, START + times, [watch('a', ...runs)]);
    }
    expect(state.totals).toEqual({ views: 1, watchMs: MEASURE.durationMs });
    expect(state.book.words).toBe(1);
    expect(state.book.storedFilms('v1')[0]?.counts).toEqual(Array(11).fill(1));
  });
});

test('a snapshot holds everything', () => {
  const state = new ShardState();
  for (let number = 0; number < 200; number += 1) {
    apply(state, START + number * 40_000, [
      {
        ...watch(`s${number}`, [number % 2, 1 + (number % 11), 11]),
        viewer: number % 3 === 0 ? '0123456789abcdef' : '',
      },
    ]);
  }
  const copy = readSnapshot(Array.from(writeSnapshot(state, 42), (text) => ({ text })));
  expect(copy.sequence).toBe(42);
  expect([...writeSnapshot(copy.state, 42)]).toEqual([...writeSnapshot(state, 42)]);
  expect([...copy.state.book.sessions]).toEqual([...state.book.sessions]);
  expect(copy.state.book.words).toBe(state.book.words);
  const later = START + 200 * 40_000;
  for (const each of [state, copy.state]) {
    apply(each, later, [watch('new', [0, 1, 11]), watch('s199', [0, 1, 11])]);
  }
  expect(copy.state.watching.count()).toBe(state.watching.count());
  expect([...writeSnapshot(copy.state, 43)]).toEqual([...writeSnapshot(state, 43)]);
});

test('a snapshot of 0.1.0, which kept what runs apart, is read, and 0.1.0 reads the numbers of ours', () => {
  const state = new ShardState();
  apply(state, START - HOUR_MS, [watch('a', [0, 1, 3])]);
  apply(state, START, [watch('b', [0, 1, 3])]);
  const [text = ''] = writeSnapshot(state, 7);
  const { pages, finished, ...header } = JSON.parse(text);
  expect(header).toMatchObject({
    layout: 1,
    sequence: 7,
    totals: { views: 2, watchMs: 24_000 },
    viewers: expect.any(String),
  });
  const [{ finishedHours }, ...others] = pages;
  const old = [
    {
      ...{ ...header, minute: finished.minutes[1], hour: finishedHours[1], day: finished.days[0] },
      finished: { minutes: [finished.minutes[0]], hours: [], days: [] },
    },
    { finishedHours: [finishedHours[0]] },
    ...others,
  ];
  const read = readSnapshot(old.map((page) => ({ text: JSON.stringify(page) })));
  expect([...writeSnapshot(read.state, 7)]).toEqual([text]);
});
