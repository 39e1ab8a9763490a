/**
 * Counts what the platform bills for the storage of a Durable Object: rows, and alarms, each of which is a row written.
 */

export type StorageUse = { rowsRead: number; rowsWritten: number; bytesWritten: number; alarms: number };

const bytesOf = (binding: SqlStorageValue): number => {
  if (typeof binding === 'string') {
    return binding.length;
  }
  return binding instanceof ArrayBuffer ? binding.byteLength : 8;
};

/**
 * Adds every statement and every `setAlarm` to `use`. A cursor knows its rows once it has been read, which is before
 * the next statement begins. The function that this returns adds the last statement.
 */
export function countStorage(storage: DurableObjectStorage, use: StorageUse): () => void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  let last: { cursor: { rowsRead: number; rowsWritten: number }; bytes: number } | null = null;
  const settle = () => {
    if (last !== null) {
      const { rowsRead, rowsWritten } = last.cursor;
      use.rowsRead += rowsRead;
      use.rowsWritten += rowsWritten;
      use.bytesWritten += rowsWritten > 0 ? last.bytes : 0;
      last = null;
    }
  };
  sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    settle();
    const cursor = exec(query, ...bindings);
    last = { cursor, bytes: bindings.reduce<number>((sum, binding) => sum + bytesOf(binding), 0) };
    return cursor;
  }) as SqlStorage['exec'];
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (at, options) => {
    use.alarms += 1;
    return setAlarm(at, options);
  };
  return settle;
}
