/** What the board tells the workflows of jobs, and what it does when they are away. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ENCODER,
  LEASE_MS,
  leaseNext,
  newBoard,
  newWorkflows,
  passTime,
  RESULT,
  stopClock,
  task,
} from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the job’s workflow', () => {
  beforeEach(() => {
    // The board logs what it could not tell.
    vi.spyOn(console, 'warn').mockReturnValue();
  });

  test('is told once how each task ended', async () => {
    const workflows = newWorkflows();
    const board = await newBoard(workflows);
    await board.submit('job', 50, [task('job-a'), task('job-b')]);
    const first = await leaseNext(board);
    const second = await leaseNext(board);
    await board.complete('job-a', first.lease, RESULT);
    await board.complete('job-a', first.lease, RESULT);
    const error = { code: 'source_no_video' as const, message: 'Only sound' };
    await board.fail('job-b', second.lease, error);
    expect(workflows.told).toEqual([
      { job: 'job', type: 'task-job-a', payload: { state: 'done', attempt: '1', result: RESULT } },
      { job: 'job', type: 'task-job-b', payload: { state: 'failed', error } },
    ]);
  });

  test('is not told of an attempt that will be made again', async () => {
    const workflows = newWorkflows();
    const board = await newBoard(workflows);
    await board.submit('job', 50, [task('job-a')]);
    await board.fail('job-a', (await leaseNext(board)).lease, { code: 'internal', message: '' });
    expect(workflows.told).toEqual([]);
  });

  test('is told by the alarm of a task whose last lease ran out', async () => {
    const workflows = newWorkflows();
    const board = await newBoard(workflows);
    await board.submit('job', 50, [task('job-a')]);
    for (let attempt = 1; attempt <= 4; attempt++) {
      await leaseNext(board);
      passTime(LEASE_MS);
    }
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(workflows.told).toMatchObject([{ type: 'task-job-a', payload: { error: { code: 'lease_expired' } } }]);
  });

  test('is told later where it could not be told at once', async () => {
    const workflows = newWorkflows();
    workflows.away = true;
    const board = await newBoard(workflows);
    await board.submit('job', 50, [task('job-a')]);
    expect(await board.complete('job-a', (await leaseNext(board)).lease, RESULT)).toBe('accepted');
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(workflows.told).toEqual([]);
    workflows.away = false;
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(workflows.told).toMatchObject([{ type: 'task-job-a' }]);
    expect(await runDurableObjectAlarm(board)).toBe(false);
  });

  test('is told of everything where more waits than one alarm tells', async () => {
    const workflows = newWorkflows();
    workflows.away = true;
    const board = await newBoard(workflows);
    const tasks = Array.from({ length: 60 }, (_, index) => task(`job-${index}`));
    await board.submit('job', 50, tasks);
    await runInDurableObject(board, (_, { storage }) =>
      storage.sql.exec(`UPDATE tasks SET state = 'dead', error = '{"code":"internal","message":""}'`),
    );
    // One of them ends while the workflow is away, so that an alarm is set at all.
    await board.submit('job', 50, [task('job-last')]);
    await board.complete('job-last', (await leaseNext(board)).lease, RESULT);
    workflows.away = false;
    for (let alarms = 0; alarms < 3 && workflows.told.length < 61; alarms++) {
      await runDurableObjectAlarm(board);
    }
    expect(new Set(workflows.told.map(({ type }) => type)).size).toBe(61);
    expect(workflows.told).toHaveLength(61);
  });

  test('is told nothing more once the job is closed', async () => {
    const workflows = newWorkflows();
    workflows.away = true;
    const board = await newBoard(workflows);
    await board.submit('job', 50, [task('job-a')]);
    await board.complete('job-a', (await leaseNext(board)).lease, RESULT);
    workflows.away = false;
    await board.closeJob('job');
    await runDurableObjectAlarm(board);
    expect(workflows.told).toEqual([]);
  });
});
