/** A board that was away, and one that has stood since before: leases, encoders and tables survive. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { migrate } from '../../../../../src/control/encoding/board/task-schema.ts';
import { chunk, ENCODER, LEASE_MS, leaseNext, newBoard, passTime, stateOf, stopClock, task } from './board-fixture.ts';

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe('after a restart', () => {
  test('a lease that heartbeats kept alive in memory only still holds', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    for (let beats = 0; beats < 7; beats++) {
      passTime(5_000);
      await board.heartbeat('job-a', lease, 0.1 * beats);
    }
    await evictDurableObject(board);
    passTime(5_000);
    expect((await board.awaitLease({ ...ENCODER, id: 'enc-2' })).lease).toBeNull();
    expect(await board.heartbeat('job-a', lease, 0.9)).toMatchObject({ outcome: 'accepted', cancel: false });
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'leased', attempt: 1, progress: 0.9 });
  });

  test('a lease that ran out while the board was away gets one more, and one only', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    await leaseNext(board);
    await evictDurableObject(board);
    passTime(10 * LEASE_MS);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    passTime(LEASE_MS - 1);
    await evictDurableObject(board);
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    passTime(1);
    await evictDurableObject(board);
    expect((await leaseNext(board)).task.attempt).toBe('2');
  });

  test('the alarm that wakes a board ends a lease for good, however often the board sleeps in between', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    await leaseNext(board);
    for (let naps = 0; naps < 2; naps++) {
      passTime(LEASE_MS);
      await evictDurableObject(board);
      expect(await runDurableObjectAlarm(board)).toBe(true);
    }
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'waiting', error: { code: 'lease_expired' } });
  });

  test('a heartbeat after it wins the lease its usual rights back', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    for (let outages = 0; outages < 3; outages++) {
      passTime(2 * LEASE_MS);
      await evictDurableObject(board);
      expect(await board.heartbeat('job-a', lease, 0.1)).toMatchObject({ outcome: 'accepted', cancel: false });
      expect(await stateOf(board, 'job')).toMatchObject({ state: 'leased', attempt: 1 });
    }
  });

  test('encoders are still known', async () => {
    const board = await newBoard();
    await board.awaitLease({ ...ENCODER, features: ['h264_nvenc'] });
    const before = await board.encoders();
    await evictDurableObject(board);
    expect(await board.encoders()).toEqual(before);
  });
});

describe('a clock that is set back by days', () => {
  const DAYS = 10 * 86_400_000;

  test.each(['restarted', 'running'])('keeps no lease alive: %s', async (how) => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    await leaseNext(board);
    passTime(-DAYS);
    if (how === 'restarted') {
      await evictDurableObject(board);
    }
    expect((await board.awaitLease({ ...ENCODER, id: 'enc-2' })).lease).toBeNull();
    passTime(LEASE_MS);
    expect((await leaseNext(board)).task.attempt).toBe('2');
  });

  test('puts no task off for longer than a pause', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [task('job-a')]);
    const { lease } = await leaseNext(board);
    await board.fail('job-a', lease, { code: 'internal', message: 'no' });
    expect((await board.awaitLease(ENCODER)).lease).toBeNull();
    passTime(-DAYS);
    expect((await leaseNext(board)).task.attempt).toBe('2');
  });

  test.each(['restarted', 'running'])('counts no encoder that is gone: %s', async (how) => {
    const board = await newBoard();
    await board.awaitLease(ENCODER);
    passTime(-DAYS);
    if (how === 'restarted') {
      await evictDurableObject(board);
      await board.encoders();
      passTime(60_000);
    }
    expect([await board.fleetCores(), await board.encoders()]).toMatchObject([0, [{ state: 'gone' }]]);
  });
});

describe('a board of another release', () => {
  test('from before tables had versions, keeps its jobs, tasks and dead ones', async () => {
    const board = await newBoard();
    await runInDurableObject(board, (_, { storage: { sql } }) => {
      for (const { type, name } of sql
        .exec<{ type: string; name: string }>(
          `SELECT type, name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
           AND name NOT LIKE 'sqlite%' ORDER BY name DESC`,
        )
        .toArray()) {
        sql.exec(`DROP ${type} ${name}`);
      }
      migrate(sql, 1);
      sql.exec('DROP TABLE schema_version');
      sql.exec(`
        CREATE INDEX tasks_open ON tasks (state, available_at) WHERE state IN ('waiting', 'leased');
        CREATE INDEX tasks_unnotified ON tasks (seq) WHERE notified = 0 AND state IN ('done', 'failed');
        INSERT INTO jobs (id, priority, created_at) VALUES ('job', 50, 1);
        INSERT INTO tasks (id, job_id, kind, input, weight, state, error) VALUES
          ('job-a', 'job', 'inspect', '{"kind":"inspect","source":{"key":"sources/film/a.mp4","sizeBytes":1}}', 0, 'waiting', NULL),
          ('job-b', 'job', 'chunk', '{}', 1, 'failed', '{"code":"encode_failed","message":"No","detail":"stderr"}');
      `);
    });
    await evictDurableObject(board);
    expect((await board.jobSummary('job')).tasks).toMatchObject([{ state: 'waiting' }, { state: 'dead' }]);
    expect(await board.deadTasks(null, 9)).toMatchObject([{ id: 'job-b', error: { detail: 'stderr' } }]);
    expect((await leaseNext(board)).task).toMatchObject({ id: 'job-a', attempt: '1' });
    await evictDurableObject(board);
    expect(await stateOf(board, 'job')).toMatchObject({ state: 'leased' });
    expect(await board.openJob('again', { priority: 50, retryOf: 'job' })).toBe(true);
  });

  test('gives up a task of a kind that only a later release knows, and goes on with the next', async () => {
    const board = await newBoard();
    await board.submit('job', 50, [chunk('job-1', 9), chunk('job-2', 8), chunk('job-b', 5), chunk('job-c', 3)]);
    await leaseNext(board);
    await leaseNext(board);
    await runInDurableObject(board, (_, { storage }) => {
      storage.sql.exec(`UPDATE tasks SET kind = 'hologram', input = '{"kind":"hologram"}' WHERE id = 'job-b'`);
    });
    expect((await leaseNext(board)).task.id).toBe('job-c');
    expect(await board.deadTasks(null, 9)).toMatchObject([{ id: 'job-b', error: { code: 'internal' } }]);
  });
});
