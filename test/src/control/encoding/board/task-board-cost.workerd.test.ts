/** Rows that each call of an encoder reads and writes, with 10,000 tasks waiting in 100 jobs: what a fleet costs the board. */
import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, expect, test, vi } from 'vitest';
import { LAST_PER_LEASE } from '../../../../../src/control/encoding/board/last-tasks.ts';
import type { Lease } from '../../../../../src/protocol/tasks.ts';
import { CHUNK_RESULT } from '../../../protocol/fixture.ts';
import { type Board, chunk, ENCODER, leaseNext, newBoard, RESULT, task } from './board-fixture.ts';

const JOBS = 100;
const TASKS_PER_JOB = 100;
/** Jobs of which everything is handed out: what the queue has to pass over. */
const EMPTY_JOBS = 100;

type Rows = { read: number; written: number };

let board: Board;

beforeAll(async () => {
  board = await newBoard();
  for (let job = 0; job < EMPTY_JOBS; job++) {
    await board.openJob(`empty${job}`, { priority: 100 });
  }
  for (let job = 0; job < JOBS; job++) {
    const tasks = Array.from({ length: TASKS_PER_JOB }, (_, index) => task(`job${job}-${index}`, 1 + (index % 7)));
    await board.submit(`job${job}`, job % 3, tasks);
  }
  // So that leases run, and the encoder is known.
  for (let count = 0; count < 200; count++) {
    await leaseNext(board);
  }
}, 60_000);

/** Of all statements that `use` runs inside the board. */
const rowsOf = (use: (inside: Board) => Promise<unknown>): Promise<Rows> =>
  runInDurableObject(board, async (instance, { storage }) => {
    const exec = vi.spyOn(Object.getPrototypeOf(storage.sql) as SqlStorage, 'exec');
    try {
      await use(instance as unknown as Board);
      const rows = { read: 0, written: 0 };
      for (const { value } of exec.mock.results) {
        const cursor = value as SqlStorageCursor<Record<string, SqlStorageValue>>;
        rows.read += cursor.rowsRead;
        rows.written += cursor.rowsWritten;
      }
      return rows;
    } finally {
      exec.mockRestore();
    }
  });

test('a lease reads a handful of rows, and one for each job that has nothing to hand out', async () => {
  const rows = await rowsOf((inside) => inside.awaitLease(ENCODER));
  expect(rows.read).toBeLessThanOrEqual(EMPTY_JOBS + 10);
  expect(rows.written).toBeLessThanOrEqual(5);
});

test('a heartbeat reads its task and writes nothing until half of its lease is over', async () => {
  const leased = await leaseNext(board);
  const rows = await rowsOf((inside) => inside.heartbeat(leased.task.id, leased.lease, 0.5));
  expect(rows).toEqual({ read: expect.any(Number), written: 0 });
  expect(rows.read).toBeLessThanOrEqual(2);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 16_000 });
  const later = await rowsOf((inside) => inside.heartbeat(leased.task.id, leased.lease, 0.6));
  vi.useRealTimers();
  expect(later.written).toBe(1);
});

test('a report reads its task and writes its row, its indices and that its workflow knows', async () => {
  const leased = await leaseNext(board);
  const rows = await rowsOf((inside) => inside.complete(leased.task.id, leased.lease, RESULT));
  expect(rows.read).toBeLessThanOrEqual(4);
  expect(rows.written).toBeLessThanOrEqual(4);
});

test('to choose who does the last tasks costs rows at the end of a job only, however long it is', async () => {
  const fleet = 50;
  const chunks = Array.from({ length: 450 }, (_, index) => chunk(`film-${index}`, 1000 - index));
  board = await newBoard();
  await board.submit('film', 50, chunks);
  const held: Lease[] = [];
  let now = Date.now();
  let leases = 0;
  let passedOver = 0;
  const rows = await rowsOf(async (inside) => {
    while (leases < chunks.length) {
      // Each holds its task for at most 20 s: its lease does not run out without a heartbeat.
      now += 400;
      vi.useFakeTimers({ toFake: ['Date'], now });
      const { lease } = await inside.awaitLease({ ...ENCODER, id: `enc-${(leases + passedOver) % fleet}` });
      if (lease === null) {
        passedOver += 1;
      } else {
        leases += 1;
        held.push(lease);
      }
      if (held.length === fleet || lease === null) {
        const [oldest] = held.splice(0, 1);
        await inside.complete(oldest?.task.id ?? '', oldest?.lease ?? '', CHUNK_RESULT);
      }
    }
  });
  vi.useRealTimers();
  // Beside 7 of each lease and 3 of each report: each of the last leases reads those that still wait.
  expect(rows.read - 10 * leases).toBeLessThanOrEqual((LAST_PER_LEASE * fleet) ** 2);
}, 30_000);

test('an encoder that finds nothing costs no write, and no read of tasks that are done', async () => {
  const idle = await newBoard();
  await idle.awaitLease(ENCODER);
  board = idle;
  const rows = await rowsOf((inside) => inside.awaitLease(ENCODER));
  expect(rows.written).toBe(0);
  expect(rows.read).toBeLessThanOrEqual(3);
});
