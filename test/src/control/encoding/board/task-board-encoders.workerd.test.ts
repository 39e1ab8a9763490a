/** Encoders as the board knows them: who they are, how they wait for work, how soon they hear that a job is over. */

import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configOf } from '../../../../../src/config.ts';
import { idlePauseSeconds } from '../../../../../src/control/encoding/board/lease-desk.ts';
import { ENCODER, leaseNext, newBoard, passTime, RESULT, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

describe('an encoder', () => {
  test('is active, idle, gone, and forgotten after a day', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const said = { ...ENCODER, freeCores: 1.5, freeMemoryBytes: 7, load: 0.25, features: ['h264_nvenc'] };
    const { lease } = await leaseNext(board, said);
    const since = Date.now();
    expect(await board.encoders()).toEqual([
      { encoder: said, firstSeen: since, lastSeen: since, state: 'active', tasks: 1 },
    ]);
    passTime(20_000);
    await board.heartbeat('job-a', lease, 0.1);
    passTime(20_000);
    await board.complete('job-a', lease, RESULT);
    expect(await board.encoders()).toMatchObject([{ state: 'idle', tasks: 0, lastSeen: since + 40_000 }]);
    expect(await board.fleetCores()).toBe(2);
    passTime(60_000);
    expect(await board.encoders()).toMatchObject([{ state: 'gone' }]);
    expect(await board.fleetCores()).toBe(0);
    expect(await board.load()).toMatchObject({ encodersByState: { active: 0, idle: 0, gone: 1 } });
    passTime(24 * HOUR_MS);
    await board.awaitLease({ ...ENCODER, id: 'enc-2' });
    expect(await board.encoders()).toMatchObject([{ encoder: { id: 'enc-2' } }]);
  });

  test('that makes up a new name for each call does not fill the board', async () => {
    const board = await newBoard();
    for (let first = 0; first < 5_010; first += 501) {
      const ids = Array.from({ length: 501 }, (_, index) => `enc-${first + index}`);
      await Promise.all(ids.map((id) => board.awaitLease({ ...ENCODER, id })));
    }
    const encoders = await board.encoders();
    expect(encoders).toHaveLength(5_000);
    expect(encoders[0]?.encoder.id).toBe('enc-5009');
  }, 60_000);
});

describe('waiting for work', () => {
  test('ends as soon as there is some, for as many as there is work for', async () => {
    const board = await newBoard();
    const first = board.awaitLease(ENCODER, 20);
    const second = board.awaitLease({ ...ENCODER, id: 'enc-2' }, 20);
    await board.submit('job', 50, [task('job-a')]);
    expect(await first).toMatchObject({ lease: { task: { id: 'job-a' } } });
    await board.submit('other', 50, [task('other-a')]);
    expect(await second).toMatchObject({ lease: { task: { id: 'other-a' } } });
  });

  test('ends when a task is handed back', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    const waiting = board.awaitLease({ ...ENCODER, id: 'enc-2' }, 20);
    await board.fail('job-a', lease, { code: 'handed_back', message: '' });
    expect(await waiting).toMatchObject({ lease: { task: { id: 'job-a', attempt: '2' } } });
  });

  test('not wished for is not done: the answer says when to ask again', async () => {
    const board = await newBoard();
    expect(await board.awaitLease(ENCODER)).toEqual({ lease: null, retryAfterSeconds: 1 });
  });

  test('in vain ends in time', async () => {
    vi.useRealTimers();
    const board = await newBoard();
    expect(await board.awaitLease(ENCODER, 1)).toEqual({ lease: null, retryAfterSeconds: 0 });
  });
});

test.each([
  [1, 0, 1],
  [1, HOUR_MS, 1],
  [50, 0, 1],
  [360, 0, 8],
  [360, HOUR_MS, 18],
  [5_000, HOUR_MS, 20],
])('%i encoders that found nothing for %i ms ask again after %i s', (encoders, sinceWorkMs, seconds) => {
  expect(idlePauseSeconds(encoders, sinceWorkMs)).toBe(seconds);
});

describe('a cancelled job', () => {
  test('is heard of at the next heartbeat: twice within ten seconds, under any configuration', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease, heartbeatSeconds } = await leaseNext(board);
    await board.closeJob('job');
    expect(2 * heartbeatSeconds).toBeLessThanOrEqual(10);
    passTime(heartbeatSeconds * 1000);
    expect(await board.heartbeat('job-a', lease, 0.5)).toEqual({ outcome: 'accepted', cancel: true });
    expect(() => configOf({ ...env, LEASE_SECONDS: '60', HEARTBEAT_SECONDS: '5.1' })).toThrow();
    expect(configOf({ ...env, LEASE_SECONDS: '60', HEARTBEAT_SECONDS: '5' }).HEARTBEAT_SECONDS).toBe(5);
  });
});
