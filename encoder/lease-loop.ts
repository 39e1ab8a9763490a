/** One slot of an encoder: lease a task, do it under heartbeats, report; until told to stop. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Encoder, Lease, TaskError } from '../src/contract/tasks.ts';
import { type BoardClient, BoardError, LeaseLost } from './board-client.ts';
import type { Log } from './log.ts';
import { taskErrorOf } from './task-failure.ts';

/** How often an idle slot asks. Low enough that a new job starts at once, high enough to cost next to nothing. */
const IDLE_PAUSE_MS = 1_000;
/** Pauses double up to this while the Worker cannot be reached. */
const MAX_OUTAGE_PAUSE_MS = 30_000;
/** Whoever stops an encoder waits: a Worker that does not answer finds out when the lease ends. */
const HAND_BACK_MS = 3_000;
const HANDED_BACK: TaskError = { code: 'handed_back', message: 'The encoder was stopped' };

/** Does a task; `progress` takes 0–1. Whatever it makes on disk is gone when it returns or throws. */
export type RunTask = (lease: Lease, progress: (share: number) => void, signal: AbortSignal) => Promise<unknown>;

export type LoopOptions = { board: BoardClient; encoder: Encoder; runTask: RunTask; log: Log };

/** Runs until `signal` aborts; then the task at hand is abandoned and handed back. */
export async function runLeaseLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  let outages = 0;
  while (!signal.aborted) {
    try {
      const lease = await options.board.lease(options.encoder, signal);
      outages = 0;
      if (lease === null) {
        await pause(IDLE_PAUSE_MS * (0.5 + Math.random()), undefined, { signal });
      } else {
        await workOn(lease, options, signal);
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error instanceof BoardError && error.status === 401) {
        throw error;
      }
      options.log.error('board_unreachable', { reason: String(error) });
      outages += 1;
      await pause(Math.min(MAX_OUTAGE_PAUSE_MS, 500 * 2 ** outages), undefined, { signal }).catch(() => undefined);
    }
  }
}

async function workOn(lease: Lease, { board, runTask, log }: LoopOptions, signal: AbortSignal): Promise<void> {
  const { id, attempt } = lease.task;
  const lost = new AbortController();
  const ended = new AbortController();
  let share = 0;
  const beating = keepLease(lease, board, () => share, lost, ended.signal);
  const work = AbortSignal.any([signal, lost.signal]);
  log.info('task_started', { task: id, attempt });
  try {
    const result = await runTask(
      lease,
      (reached) => {
        share = Math.min(1, Math.max(share, reached));
      },
      work,
    );
    await board.complete(lease, result, lost.signal);
    log.info('task_done', { task: id, attempt });
  } catch (error) {
    if (error instanceof LeaseLost || lost.signal.aborted) {
      log.info('task_dropped', { task: id, attempt, reason: String(lost.signal.reason ?? error) });
      return;
    }
    if (signal.aborted) {
      log.info('task_handed_back', { task: id, attempt });
      await report(
        lease,
        HANDED_BACK,
        { board, log },
        AbortSignal.any([lost.signal, AbortSignal.timeout(HAND_BACK_MS)]),
      );
      return;
    }
    const failure = taskErrorOf(error);
    log.error('task_failed', { task: id, attempt, ...failure });
    await report(lease, failure, { board, log }, lost.signal);
  } finally {
    ended.abort();
    await beating;
  }
}

type Reporting = Pick<LoopOptions, 'board' | 'log'>;

/** A board that refuses the report has moved on; one that cannot be reached finds out when the lease ends. */
async function report(lease: Lease, failure: TaskError, { board, log }: Reporting, signal: AbortSignal): Promise<void> {
  try {
    await board.fail(lease, failure, signal);
  } catch (error) {
    const { id, attempt } = lease.task;
    log.error('report_lost', { task: id, attempt, reason: String(error) });
  }
}

/** Heartbeats until `ended`; aborts `lost` when the board takes the task back or could not be reached for a lease's time. */
async function keepLease(
  lease: Lease,
  board: BoardClient,
  progress: () => number,
  lost: AbortController,
  ended: AbortSignal,
): Promise<void> {
  let keptAt = performance.now();
  while (!ended.aborted && !lost.signal.aborted) {
    try {
      await pause(lease.heartbeatSeconds * 1000, undefined, { signal: ended });
      if (await board.heartbeat(lease, progress(), ended)) {
        lost.abort(new LeaseLost('the job is over'));
      }
      keptAt = performance.now();
    } catch (error) {
      if (ended.aborted) {
        return;
      }
      if (error instanceof LeaseLost || performance.now() - keptAt > lease.ttlSeconds * 1000) {
        lost.abort(error);
      }
    }
  }
}
