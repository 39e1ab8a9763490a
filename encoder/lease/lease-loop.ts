/** Keeps an encoder's cores busy: leases tasks as long as there is room for them, until it is told to stop. */
import { setTimeout as pause } from 'node:timers/promises';
import { TASK_KINDS } from '../../src/protocol/task-kinds.ts';
import type { Encoder } from '../../src/protocol/tasks.ts';
import type { Log } from '../failure/log.ts';
import { type BoardClient, BoardError, OutdatedWorker } from './board-client.ts';
import { CpuPermits } from './cpu-permits.ts';
import { HeldTask, type RunTask } from './held-task.ts';
import { finishesWithin, wantsLease } from './lease-policy.ts';
import type { Stops } from './stops.ts';

/**
 * The board holds the question for so long while it has nothing. Shorter than it allows: an encoder that ends, or whose
 * network is cut, while the answer is on its way costs the task a lease's time.
 */
const WAIT_SECONDS = 10;
/** How often an idle encoder asks where the board does not say. Low enough for a new job to start at once. */
const IDLE_PAUSE_MS = 1_000;
/** A job hands out its tasks in steps, with moments of nothing in between: ask more often for a while. */
const BUSY_PAUSE_MS = 200;
const BUSY_FOR_MS = 5_000;
/** Pauses double up to this while the Worker cannot be reached. */
const MAX_OUTAGE_PAUSE_MS = 30_000;
const FIRST_OUTAGE_PAUSE_MS = 1_000;
/** Estimates and the machine's load change without anybody telling. */
const LOOK_AGAIN_MS = 200;

export type LoopOptions = {
  board: BoardClient;
  /** Who we are and what we have to give, now. */
  describe: (busySlots: number) => Encoder;
  /** Chunks at a time, now, of which `busySlots` are in use. */
  slots: (busySlots: number) => number;
  runTask: RunTask;
  log: Log;
};

/** ± half, so that a fleet that was started, or cut off, together does not ask together. */
const jittered = (ms: number): number => ms * (0.5 + Math.random());

/** Runs until `stops.drain` aborts and every task has then ended. Throws when the board refuses the token or is too old. */
export async function runLeaseLoop(options: LoopOptions, stops: Stops): Promise<void> {
  const leasing = new Leasing(options);
  const onDrain = (): void => leasing.drain(stops.secondsLeft(), stops.drain.reason);
  const onStop = (): void => leasing.handBackAll(stops.stop.reason);
  stops.drain.addEventListener('abort', onDrain, { once: true });
  stops.stop.addEventListener('abort', onStop, { once: true });
  try {
    await leasing.run(stops.drain);
  } catch (error) {
    leasing.handBackAll(error);
    throw error;
  } finally {
    await leasing.allEnded();
    stops.drain.removeEventListener('abort', onDrain);
    stops.stop.removeEventListener('abort', onStop);
  }
}

class Leasing {
  readonly #options: LoopOptions;
  readonly #held = new Set<HeldTask>();
  /** One per slot for what fills a slot's cores; as many for the small tasks that run beside it. */
  readonly #heavy: CpuPermits;
  readonly #light: CpuPermits;
  #wake = new AbortController();
  #busyAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#heavy = new CpuPermits(() => this.#slots());
    this.#light = new CpuPermits(() => this.#slots());
  }

  async run(drain: AbortSignal): Promise<void> {
    let outages = 0;
    while (!drain.aborted) {
      try {
        await this.#untilRoom(drain);
        const answer = await this.#options.board.lease(this.#describe(), WAIT_SECONDS, drain);
        outages = 0;
        if (answer.lease === null) {
          await pause(jittered(answer.retryAfterMs ?? this.#idlePauseMs()), undefined, { signal: drain });
        } else {
          this.#busyAt = performance.now();
          this.#take(answer.lease, answer.grant, drain);
        }
      } catch (error) {
        if (drain.aborted) {
          return;
        }
        if (error instanceof OutdatedWorker || (error instanceof BoardError && error.status === 401)) {
          throw error;
        }
        this.#options.log.error('board_unreachable', { reason: String(error) });
        const longest = Math.min(MAX_OUTAGE_PAUSE_MS, FIRST_OUTAGE_PAUSE_MS * 2 ** outages);
        outages += 1;
        const asked = error instanceof BoardError ? (error.retryAfterMs ?? 0) : 0;
        await pause(Math.max(asked, jittered(longest)), undefined, { signal: drain }).catch(() => undefined);
      }
    }
  }

  /** What can be finished in time goes on; the rest is for others. */
  drain(secondsLeft: number, reason: unknown): void {
    for (const task of this.#held) {
      if (!finishesWithin(task.view(), secondsLeft)) {
        task.handBack(reason);
      }
    }
  }

  handBackAll(reason: unknown): void {
    for (const task of this.#held) {
      task.handBack(reason);
    }
  }

  async allEnded(): Promise<void> {
    await Promise.all([...this.#held].map(({ ended }) => ended));
  }

  #take(lease: Parameters<RunTask>[0], grant: string, drain: AbortSignal): void {
    const { board, runTask, log } = this.#options;
    const isHeavy = TASK_KINDS[lease.task.input.kind].isHeavy;
    const permits = isHeavy ? this.#heavy : this.#light;
    const onChange = (): void => this.#wake.abort();
    const task = new HeldTask(lease, grant, { board, runTask, log, permits, isHeavy, onChange });
    this.#held.add(task);
    void task.ended.then(() => {
      this.#busyAt = performance.now();
      this.#held.delete(task);
      onChange();
    });
    if (drain.aborted) {
      // Told to end while the answer was on its way.
      task.handBack(drain.reason);
    }
  }

  #busySlots(): number {
    return [...this.#held].filter((task) => task.view().isHeavy && task.view().phase === 'encoding').length;
  }

  #slots(): number {
    return this.#options.slots(this.#busySlots());
  }

  /** A task that is leased ahead finds the cores of the one that it follows. */
  #describe(): Encoder {
    const busy = this.#busySlots();
    return this.#options.describe(Math.min(busy, this.#slots() - 1));
  }

  #idlePauseMs(): number {
    const isBusy = this.#held.size > 0 || performance.now() - this.#busyAt < BUSY_FOR_MS;
    return isBusy ? BUSY_PAUSE_MS : IDLE_PAUSE_MS;
  }

  async #untilRoom(drain: AbortSignal): Promise<void> {
    for (;;) {
      this.#wake = new AbortController();
      const views = [...this.#held].map((task) => task.view());
      if (wantsLease(views, this.#slots())) {
        return;
      }
      const signal = AbortSignal.any([drain, this.#wake.signal]);
      await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => drain.throwIfAborted());
    }
  }
}
