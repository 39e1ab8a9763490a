/**
 * The real ViewCounter with a record of its cost, and the naive design that it is compared with: one call and one row
 * per event. FAULT breaks the real one on purpose, to show that the truth test can fail.
 */
import { DurableObject } from 'cloudflare:workers';
import type { ReportAnswer, ShardReport } from '../../../src/analytics/count/shard-report.ts';
import { ViewCounter as Counter, type ViewCounterEnv } from '../../../src/analytics/count/view-counter.ts';
import type { Batch, RecordAnswer } from '../../../src/analytics/facts.ts';
import type { Fault } from '../chunks.ts';
import type { Billed, BilledObjects } from '../load-order.ts';
import { Bills } from './billed.ts';
import { virtualObjects } from './virtual-objects.ts';

export type CounterEnv = ViewCounterEnv & { FAULT?: Fault };

const viewBills = new Bills();
/** The bills of all view counters. */
export const viewBillsSoFar = (): BilledObjects => viewBills.all();
const naiveBills = new Bills();

export class ViewCounter extends Counter {
  readonly #billed: Billed;
  readonly #fault: Fault;
  readonly #serve: <T>(work: () => Promise<T>) => Promise<T>;
  #batches = 0;

  constructor(context: DurableObjectState, env: CounterEnv) {
    const objects = virtualObjects();
    const serve = objects?.enter(context, () => written());
    const { billed, written } = viewBills.open(context);
    if (env.FAULT === 'forget') {
      forgetLog(context.storage.sql);
    }
    super(context, objects?.env ?? env);
    this.#serve = serve ?? ((work) => work());
    this.#billed = billed;
    this.#fault = env.FAULT ?? 'none';
  }

  override record(batchJson: string): Promise<RecordAnswer> {
    this.#billed.requests += 1;
    this.#batches += 1;
    const text = this.#fault === 'add' ? asIfNew(batchJson, this.#batches) : batchJson;
    return this.#serve(() => super.record(text));
  }

  override report(report: ShardReport): Promise<ReportAnswer> {
    this.#billed.otherCalls += 1;
    return this.#serve(() => super.report(report));
  }

  override pull(): Promise<ShardReport | null> {
    this.#billed.otherCalls += 1;
    return this.#serve(() => super.pull());
  }

  override alarm(): Promise<void> {
    this.#billed.otherCalls += 1;
    return this.#serve(() => super.alarm());
  }

  /** An alarm of the virtual clock. */
  fireAlarm(): Promise<void> {
    return this.alarm();
  }

  /** As the platform does when an object has been idle. */
  evict(): void {
    this.ctx.abort('idle');
  }

  /** The bills of all objects of this class. */
  billed(): BilledObjects {
    return viewBills.all();
  }
}

function forgetLog(sql: SqlStorage): void {
  if (sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'log'`).toArray().length > 0) {
    sql.exec('DELETE FROM log');
  }
}

/** Renames the sessions of a batch, so that the counter counts duplicates again. */
function asIfNew(batchJson: string, batch: number): string {
  const value: Batch = JSON.parse(batchJson);
  for (const { sessions } of value.versions) {
    for (const facts of sessions) {
      facts[0] = `${facts[0]}_${batch.toString(36)}`;
    }
  }
  return JSON.stringify(value);
}

export class NaiveCounter extends DurableObject<object> {
  readonly #billed: Billed;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#billed = naiveBills.open(context).billed;
    context.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS events (session TEXT NOT NULL, number INTEGER NOT NULL) STRICT',
    );
  }

  count(session: string, number: number): void {
    this.#billed.requests += 1;
    this.ctx.storage.sql.exec('INSERT INTO events (session, number) VALUES (?, ?)', session, number);
  }

  billed(): BilledObjects {
    return naiveBills.all();
  }
}
