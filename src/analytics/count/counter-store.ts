/**
 * What a shard keeps in its SQLite. A small one stores its whole state with each batch: one row, and nothing else to read or
 * to delete. A larger one keeps a log of the batches as they came, and from time to time a snapshot, after which the log begins
 * anew. The log is a ring of slots that are overwritten: an append costs one row, forgetting none.
 *
 * The first write makes the tables, so asking an object that holds nothing leaves nothing behind. Everything is synchronous:
 * what is done without an await is one transaction.
 */
import type { Batch } from '../facts.ts';
import type { ShardState } from './shard-state.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** `points` and `shards` are the root's (view-series.ts). `batches` and `points` are JSON. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    slot INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,
    -- The shard's clock and the setting that makes a view, as they were for these batches: a replay gives the same.
    at_ms INTEGER NOT NULL, view_ms REAL NOT NULL, batches TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot (page INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS points (
    resolution TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, points TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS shards (
    shard INTEGER PRIMARY KEY, minute_ms INTEGER NOT NULL, hour_ms INTEGER NOT NULL,
    -- The last report that was worth a row, JSON; null for the root itself.
    report TEXT
  ) STRICT;`;

/** 128 batches cost 128 rows and a snapshot of a few. */
export const LOG_ROWS = 128;
/** Replayed at a restart in less than a second. A snapshot of a full shard has about this size too. */
const LOG_BYTES = 24 * 1024 * 1024;

/** Which counter this is, and what the root keeps. */
type NoteName = 'counter' | 'viewers' | 'base' | 'rolled-day';
type LogRow = { sequence: number; at_ms: number; view_ms: number; batches: string };

export class CounterStore {
  readonly #sql: SqlStorage;
  #hasTables: boolean;
  #sequence = 0;
  #snapshotSequence = 0;
  #logBytes = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#hasTables = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'notes'`).toArray().length > 0;
    if (this.#hasTables) {
      // Earlier releases had fewer.
      sql.exec(SCHEMA);
    }
  }

  /** Rows as they are read; none before the first write. */
  read<T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]): Iterable<T> {
    return this.#hasTables ? this.#sql.exec<T>(query, ...values) : [];
  }

  first<T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]): T | undefined {
    return [...this.read<T>(query, ...values)][0];
  }

  write(query: string, ...values: SqlStorageValue[]): void {
    if (!this.#hasTables) {
      this.#sql.exec(SCHEMA);
      this.#hasTables = true;
    }
    this.#sql.exec(query, ...values);
  }

  /** The state as it was when the last batch was acknowledged. */
  load(): ShardState {
    const { state, sequence } = readSnapshot(this.read('SELECT text FROM snapshot ORDER BY page'));
    this.#sequence = sequence;
    this.#snapshotSequence = sequence;
    for (const row of this.read<LogRow>('SELECT * FROM log WHERE sequence > ? ORDER BY sequence', sequence)) {
      for (const batch of JSON.parse(row.batches) as Batch[]) {
        state.apply(batch, row.at_ms, row.view_ms);
      }
      this.#sequence = row.sequence;
      this.#logBytes += row.batches.length;
    }
    return state;
  }

  /** What was applied to the state: texts of batches that parseBatch has checked. */
  store(state: ShardState, texts: readonly string[], atMs: number, viewMs: number): void {
    const isRingFull = this.#sequence - this.#snapshotSequence >= LOG_ROWS;
    if (isRingFull || this.#logBytes >= LOG_BYTES || (state.isSmall && !this.hasLog)) {
      this.snapshot(state);
      return;
    }
    this.#sequence += 1;
    const batches = `[${texts.join(',')}]`;
    this.write(
      'INSERT OR REPLACE INTO log (slot, sequence, at_ms, view_ms, batches) VALUES (?, ?, ?, ?, ?)',
      ...[this.#sequence % LOG_ROWS, this.#sequence, atMs, viewMs, batches],
    );
    this.#logBytes += batches.length;
  }

  snapshot(state: ShardState): void {
    let pages = 0;
    for (const text of writeSnapshot(state, this.#sequence)) {
      this.write('INSERT OR REPLACE INTO snapshot (page, text) VALUES (?, ?)', pages, text);
      pages += 1;
    }
    this.write('DELETE FROM snapshot WHERE page >= ?', pages);
    this.#snapshotSequence = this.#sequence;
    this.#logBytes = 0;
  }

  /** Leaves no batch behind: those that the snapshot has made needless name viewers too. */
  snapshotAndClearLog(state: ShardState): void {
    this.snapshot(state);
    this.write('DELETE FROM log');
  }

  get hasLog(): boolean {
    return this.first('SELECT 1 FROM log LIMIT 1') !== undefined;
  }

  /** Sessions that batches which are still there tie to one of the viewers. */
  sessionsOf(viewers: readonly string[]): Set<string> {
    const found = new Set<string>();
    for (const { batches } of this.read<{ batches: string }>('SELECT batches FROM log')) {
      const isNamed = viewers.some((viewer) => batches.includes(viewer));
      for (const { versions } of isNamed ? (JSON.parse(batches) as Batch[]) : []) {
        for (const [id, , viewer] of versions.flatMap(({ sessions }) => sessions)) {
          if (viewers.includes(viewer)) {
            found.add(id);
          }
        }
      }
    }
    return found;
  }

  /** Snapshots of earlier releases name viewers of sessions that are no views yet. */
  snapshotNames(viewers: readonly string[]): boolean {
    return viewers.some(
      (viewer) => this.first('SELECT 1 FROM snapshot WHERE instr(text, ?) > 0', viewer) !== undefined,
    );
  }

  note(name: NoteName): string | null {
    return this.first<{ value: string }>('SELECT value FROM notes WHERE name = ?', name)?.value ?? null;
  }

  setNote(name: NoteName, value: string): void {
    this.write('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)', name, value);
  }
}
