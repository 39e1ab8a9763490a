import { describe, expect, test } from 'vitest';
import { BoardClient, BoardError, LeaseLost, OutdatedWorker } from '../../../encoder/lease/board-client.ts';
import { MAX_WAIT_SECONDS } from '../../../src/protocol/tasks.ts';
import { type FakeServer, inTurn, type Reply, withServer } from '../fake-server.ts';
import { ENCODER, GRANT, GRANTED, LEASE_SECRET, leaseOf, TOKEN } from './leases.ts';

const never = new AbortController().signal;
const LEASE = leaseOf('job-1-inspect');
const TRIES = 4;

const withBoard = <T>(replies: Reply[], use: (board: BoardClient, server: FakeServer) => Promise<T>): Promise<T> =>
  withServer(inTurn(...replies), (server) =>
    use(new BoardClient(`${server.url}/`, TOKEN, { firstPauseMs: 1, tries: TRIES }), server),
  );

describe('lease', () => {
  test('says who asks, with the token', () =>
    withBoard([{ status: 200, headers: GRANTED, body: JSON.stringify(LEASE) }], async (board, { exchanges }) => {
      expect(await board.lease(ENCODER, 0, never)).toEqual({ lease: LEASE, grant: GRANT, retryAfterMs: null });
      expect(exchanges[0]).toMatchObject({ method: 'POST', path: '/v1/encoders/lease' });
      expect(exchanges[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
      expect(JSON.parse(String(exchanges[0]?.body))).toEqual({ encoder: ENCODER });
    }));

  test.each([
    [undefined, null],
    ['2', 2_000],
    ['0', 0],
    ['86400', 60_000],
    ['-1', null],
    ['Fri, 20 Nov 2026 00:00:00 GMT', null],
  ])('nothing waits; asked to stay away for %s', (value, retryAfterMs) =>
    withBoard([{ status: 204, headers: value === undefined ? {} : { 'retry-after': value } }], async (board) => {
      expect(await board.lease(ENCODER, 0, never)).toEqual({ lease: null, retryAfterMs });
    }),
  );

  test('may wait for work, for as long as the contract allows', () =>
    withBoard([{ status: 204 }], async (board, { exchanges }) => {
      await board.lease(ENCODER, 5, never);
      await board.lease(ENCODER, 500, never);
      expect(exchanges.map(({ body }) => JSON.parse(String(body)).waitSeconds)).toEqual([5, MAX_WAIT_SECONDS]);
    }));

  test.each([
    [429, '7', { retryAfterMs: 7_000, isPassing: true }],
    [503, '3', { retryAfterMs: 3_000, isPassing: true }],
    [503, '9999', { retryAfterMs: 60_000, isPassing: true }],
    [400, '', { retryAfterMs: null, isPassing: false }],
  ])('%s with Retry-After %s', (status, value, expected) =>
    withBoard([{ status, headers: { 'retry-after': value } }], async (board) => {
      await expect(board.lease(ENCODER, 0, never)).rejects.toMatchObject({ status, ...expected });
    }),
  );

  test.each([
    ['no JSON', 'hello'],
    ['an unknown kind of task', JSON.stringify({ ...LEASE, task: { ...LEASE.task, input: { kind: 'shell' } } })],
    ['no lease', JSON.stringify({ ...LEASE, lease: undefined })],
    ['a heartbeat never', JSON.stringify({ ...LEASE, heartbeatSeconds: 0 })],
  ])('an answer with %s is not taken', (_, body) =>
    withBoard([{ status: 200, headers: GRANTED, body }], async (board) => {
      await expect(board.lease(ENCODER, 0, never)).rejects.toThrow();
    }),
  );

  test('a Worker that grants nothing is too old: the task goes back at once, and nothing is tried', () =>
    withBoard([{ status: 200, body: JSON.stringify(LEASE) }, { status: 204 }], async (board, { exchanges }) => {
      await expect(board.lease(ENCODER, 0, never)).rejects.toBeInstanceOf(OutdatedWorker);
      expect(exchanges[1]?.path).toBe('/v1/tasks/job-1-inspect/fail');
      expect(JSON.parse(String(exchanges[1]?.body)).error.code).toBe('handed_back');
    }));

  test('a wrong token is an error of its own', () =>
    withBoard([{ status: 401, body: '{"code":"unauthorized"}' }], async (board) => {
      const failure = await board.lease(ENCODER, 0, never).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BoardError);
      expect(failure).toMatchObject({ status: 401, message: expect.stringContaining('unauthorized') });
      expect(String(failure)).not.toContain(TOKEN);
    }));
});

describe('heartbeat', () => {
  test.each([true, false])('carries the progress and brings back whether to stop: %s', (cancel) =>
    withBoard([{ status: 200, body: JSON.stringify({ cancel }) }], async (board, { exchanges }) => {
      expect(await board.heartbeat(LEASE, 0.25, never)).toEqual({ cancel, grant: null });
      expect(exchanges[0]?.path).toBe('/v1/tasks/job-1-inspect/heartbeat');
      expect(JSON.parse(String(exchanges[0]?.body))).toEqual({ lease: LEASE_SECRET, progress: 0.25 });
    }),
  );

  test('brings a newer grant', () =>
    withBoard([{ status: 200, headers: GRANTED, body: '{"cancel":false}' }], async (board) => {
      expect(await board.heartbeat(LEASE, 0, never)).toEqual({ cancel: false, grant: GRANT });
    }));

  test.each([404, 409])('%i: the lease is lost', (status) =>
    withBoard([{ status }], async (board) => {
      await expect(board.heartbeat(LEASE, 0, never)).rejects.toBeInstanceOf(LeaseLost);
    }),
  );
});

describe('reports', () => {
  const complete = (board: BoardClient): Promise<void> => board.complete(LEASE, { fact: 1 }, never);

  test('a result is sent until it is taken', () =>
    withBoard([{ status: 503 }, 'drop', { status: 204 }], async (board, { exchanges }) => {
      await complete(board);
      expect(exchanges).toHaveLength(3);
      expect(new Set(exchanges.map(({ body }) => String(body))).size).toBe(1);
      expect(JSON.parse(String(exchanges[2]?.body))).toEqual({ lease: LEASE_SECRET, result: { fact: 1 } });
    }));

  test('a failure, too', () =>
    withBoard([{ status: 500 }, { status: 204 }], async (board, { exchanges }) => {
      await board.fail(LEASE, { code: 'source_empty', message: 'The source has no bytes' }, never);
      expect(exchanges.map(({ path }) => path)).toEqual(Array(2).fill('/v1/tasks/job-1-inspect/fail'));
    }));

  test.each([400, 401, 409])('%i will be the same next time', (status) =>
    withBoard([{ status }], async (board, { exchanges }) => {
      await expect(complete(board)).rejects.toBeInstanceOf(status === 409 ? LeaseLost : BoardError);
      expect(exchanges).toHaveLength(1);
    }),
  );

  test('a board that never recovers is given up', () =>
    withBoard([{ status: 503 }], async (board, { exchanges }) => {
      await expect(complete(board)).rejects.toMatchObject({ status: 503 });
      expect(exchanges).toHaveLength(TRIES);
    }));
});
