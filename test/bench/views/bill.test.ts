/** The bill's arithmetic, at the points where what must come of it is plain. */
import { describe, expect, it } from 'vitest';
import {
  billUsd,
  confirmLine,
  factsOf,
  linesOf,
  mirrorLine,
  monthlyUse,
  naiveLines,
  type Rung,
  type Shape,
  usePerView,
  viewsPerSecondOf,
} from '../../../bench/views/bill.ts';
import { ratesBetween } from '../../../bench/views/ladders.ts';
import { NO_USE } from '../../../bench/views/replay-order.ts';

const SHAPE: Shape = { viewsPerMonth: 1e6, minutesPerView: 5, segmentSeconds: 4, assets: 100, exponent: 1 };
const MONTH_SECONDS = 30 * 86_400;

const rung = (viewsPerSecond: number, batches: number, reports = 0): Rung => ({
  viewsPerSecond,
  perView: { ...NO_USE, batches, reports },
});
const RUNGS = [rung(0.01, 16), rung(1, 4), rung(100, 1, 2)];

describe('what a view takes', () => {
  it('is what was measured at a rung', () => {
    expect(usePerView(RUNGS, 1).batches).toBeCloseTo(4);
    expect(usePerView(RUNGS, 100).reports).toBeCloseTo(2);
  });

  it('lies on a straight line of logarithms between two rungs', () => {
    expect(usePerView(RUNGS, 0.1).batches).toBeCloseTo(8);
    expect(usePerView(RUNGS, 10).batches).toBeCloseTo(2);
  });

  it('lies on a straight line where one rung has none', () => {
    expect(usePerView(RUNGS, 10).reports).toBeCloseTo(1);
  });

  it('does not change beyond the last rungs', () => {
    expect(usePerView(RUNGS, 0).batches).toBe(16);
    expect(usePerView(RUNGS, 1e-9).batches).toBe(16);
    expect(usePerView(RUNGS, 1e9).batches).toBe(1);
  });

  it('is unknown where nothing was measured', () => {
    expect(() => usePerView([], 1)).toThrow(RangeError);
  });
});

describe('the rates of rungs', () => {
  it('begin with the lowest, end with the highest, and are at most threefold', () => {
    const rates = ratesBetween(0.001, 20);
    expect(rates[0]).toBe(0.001);
    expect(rates.at(-1)).toBeCloseTo(20);
    for (const [index, rate] of rates.slice(1).entries()) {
      expect(rate / (rates[index] ?? 0)).toBeLessThanOrEqual(3.001);
    }
  });
});

describe('the rates of assets', () => {
  it('follow Zipf and add up to the month', () => {
    const rates = viewsPerSecondOf(SHAPE);
    expect(rates.reduce((sum, rate) => sum + rate) * MONTH_SECONDS).toBeCloseTo(1e6);
    expect((rates[0] ?? 0) / (rates[9] ?? 0)).toBeCloseTo(10);
  });
});

describe('the bill', () => {
  it('has for each view what was measured, where that is the same at all rates', () => {
    const use = monthlyUse(SHAPE, [
      { viewsPerSecond: 1, perView: { ...NO_USE, batches: 6, alarms: 1, rowsWritten: 8, objectSeconds: 0.5 } },
    ]);
    expect(use.batches).toBeCloseTo(6e6, 0);
    const usd = Object.fromEntries(linesOf(use, factsOf(SHAPE), 4).map((line) => [line.name, line.usd]));
    // $0.15/M for 6 M and 1 M calls; $1/M for 8 M rows; $12.50/M GB-s for half a second of 128 MB for each of 1 M.
    expect(usd['calls of counters: batches']).toBeCloseTo(0.9);
    expect(usd['calls of counters: reports and alarms']).toBeCloseTo(0.15);
    expect(usd['rows written by counters']).toBeCloseTo(8);
    expect(usd['GB-s of counters']).toBeCloseTo(0.8);
    // 75 M facts of 4 µs: 300,000 ms at $0.02/M.
    expect(usd['CPU of collectors, ms']).toBeCloseTo(0.006);
  });

  it('prices rows read and rows of D1', () => {
    const use = { ...NO_USE, rowsRead: 1e9, d1RowsWritten: 1e6, d1RowsRead: 2e9 };
    const usd = Object.fromEntries(linesOf(use, 0, 4).map((line) => [line.name, line.usd]));
    expect(usd['rows read by counters']).toBeCloseTo(1);
    expect(usd['rows written to D1']).toBeCloseTo(1);
    expect(usd['rows read from D1']).toBeCloseTo(2);
  });

  it('is less for each view, the more there are', () => {
    const perView = [1e6, 1e8, 1e10].map((viewsPerMonth) => {
      const shape = { ...SHAPE, viewsPerMonth };
      return billUsd(linesOf(monthlyUse(shape, RUNGS), factsOf(shape), 4)) / viewsPerMonth;
    });
    expect(perView).toEqual(perView.toSorted((a, b) => b - a));
  });

  it('has beside it what waiting for writes adds', () => {
    expect(confirmLine({ ...NO_USE, confirmSeconds: 1e6 }).usd).toBeCloseTo(1.6);
  });

  it('has no more points of Analytics Engine than there are facts', () => {
    expect(mirrorLine({ ...NO_USE, batches: 1 }, 1e6).count).toBe(250);
    expect(mirrorLine({ ...NO_USE, batches: 1e6 }, 75).count).toBe(75);
  });

  it('of the naive design is a call and a row for each event', () => {
    expect(factsOf(SHAPE)).toBe(75e6);
    expect(naiveLines(75e6, 100).map(({ usd }) => Math.round(usd * 100) / 100)).toEqual([11.25, 75, 6]);
  });

  it('has nobody to count where nobody watches', () => {
    const shape = { ...SHAPE, viewsPerMonth: 0 };
    expect(billUsd(linesOf(monthlyUse(shape, RUNGS), factsOf(shape), 4))).toBe(0);
  });
});
