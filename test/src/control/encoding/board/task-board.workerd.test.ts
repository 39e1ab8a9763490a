/** The board as encoders see it: what is handed out, what is taken back. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ENCODER, LEASE_MS, leaseNext, newBoard, passTime, RESULT, stateOf, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe('submitting', () => {
  test('twice changes nothing', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a'), task('job-b')]);
    const { lease } = await leaseNext(board);
    await board.heartbeat('job-a', lease, 0.5);
    await board.submit('job', 50, [task('job-a'), task('job-b')]);
    expect((await board.jobSummary('job')).tasks).toMatchObject([
      { id: 'job-a', state: 'leased', attempt: 1, progress: 0.5, encoder: 'enc-1', error: null },
      { id: 'job-b', state: 'waiting', attempt: 0, progress: 0, encoder: null, error: null },
    ]);
  });
});

describe('leasing', () => {
  test('gives nothing where nothing waits', async () => {
    expect((await (await newBoard()).awaitLease(ENCODER)).lease).toBeNull();
  });

  test('gives the task, its attempt and the lease’s terms', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const lease = await leaseNext(board);
    expect(lease).toMatchObject({
      task: { id: 'job-a', attempt: '1', input: task('job-a').input },
      ttlSeconds: 30,
      heartbeatSeconds: 5,
    });
    expect(lease.lease).toMatch(/^[a-z0-9]{24}$/);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
  });

  test('goes by priority, then by turns, then by the job’s own order', async () => {
    const board = await newBoard();
    await board.submit('old', 50, [task('old-1'), task('old-2')]);
    passTime(1);
    await board.submit('new', 50, [task('new-1')]);
    passTime(1);
    await board.submit('urgent', 90, [task('urgent-1')]);
    await board.submit('idle', 10, [task('idle-1')]);
    await board.submit('old', 50, [task('old-3')]);
    const order: string[] = [];
    for (let count = 0; count < 6; count++) {
      order.push((await leaseNext(board)).task.id);
    }
    expect(order).toEqual(['urgent-1', 'old-1', 'new-1', 'old-2', 'old-3', 'idle-1']);
  });
});

describe('completing', () => {
  test('twice is taken twice and changes nothing', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    expect(await board.complete('job-a', lease, RESULT)).toBe('accepted');
    expect(await board.complete('job-a', lease, { ...RESULT, sizeBytes: 7 })).toBe('accepted');
    expect(await board.taskEnd('job-a')).toEqual({ state: 'done', attempt: '1', result: RESULT });
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'done', progress: 1, error: null });
  });

  test('leaves a heartbeat alone that was on its way meanwhile; nobody else has the lease', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    await board.complete('job-a', lease, RESULT);
    expect(await board.heartbeat('job-a', lease, 1)).toMatchObject({ outcome: 'accepted', cancel: false });
    expect(await board.heartbeat('job-a', 'x'.repeat(24), 1)).toEqual({ outcome: 'lease_lost', cancel: true });
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'done', progress: 1, error: null });
  });

  test.each([
    ['nothing', null],
    ['another kind’s result', { tracks: [] }],
    ['an unknown member', { ...RESULT, extra: 1 }],
    ['a lie about frames', { ...RESULT, video: { ...RESULT.video, frameCount: -1 } }],
  ])('with %s is refused and leaves the task leased', async (_, result) => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    expect(await board.complete('job-a', lease, result)).toBe('invalid_result');
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'leased' });
    expect(await board.complete('job-a', lease, RESULT)).toBe('accepted');
  });

  test('with a made-up lease is refused', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    expect(await board.complete('job-a', '', RESULT)).toBe('lease_lost');
    await leaseNext(board);
    expect(await board.complete('job-a', 'x'.repeat(24), RESULT)).toBe('lease_lost');
  });

  test('an unknown task is refused', async () => {
    const board = await newBoard();
    expect(await board.complete('nope', 'x', RESULT)).toBe('task_not_found');
    expect(await board.fail('nope', 'x', { code: 'internal', message: '' })).toBe('task_not_found');
    expect(await board.heartbeat('nope', 'x', 0)).toEqual({ outcome: 'task_not_found', cancel: true });
    expect(await board.taskEnd('nope')).toEqual({ state: 'cancelled' });
  });
});

describe('failing', () => {
  test('for good ends the task at once', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    const error = { code: 'source_not_media' as const, message: 'It is a text file', detail: 'stderr' };
    expect(await board.fail('job-a', lease, error)).toBe('accepted');
    expect(await board.fail('job-a', lease, error)).toBe('accepted');
    expect(await board.taskEnd('job-a')).toEqual({ state: 'failed', error });
    passTime(24 * 3_600_000);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
  });

  test('for now makes the task wait longer each time, and the fourth time is the last', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    for (const pauseMs of [1_000, 4_000, 16_000]) {
      const { lease } = await leaseNext(board);
      expect(await board.fail('job-a', lease, { code: 'encode_failed', message: '' })).toBe('accepted');
      passTime(pauseMs - 1);
      expect((await board.awaitLease(ENCODER)).lease).toBeNull();
      passTime(1);
    }
    const { lease, task: last } = await leaseNext(board);
    expect(last.attempt).toBe('4');
    await board.fail('job-a', lease, { code: 'encode_failed', message: 'again' });
    expect(await board.taskEnd('job-a')).toEqual({
      state: 'failed',
      error: { code: 'encode_failed', message: 'again' },
    });
  });
});

describe('handing a task back', () => {
  test('is no failure: the next encoder has it at once, however often', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    for (let attempt = 1; attempt <= 6; attempt++) {
      const { lease, task: leased } = await leaseNext(board);
      expect(leased.attempt).toBe(String(attempt));
      expect(await board.fail('job-a', lease, { code: 'handed_back', message: 'Stopped' })).toBe('accepted');
      expect(await board.complete('job-a', lease, RESULT)).toBe('lease_lost');
    }
    expect(await board.taskEnd('job-a')).toBeNull();
  });

  test('does not wipe out earlier failures', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    for (const code of ['internal', 'internal', 'handed_back', 'internal', 'handed_back'] as const) {
      await board.fail('job-a', (await leaseNext(board)).lease, { code, message: '' });
      passTime(LEASE_MS);
    }
    await board.fail('job-a', (await leaseNext(board)).lease, { code: 'internal', message: 'fourth' });
    expect(await board.taskEnd('job-a')).toMatchObject({ state: 'failed', error: { message: 'fourth' } });
  });
});

describe('a closed job', () => {
  test('hands out nothing more, and its encoders hear of it at their next heartbeat', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a'), task('job-b')]);
    const { lease } = await leaseNext(board);
    await board.closeJob('job');
    expect(await board.heartbeat('job-a', lease, 0.5)).toEqual({ outcome: 'accepted', cancel: true });
    expect(await board.heartbeat('job-a', 'x'.repeat(24), 0.5)).toEqual({ outcome: 'lease_lost', cancel: true });
    expect(await board.complete('job-a', lease, RESULT)).toBe('lease_lost');
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    expect(await board.taskEnd('job-b')).toEqual({ state: 'cancelled' });
  });

  test('keeps what was done', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    await board.complete('job-a', (await leaseNext(board)).lease, RESULT);
    await board.closeJob('job');
    expect(await board.taskEnd('job-a')).toMatchObject({ state: 'done' });
  });

  test.each([
    ['after its first tasks', true],
    ['before it had any', false],
  ])('takes no task, closed %s', async (_, hadTasks) => {
    const board = await newBoard();
    if (hadTasks) {
      await board.submit('job', 50, [task('job-a')]);
    }
    await board.closeJob('job');
    await board.submit('job', 50, [task('job-b')]);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    expect(await board.taskEnd('job-b')).toEqual({ state: 'cancelled' });
  });

  test('leaves other jobs alone', async () => {
    const board = await newBoard();
    await board.submit('one', 50, [task('one-a')]);
    await board.submit('two', 50, [task('two-a')]);
    await board.closeJob('one');
    expect((await leaseNext(board)).task.id).toBe('two-a');
  });
});

describe('progress', () => {
  test('never falls, not even across attempts', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const first = await leaseNext(board);
    await board.heartbeat('job-a', first.lease, 0.6);
    await board.heartbeat('job-a', first.lease, 0.4);
    expect(await board.jobSummary('job')).toMatchObject({ progress: 0.6 });
    passTime(LEASE_MS);
    const second = await leaseNext(board);
    await board.heartbeat('job-a', second.lease, 0.1);
    expect(await board.jobSummary('job')).toMatchObject({ progress: 0.6 });
  });

  test('of a job weighs its tasks', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a', 3), task('job-b', 1)]);
    await board.complete('job-a', (await leaseNext(board)).lease, RESULT);
    expect(await board.jobSummary('job')).toMatchObject({ progress: 0.75 });
  });

  test('of an unknown job is nothing', async () => {
    expect(await (await newBoard()).jobSummary('nope')).toEqual({ progress: 0, tasks: [] });
  });
});
