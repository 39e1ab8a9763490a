/** One leased task: runs it under heartbeats and reports how it ended. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lease, TaskError } from '../../src/protocol/tasks.ts';
import type { Log } from '../failure/log.ts';
import { taskErrorOf } from '../failure/task-failure.ts';
import type { UseCpu } from '../media/encode-options.ts';
import { type BoardClient, LeaseLost } from './board-client.ts';
import type { CpuPermits } from './cpu-permits.ts';
import { type HeldView, type Phase, remainingSeconds } from './lease-policy.ts';

/** How long a stopping encoder tries to report. After that, the board notices when the lease expires. */
export const HAND_BACK_MS = 3_000;
const HANDED_BACK: TaskError = { code: 'handed_back', message: 'The encoder was stopped' };

/** What a running task may call. */
export type TaskSite = {
  /** Takes 0–1. */
  progress: (share: number) => void;
  useCpu: UseCpu;
  /** The newest grant for the task's objects. */
  grant: () => string;
  signal: AbortSignal;
};

/** Does a task. It has removed its files when it returns or throws. */
export type RunTask = (lease: Lease, site: TaskSite) => Promise<unknown>;

export type HeldOptions = {
  board: BoardClient;
  runTask: RunTask;
  log: Log;
  permits: CpuPermits;
  isHeavy: boolean;
  /** Called when the phase changes. */
  onChange: () => void;
};

export class HeldTask {
  /** Resolves, never rejects, when the task is over and has been reported. */
  readonly ended: Promise<void>;
  readonly #lease: Lease;
  readonly #options: HeldOptions;
  readonly #handBack = new AbortController();
  /** Ends reports of a task that was handed back. */
  readonly #reportsOver = new AbortController();
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
    setTimeout(() => this.#reportsOver.abort(reason), HAND_BACK_MS).unref();
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
    const { id: task, attempt } = this.#lease.task;
    const lost = new AbortController();
    const ended = new AbortController();
    const beating = this.#keepLease(lost, ended.signal);
    const reporting = AbortSignal.any([lost.signal, this.#reportsOver.signal]);
    log.info('task_started', { task, attempt });
    try {
      const result = await runTask(this.#lease, this.#site(AbortSignal.any([this.#handBack.signal, lost.signal])));
      await board.complete(this.#lease, result, reporting);
      log.info('task_done', { task, attempt });
    } catch (error) {
      if (error instanceof LeaseLost || lost.signal.aborted) {
        log.info('task_dropped', { task, attempt, reason: String(lost.signal.reason ?? error) });
      } else if (this.#handBack.signal.aborted) {
        log.info('task_handed_back', { task, attempt });
        await this.#fail(HANDED_BACK, AbortSignal.any([lost.signal, AbortSignal.timeout(HAND_BACK_MS)]));
      } else {
        const failure = taskErrorOf(error);
        log.error('task_failed', { task, attempt, ...failure });
        await this.#fail(failure, reporting);
      }
    } finally {
      ended.abort();
      await beating;
    }
  }

  /** If the report does not arrive, the board notices when the lease expires. */
  async #fail(failure: TaskError, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.board.fail(this.#lease, failure, signal);
    } catch (error) {
      const { id, attempt } = this.#lease.task;
      this.#options.log.error('report_lost', { task: id, attempt, reason: String(error) });
    }
  }

  /** Heartbeats until `ended`. Aborts `lost` when the board takes the task back or is unreachable for a lease's time. */
  async #keepLease(lost: AbortController, ended: AbortSignal): Promise<void> {
    let keptAt = performance.now();
    // The first pause is shorter by chance, so that a fleet that was woken together does not report together.
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
        const isExpired = performance.now() - keptAt > this.#lease.ttlSeconds * 1000;
        if (!ended.aborted && (error instanceof LeaseLost || isExpired)) {
          lost.abort(error);
        }
      }
    }
  }
}
