/** The bill's arithmetic, at the points where what must come of it is plain. */
import { describe, expect, it } from 'vitest';
import { billLines, billUsd, eventsOf, naiveLines, ratesOf, type Shape } from '../../../bench/views/bill.ts';

const SHAPE: Shape = {
  ...{ viewsPerMonth: 1e6, minutesPerView: 5, segmentSeconds: 4, assets: 100, exponent: 1, isolates: 20 },
  ...{ flushSeconds: 10, collectorMicroseconds: 5 },
};

describe('calls of counters', () => {
  it('are one for each flush of a session that is alone', () => {
    const rate = 1e-6;
    // 300 s in steps of 14: the next fact comes after 4 s, its batch goes 10 s later.
    expect(ratesOf(rate, SHAPE).batches / rate).toBeCloseTo(300 / 14, 0);
  });

  it('are one for each full batch where an isolate is busy', () => {
    const rate = 1e6;
    expect(ratesOf(rate, SHAPE).batches / (rate * 75)).toBeCloseTo(1 / 4_096, 6);
  });

  it('do not grow with an audience that is there already', () => {
    // Ten times as many come, and each isolate goes on flushing twice a second.
    const [some, many] = [ratesOf(200, SHAPE), ratesOf(2_000, SHAPE)];
    expect(many.batches / some.batches).toBeLessThan(1.25);
  });

  it('grow with the isolates that share an audience', () => {
    expect(ratesOf(200, { ...SHAPE, isolates: 200 }).batches).toBeGreaterThan(3 * ratesOf(200, SHAPE).batches);
  });
});

describe('the bill', () => {
  it('is less for each view, the more there are', () => {
    const perView = [1e6, 1e8, 1e10].map(
      (viewsPerMonth) => billUsd(billLines({ ...SHAPE, viewsPerMonth })) / viewsPerMonth,
    );
    expect(perView).toEqual(perView.toSorted((a, b) => b - a));
  });

  it('of the naive design is a call and a row for each event', () => {
    expect(eventsOf(SHAPE)).toBe(75e6);
    expect(naiveLines(SHAPE).map(({ usd }) => Math.round(usd * 100) / 100)).toEqual([11.25, 75, 6]);
  });

  it('has nobody to count where nobody watches', () => {
    expect(billUsd(billLines({ ...SHAPE, viewsPerMonth: 0 }))).toBe(0);
  });
});
