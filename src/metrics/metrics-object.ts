/**
 * Metrics: the Durable Object that sums the totals of all isolates (ledger.ts).
 *
 * What is lost: the counts after an isolate's last report, which it makes on a request and at most once in
 * REPORT_INTERVAL_MS. Also that last report, if this object is restarted within FLUSH_MS of it. The rest arrives, once.
 *
 * Cost at 1,000 isolates that are always busy: 67 reports/s are 173 M requests a month, $26, and 7 % of what one object
 * can take. Each flush writes all isolates, 3 KB each, into rows of up to 1.5 MB: 2 rows and one for the alarm every 5 s
 * are 1.6 M rows, $1.60 (a row per report would be 173 M rows, $173). Duration: $4. An idle deployment pays for one
 * request, one alarm and two rows per report.
 */
import { DurableObject } from 'cloudflare:workers';
import { Alarm } from '../platform/alarm.ts';
import { RETIRE_AFTER_MS } from './isolate-reporter.ts';
import { Ledger } from './ledger.ts';
import type { Totals } from './meter.ts';

/** An idle object is dropped from memory after 10 s without notice: reports have to be stored before. */
export const FLUSH_MS = 5_000;

export class Metrics extends DurableObject<object> {
  readonly #sql = this.ctx.storage.sql;
  readonly #alarm = new Alarm(this.ctx.storage);
  readonly #ledger: Ledger;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#sql.exec('CREATE TABLE IF NOT EXISTS pages (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT');
    const rows = this.#sql.exec<{ text: string }>('SELECT text FROM pages ORDER BY number').toArray();
    this.#ledger = Ledger.read(rows.map(({ text }) => text));
  }

  /** Whether the report was taken. If not, the isolate's next report holds its counts. */
  async report(isolate: string, totals: Totals): Promise<boolean> {
    const taken = this.#ledger.record(isolate, totals, Date.now());
    await this.#alarm.setBy(Date.now() + FLUSH_MS);
    return taken;
  }

  async collect(isolate: string, totals: Totals): Promise<{ taken: boolean; totals: Totals }> {
    return { taken: await this.report(isolate, totals), totals: this.#ledger.sum() };
  }

  /** One transaction, since it has no await. */
  override alarm(): void {
    this.#ledger.retire(Date.now() - RETIRE_AFTER_MS);
    const pages = this.#ledger.pages();
    pages.forEach((text, number) => {
      this.#sql.exec('INSERT OR REPLACE INTO pages (number, text) VALUES (?, ?)', number, text);
    });
    this.#sql.exec('DELETE FROM pages WHERE number >= ?', pages.length);
  }
}
