/** A slot against a board that misbehaves, at heartbeats of milliseconds. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { TaskFailure } from '../../../encoder/failure/task-failure.ts';
import { BoardClient } from '../../../encoder/lease/board-client.ts';
import type { RunTask } from '../../../encoder/lease/held-task.ts';
import { runLeaseLoop } from '../../../encoder/lease/lease-loop.ts';
import type { Stops } from '../../../encoder/lease/stops.ts';
import { GRANT_HEADER } from '../../../src/protocol/tasks.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from '../fake-server.ts';
import { ENCODER, GRANT, GRANTED, keptLog, LEASE_SECRET, leaseOf, TOKEN } from './leases.ts';

/** Stops at once; draining is tested in drain.test.ts. */
const stopsWith = (signal: AbortSignal): Stops => ({ drain: signal, stop: signal, secondsLeft: () => 0 });
const ALONE = { describe: () => ENCODER, slots: () => 1 };

const GO_ON = { status: 200, body: '{"cancel":false}' };
const TAKEN = { status: 204 };

type Board = { heartbeat?: (exchange: Exchange) => Reply; complete?: () => Reply; fail?: () => Reply };

/** Hands out one task, then nothing; what is not told otherwise goes well. */
function boardWith({ heartbeat = () => GO_ON, complete = () => TAKEN, fail = () => TAKEN }: Board) {
  const lease = inTurn({ status: 200, headers: GRANTED, body: JSON.stringify(leaseOf('task-1')) }, { status: 204 });
  return (exchange: Exchange): Reply => {
    const call = exchange.path.split('/').at(-1);
    return call === 'lease'
      ? lease()
      : call === 'heartbeat'
        ? heartbeat(exchange)
        : call === 'fail'
          ? fail()
          : complete();
  };
}

type Run = {
  server: FakeServer;
  /** Calls that were begun; the server may hear of one that was given up only later. */
  calls: () => number;
  stop: AbortController;
  lines: string[];
  events: () => string[];
  ended: Promise<void>;
};

/** Runs a slot until `use` is through. */
async function withLoop<T>(board: Board, runTask: RunTask, use: (run: Run) => Promise<T>): Promise<T> {
  return withServer(boardWith(board), async (server) => {
    const stop = new AbortController();
    const { log, lines, events } = keptLog();
    let calls = 0;
    const client = new BoardClient(server.url, TOKEN, { firstPauseMs: 1, tries: 3 }, () => {
      calls += 1;
    });
    const ended = runLeaseLoop({ board: client, ...ALONE, runTask, log }, stopsWith(stop.signal));
    ended.catch(() => {});
    try {
      return await use({ server, calls: () => calls, stop, lines, events, ended });
    } finally {
      stop.abort(new Error('the test is over'));
      await ended.catch(() => {});
      // Whatever happened: no line tells a secret.
      expect(lines.join('')).not.toContain(TOKEN);
      expect(lines.join('')).not.toContain(LEASE_SECRET);
      expect(lines.join('')).not.toContain(GRANT);
    }
  });
}

/** A task that goes on until it is told to stop, and says so. */
function endlessTask(): { run: RunTask; stopped: Promise<unknown> } {
  let tell = (_: unknown): void => {};
  const stopped = new Promise<unknown>((resolve) => {
    tell = resolve;
  });
  const run: RunTask = (_, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        tell(signal.reason);
        reject(signal.reason);
      });
    });
  return { run, stopped };
}

const bodiesOf = ({ exchanges }: FakeServer, call: string) =>
  exchanges.filter(({ path }) => path.endsWith(call)).map(({ body }) => JSON.parse(String(body)));

