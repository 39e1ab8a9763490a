import { describe, expect, test } from 'vitest';
import { type Cell, fitLines, offsetOn } from '../../../encoder/sound/fit-lines.ts';
import { piecesOf } from '../../../encoder/sound/pieces.ts';

const RATE = 48_000;
const BLOCK = 1024;
const MILLISECOND = RATE / 1000;

/** Blocks of `seconds` of sound. `late`: how many seconds each belongs behind its place. */
const cellsOf = (seconds: number, late: (seconds: number, index: number) => number): Cell[] =>
  Array.from({ length: Math.floor((seconds * RATE) / BLOCK) }, (_, index) => ({
    place: index * BLOCK,
    offset: Math.round(RATE * late((index * BLOCK) / RATE, index)),
  }));

const linesOf = (cells: readonly Cell[]) => fitLines(cells, RATE).lines;

/** The largest distance of the lines to what is really so, in milliseconds. */
function errorOf(cells: readonly Cell[], late: (seconds: number) => number): number {
  const lines = linesOf(cells);
  const errors = cells.map(({ place }) => {
    const line = lines.findLast((candidate) => candidate.place <= place);
    return line === undefined ? Number.NaN : Math.abs(offsetOn(line, place) - RATE * late(place / RATE)) / MILLISECOND;
  });
  return errors.reduce((most, error) => Math.max(most, error), 0);
}

/** The same numbers from 0 to 1 in each run. */
function createNoise(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('fitLines', () => {
  test('sound that keeps its time is one line', () => {
    expect(linesOf(cellsOf(3600, () => 0.25))).toEqual([{ place: 0, offset: 12_000, slope: 0 }]);
    expect(linesOf([])).toEqual([]);
    expect(linesOf([{ place: 0, offset: 5 }])).toEqual([{ place: 0, offset: 5, slope: 0 }]);
  });

  test.each([1, 2, 4, 6])('jitter of %s ms is neither repaired nor followed', (milliseconds) => {
    const noise = createNoise();
    const cells = cellsOf(3600, () => (milliseconds / 1000) * (2 * noise() - 1));
    const lines = linesOf(cells);
    expect(lines.map(({ slope }) => slope)).toEqual([0]);
    expect(errorOf(cells, () => 0)).toBeLessThan(2.5);
  });

  test('time stamps that hop between two levels', () => {
    const cells = cellsOf(600, (_, index) => 0.003 * (2 * (index % 2) - 1));
    expect(linesOf(cells)).toHaveLength(1);
    expect(errorOf(cells, () => 0)).toBeLessThan(0.5);
  });

  test('time stamps that hop by 3 ms, with a hole every half second', () => {
    const late = (seconds: number): number => 0.006 * Math.floor(seconds / 0.5);
    const cells = cellsOf(60, (seconds, index) => late(seconds) + 0.003 * (2 * (index % 2) - 1));
    expect(errorOf(cells, late)).toBeLessThan(6.5);
  });

  test('one wrong time stamp among good ones is not followed', () => {
    expect(linesOf(cellsOf(60, (_, index) => (index === 1000 ? 0.4 : 0)))).toHaveLength(1);
  });

  test.each([1e-4, -2e-5, 0.01, -0.05, 0.088])('drift of %s over two hours is one line', (drift) => {
    const late = (seconds: number): number => drift * seconds;
    const cells = cellsOf(7200, (seconds) => Math.round(1000 * late(seconds)) / 1000);
    expect(linesOf(cells)).toHaveLength(1);
    expect(errorOf(cells, late)).toBeLessThan(1.1);
  });

  test('hundreds of holes of any size', () => {
    const noise = createNoise(7);
    let total = 0;
    const lates: number[] = [];
    const cells = cellsOf(1800, () => {
      total += noise() < 0.01 ? 0.005 + 0.2 * noise() ** 3 : 0;
      lates.push(total);
      return total;
    });
    expect(linesOf(cells).length).toBeGreaterThan(500);
    expect(errorOf(cells, (seconds) => lates[Math.round((seconds * RATE) / BLOCK)] ?? 0)).toBeLessThan(2.6);
    expect(linesOf(cells).every(({ slope }) => slope === 0)).toBe(true);
  });

  test('every second packet is lost: holes, not slow motion', () => {
    expect(linesOf(cellsOf(5, (_, index) => (index * BLOCK) / RATE)).every(({ slope }) => slope === 0)).toBe(true);
  });
});

describe('piecesOf', () => {
  test('sound before and after a drift is copied, and the three are joined', () => {
    const late = (s: number): number => 0.01 * Math.max(0, Math.min(s, 200) - 100);
    const cells = cellsOf(300, late);
    const { lines, room } = fitLines(cells, RATE);
    const pieces = piecesOf(lines, 300 * RATE, 0, room);
    expect(pieces.map(({ place, end, at, atEnd }) => atEnd - at === end - place)).toEqual([true, false, true]);
    expect(pieces.map(({ isJoined }) => isJoined)).toEqual([false, true, true]);
    expect(pieces.slice(1).map(({ at }, index) => at - (pieces[index]?.atEnd ?? 0))).toEqual([0, 0]);
    expect(pieces.map(({ place }) => Math.round(place / RATE))).toEqual([0, 100, 200]);
  });
});
