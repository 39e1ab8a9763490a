/** What is in SQLite and what is not, as an object that dies would leave it. */
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { ROW_BYTES } from '../../../../../src/control/uploads/session/limits.ts';
import { SessionStore } from '../../../../../src/control/uploads/session/session-store.ts';
import { PART_BYTES } from '../../../../../src/platform/multipart.ts';
import { newUpload } from './session-fixture.ts';

const ROW = new Uint8Array(ROW_BYTES).fill(7);

const withStorage = (use: (storage: DurableObjectStorage) => void): Promise<void> =>
  runInDurableObject(newUpload().object, (_object, { storage }) => use(storage));

function fill(store: SessionStore, from: number, to: number): void {
  for (let position = from; position < to; position += ROW_BYTES) {
    store.addRow(position, ROW);
    store.advanceTo(position + ROW_BYTES);
  }
}

const offsetKept = (storage: DurableObjectStorage) => new SessionStore(storage).session?.offset;

test('rows count in memory at once, and after a crash when they are persisted', () =>
  withStorage((storage) => {
    const store = new SessionStore(storage);
    store.begin(newUpload().facts, null);
    fill(store, 0, 3 * ROW_BYTES);
    store.change({ multipartId: 'x' });
    expect([store.session?.offset, offsetKept(storage)]).toEqual([3 * ROW_BYTES, 0]);
    store.persist();
    const after = new SessionStore(storage);
    expect(after.session?.offset).toBe(3 * ROW_BYTES);
    expect(after.rowAt(2 * ROW_BYTES)).toEqual(ROW);
  }));

test('what a stored part holds survives, and what comes after it only if it is persisted', () =>
  withStorage((storage) => {
    const store = new SessionStore(storage);
    store.begin(newUpload().facts, null);
    fill(store, 0, ROW_BYTES);
    store.persist();
    fill(store, ROW_BYTES, PART_BYTES + ROW_BYTES);
    store.addPart('etag');
    expect(offsetKept(storage)).toBe(PART_BYTES);
    expect(storage.sql.exec('SELECT count(*) AS rows FROM rows').one()['rows']).toBe(0);
    store.persist();
    expect(offsetKept(storage)).toBe(PART_BYTES + ROW_BYTES);
    expect(new SessionStore(storage).waitingBytes).toBe(ROW_BYTES);
  }));

test('the beginning of a file is in one piece until a part has it', () =>
  withStorage((storage) => {
    const store = new SessionStore(storage);
    store.begin(newUpload().facts, null);
    for (const [position, row] of [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)].entries()) {
      store.addRow([0, 3, 4][position] ?? 0, row);
      store.advanceTo(6);
    }
    // The first row as it is, not a copy.
    expect(store.beginning(2)).toBe(store.rowAt(0));
    expect(store.beginning(5)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    store.persist();
    expect(store.beginning(6)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    store.addPart('etag');
    expect(store.beginning(1)).toBeNull();
  }));

test('a row that cannot be written is held, and written the next time', () =>
  withStorage((storage) => {
    let writes = 0;
    const sql: Pick<SqlStorage, 'exec'> = {
      exec: (query, ...bindings) => {
        if (query.startsWith('INSERT INTO rows')) {
          writes += 1;
          if (writes === 2) {
            throw new Error('full');
          }
        }
        return storage.sql.exec(query, ...bindings);
      },
    };
    const store = new SessionStore({ sql } as DurableObjectStorage);
    store.begin(newUpload().facts, null);
    fill(store, 0, 3 * ROW_BYTES);
    expect(() => store.persist()).toThrow('full');
    expect([store.session?.offset, offsetKept(storage)]).toEqual([3 * ROW_BYTES, 0]);
    store.persist();
    expect(offsetKept(storage)).toBe(3 * ROW_BYTES);
    expect(new SessionStore(storage).rowAt(ROW_BYTES)).toEqual(ROW);
  }));
