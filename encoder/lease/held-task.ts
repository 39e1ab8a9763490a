/** One leased task: done under heartbeats, reported; dropped when the lease is lost, handed back when asked to. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lease, TaskError } from '../../src/protocol/tasks.ts';
import type { Log } from '../failure/log.ts';
import { taskErrorOf } from '../failure/task-failure.ts';
import type { UseCpu } from '../media/encode-chunk.ts';
import { type BoardClient, LeaseLost } from './board-client.ts';
import type { CpuPermits } from './cpu-permits.ts';
import { type HeldView, type Phase, remainingSeconds } from './lease-policy.ts';

/** Whoever stops an encoder waits: a Worker that does not answer finds out when the lease ends. */
export const HAND_BACK_MS = 3_000;
const HANDED_BACK: TaskError = { code: 'handed_back', message: 'The encoder was stopped' };

/**
 * What a running task tells and asks. `progress` takes 0–1; what keeps the CPU busy goes through `useCpu`; `grant` is the
 * newest one for the task's objects.
 */
export type TaskSite = {
  progress: (share: number) => void;
  useCpu: UseCpu;
  grant: () => string;
  signal: AbortSignal;
};

/** Does a task. Whatever it makes on disk is gone when it returns or throws. */
export type RunTask = (lease: Lease, site: TaskSite) => Promise<unknown>;

export type HeldOptions = {
  board: BoardClient;
  runTask: RunTask;
  log: Log;
  /** Permits of the task's kind. */
  permits: CpuPermits;
  isHeavy: boolean;
  /** Called when the phase has changed. */
  onChange: () => void;
};

export class HeldTask {
  /** Resolves, never rejects, when the task is over and has been reported. */
  readonly ended: Promise<void>;
  readonly #lease: Lease;
  readonly #options: HeldOptions;
  readonly #handBack = new AbortController();
  #grant: string;
  #share = 0;
  #phase: Phase = 'preparing';
  #encodingSince = 0;

  constructor(lease: Lease, grant: string, options: HeldOptions) {
    this.#lease = lease;
    this.#grant = grant;
    this.#options = options;
    this.ended = this.#work();
  }

  view(): HeldView {
    const elapsed = (performance.now() - this.#encodingSince) / 1000;
    return {
      isHeavy: this.#options.isHeavy,
      phase: this.#phase,
      remainingSeconds: this.#phase === 'encoding' ? remainingSeconds(this.#share, elapsed) : null,
    };
  }

  /** Ends the work and gives the task back to the board. */
  handBack(reason: unknown): void {
    this.#handBack.abort(reason);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#options.onChange();
  }

  #site(signal: AbortSignal): TaskSite {
    return {
      signal,
      grant: () => this.#grant,
      progress: (share) => {
        this.#share = Math.min(1, Math.max(this.#share, share));
      },
      useCpu: async (use) => {
        this.#enter('preparing');
        return await this.#options.permits.use(signal, async () => {
          this.#encodingSince = performance.now();
          this.#enter('encoding');
          try {
            return await use();
          } finally {
            this.#enter('finishing');
          }
        });
      },
    };
  }

  async #work(): Promise<void> {
    const { board, runTask, log } = this.#options;
    const { id, attempt } = this.#lease.task;
    const lost = new AbortController();
    const ended = new AbortController();
    const beating = this.#keepLease(lost, ended.signal);
    const work = AbortSignal.any([this.#handBack.signal, lost.signal]);
    log.info('task_started', { task: id, attempt });
    try {
      const result = await runTask(this.#lease, this.#site(work));
      // A result is reported even by an encoder that is to stop, for as long as handing back would take.
      await board.complete(this.#lease, result, AbortSignal.any([lost.signal, this.#soonAfterHandBack()]));
      log.info('task_done', { task: id, attempt });
    } catch (error) {
      await this.#endWith(error, lost.signal);
    } finally {
      ended.abort();
      await beating;
    }
  }

  async #endWith(error: unknown, lost: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const { id, attempt } = this.#lease.task;
    if (error instanceof LeaseLost || lost.aborted) {
      log.info('task_dropped', { task: id, attempt, reason: String(lost.reason ?? error) });
      return;
    }
    if (this.#handBack.signal.aborted) {
      log.info('task_handed_back', { task: id, attempt });
      await this.#report(HANDED_BACK, AbortSignal.any([lost, AbortSignal.timeout(HAND_BACK_MS)]));
      return;
    }
    const failure = taskErrorOf(error);
    log.error('task_failed', { task: id, attempt, ...failure });
    await this.#report(failure, AbortSignal.any([lost, this.#soonAfterHandBack()]));
  }

  /** A board that refuses the report has moved on; one that cannot be reached finds out when the lease ends. */
  async #report(failure: TaskError, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.board.fail(this.#lease, failure, signal);
    } catch (error) {
      const { id, attempt } = this.#lease.task;
      this.#options.log.error('report_lost', { task: id, attempt, reason: String(error) });
    }
  }

  /** Aborts a little after the task is to be handed back. */
  #soonAfterHandBack(): AbortSignal {
    const soon = new AbortController();
    const handBack = this.#handBack.signal;
    const begin = (): void => {
      setTimeout(() => soon.abort(handBack.reason), HAND_BACK_MS).unref();
    };
    if (handBack.aborted) {
      begin();
    } else {
      handBack.addEventListener('abort', begin, { once: true });
    }
    return soon.signal;
  }

  /** Heartbeats until `ended`; aborts `lost` when the board takes the task back or could not be reached for a lease's time. */
  async #keepLease(lost: AbortController, ended: AbortSignal): Promise<void> {
    let keptAt = performance.now();
    // The first one sooner, by chance: a fleet that was woken together must not report together for ever.
    let pauseMs = this.#lease.heartbeatSeconds * 1000 * (1 - Math.random() / 2);
    while (!ended.aborted && !lost.signal.aborted) {
      try {
        await pause(pauseMs, undefined, { signal: ended });
        pauseMs = this.#lease.heartbeatSeconds * 1000;
        const { cancel, grant } = await this.#options.board.heartbeat(this.#lease, this.#share, ended);
        if (cancel) {
          lost.abort(new LeaseLost('the job is over'));
        }
        this.#grant = grant ?? this.#grant;
        keptAt = performance.now();
      } catch (error) {
        if (ended.aborted) {
          return;
        }
        if (error instanceof LeaseLost || performance.now() - keptAt > this.#lease.ttlSeconds * 1000) {
          lost.abort(error);
        }
      }
    }
  }
}
