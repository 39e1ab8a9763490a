/** Leases tasks as long as the encoder has room for them, until it is told to stop. */
import { setTimeout as pause } from 'node:timers/promises';
import { TASK_KINDS } from '../../src/protocol/task-kinds.ts';
import type { Encoder, Lease } from '../../src/protocol/tasks.ts';
import type { Log } from '../failure/log.ts';
import { type BoardClient, BoardError, OutdatedWorker } from './board-client.ts';
import { CpuPermits } from './cpu-permits.ts';
import { HeldTask, type RunTask } from './held-task.ts';
import { finishesWithin, wantsLease } from './lease-policy.ts';
import type { Stops } from './stops.ts';

/** How long the board may hold a request. A task sent to an encoder that has just died waits until its lease expires. */
const WAIT_SECONDS = 10;
/** An idle encoder asks this often unless the board says otherwise, so that a new job starts at once. */
const IDLE_PAUSE_MS = 1_000;
/** A job hands out its tasks in steps with short gaps between them, so a busy encoder asks more often for a while. */
const BUSY_PAUSE_MS = 200;
const BUSY_FOR_MS = 5_000;
/** Pauses double up to the maximum while the Worker is unreachable. */
const MAX_OUTAGE_PAUSE_MS = 30_000;
const FIRST_OUTAGE_PAUSE_MS = 1_000;
/** Estimates and the machine's load change without an event. */
const LOOK_AGAIN_MS = 200;

export type LoopOptions = {
  board: BoardClient;
  describe: (busySlots: number) => Encoder;
  /** How many chunks may run at once now, when `busySlots` of them do. */
  slots: (busySlots: number) => number;
  runTask: RunTask;
  log: Log;
};

/** ± half, so that a fleet that was started or cut off together does not ask together. */
const jittered = (ms: number): number => ms * (0.5 + Math.random());

/** Runs until `stops.drain` aborts and every task has then ended. Throws if the Worker refuses the token or is too old. */
export async function runLeaseLoop(options: LoopOptions, stops: Stops): Promise<void> {
  const leasing = new Leasing(options);
  const onDrain = (): void => {
    const secondsLeft = stops.secondsLeft();
    leasing.handBack(stops.drain.reason, (task) => !finishesWithin(task.view(), secondsLeft));
  };
  stops.drain.addEventListener('abort', onDrain, { once: true });
  stops.stop.addEventListener('abort', () => leasing.handBack(stops.stop.reason), { once: true });
  try {
    await leasing.run(stops.drain);
  } catch (error) {
    leasing.handBack(error);
    throw error;
  } finally {
    await leasing.allEnded();
  }
}

class Leasing {
  readonly #options: LoopOptions;
  readonly #held = new Set<HeldTask>();
  /** One per slot for tasks that fill a slot's cores, and as many for the light tasks that run beside them. */
  readonly #heavy = new CpuPermits(() => this.#slots());
  readonly #light = new CpuPermits(() => this.#slots());
  #wake = new AbortController();
  #busyAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  async run(drain: AbortSignal): Promise<void> {
    let outages = 0;
    while (!drain.aborted) {
      try {
        await this.#untilRoom(drain);
        // A task that is leased ahead gets the cores of the one that it follows.
        const encoder = this.#options.describe(Math.min(this.#busySlots(), this.#slots() - 1));
        const reply = await this.#options.board.lease(encoder, WAIT_SECONDS, drain);
        outages = 0;
        if (reply.lease === null) {
          await pause(jittered(reply.retryAfterMs ?? this.#idlePauseMs()), undefined, { signal: drain });
        } else {
          this.#take(reply.lease, reply.grant, drain);
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

  handBack(reason: unknown, which: (task: HeldTask) => boolean = () => true): void {
    for (const task of [...this.#held].filter(which)) {
      task.handBack(reason);
    }
  }

  async allEnded(): Promise<void> {
    await Promise.all([...this.#held].map(({ ended }) => ended));
  }

  #take(lease: Lease, grant: string, drain: AbortSignal): void {
    const { board, runTask, log } = this.#options;
    const { isHeavy } = TASK_KINDS[lease.task.input.kind];
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
      // The stop came while the reply was on its way.
      task.handBack(drain.reason);
    }
  }

  #busySlots(): number {
    const views = [...this.#held].map((task) => task.view());
    return views.filter(({ isHeavy, phase }) => isHeavy && phase === 'encoding').length;
  }

  #slots(): number {
    return this.#options.slots(this.#busySlots());
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
