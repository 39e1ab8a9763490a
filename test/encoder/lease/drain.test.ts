/** Being told to end: what is finished, what is handed back, and when. */
import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BoardClient } from '../../../encoder/lease/board-client.ts';
import type { RunTask, TaskSite } from '../../../encoder/lease/held-task.ts';
import { runLeaseLoop } from '../../../encoder/lease/lease-loop.ts';
import { type Stops, stopsOnSignals } from '../../../encoder/lease/stops.ts';
import { type Exchange, type FakeServer, type Reply, until, withServer } from '../fake-server.ts';
import { ENCODER, GRANTED, keptLog, leaseOf, TOKEN } from './leases.ts';

describe('signals', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const stopsOf = (drainSeconds: number) => {
    const source = new EventEmitter();
    const stops = stopsOnSignals(source, drainSeconds);
    return { source, stops, state: () => [stops.drain.aborted, stops.stop.aborted] };
  };

  test('SIGTERM drains, and stops so long before the end that the board hears of it', () => {
    vi.useFakeTimers();
    const { source, stops, state } = stopsOf(30);
    expect(state()).toEqual([false, false]);
    source.emit('SIGTERM');
    expect(state()).toEqual([true, false]);
    expect(stops.secondsLeft()).toBeCloseTo(27);
    vi.advanceTimersByTime(26_900);
    expect(state()).toEqual([true, false]);
    vi.advanceTimersByTime(200);
    expect(state()).toEqual([true, true]);
    expect(stops.secondsLeft()).toBe(0);
  });

  test.each([
    ['a second SIGTERM', ['SIGTERM', 'SIGTERM'], 30],
    ['Ctrl-C', ['SIGINT'], 30],
    ['Ctrl-C while draining', ['SIGTERM', 'SIGINT'], 30],
    ['a parent that is gone', ['disconnect'], 30],
    ['SIGTERM without time to drain', ['SIGTERM'], 0],
    ['SIGTERM with time for handing back only', ['SIGTERM'], 3],
  ])('%s stops at once', (_, signals, seconds) => {
    const { source, state } = stopsOf(seconds);
    for (const signal of signals) {
      source.emit(signal);
    }
    expect(state()).toEqual([true, true]);
  });
});

/** A task of the test's: it goes where the test drives it. */
class Driven {
  readonly sites = new Map<string, TaskSite>();
  readonly #ends = new Map<string, () => void>();

  readonly run: RunTask = async ({ task }, site) => {
    this.sites.set(task.id, site);
    await new Promise<void>((resolve, reject) => {
      this.#ends.set(task.id, resolve);
      site.signal.addEventListener('abort', () => reject(site.signal.reason));
    });
    return 'done';
  };

  end(id: string): void {
    this.#ends.get(id)?.();
  }
}

type Run = { server: FakeServer; driven: Driven; drain: AbortController; stop: AbortController; ended: Promise<void> };

/** An encoder with room for two small tasks, which it gets. */
async function withTwoTasks(secondsLeft: number, use: (run: Run) => Promise<void>): Promise<void> {
  const driven = new Driven();
  let next = 0;
  const answer = ({ path }: Exchange): Reply => {
    if (path.endsWith('/lease')) {
      next += 1;
      return next > 2
        ? { status: 204 }
        : { status: 200, headers: GRANTED, body: JSON.stringify(leaseOf(`task-${next}`)) };
    }
    return path.endsWith('/heartbeat') ? { status: 200, body: '{"cancel":false}' } : { status: 204 };
  };
  await withServer(answer, async (server) => {
    const [drain, stop] = [new AbortController(), new AbortController()];
    const stops: Stops = { drain: drain.signal, stop: stop.signal, secondsLeft: () => secondsLeft };
    const board = new BoardClient(server.url, TOKEN, { firstPauseMs: 1, tries: 3 });
    const options = { board, describe: () => ENCODER, slots: () => 1, runTask: driven.run, log: keptLog().log };
    const ended = runLeaseLoop(options, stops);
    ended.catch(() => {});
    try {
      await until(() => driven.sites.size === 2);
      await use({ server, driven, drain, stop, ended });
    } finally {
      drain.abort();
      stop.abort();
      await ended.catch(() => {});
    }
  });
}

const reportsOf = ({ exchanges }: FakeServer) =>
  exchanges
    .filter(({ path }) => /complete|fail/.test(path))
    .map(({ path, body }) => [path.split('/').slice(-2).join(' '), JSON.parse(String(body)).error?.code ?? null]);

/** The CPU part of a task, so far done, and never to be finished. */
async function encodeUpTo(share: number, site: TaskSite | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    site?.useCpu(() => new Promise<void>(() => resolve())).catch(() => {});
  });
  site?.progress(share);
}

describe('a drain', () => {
  test('finishes what will be done in time and hands back the rest at once', () =>
    withTwoTasks(20, async ({ server, driven, drain, ended }) => {
      await encodeUpTo(0.9, driven.sites.get('task-1'));
      drain.abort(new Error('SIGTERM'));
      await until(() => server.count('POST', 'task-2/fail') === 1);
      expect(reportsOf(server)).toEqual([['task-2 fail', 'handed_back']]);
      const leases = server.count('POST', '/lease');
      driven.end('task-1');
      await ended;
      expect(reportsOf(server)).toContainEqual(['task-1 complete', null]);
      expect(server.count('POST', '/lease')).toBe(leases);
    }));

  test('keeps the leases of what it finishes', () =>
    withTwoTasks(20, async ({ server, driven, drain, ended }) => {
      await encodeUpTo(0.9, driven.sites.get('task-1'));
      drain.abort(new Error('SIGTERM'));
      const beats = server.count('POST', 'task-1/heartbeat');
      await until(() => server.count('POST', 'task-1/heartbeat') > beats + 1);
      driven.end('task-1');
      await ended;
    }));

  test('ends when its time is over', () =>
    withTwoTasks(20, async ({ server, driven, drain, stop, ended }) => {
      await encodeUpTo(0.9, driven.sites.get('task-1'));
      drain.abort(new Error('SIGTERM'));
      await until(() => server.count('POST', 'task-2/fail') === 1);
      stop.abort(new Error('over'));
      await ended;
      expect(reportsOf(server).sort()).toEqual([
        ['task-1 fail', 'handed_back'],
        ['task-2 fail', 'handed_back'],
      ]);
    }));

  test('without time, nothing is finished', () =>
    withTwoTasks(0, async ({ server, driven, drain, ended }) => {
      await encodeUpTo(0.5, driven.sites.get('task-1'));
      drain.abort(new Error('SIGTERM'));
      await ended;
      expect(reportsOf(server).map(([, code]) => code)).toEqual(['handed_back', 'handed_back']);
    }));
});
