/**
 * What an upload's object keeps: rows in memory until they are in a part, or until `persist`; everything else in SQLite.
 * Statements without an `await` between them are one transaction, so the offset there always says what is there.
 */
import { PART_BYTES } from '../../../platform/multipart.ts';
import { HeldRows } from './held-rows.ts';
import { retryAfterMs } from './limits.ts';
import type { UploadFacts, UploadStatus } from './session-port.ts';

/** `ending`: no more bytes are taken; an alarm stores what is there as one object. `settled`: the catalog says so. */
type Phase = 'open' | 'ending' | 'stored' | 'settled';

export type Session = {
  facts: UploadFacts;
  offset: number;
  length: number | null;
  phase: Phase;
  multipartId: string | null;
  /** Of what ends the upload, in a row. */
  failures: number;
};

/** An object whose bytes the whole begins with, or goes on with. */
export type Piece = { key: string; length: number };

const TABLES = `
  CREATE TABLE IF NOT EXISTS session (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS rows (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, etag TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS pieces (number INTEGER PRIMARY KEY, key TEXT NOT NULL, length INTEGER NOT NULL) STRICT;
`;

export class SessionStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #held = new HeldRows();
  #session: Session | null;
  /** The offset in SQLite. */
  #keptOffset: number | undefined;
  #parts: number;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(TABLES);
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM session').toArray();
    this.#session = row === undefined ? null : (JSON.parse(row.json) as Session);
    this.#keptOffset = this.#session?.offset;
    this.#parts = this.#sql.exec<{ parts: number }>('SELECT count(*) AS parts FROM parts').one().parts;
  }

  /** Null: nothing has been kept yet. */
  get session(): Session | null {
    return this.#session;
  }

  /** Parts that the bucket has. */
  get parts(): number {
    return this.#parts;
  }

  /** Bytes that count and that no part holds. */
  get waitingBytes(): number {
    return this.#session === null ? 0 : this.#session.offset - Math.min(this.#session.offset, this.#parts * PART_BYTES);
  }

  status({ length }: UploadFacts): UploadStatus {
    const session = this.#session;
    return {
      offset: session?.offset ?? 0,
      length: session?.length ?? length,
      isStored: session?.phase === 'stored' || session?.phase === 'settled',
    };
  }

  /** The session, begun if there is none. A length that is learned stays. */
  begin(facts: UploadFacts, length: number | null): Session {
    if (this.#session === null) {
      this.#sql.exec(TABLES); // It may have been cleared.
    }
    const { offset = 0, phase = 'open', multipartId = null, failures = 0 } = this.#session ?? {};
    return this.#write({ facts, offset, length: this.#session?.length ?? length, phase, multipartId, failures });
  }

  change(changes: Partial<Session>): void {
    if (this.#session !== null) {
      this.#write({ ...this.#session, ...changes });
    }
  }

  /** The offset in SQLite is that of what survives the object. */
  #write(session: Session): Session {
    const offset = Math.min(session.offset, this.#held.firstPosition);
    const json = JSON.stringify({ ...session, offset });
    this.#sql.exec('INSERT OR REPLACE INTO session (id, json) VALUES (1, ?)', json);
    this.#keptOffset = offset;
    this.#session = session;
    return session;
  }

  /** The bytes may be changed afterwards. */
  addRow(position: number, bytes: Uint8Array): void {
    this.#held.add(position, bytes);
    if (this.#held.isOver) {
      this.#persistRows();
    }
  }

  /** A row is held until it is written, so that a failure loses none. */
  #persistRows(): void {
    for (const [position, bytes] of this.#held.entries()) {
      // The runtime takes views, and only their part of the buffer; its types do not say so.
      this.#sql.exec('INSERT INTO rows (position, bytes) VALUES (?, ?)', position, bytes as unknown as ArrayBuffer);
      this.#held.dropBefore(position + 1);
    }
    if (this.#keptOffset !== this.#session?.offset) {
      this.change({});
    }
  }

  /** What counts survives any crash from here on. The upload ends with it if it is that long. */
  persist(): void {
    this.#persistRows();
    if (this.#session?.phase === 'open' && this.#session.offset === this.#session.length) {
      this.change({ phase: 'ending' });
      void this.#storage.setAlarm(Date.now() + retryAfterMs(0));
    }
  }

  /** Rows behind the offset: of a body whose checksum did not fit, or was not reached. */
  dropUncounted(): void {
    this.#held.dropFrom(this.#session?.offset ?? 0);
    this.#sql.exec('DELETE FROM rows WHERE position >= ?', this.#session?.offset ?? 0);
  }

  /** All bytes before `offset` count, in memory until `persist`. */
  advanceTo(offset: number): void {
    if (this.#session !== null) {
      this.#session = { ...this.#session, offset };
    }
  }

  /** The row that begins at a position. */
  rowAt(position: number): Uint8Array {
    const held = this.#held.at(position);
    if (held !== undefined) {
      return held;
    }
    const { bytes } = this.#sql
      .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM rows WHERE position = ?', position)
      .one();
    return new Uint8Array(bytes);
  }

  /**
   * The file's first bytes in one piece, at least so many, which must count. Copied only where they are in several rows. Null
   * where a part has them, or where the isolate holds so much that a copy has no room.
   */
  beginning(sizeBytes: number): Uint8Array | null {
    if (this.#parts > 0) {
      return null;
    }
    const first = this.rowAt(0);
    if (first.byteLength >= sizeBytes) {
      return first;
    }
    return this.#held.hasRoomFor(sizeBytes) ? this.#joined(sizeBytes) : null;
  }

  #joined(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    for (let position = 0; position < sizeBytes; ) {
      const row = this.rowAt(position);
      bytes.set(row.subarray(0, sizeBytes - position), position);
      position += row.byteLength;
    }
    return bytes;
  }

  /** The next part is in the bucket: its rows go. */
  addPart(etag: string): void {
    this.#parts += 1;
    this.#sql.exec('INSERT INTO parts (number, etag) VALUES (?, ?)', this.#parts, etag);
    this.#sql.exec('DELETE FROM rows WHERE position < ?', this.#parts * PART_BYTES);
    this.#held.dropBefore(this.#parts * PART_BYTES);
    this.change({});
  }

  uploadedParts(): R2UploadedPart[] {
    return this.#sql
      .exec<{ number: number; etag: string }>('SELECT number, etag FROM parts ORDER BY number')
      .toArray()
      .map(({ number, etag }) => ({ partNumber: number, etag }));
  }

  setPieces(pieces: readonly Piece[]): void {
    pieces.forEach(({ key, length }, index) => {
      this.#sql.exec('INSERT INTO pieces (number, key, length) VALUES (?, ?, ?)', index, key, length);
    });
  }

  pieces(): Piece[] {
    return this.#sql.exec<Piece>('SELECT key, length FROM pieces ORDER BY number').toArray();
  }

  /** The object is in the bucket. Rows and parts are not needed any more. */
  setStored(): void {
    this.change({ phase: 'stored', multipartId: null });
    this.#sql.exec('DELETE FROM rows; DELETE FROM parts');
  }

  /** Leaves nothing, not even tables: an object without storage is none. */
  async clear(): Promise<void> {
    void this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
    this.#held.dropFrom(0);
    this.#session = null;
    this.#keptOffset = undefined;
    this.#parts = 0;
  }
}
