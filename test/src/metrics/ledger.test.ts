import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  IsolateReporter,
  RENEW_AFTER_MS,
  REPORT_INTERVAL_MS,
  RETIRE_AFTER_MS,
} from '../../../src/metrics/isolate-reporter.ts';
import { Ledger, MAX_ISOLATES } from '../../../src/metrics/ledger.ts';
import { Meter } from '../../../src/metrics/meter.ts';
import { SERIES_KEYS } from '../../../src/metrics/metric-series.ts';

const [A = '', B = ''] = SERIES_KEYS;

describe('the ledger', () => {
  test('adds isolates up; repeated, late and overtaken reports change nothing', () => {
    const ledger = new Ledger();
    ledger.record('one', { [A]: 5, [B]: 1 }, 0);
    ledger.record('two', { [A]: 10 }, 0);
    ledger.record('one', { [A]: 7, [B]: 1 }, 1);
    ledger.record('one', { [A]: 5, [B]: 1 }, 2);
    ledger.record('two', { [A]: 10 }, 3);
    expect(ledger.sum()).toEqual({ [A]: 17, [B]: 1 });
  });

  test('comes to the same sum in whatever order reports arrive, whatever is lost but the last', () => {
    const reports = fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three'), fc.nat(1000)), { maxLength: 30 });
    fc.assert(
      fc.property(reports, fc.func(fc.nat()), (made, rank) => {
        const ledger = new Ledger();
        const shuffled = [...made, ...made].sort((x, y) => rank(x) - rank(y));
        for (const [isolate, value] of shuffled) {
          ledger.record(isolate, { [A]: value }, 0);
        }
        const last = new Map<string, number>();
        for (const [isolate, value] of made) {
          last.set(isolate, Math.max(value, last.get(isolate) ?? 0));
        }
        expect(ledger.sum()[A] ?? 0).toBe([...last.values()].reduce((sum, value) => sum + value, 0));
      }),
    );
  });

  test('folds in who fell silent, without a change of the sum', () => {
    const ledger = new Ledger();
    ledger.record('old', { [A]: 5 }, 0);
    ledger.record('young', { [A]: 6 }, 100);
    ledger.retire(50);
    expect(ledger.sum()).toEqual({ [A]: 11 });
    // Heard of just then, and not forgotten by a report that was made before it.
    ledger.record('young', { [A]: 6 }, 10);
    ledger.retire(100);
    ledger.record('young', { [A]: 8 }, 101);
    expect(ledger.sum()).toEqual({ [A]: 13 });
  });

  test('leaves out series that it does not know', () => {
    const ledger = new Ledger();
    ledger.record('one', { [A]: 5, 'sluice_requests_total delivery eyJ 200 none': 9 }, 0);
    expect(ledger.sum()).toEqual({ [A]: 5 });
  });

  test('is bounded; who is left out is taken in when others are gone', () => {
    const ledger = new Ledger();
    for (let index = 0; index < MAX_ISOLATES; index += 1) {
      expect(ledger.record(`i${index}`, { [A]: 1 }, index)).toBe(true);
    }
    expect(ledger.record('late', { [A]: 1 }, 0)).toBe(false);
    expect(ledger.record('i0', { [A]: 2 }, MAX_ISOLATES)).toBe(true);
    ledger.retire(2);
    expect(ledger.record('late', { [A]: 1 }, 0)).toBe(true);
    expect(ledger.sum()).toEqual({ [A]: MAX_ISOLATES + 2 });
  });

  test('is read back from pages, each small enough for a row', () => {
    const ledger = new Ledger();
    const many = Object.fromEntries(SERIES_KEYS.map((key, index) => [key, index + 1]));
    for (let index = 0; index < 60; index += 1) {
      ledger.record(`i${index}`, many, index);
    }
    ledger.retire(10);
    const pages = ledger.pages();
    expect(pages.length).toBeGreaterThan(1);
    expect(Math.max(...pages.map((page) => new TextEncoder().encode(page).length))).toBeLessThan(2_000_000);
    const read = Ledger.read(pages);
    expect(read.sum()).toEqual(ledger.sum());
    expect(read.pages()).toEqual(pages);
    expect(Ledger.read([]).sum()).toEqual({});
  });
});

