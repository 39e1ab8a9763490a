/** A job that takes up where a failed one ended: what it keeps, and that no attempt of a version is ever numbered twice. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TaskInput } from '../../../../../src/protocol/task-kinds.ts';
import { ENCODER, leaseNext, newBoard, newWorkflows, RESULT, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const NAMES = ['a', 'b', 'c'];
const tasksOf = (job: string, input?: TaskInput) =>
  NAMES.map((name) => ({ ...task(`${job}-${name}`), ...(input === undefined ? {} : { input }) }));

/** `first-a` done at its second attempt, `first-b` dead, `first-c` never begun. */
async function failedJob() {
  const workflows = newWorkflows();
  const board = await newBoard(workflows);
  await board.openJob('first', { priority: 50 });
  await board.submit('first', 50, tasksOf('first'));
  await board.fail('first-a', (await leaseNext(board)).lease, { code: 'handed_back', message: '' });
  await board.complete('first-a', (await leaseNext(board)).lease, RESULT);
  const error = { code: 'source_truncated', message: 'It ends early', detail: 'moov atom not found' } as const;
  await board.fail('first-b', (await leaseNext(board)).lease, error);
  await board.closeJob('first');
  workflows.told.length = 0;
  return { board, workflows };
}

describe('a retry', () => {
  test('takes over what is done, with its attempt, and tells its workflow', async () => {
    const { board, workflows } = await failedJob();
    expect(await board.openJob('second', { priority: 50, retryOf: 'first' })).toBe(true);
    await board.submit('second', 50, tasksOf('second'));
    expect(await board.taskEnd('second-a')).toEqual({ state: 'done', attempt: '2', result: RESULT });
    expect(await board.jobSummary('second')).toMatchObject({ progress: 1 / 3 });
    expect(await runDurableObjectAlarm(board)).toBe(true);
    expect(workflows.told).toMatchObject([{ job: 'second', type: 'task-second-a', payload: { attempt: '2' } }]);
  });

  test('numbers its attempts above all that the version has had', async () => {
    const { board } = await failedJob();
    await board.openJob('second', { priority: 50, retryOf: 'first' });
    await board.submit('second', 50, tasksOf('second'));
    expect((await leaseNext(board)).task).toMatchObject({ id: 'second-b', attempt: '3' });
    expect((await leaseNext(board)).task).toMatchObject({ id: 'second-c', attempt: '3' });
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
  });

  test('of a retry keeps what either has done, also where the one between never began', async () => {
    const { board } = await failedJob();
    await board.openJob('second', { priority: 50, retryOf: 'first' });
    await board.submit('second', 50, tasksOf('second'));
    await board.complete('second-b', (await leaseNext(board)).lease, RESULT);
    await board.closeJob('second');
    await board.openJob('third', { priority: 50, retryOf: 'second' });
    await board.closeJob('third');
    await board.openJob('fourth', { priority: 50, retryOf: 'third' });
    await board.submit('fourth', 50, tasksOf('fourth'));
    expect(await board.taskEnd('fourth-a')).toMatchObject({ attempt: '2' });
    expect(await board.taskEnd('fourth-b')).toMatchObject({ attempt: '3' });
    expect((await leaseNext(board)).task).toMatchObject({ id: 'fourth-c', attempt: '4' });
  });

  test('keeps nothing whose input is another', async () => {
    const { board } = await failedJob();
    await board.openJob('second', { priority: 50, retryOf: 'first' });
    const input: TaskInput = { kind: 'inspect', source: { key: 'sources/film/film.mp4', sizeBytes: 2 } };
    await board.submit('second', 50, tasksOf('second', input));
    expect((await leaseNext(board)).task).toMatchObject({ id: 'second-a', attempt: '3' });
  });

  test('submitted twice takes over once', async () => {
    const { board } = await failedJob();
    await board.openJob('second', { priority: 50, retryOf: 'first' });
    await board.submit('second', 50, tasksOf('second'));
    const { lease } = await leaseNext(board);
    await board.openJob('second', { priority: 50 });
    await board.submit('second', 50, tasksOf('second'));
    expect((await board.jobSummary('second')).tasks).toMatchObject([
      { state: 'done', attempt: 2 },
      { state: 'leased', attempt: 3 },
      { state: 'waiting' },
    ]);
    expect(await board.complete('second-b', lease, RESULT)).toBe('accepted');
  });

  test('of a job that is not known is refused', async () => {
    const { board } = await failedJob();
    expect(await board.openJob('second', { priority: 50, retryOf: 'forgotten' })).toBe(false);
    await board.submit('second', 50, tasksOf('second'));
    expect((await leaseNext(board)).task.attempt).toBe('1');
  });

  test('goes by the plan of the job before; any other job by its own', async () => {
    const { board } = await failedJob();
    expect(await board.keepPlan('first', '{"chunks":1}')).toBe('{"chunks":1}');
    expect(await board.keepPlan('first', '{"chunks":2}')).toBe('{"chunks":1}');
    await board.openJob('second', { priority: 50, retryOf: 'first' });
    await board.openJob('other', { priority: 50 });
    expect(await board.keepPlan('second', '{"chunks":3}')).toBe('{"chunks":1}');
    expect(await board.keepPlan('other', '{"chunks":3}')).toBe('{"chunks":3}');
    expect(await board.keepPlan('unknown', '{"chunks":4}')).toBe('{"chunks":4}');
  });
});

describe('a dead task', () => {
  test('is listed with the last words of its program, newest first', async () => {
    const { board } = await failedJob();
    await board.submit('other', 50, [task('other-a')]);
    await board.fail('other-a', (await leaseNext(board)).lease, { code: 'source_no_video', message: 'Only sound' });
    const tasks = await board.deadTasks(null, 10);
    expect(tasks).toMatchObject([
      { id: 'other-a', jobId: 'other', state: 'dead' },
      {
        id: 'first-b',
        jobId: 'first',
        failures: 1,
        encoder: 'enc-1',
        error: { code: 'source_truncated', detail: 'moov atom not found' },
        endedAt: Date.now(),
      },
    ]);
    expect(await board.deadTasks(tasks[0]?.seq ?? 0, 10)).toMatchObject([{ id: 'first-b' }]);
    expect(await board.deadTasks(null, 1)).toHaveLength(1);
    expect(await board.load()).toMatchObject({ dead: 2, waiting: 0, leased: 0 });
  });
});
