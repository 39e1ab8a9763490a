/**
 * When an isolate reports its totals, and under which name. Pure but for the random name.
 *
 * A name is used until no report has been known to arrive for RENEW_AFTER_MS; then the isolate takes a new one and begins
 * anew with what did not arrive. So the ledger may fold in a name long silent without being told: nobody will use it
 * again. One case counts twice: reports that arrived although they seemed to fail, for that long.
 */
import { randomId } from '../platform/random-id.ts';
import type { Meter, Totals } from './meter.ts';

/** Shorter than most scrape intervals; see metrics-object.ts for what it costs. */
export const REPORT_INTERVAL_MS = 15_000;
export const RENEW_AFTER_MS = 4 * REPORT_INTERVAL_MS;
/** Longer than RENEW_AFTER_MS by far more than a report can be under way (30 s) and clocks can differ. */
export const RETIRE_AFTER_MS = 5 * 60_000;

export type IsolateReport = { isolate: string; totals: Totals; madeAtMs: number };

export class IsolateReporter {
  readonly #meter: Meter;
  /** Not made before the first report: the runtime has no randomness while modules load. */
  #isolate: string | undefined;
  #madeAtMs = -Infinity;
  #namedAtMs = 0;
  /** The last report known to have arrived under the present name. */
  #arrived: IsolateReport | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** At once for the first request of an isolate: many live for few. */
  isDue(nowMs: number): boolean {
    return nowMs - this.#madeAtMs >= REPORT_INTERVAL_MS;
  }

  makeReport(nowMs: number): IsolateReport {
    if (this.#isolate === undefined || nowMs - (this.#arrived?.madeAtMs ?? this.#namedAtMs) > RENEW_AFTER_MS) {
      this.#meter.subtract(this.#arrived?.totals ?? {});
      this.#isolate = randomId(20);
      this.#namedAtMs = nowMs;
      this.#arrived = undefined;
    }
    this.#madeAtMs = Math.max(this.#madeAtMs, nowMs);
    return { isolate: this.#isolate, totals: this.#meter.snapshot(), madeAtMs: nowMs };
  }

  /** May be told late, or in another order than the reports were made. */
  noteArrived(report: IsolateReport): void {
    if (report.isolate === this.#isolate && report.madeAtMs >= (this.#arrived?.madeAtMs ?? -Infinity)) {
      this.#arrived = report;
    }
  }
}