describe('a task', () => {
  test('is done under heartbeats that tell its progress, and reported', () => {
    const shares: number[] = [];
    const heartbeat = ({ body }: Exchange): Reply => {
      shares.push(JSON.parse(String(body)).progress);
      return GO_ON;
    };
    const run: RunTask = async (_, { progress }) => {
      for (const [told, heard] of [
        [0.2, 0.2],
        [0.1, 0.2],
        [7, 1],
      ] as const) {
        progress(told);
        const before = shares.length;
        // The first after it may have been on its way.
        await until(() => shares.slice(before).includes(heard) && shares.length > before + 1);
      }
      return { facts: 'all' };
    };
    return withLoop({ heartbeat }, run, async ({ server, events }) => {
      await until(() => events().includes('task_done'));
      expect(bodiesOf(server, 'complete')).toEqual([{ lease: LEASE_SECRET, result: { facts: 'all' } }]);
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      // No heartbeat follows the report; one may have been on its way.
      const { length } = shares;
      const leases = server.count('POST', '/lease');
      await until(() => server.count('POST', '/lease') > leases + 1);
      expect(shares.length).toBeLessThanOrEqual(length + 1);
    });
  });

  test.each([
    ['a typed failure', new TaskFailure('source_empty', 'no bytes'), { code: 'source_empty', message: 'no bytes' }],
    [
      'with what the program said',
      new TaskFailure('encode_failed', 'ffmpeg', { detail: `${'x'.repeat(9_000)}the end` }),
      { code: 'encode_failed', message: 'ffmpeg', detail: expect.stringMatching(/^x{7993}the end$/) },
    ],
    ['anything else', new RangeError('oops'), { code: 'internal', message: 'RangeError: oops' }],
  ] as const)('that fails is reported: %s', (_, failure, error) =>
    withLoop(
      {},
      () => Promise.reject(failure),
      async ({ server, events }) => {
        await until(() => server.count('POST', '/fail') === 1);
        expect(bodiesOf(server, '/fail')).toEqual([{ lease: LEASE_SECRET, error }]);
        expect(events()).toEqual(['task_started', 'task_failed']);
        expect(server.count('POST', '/complete')).toBe(0);
      },
    ),
  );

  test('has the grant of its lease, then that of the newest heartbeat', () => {
    let beats = 0;
    const heartbeat = (): Reply => ({ ...GO_ON, headers: ++beats === 1 ? {} : { [GRANT_HEADER]: `newer-${beats}` } });
    const run: RunTask = async (_, { grant }) => {
      const first = grant();
      await until(() => grant() !== first);
      return { first, later: grant() };
    };
    return withLoop({ heartbeat }, run, async ({ server, events }) => {
      await until(() => events().includes('task_done'));
      expect(bodiesOf(server, 'complete')).toMatchObject([{ result: { first: GRANT, later: 'newer-2' } }]);
    });
  });

  test('survives heartbeats that fail for less than a lease', () => {
    let beats = 0;
    const heartbeat = (): Reply => (++beats % 2 === 1 ? { status: 503 } : GO_ON);
    const run: RunTask = async (_, { signal }) => {
      await until(() => beats > 6);
      return signal.aborted;
    };
    return withLoop({ heartbeat }, run, async ({ server, events }) => {
      await until(() => events().includes('task_done'));
      expect(bodiesOf(server, 'complete')).toMatchObject([{ result: false }]);
    });
  });
});

describe('a lease that is lost', () => {
  test.each([
    ['somebody else has the task', { status: 409 }],
    ['the task is unknown', { status: 404 }],
    ['the job is over', { status: 200, body: '{"cancel":true}' }],
    ['nobody answers for the time of a lease', 'drop'],
  ] as const)('ends the task without a report: %s', (_, reply) => {
    const { run, stopped } = endlessTask();
    return withLoop({ heartbeat: () => reply }, run, async ({ server, events }) => {
      await stopped;
      await until(() => events().includes('task_dropped'));
      expect(server.count('POST', '/complete') + server.count('POST', '/fail')).toBe(0);
      // And the slot asks for the next task.
      await until(() => server.count('POST', '/lease') >= 2);
    });
  });

  test('while reporting is no failure', () =>
    withLoop(
      { complete: () => ({ status: 409 }) },
      async () => 'done',
      async ({ server, events }) => {
        await until(() => events().includes('task_dropped'));
        expect(server.count('POST', '/fail')).toBe(0);
      },
    ));
});

