/**
 * What a shard keeps in its SQLite: a log of the batches as they came, and from time to time a snapshot of the whole state,
 * after which the log begins anew. The log is a ring of slots that are overwritten: an append costs one row, forgetting none.
 */
import type { Batch } from '../facts.ts';
import type { CounterTables } from './counter-tables.ts';
import type { ShardState } from './shard-state.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** A snapshot of a small audience is one or two rows: 128 batches cost 130. */
export const LOG_ROWS = 128;
/** Replayed at a restart in less than a second. A snapshot of a full shard has about this size too. */
const LOG_BYTES = 24 * 1024 * 1024;

/** Single values: which counter this is, its clock, and what the root keeps. */
type NoteName = 'counter' | 'clock' | 'viewers' | 'rolled-day' | 'base';
type LogRow = { sequence: number; at_ms: number; view_ms: number; batches: string };

export class CounterStore {
  readonly #tables: CounterTables;
  #sequence = 0;
  /** Of the last snapshot. */
  #snapshotSequence = 0;
  #logBytes = 0;

  constructor(tables: CounterTables) {
    this.#tables = tables;
  }

  /** The state as it was when the last batch was acknowledged. */
  load(): ShardState {
    const pages = this.#tables.read<{ text: string }>('SELECT text FROM snapshot ORDER BY page');
    const { state, sequence } = readSnapshot(textsOf(pages));
    this.#sequence = sequence;
    this.#snapshotSequence = sequence;
    for (const row of this.#tables.read<LogRow>('SELECT * FROM log WHERE sequence > ? ORDER BY sequence', sequence)) {
      for (const batch of JSON.parse(row.batches) as Batch[]) {
        state.apply(batch, row.at_ms, row.view_ms);
      }
      this.#sequence = row.sequence;
      this.#logBytes += row.batches.length;
    }
    state.advance(Number(this.note('clock') ?? 0));
    return state;
  }

  /** Texts of batches that parseBatch has checked, in one row. */
  append(texts: readonly string[], atMs: number, viewMs: number): void {
    this.#sequence += 1;
    const batches = `[${texts.join(',')}]`;
    this.#tables.write(
      'INSERT OR REPLACE INTO log (slot, sequence, at_ms, view_ms, batches) VALUES (?, ?, ?, ?, ?)',
      this.#sequence % LOG_ROWS,
      this.#sequence,
      atMs,
      viewMs,
      batches,
    );
    this.#logBytes += batches.length;
  }

  /** Before the next append: the ring is full, or a restart would take too long. */
  get mustSnapshot(): boolean {
    return this.#sequence - this.#snapshotSequence >= LOG_ROWS || this.#logBytes >= LOG_BYTES;
  }

  snapshot(state: ShardState): void {
    let pages = 0;
    for (const text of writeSnapshot(state, this.#sequence)) {
      this.#tables.write('INSERT OR REPLACE INTO snapshot (page, text) VALUES (?, ?)', pages, text);
      pages += 1;
    }
    this.#tables.write('DELETE FROM snapshot WHERE page >= ?', pages);
    this.#snapshotSequence = this.#sequence;
    this.#logBytes = 0;
  }

  /** Leaves no batch behind: those that the snapshot has made needless name viewers too. */
  snapshotAndClearLog(state: ShardState): void {
    this.snapshot(state);
    this.#tables.write('DELETE FROM log');
  }

  get hasLog(): boolean {
    return this.#tables.has('SELECT 1 FROM log LIMIT 1');
  }

  /** Whether a batch that is still there names one of them. */
  logNames(viewers: readonly string[]): boolean {
    return viewers.some((viewer) => this.#tables.has('SELECT 1 FROM log WHERE instr(batches, ?) > 0 LIMIT 1', viewer));
  }

  note(name: NoteName): string | null {
    const [row] = [...this.#tables.read<{ value: string }>('SELECT value FROM notes WHERE name = ?', name)];
    return row?.value ?? null;
  }

  setNote(name: NoteName, value: string): void {
    this.#tables.write('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)', name, value);
  }
}

function* textsOf(rows: Iterable<{ text: string }>): Generator<string> {
  for (const { text } of rows) {
    yield text;
  }
}
