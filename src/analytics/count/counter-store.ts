/**
 * What a shard keeps in its SQLite: a log of the batches as they came, and now and then the whole state, after which the
 * log begins anew. All of a Durable Object's SQL on them; synchronous, so that what is done without an await is one
 * transaction.
 *
 * The log is a ring of slots that are written over: one row for each append, none for forgetting. Tables are made by the
 * first write, so that asking an object that holds nothing leaves nothing behind.
 */
import type { Batch } from '../facts.ts';
import type { ShardState } from './shard-state.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** A snapshot of a small audience is one or two rows: 128 batches cost 130. */
export const LOG_ROWS = 128;
/** Replayed at a restart in less than a second; a snapshot of a full shard is of that size too. */
const LOG_BYTES = 24 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    slot INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,
    -- The shard's clock, and the setting that makes a view, as the batches met them: a replay comes to the same.
    at_ms INTEGER NOT NULL, view_ms REAL NOT NULL,
    -- JSON array.
    batches TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot (page INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`;

/** Single values: which counter this is, how late it was when that mattered, … */
export type NoteName = 'counter' | 'clock' | 'viewers' | 'rolled-day' | 'base';

type LogRow = { sequence: number; at_ms: number; view_ms: number; batches: string };

export class CounterStore {
  readonly #sql: SqlStorage;
  #hasSchema: boolean;
  #sequence = 0;
  /** Of the last snapshot. */
  #snapshotSequence = 0;
  #logBytes = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#hasSchema = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'notes'`).toArray().length > 0;
  }

  #prepare(): void {
    if (!this.#hasSchema) {
      this.#sql.exec(SCHEMA);
      this.#hasSchema = true;
    }
  }

  /** The state as it was when the last batch was acknowledged. */
  load(): ShardState {
    if (!this.#hasSchema) {
      return readSnapshot([]).state;
    }
    const pages = this.#sql.exec<{ text: string }>('SELECT text FROM snapshot ORDER BY page');
    const { state, sequence } = readSnapshot(textsOf(pages));
    this.#sequence = sequence;
    this.#snapshotSequence = sequence;
    const rows = this.#sql.exec<LogRow>('SELECT * FROM log WHERE sequence > ? ORDER BY sequence', sequence);
    for (const row of rows) {
      for (const batch of JSON.parse(row.batches) as Batch[]) {
        state.apply(batch, row.at_ms, row.view_ms);
      }
      this.#sequence = row.sequence;
      this.#logBytes += row.batches.length;
    }
    state.advance(Number(this.note('clock') ?? 0));
    return state;
  }

  /** Texts of batches, checked (parseBatch), in one row. */
  append(texts: readonly string[], atMs: number, viewMs: number): void {
    this.#prepare();
    const sequence = this.#sequence + 1;
    const batches = `[${texts.join(',')}]`;
    this.#sql.exec(
      'INSERT OR REPLACE INTO log (slot, sequence, at_ms, view_ms, batches) VALUES (?, ?, ?, ?, ?)',
      sequence % LOG_ROWS,
      sequence,
      atMs,
      viewMs,
      batches,
    );
    this.#sequence = sequence;
    this.#logBytes += batches.length;
  }

  /** Before the next append: the ring is full, or a restart would take too long. */
  get mustSnapshot(): boolean {
    return this.#sequence - this.#snapshotSequence >= LOG_ROWS || this.#logBytes >= LOG_BYTES;
  }

  snapshot(state: ShardState): void {
    this.#prepare();
    let pages = 0;
    for (const text of writeSnapshot(state, this.#sequence)) {
      this.#sql.exec('INSERT OR REPLACE INTO snapshot (page, text) VALUES (?, ?)', pages, text);
      pages += 1;
    }
    this.#sql.exec('DELETE FROM snapshot WHERE page >= ?', pages);
    this.#snapshotSequence = this.#sequence;
    this.#logBytes = 0;
  }

  /** A snapshot that leaves no batch behind: also those that it has made needless name viewers. */
  snapshotAndClearLog(state: ShardState): void {
    this.snapshot(state);
    this.#sql.exec('DELETE FROM log');
  }

  get hasLog(): boolean {
    return this.#hasSchema && this.#sql.exec('SELECT 1 FROM log LIMIT 1').toArray().length > 0;
  }

  /** Whether a batch that is still there names one of them. */
  logNames(viewers: readonly string[]): boolean {
    return (
      this.#hasSchema &&
      viewers.some(
        (viewer) =>
          this.#sql.exec('SELECT 1 FROM log WHERE instr(batches, ?) > 0 LIMIT 1', viewer).toArray().length > 0,
      )
    );
  }

  note(name: NoteName): string | null {
    if (!this.#hasSchema) {
      return null;
    }
    const rows = this.#sql.exec<{ value: string }>('SELECT value FROM notes WHERE name = ?', name).toArray();
    return rows[0]?.value ?? null;
  }

  setNote(name: NoteName, value: string): void {
    this.#prepare();
    this.#sql.exec('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)', name, value);
  }
}

function* textsOf(rows: Iterable<{ text: string }>): Generator<string> {
  for (const { text } of rows) {
    yield text;
  }
}
