/** The last tasks of a job on a fleet of unequal encoders: who gets them, who is passed over, and for how long. */
import { evictDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Lease } from '../../../../../src/protocol/tasks.ts';
import { CHUNK_RESULT } from '../../../protocol/fixture.ts';
import {
  type Board,
  chunk,
  ENCODER,
  LEASE_MS,
  leaseNext,
  newBoard,
  passTime,
  stopClock,
  task,
} from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const FAST = { ...ENCODER, id: 'fast' };
const SLOW = { ...ENCODER, id: 'slow' };
const HEARTBEAT_MS = 5_000;

type Held = { lease: Lease; progress: number };

/** Progress of each by so much, and a heartbeat. */
async function workOn(board: Board, steps: readonly [Held, number][]): Promise<void> {
  passTime(HEARTBEAT_MS);
  for (const [held, step] of steps) {
    held.progress += step;
    await board.heartbeat(held.lease.task.id, held.lease.lease, held.progress);
  }
}

/**
 * One waits, of 100 core-seconds. The fast encoder does 8 a second and has 2.5 s to go, so that it would be through with
 * that one as well in 15 s; the slow one has just ended, and would take 50 s.
 */
async function nearTheEnd() {
  const board = await newBoard();
  await board.submit('job', 50, [chunk('job-1', 100), chunk('job-2', 100), chunk('job-3', 100)]);
  const fast = { lease: await leaseNext(board, FAST), progress: 0 };
  const slow = { lease: await leaseNext(board, SLOW), progress: 0 };
  await workOn(board, [
    [fast, 0.4],
    [slow, 0.1],
  ]);
  await workOn(board, [
    [fast, 0.4],
    [slow, 0.1],
  ]);
  await board.complete(slow.lease.task.id, slow.lease.lease, CHUNK_RESULT);
  return { board, fast };
}

describe('the last task', () => {
  test('is kept from a slow encoder for a fast one that will have done it sooner', async () => {
    const { board, fast } = await nearTheEnd();
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    expect(await board.awaitLease(SLOW)).toEqual({ lease: null, retryAfterSeconds: 1 });
    passTime(2_500);
    await board.complete(fast.lease.task.id, fast.lease.lease, CHUNK_RESULT);
    expect((await leaseNext(board, FAST)).task.id).toBe('job-3');
  });

  test('is the slow one’s where the fast one is not heard any more, before its lease ends', async () => {
    const { board } = await nearTheEnd();
    passTime(2 * HEARTBEAT_MS);
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    passTime(1);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test('is the slow one’s where the fast one is alive and gets nothing done', async () => {
    const { board, fast } = await nearTheEnd();
    await workOn(board, [[fast, 0]]);
    await workOn(board, [[fast, 0]]);
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    await workOn(board, [[fast, 0]]);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test('is the slow one’s where nobody else is at work', async () => {
    const { board, fast } = await nearTheEnd();
    await board.fail(fast.lease.task.id, fast.lease.lease, { code: 'internal', message: '' });
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test('goes to whoever asks after the board was restarted, until speeds are known again', async () => {
    const { board } = await nearTheEnd();
    await evictDurableObject(board);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test('is none while another job’s wait: jobs take turns, whoever asks', async () => {
    // Two fast ones are at work, and would have done the last task of each job sooner than the slow one.
    const { board, fast } = await nearTheEnd();
    const second = { lease: await leaseNext(board, { ...FAST, id: 'fast-2' }), progress: 0 };
    await board.submit('job', 50, [chunk('job-4', 100)]);
    await workOn(board, [
      [fast, 0.1],
      [second, 0.4],
    ]);
    await workOn(board, [
      [fast, 0.05],
      [second, 0.4],
    ]);
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    await board.submit('other', 50, [chunk('other-1', 100)]);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-4');
  });

  test('is none while more wait than those at work can do twice', async () => {
    const { board } = await nearTheEnd();
    await board.submit('job', 50, [chunk('job-4', 100)]);
    await leaseNext(board, SLOW);
  });

  test('of another kind goes out at once', async () => {
    const { board } = await nearTheEnd();
    await board.submit('job', 50, [task('job-inspect', 100)]);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-inspect');
  });

  test('of many is chosen: a slow encoder gets the small one', async () => {
    const { board, fast } = await nearTheEnd();
    const third = { lease: await leaseNext(board, FAST), progress: 0 };
    await board.submit('job', 50, [chunk('job-4', 100), chunk('job-5', 10), chunk('job-6', 8)]);
    await workOn(board, [
      [fast, 0.1],
      [third, 0.4],
    ]);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-5');
  });
});

/** A test that ends within 4 s has not waited for an encoder to ask again on its own. */
const AT_ONCE_MS = 4_000;

describe('an encoder that is passed over', () => {
  test(
    'does not wait on the request: it is to ask again soon',
    async () => {
      const { board } = await nearTheEnd();
      expect(await board.awaitLease(SLOW, 20)).toEqual({ lease: null, retryAfterSeconds: 1 });
    },
    AT_ONCE_MS,
  );

  test('gets the task when a lease has ended and nobody faster is left', async () => {
    const { board, fast } = await nearTheEnd();
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    await board.complete(fast.lease.task.id, fast.lease.lease, CHUNK_RESULT);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test('gets the task of a lease that has run out', async () => {
    const { board } = await nearTheEnd();
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    passTime(LEASE_MS);
    expect(await leaseNext(board, SLOW)).toMatchObject({ task: { id: 'job-1', attempt: '2' } });
  });

  test('gets a task when more have come', async () => {
    const { board } = await nearTheEnd();
    expect((await board.awaitLease(SLOW)).lease).toBeNull();
    await board.submit('job', 50, [chunk('job-4', 100)]);
    expect((await leaseNext(board, SLOW)).task.id).toBe('job-3');
  });

  test(
    'passes the wake-up on to one that waits for any task',
    async () => {
      const board = await newBoard();
      await letTwoBeIdle(board);
      // Both wait with nothing to do, the slow one first; one task comes, for which one is woken.
      const slowWaits = board.awaitLease(SLOW, 1);
      const fastWaits = board.awaitLease({ ...FAST, id: 'fast-2' }, 20);
      await board.submit('job', 50, [chunk('job-3', 100)]);
      expect(await fastWaits).toMatchObject({ lease: { task: { id: 'job-3' } } });
      passTime(1_000);
      expect(await slowWaits).toMatchObject({ lease: null });
    },
    AT_ONCE_MS,
  );
});

/** Nothing waits; a fast encoder is at work, a second one as fast and a slow one are known and idle. */
async function letTwoBeIdle(board: Board): Promise<void> {
  await board.submit('job', 50, [chunk('job-0', 100), chunk('job-1', 100), chunk('job-2', 100)]);
  const fast = { lease: await leaseNext(board, FAST), progress: 0 };
  const second = { lease: await leaseNext(board, { ...FAST, id: 'fast-2' }), progress: 0 };
  const slow = { lease: await leaseNext(board, SLOW), progress: 0 };
  for (let beat = 0; beat < 2; beat++) {
    await workOn(board, [
      [fast, 0.4],
      [second, 0.4],
      [slow, 0.1],
    ]);
  }
  for (const { lease } of [second, slow]) {
    await board.complete(lease.task.id, lease.lease, CHUNK_RESULT);
  }
}
