/**
 * When an isolate reports its totals, and under which name. Pure but for the random name.
 *
 * An isolate that has not seen a report arrive for RENEW_AFTER_MS takes a new name and starts it with the counts that did
 * not arrive. So the ledger can fold in a name that is long silent: no isolate will use it again. Reports that arrive but
 * seem to fail for that long are counted twice.
 */
import { randomId } from '../platform/random-id.ts';
import type { Meter, Totals } from './meter.ts';

/** Shorter than most scrape intervals; metrics-object.ts has the cost. */
export const REPORT_INTERVAL_MS = 15_000;
export const RENEW_AFTER_MS = 4 * REPORT_INTERVAL_MS;
/** Far longer than RENEW_AFTER_MS, a report under way (30 s) and the difference of two clocks together. */
export const RETIRE_AFTER_MS = 5 * 60_000;

export type IsolateReport = { isolate: string; totals: Totals; madeAtMs: number };

export class IsolateReporter {
  readonly #meter: Meter;
  #madeAtMs = -Infinity;
  /**
   * The last report known to have arrived under the present name; an empty one while none has. Undefined before the first
   * report: the runtime has no randomness while modules load.
   */
  #arrived: IsolateReport | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** The first request of an isolate is followed by a report: many isolates live for few requests. */
  isDue(nowMs: number): boolean {
    return nowMs - this.#madeAtMs >= REPORT_INTERVAL_MS;
  }

  makeReport(nowMs: number): IsolateReport {
    if (this.#arrived === undefined || nowMs - this.#arrived.madeAtMs > RENEW_AFTER_MS) {
      this.#meter.subtract(this.#arrived?.totals ?? {});
      this.#arrived = { isolate: randomId(20), totals: {}, madeAtMs: nowMs };
    }
    this.#madeAtMs = Math.max(this.#madeAtMs, nowMs);
    return { isolate: this.#arrived.isolate, totals: this.#meter.snapshot(), madeAtMs: nowMs };
  }

  /** Reports may be noted late and in any order. */
  noteArrived(report: IsolateReport): void {
    if (report.isolate === this.#arrived?.isolate && report.madeAtMs >= this.#arrived.madeAtMs) {
      this.#arrived = report;
    }
  }
}