describe('an isolate', () => {
  /** An isolate whose requests are all refusals; `total` is what everybody together has counted. */
  function isolate() {
    const meter = new Meter();
    return { reporter: new IsolateReporter(meter), count: () => meter.countRefusal('not_found') };
  }
  const total = (ledger: Ledger): number => ledger.sum()['sluice_refusals_total not_found'] ?? 0;

  test('reports at once, then at most once in the interval', () => {
    const { reporter } = isolate();
    expect(reporter.isDue(0)).toBe(true);
    reporter.makeReport(0);
    expect(reporter.isDue(REPORT_INTERVAL_MS - 1)).toBe(false);
    expect(reporter.isDue(REPORT_INTERVAL_MS)).toBe(true);
  });

  test('goes on under its name while it reports, and begins anew after a silence', () => {
    const ledger = new Ledger();
    const { reporter, count } = isolate();
    const report = (nowMs: number) => {
      count();
      const made = reporter.makeReport(nowMs);
      ledger.record(made.isolate, made.totals, nowMs);
      reporter.noteArrived(made);
      return made.isolate;
    };
    const first = report(0);
    expect(report(RENEW_AFTER_MS)).toBe(first);
    expect(report(RENEW_AFTER_MS + REPORT_INTERVAL_MS)).toBe(first);
    ledger.retire(RENEW_AFTER_MS + REPORT_INTERVAL_MS + 1);
    const second = report(2 * RENEW_AFTER_MS + REPORT_INTERVAL_MS + 1);
    expect(second).not.toBe(first);
    expect(total(ledger)).toBe(4);
  });

  test('loses nothing when the object is away for long, and counts nothing twice when it is back', () => {
    const ledger = new Ledger();
    const { reporter, count } = isolate();
    count();
    const first = reporter.makeReport(0);
    ledger.record(first.isolate, first.totals, 0);
    reporter.noteArrived(first);
    for (let nowMs = REPORT_INTERVAL_MS; nowMs < 3 * RETIRE_AFTER_MS; nowMs += REPORT_INTERVAL_MS) {
      count();
      reporter.makeReport(nowMs);
    }
    const backAtMs = 3 * RETIRE_AFTER_MS;
    ledger.retire(backAtMs - RETIRE_AFTER_MS);
    const made = reporter.makeReport(backAtMs);
    ledger.record(made.isolate, made.totals, backAtMs);
    expect(total(ledger)).toBe(3 * (RETIRE_AFTER_MS / REPORT_INTERVAL_MS));
  });

  test('keeps its name while it waits for an answer, whatever is heard of the name before', () => {
    const { reporter, count } = isolate();
    const start = 1_800_000_000_000;
    count();
    const first = reporter.makeReport(start);
    expect(reporter.makeReport(start + REPORT_INTERVAL_MS).isolate).toBe(first.isolate);
    const second = reporter.makeReport(start + RENEW_AFTER_MS + 1);
    expect(second.isolate).not.toBe(first.isolate);
    reporter.noteArrived(first);
    expect(reporter.makeReport(start + RENEW_AFTER_MS + 2).isolate).toBe(second.isolate);
  });

  test('reports no more often because its clock was set back', () => {
    const { reporter } = isolate();
    reporter.makeReport(1000);
    reporter.makeReport(0);
    expect(reporter.isDue(REPORT_INTERVAL_MS + 999)).toBe(false);
    expect(reporter.isDue(REPORT_INTERVAL_MS + 1000)).toBe(true);
  });

  test('has given up its name long before the ledger folds it in', () => {
    // A report may be under way for 30 s, and two clocks differ by as much.
    expect(RETIRE_AFTER_MS).toBeGreaterThan(RENEW_AFTER_MS + 2 * 30_000);
    // Ten times the isolates that the price is worked out for.
    expect(MAX_ISOLATES).toBeGreaterThanOrEqual(10_000);
  });

  test('learns late, and in the wrong order, what arrived', () => {
    const ledger = new Ledger();
    const { reporter, count } = isolate();
    count();
    const first = reporter.makeReport(0);
    count();
    const second = reporter.makeReport(1);
    for (const made of [second, first]) {
      ledger.record(made.isolate, made.totals, 2);
      reporter.noteArrived(made);
    }
    const third = reporter.makeReport(2 * RENEW_AFTER_MS);
    ledger.record(third.isolate, third.totals, 2 * RENEW_AFTER_MS);
    reporter.noteArrived(first);
    expect(third.totals).toEqual({});
    expect(total(ledger)).toBe(2);
  });

  test('that is started anew counts beside what it was', () => {
    const ledger = new Ledger();
    for (const { reporter, count } of [isolate(), isolate()]) {
      count();
      const made = reporter.makeReport(0);
      ledger.record(made.isolate, made.totals, 0);
    }
    expect(total(ledger)).toBe(2);
  });
});
