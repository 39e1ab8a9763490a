/**
 * Metrics: the Durable Object in which the totals of all isolates come together. A thin shell over ledger.ts.
 *
 * What is lost: an isolate reports on a request, at most once in REPORT_INTERVAL_MS, so what it counted after its last
 * report goes with it when it ends; and an isolate that ends within FLUSH_MS of its last report loses that report too if
 * this object is restarted just then. Everything else arrives, once.
 *
 * Cost at 1,000 isolates that are always busy: 67 reports/s are 173 M requests a month, $26, and 7 % of what one object
 * can take. Each flush writes all isolates into rows of up to 1.5 MB, at 3 KB each 2 rows, plus one for the alarm: every
 * 5 s that is 1.6 M rows, $1.60 (a row per report would be 173 M rows, $173). Duration $4. An idle deployment pays for
 * one request, one alarm and two rows per report.
 */
import { DurableObject } from 'cloudflare:workers';
import { Alarm } from '../platform/alarm.ts';
import { RETIRE_AFTER_MS } from './isolate-reporter.ts';
import { Ledger } from './ledger.ts';
import type { Totals } from './meter.ts';

/** An idle object is dropped from memory after 10 s without notice: what it was told has to be stored before. */
export const FLUSH_MS = 5_000;

export class Metrics extends DurableObject<object> {
  readonly #sql: SqlStorage;
  readonly #ledger: Ledger;
  readonly #alarm: Alarm;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#alarm = new Alarm(context.storage);
    this.#sql = context.storage.sql;
    this.#sql.exec('CREATE TABLE IF NOT EXISTS pages (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT');
    const rows = this.#sql.exec<{ text: string }>('SELECT text FROM pages ORDER BY number').toArray();
    this.#ledger = Ledger.read(rows.map(({ text }) => text));
  }

  /** Whether the report was taken; one that was not is to be made again, with what has been counted until then. */
  async report(isolate: string, totals: Totals): Promise<boolean> {
    const taken = this.#ledger.record(isolate, totals, Date.now());
    await this.#alarm.setBy(Date.now() + FLUSH_MS);
    return taken;
  }

  /** Takes a report and returns the sums of all isolates. */
  async collect(isolate: string, totals: Totals): Promise<{ taken: boolean; totals: Totals }> {
    const taken = await this.report(isolate, totals);
    return { taken, totals: this.#ledger.sum() };
  }

  /** Without an await, hence one transaction. */
  override alarm(): void {
    this.#ledger.retire(Date.now() - RETIRE_AFTER_MS);
    const pages = this.#ledger.pages();
    pages.forEach((text, number) => {
      this.#sql.exec('INSERT OR REPLACE INTO pages (number, text) VALUES (?, ?)', number, text);
    });
    this.#sql.exec('DELETE FROM pages WHERE number >= ?', pages.length);
  }
}
