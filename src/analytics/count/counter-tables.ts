/**
 * The tables of a counter in its SQLite. The first write makes them, so asking an object that holds nothing leaves nothing
 * behind. Everything is synchronous: what is done without an await is one transaction.
 */

/** `log`, `snapshot` and `notes`: counter-store.ts. `series` and `shards`: view-series.ts, of the root alone. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    slot INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,
    -- The shard's clock and the setting that makes a view, as they were for these batches: a replay gives the same.
    at_ms INTEGER NOT NULL, view_ms REAL NOT NULL,
    -- JSON array.
    batches TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot (page INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS series (
    resolution TEXT NOT NULL, start_ms INTEGER NOT NULL,
    views INTEGER NOT NULL, watch_ms REAL NOT NULL, peak INTEGER NOT NULL,
    -- JSON, of hours and days; a HyperLogLog, of days.
    split TEXT, viewers BLOB,
    PRIMARY KEY (resolution, start_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shards (
    shard INTEGER PRIMARY KEY, minute_ms INTEGER NOT NULL, hour_ms INTEGER NOT NULL,
    -- The last report that was worth a row, JSON; null for the root itself.
    report TEXT
  ) STRICT;`;

type SqlRow = Record<string, SqlStorageValue>;
type Binding = SqlStorageValue | Uint8Array;

export class CounterTables {
  readonly #sql: SqlStorage;
  #exist: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#exist = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'notes'`).toArray().length > 0;
    if (this.#exist) {
      // Earlier releases made the last two when they were first written to.
      sql.exec(SCHEMA);
    }
  }

  /** Rows as they are read; none before the first write. */
  read<T extends SqlRow>(query: string, ...values: Binding[]): Iterable<T> {
    return this.#exist ? this.#sql.exec<T>(query, ...values) : [];
  }

  has(query: string, ...values: Binding[]): boolean {
    return [...this.read(query, ...values)].length > 0;
  }

  write(query: string, ...values: Binding[]): void {
    if (!this.#exist) {
      this.#sql.exec(SCHEMA);
      this.#exist = true;
    }
    this.#sql.exec(query, ...values);
  }
}
