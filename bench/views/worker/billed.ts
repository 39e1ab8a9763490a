/** What the platform bills for the Durable Objects of a class: calls, rows written and alarms set. */
import { type Billed, type BilledObjects, NOTHING_BILLED } from '../load-order.ts';
import { countStorage } from './count-storage.ts';

/** For all objects of a class, which share an isolate. An object's bill is kept when the object is evicted. */
export class Bills {
  readonly #bills = new Map<string, { billed: Billed; settle: () => void }>();

  /** `written` gives the rows so far. */
  open({ id, storage }: DurableObjectState): { billed: Billed; written: () => number } {
    const name = String(id.name);
    const known = this.#bills.get(name);
    known?.settle();
    const billed = known?.billed ?? { ...NOTHING_BILLED };
    this.#bills.set(name, { billed, settle: countStorage(storage, billed) });
    const written = () => {
      this.#bills.get(name)?.settle();
      return billed.rowsWritten + billed.alarms;
    };
    return { billed, written };
  }

  all(): BilledObjects {
    return Object.fromEntries(
      [...this.#bills].map(([name, { billed, settle }]) => {
        settle();
        return [name, billed];
      }),
    );
  }
}
