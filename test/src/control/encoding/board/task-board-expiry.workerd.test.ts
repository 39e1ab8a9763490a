/** Leases that run out. The alarm is run, never waited for. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ENCODER, LEASE_MS, leaseNext, newBoard, passTime, RESULT, stateOf, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe('a lease that runs out', () => {
  test('is handed out again by the alarm, as the next attempt, to whoever asks', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const first = await leaseNext(board);
    passTime(LEASE_MS);
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'waiting', error: { code: 'lease_expired' } });
    const second = await leaseNext(board, { ...ENCODER, id: 'enc-2' });
    expect(second.task.attempt).toBe('2');
    expect(second.lease).not.toBe(first.lease);
  });

  test('is handed out again even before the alarm', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    await leaseNext(board);
    passTime(LEASE_MS - 1);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    passTime(1);
    expect((await leaseNext(board)).task.attempt).toBe('2');
  });

  test('did not run out if a heartbeat came', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    passTime(LEASE_MS - 1);
    expect(await board.heartbeat('job-a', lease, 0.1)).toMatchObject({ outcome: 'accepted', cancel: false });
    passTime(LEASE_MS - 1);
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'leased', attempt: 1 });
    // The alarm goes on watching it.
    passTime(1);
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'waiting' });
  });

  test('lives again by a late heartbeat, and is watched again', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    passTime(LEASE_MS);
    await runDurableObjectAlarm(board);
    expect(await board.heartbeat('job-a', lease, 0.5)).toMatchObject({ outcome: 'accepted', cancel: false });
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    passTime(LEASE_MS);
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'waiting', attempt: 1 });
  });

  test('may still complete while nobody else has begun', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    passTime(LEASE_MS);
    await runDurableObjectAlarm(board);
    expect(await board.complete('job-a', lease, RESULT)).toBe('accepted');
    expect(await board.taskEnd('job-a')).toMatchObject({ state: 'done', attempt: '1' });
  });

  test('may not complete, fail or report once somebody else has begun', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    passTime(LEASE_MS);
    const second = await leaseNext(board);
    expect(await board.complete('job-a', lease, RESULT)).toBe('lease_lost');
    expect(await board.fail('job-a', lease, { code: 'internal', message: '' })).toBe('lease_lost');
    expect(await board.heartbeat('job-a', lease, 0.9)).toEqual({ outcome: 'lease_lost', cancel: true });
    expect(await board.complete('job-a', second.lease, RESULT)).toBe('accepted');
    expect(await board.taskEnd('job-a')).toMatchObject({ attempt: '2' });
  });

  test('four times fails the task', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    for (let attempt = 1; attempt <= 4; attempt++) {
      expect((await leaseNext(board)).task.attempt).toBe(String(attempt));
      passTime(LEASE_MS);
      await runDurableObjectAlarm(board);
    }
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    expect(await board.taskEnd('job-a')).toMatchObject({ state: 'failed', error: { code: 'lease_expired' } });
  });
});
