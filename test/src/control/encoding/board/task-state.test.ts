import { describe, expect, test } from 'vitest';
import * as state from '../../../../../src/control/encoding/board/task-state.ts';
import { TASK_ERRORS, type TaskError, type TaskErrorCode } from '../../../../../src/protocol/tasks.ts';

const NOW = 1_000_000;
const TTL = 30_000;

const row = (change: Partial<state.TaskRow> = {}): state.TaskRow => ({
  id: 'job-inspect',
  job_id: 'job',
  kind: 'inspect',
  input: '{}',
  weight: 1,
  rank: 0,
  state: 'waiting',
  attempt: 0,
  attempt_base: 0,
  failures: 0,
  lease: null,
  lease_expires_at: null,
  doubted: 0,
  encoder_id: null,
  progress: 0,
  result: null,
  error: null,
  available_at: 0,
  ended_at: null,
  notified: 0,
  notify_failures: 0,
  ...change,
});

const leased = (change: Partial<state.TaskRow> = {}): state.TaskRow =>
  row({ state: 'leased', attempt: 1, lease: 'lease-a', lease_expires_at: NOW, encoder_id: 'enc', ...change });

const error = (code: TaskErrorCode): TaskError => ({ code, message: 'because' });

describe('a lease', () => {
  test('counts the attempt and ends after its time', () => {
    expect(state.grantLease(row({ attempt: 2 }), 'lease-b', 'enc', NOW, TTL)).toEqual({
      state: 'leased',
      attempt: 3,
      lease: 'lease-b',
      lease_expires_at: NOW + TTL,
      doubted: 0,
      encoder_id: 'enc',
    });
  });

  test.each<[string, state.TaskRow, string, boolean]>([
    ['its holder', leased(), 'lease-a', true],
    ['somebody else', leased(), 'lease-b', false],
    ['its holder after it ran out, as long as the task waits', row({ lease: 'lease-a' }), 'lease-a', true],
    ['its holder after somebody else began', leased({ lease: 'lease-b' }), 'lease-a', false],
    ['its holder once the task is done', leased({ state: 'done' }), 'lease-a', false],
    ['its holder once the task is dead', leased({ state: 'dead' }), 'lease-a', false],
    ['its holder once the job is closed', leased({ state: 'cancelled' }), 'lease-a', false],
    ['nobody where none was given', row(), '', false],
  ])('is held by %s', (_, task, lease, holds) => {
    expect(state.holdsLease(task, lease)).toBe(holds);
  });
});

describe('progress', () => {
  test('prolongs the lease', () => {
    const prolonged = { progress: 0.5, lease_expires_at: NOW + TTL, doubted: 0 };
    expect(state.recordProgress(leased(), 0.5, NOW, TTL)).toEqual(prolonged);
    const ranOut = row({ lease: 'lease-a' });
    expect(state.recordProgress(ranOut, 0.5, NOW, TTL)).toEqual({ ...prolonged, state: 'leased', available_at: 0 });
  });

  test('never falls', () => {
    expect(state.recordProgress(leased({ progress: 0.7 }), 0.1, NOW, TTL).progress).toBe(0.7);
  });
});

describe('the end of an attempt', () => {
  test('that completed is the end of the task', () => {
    expect(state.completeTask('{"a":1}', NOW)).toEqual({
      state: 'done',
      progress: 1,
      result: '{"a":1}',
      error: null,
      lease_expires_at: null,
      available_at: 0,
      ended_at: NOW,
    });
  });

  const codes = Object.keys(TASK_ERRORS) as TaskErrorCode[];

  test.each(codes.map((code) => [code, TASK_ERRORS[code].final ? 'dead' : 'waiting'] as const))(
    'by %s makes the task %s',
    (code, expected) => {
      expect(state.failTask(leased(), error(code), NOW).state).toBe(expected);
    },
  );

  test.each([
    [1, 'encode_failed', 1_000],
    [2, 'encode_failed', 4_000],
    [3, 'encode_failed', 16_000],
    [1, 'resource_limit', 15_000],
    [3, 'resource_limit', 240_000],
  ] as const)('number %i, %s, is followed by a pause of %i ms', (attempt, code, pauseMs) => {
    const change = state.failTask(leased({ failures: attempt - 1 }), error(code), NOW);
    expect(change).toMatchObject({ state: 'waiting', available_at: NOW + pauseMs, lease: null });
  });

  test('number four is the last', () => {
    const change = state.failTask(leased({ failures: state.MAX_FAILURES - 1 }), error('encode_failed'), NOW);
    expect(change).toMatchObject({ state: 'dead', ended_at: NOW });
    // Whoever reported it may report it again.
    expect(change).not.toHaveProperty('lease');
  });

  test('by handing the task back is no failure, however often', () => {
    const change = state.failTask(leased({ failures: state.MAX_FAILURES - 1 }), error('handed_back'), NOW);
    expect(change).toMatchObject({ state: 'waiting', lease: null, available_at: 0 });
    expect(change).not.toHaveProperty('failures');
  });

  test('by handing it back for the hundredth time is a failure, counted from where its attempts began', () => {
    const failuresAt = (attempt: number) =>
      state.failTask(leased({ attempt, attempt_base: 60 }), error('handed_back'), NOW).failures;
    expect(failuresAt(60 + state.MAX_ATTEMPTS - 1)).toBeUndefined();
    expect(failuresAt(60 + state.MAX_ATTEMPTS)).toBe(1);
  });

  test('keeps what went wrong', () => {
    const { error: stored } = state.failTask(leased(), error('encode_failed'), NOW);
    expect(JSON.parse(stored ?? '')).toEqual({ code: 'encode_failed', message: 'because' });
  });
});

describe('a lease that ran out', () => {
  test('puts the task back at once, and is kept for a late report', () => {
    const change = state.expireLease(leased(), NOW);
    expect(change).toMatchObject({ state: 'waiting', available_at: 0, lease: 'lease-a', lease_expires_at: null });
    expect(JSON.parse(change.error ?? '')).toMatchObject({ code: 'lease_expired' });
  });

  test('for the fourth time is the end of the task', () => {
    expect(state.expireLease(leased({ failures: state.MAX_FAILURES - 1 }), NOW).state).toBe('dead');
  });

  test('keeps what an earlier attempt’s program said last', () => {
    const before = JSON.stringify({ ...error('encode_failed'), detail: 'x264: malloc failed' });
    const { error: stored } = state.expireLease(leased({ error: before }), NOW);
    expect(JSON.parse(stored ?? '')).toMatchObject({ code: 'lease_expired', detail: 'x264: malloc failed' });
  });
});

describe('a job’s progress', () => {
  test.each<[string, { weight: number; progress: number }[], number]>([
    ['is 0 without tasks', [], 0],
    ['is 0 where nothing weighs', [{ weight: 0, progress: 1 }], 0],
    [
      'weighs tasks',
      [
        { weight: 3, progress: 1 },
        { weight: 1, progress: 0 },
      ],
      0.75,
    ],
    [
      'leaves out what weighs nothing',
      [
        { weight: 0, progress: 1 },
        { weight: 2, progress: 0.5 },
      ],
      0.5,
    ],
  ])('%s', (_, tasks, expected) => {
    expect(state.jobProgress(tasks)).toBe(expected);
  });
});
