/**
 * The real ViewCounter with what it costs written down, and the design that it is compared with: one call and one row for
 * each event. FAULT makes the real one wrong on purpose, to show that the truth test can fail.
 */
import { DurableObject } from 'cloudflare:workers';
import { ViewCounter as Counter, type ViewCounterEnv } from '../../../src/analytics/count/view-counter.ts';
import type { Batch, RecordAnswer } from '../../../src/analytics/facts.ts';
import type { Fault } from '../chunks.ts';
import type { Billed } from '../load-order.ts';
import { nothingBilled, watchStorage } from './billed.ts';

export type CounterEnv = ViewCounterEnv & { FAULT?: Fault };

export class ViewCounter extends Counter {
  readonly #billed: Billed;
  readonly #settle: () => void;
  readonly #fault: Fault;
  #batches = 0;

  constructor(context: DurableObjectState, env: CounterEnv) {
    const billed = nothingBilled();
    const { settle } = watchStorage(context.storage, billed);
    if (env.FAULT === 'forget') {
      forgetLog(context.storage.sql);
    }
    super(context, env);
    this.#billed = billed;
    this.#settle = settle;
    this.#fault = env.FAULT ?? 'none';
  }

  override record(batchJson: string): Promise<RecordAnswer> {
    this.#billed.requests += 1;
    this.#batches += 1;
    return super.record(this.#fault === 'add' ? asIfNew(batchJson, this.#batches) : batchJson);
  }

  billed(): Billed {
    this.#settle();
    return this.#billed;
  }
}

function forgetLog(sql: SqlStorage): void {
  if (sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'log'`).toArray().length > 0) {
    sql.exec('DELETE FROM log');
  }
}

/** The same facts of sessions that nobody has met: so the counter adds them up. */
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
  readonly #billed = nothingBilled();
  readonly #settle: () => void;

  constructor(context: DurableObjectState, env: object) {
    super(context, env);
    this.#settle = watchStorage(context.storage, this.#billed).settle;
    context.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS events (session TEXT NOT NULL, number INTEGER NOT NULL) STRICT',
    );
  }

  count(session: string, number: number): void {
    this.#billed.requests += 1;
    this.ctx.storage.sql.exec('INSERT INTO events (session, number) VALUES (?, ?)', session, number);
  }

  billed(): Billed {
    this.#settle();
    return this.#billed;
  }
}