describe('a board that cannot be reached', () => {
  test('a result goes in as soon as it is back', () => {
    const complete = inTurn({ status: 503 }, 'drop', TAKEN);
    return withLoop(
      { complete },
      async () => 'done',
      async ({ server, events }) => {
        await until(() => events().includes('task_done'));
        expect(server.count('POST', '/complete')).toBe(3);
      },
    );
  });

  test('a result that cannot be brought is a failure, one that cannot either is logged, and the slot goes on', () => {
    const down = (): Reply => ({ status: 503 });
    return withLoop(
      { complete: down, fail: down },
      async () => 'done',
      async ({ server, events }) => {
        await until(() => events().length === 3);
        await until(() => server.count('POST', '/lease') >= 2);
        expect(events()).toEqual(['task_started', 'task_failed', 'report_lost']);
        expect(server.count('POST', '/complete')).toBe(3);
        expect(server.count('POST', '/fail')).toBe(3);
      },
    );
  });

  test('a result that the board does not take is reported as a failure', () =>
    withLoop(
      { complete: () => ({ status: 400 }) },
      async () => 'done',
      async ({ server }) => {
        await until(() => server.count('POST', '/fail') === 1);
        expect(bodiesOf(server, '/fail')).toMatchObject([{ error: { code: 'internal' } }]);
      },
    ));

  test('is asked again after a pause', () => {
    const { log, events } = keptLog();
    const stop = new AbortController();
    return withServer(inTurn({ status: 503 }, { status: 204 }), async (server) => {
      const board = new BoardClient(server.url, TOKEN);
      const ended = runLeaseLoop({ board, ...ALONE, runTask: async () => 1, log }, stopsWith(stop.signal));
      await until(() => server.exchanges.length === 2);
      expect(events()).toEqual(['board_unreachable']);
      stop.abort();
      await ended;
    });
  });

  test('stays away for as long as it asks', () => {
    const { log } = keptLog();
    const stop = new AbortController();
    const at: number[] = [];
    const answer = (): Reply => {
      at.push(performance.now());
      return { status: 429, headers: { 'retry-after': '2' } };
    };
    return withServer(answer, async (server) => {
      const board = new BoardClient(server.url, TOKEN);
      const ended = runLeaseLoop({ board, ...ALONE, runTask: async () => 1, log }, stopsWith(stop.signal));
      await until(() => at.length === 2);
      // Without, the first pause is 1.5 s at most.
      expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(1_900);
      stop.abort();
      await ended;
    });
  });

  test('a report that is told to come later comes later', () => {
    const complete = inTurn({ status: 429 }, TAKEN);
    return withLoop(
      { complete },
      async () => 'done',
      async ({ server, events }) => {
        await until(() => events().includes('task_done'));
        expect(server.count('POST', '/complete')).toBe(2);
      },
    );
  });

  test('one that is too old ends the slot', () =>
    withServer(inTurn({ status: 200, body: JSON.stringify(leaseOf('task-1')) }, TAKEN), async (server) => {
      const { log, events } = keptLog();
      const options = { board: new BoardClient(server.url, TOKEN), ...ALONE, runTask: async () => 1, log };
      await expect(runLeaseLoop(options, stopsWith(new AbortController().signal))).rejects.toThrow('deploy the Worker');
      expect(events()).toEqual([]);
      expect(bodiesOf(server, 'fail')).toMatchObject([{ error: { code: 'handed_back' } }]);
    }));

  test('a token that is refused ends the slot', () =>
    withServer(inTurn({ status: 401 }), async (server) => {
      const { log } = keptLog();
      const options = { board: new BoardClient(server.url, TOKEN), ...ALONE, runTask: async () => 1, log };
      await expect(runLeaseLoop(options, stopsWith(new AbortController().signal))).rejects.toMatchObject({
        status: 401,
      });
    }));
});

describe('stopping', () => {
  test('ends the task and hands it back', () => {
    const { run, stopped } = endlessTask();
    return withLoop({}, run, async ({ server, calls, stop, events, ended }) => {
      await until(() => events().includes('task_started'));
      stop.abort(new Error('SIGTERM'));
      expect(await stopped).toMatchObject({ message: 'SIGTERM' });
      await ended;
      expect(bodiesOf(server, '/fail')).toMatchObject([{ error: { code: 'handed_back' } }]);
      const begun = calls();
      await pause(50);
      expect(calls()).toBe(begun);
    });
  });

  test('an idle slot stops at once', () =>
    withServer(inTurn({ status: 204 }), async (server) => {
      const stop = new AbortController();
      const { log } = keptLog();
      const options = { board: new BoardClient(server.url, TOKEN), ...ALONE, runTask: async () => 1, log };
      const ended = runLeaseLoop(options, stopsWith(stop.signal));
      await until(() => server.exchanges.length === 1);
      const startedAt = performance.now();
      stop.abort();
      await ended;
      expect(performance.now() - startedAt).toBeLessThan(400);
    }));
});
