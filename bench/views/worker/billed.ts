/** What the platform bills of Durable Objects: calls, rows that statements write, alarms that are set; and their bytes. */
import type { Billed, BilledObjects } from '../load-order.ts';

/** Of all objects of a class, which share an isolate: what an object has cost outlives it. */
export class Bills {
  readonly #bills = new Map<string, { billed: Billed; settle: () => void }>();

  open({ id, storage }: DurableObjectState): Billed {
    const name = String(id.name);
    const known = this.#bills.get(name);
    known?.settle();
    const billed = known?.billed ?? { requests: 0, otherCalls: 0, rowsWritten: 0, alarms: 0, bytesWritten: 0 };
    this.#bills.set(name, { billed, settle: watchStorage(storage, billed) });
    return billed;
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

const bytesOf = (binding: SqlStorageValue): number => {
  if (typeof binding === 'string') {
    return binding.length;
  }
  return binding instanceof ArrayBuffer ? binding.byteLength : 8;
};

/** A cursor knows its rows once it was read, which is before the next statement begins. */
function watchStorage(storage: DurableObjectStorage, billed: Billed): () => void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  let last: { cursor: { rowsWritten: number }; bytes: number } | null = null;
  const settle = () => {
    const rows = last?.cursor.rowsWritten ?? 0;
    billed.rowsWritten += rows;
    billed.bytesWritten += rows > 0 ? (last?.bytes ?? 0) : 0;
    last = null;
  };
  sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    settle();
    const cursor = exec(query, ...bindings);
    last = { cursor, bytes: bindings.reduce<number>((sum, binding) => sum + bytesOf(binding), 0) };
    return cursor;
  }) as SqlStorage['exec'];
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (at, options) => {
    billed.alarms += 1;
    return setAlarm(at, options);
  };
  return settle;
}
