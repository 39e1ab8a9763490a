/**
 * A modelled encoder: the real lease loop, board client and object store of encoder/, with a model instead of ffmpeg.
 * It uploads tiny but real CMAF segments, because the publish check reads them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ENCODER_VERSION } from '../../encoder/config.ts';
import type { LogFacts } from '../../encoder/failure/log.ts';
import { FinalError, retry } from '../../encoder/failure/retry.ts';
import { runTogether } from '../../encoder/failure/together.ts';
import { BoardClient, type HeartbeatReply, LeaseLost, type LeaseReply } from '../../encoder/lease/board-client.ts';
import type { RunTask } from '../../encoder/lease/held-task.ts';
import { runLeaseLoop } from '../../encoder/lease/lease-loop.ts';
import { ObjectStore, type TaskAccess } from '../../encoder/store/store.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import { TASK_KINDS } from '../../src/protocol/task-kinds.ts';
import type { Encoder, Lease, TaskError } from '../../src/protocol/tasks.ts';
import { encode } from '../../test/src/control/encoding/fake-encoder.ts';
import { type Clock, Machine } from './machine.ts';
import { AFTER_SECONDS, BEFORE_SECONDS, ENCODER_CORES, type Timeline, taskCost } from './model.ts';

const UPLOADS_AT_ONCE = 6;
/** Like the real client (board-client.ts), which keeps trying to report while the network is down. */
const REPORT_TRIES = 16;

export type Call = { kind: 'lease' | 'empty' | 'heartbeat' | 'complete' | 'fail'; at: number; seconds: number };
/** One attempt at a task, in model seconds. Only the board knows whether its result was accepted. */
export type Attempt = {
  task: string;
  attempt: string;
  kind: string;
  coreSeconds: number;
  speed: number;
  leasedAt: number;
};

/** The log of all encoders. */
export type FleetLog = { calls: Call[]; attempts: Attempt[]; troubles: Map<string, number> };

/** The board client over a network that can be cut. Calls are logged in real seconds. */
class CuttableBoard extends BoardClient {
  readonly #log: FleetLog;
  #cut = new AbortController();
  isDead = false;

  constructor(url: string, token: string, log: FleetLog) {
    super(url, token);
    this.#log = log;
  }

  cut(): void {
    this.#cut.abort(new Error('the network is cut'));
  }

  mend(): void {
    this.#cut = new AbortController();
  }

  get isReachable(): boolean {
    return !this.#cut.signal.aborted;
  }

  async #over<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal, kind: (answer: T) => Call['kind']) {
    const both = AbortSignal.any([signal, this.#cut.signal]);
    both.throwIfAborted();
    const started = performance.now();
    const answer = await call(both);
    const seconds = (performance.now() - started) / 1000;
    this.#log.calls.push({ kind: kind(answer), at: performance.now() / 1000, seconds });
    return answer;
  }

  override async lease(encoder: Encoder, waitSeconds: number, signal: AbortSignal): Promise<LeaseReply> {
    return await this.#over(
      (both) => super.lease(encoder, waitSeconds, both),
      signal,
      ({ lease }) => (lease === null ? 'empty' : 'lease'),
    );
  }

  override async heartbeat(lease: Lease, progress: number, signal: AbortSignal): Promise<HeartbeatReply> {
    return await this.#over(
      (both) => super.heartbeat(lease, progress, both),
      signal,
      () => 'heartbeat',
    );
  }

  override async complete(lease: Lease, result: unknown, signal: AbortSignal): Promise<void> {
    await this.#report((both) => super.complete(lease, result, both), signal, 'complete');
  }

  override async fail(lease: Lease, error: TaskError, signal: AbortSignal): Promise<void> {
    await this.#report((both) => super.fail(lease, error, both), signal, 'fail');
  }

  async #report(call: (signal: AbortSignal) => Promise<void>, signal: AbortSignal, kind: Call['kind']): Promise<void> {
    const once = async (): Promise<void> => {
      try {
        await this.#over(call, signal, () => kind);
      } catch (error) {
        throw this.isDead || error instanceof LeaseLost ? new FinalError(kind, { cause: error }) : error;
      }
    };
    await retry(once, { signal, tries: REPORT_TRIES });
  }
}

export type FleetEncoderOptions = {
  id: string;
  speed: number;
  /** The core-seconds that one core does in a model second at speed 1. */
  pace: number;
  clock: Clock;
  url: string;
  token: string;
  facts: SourceFacts;
  log: FleetLog;
};

export class FleetEncoder {
  readonly #options: FleetEncoderOptions;
  readonly #board: CuttableBoard;
  readonly #store: ObjectStore;
  readonly #machine: Machine;
  readonly #stop = new AbortController();
  readonly #bornAt: number;
  #diedAt = Infinity;
  /** Resolves when the lease loop has ended. Rejects when the board refuses this encoder. */
  readonly ended: Promise<void>;

  constructor(options: FleetEncoderOptions) {
    this.#options = options;
    this.#bornAt = options.clock.now();
    this.#board = new CuttableBoard(options.url, options.token, options.log);
    this.#store = new ObjectStore(options);
    this.#machine = new Machine(options.speed * options.pace, options.clock);
    const book = (event: string, { code, reason }: LogFacts): void => {
      const trouble = `${event}: ${String(code ?? reason).slice(0, 80)}`;
      options.log.troubles.set(trouble, (options.log.troubles.get(trouble) ?? 0) + 1);
    };
    const info = (event: string, facts: LogFacts): void => {
      if (event === 'task_dropped') {
        book(event, facts);
      }
    };
    const describe = (): Encoder => ({
      id: options.id,
      version: ENCODER_VERSION,
      cores: ENCODER_CORES,
      memoryBytes: 4 * 1024 ** 3,
    });
    this.ended = runLeaseLoop(
      { board: this.#board, describe, slots: () => 1, runTask: this.#runTask, log: { info, error: book } },
      { drain: this.#stop.signal, stop: this.#stop.signal, secondsLeft: () => 0 },
    );
  }

  timeline(): Timeline {
    return { speed: this.#options.speed, bornAt: this.#bornAt, diedAt: this.#diedAt, busy: this.#machine.busy };
  }

  /** Dies without handing back its tasks. */
  die(): void {
    this.#diedAt = this.#options.clock.now();
    this.#board.isDead = true;
    this.#board.cut();
    this.#stop.abort(new Error('dead'));
  }

  stop(): void {
    this.#stop.abort(new Error('the benchmark is over'));
  }

  async cutFor(modelSeconds: number): Promise<void> {
    this.#board.cut();
    await this.#after(modelSeconds, this.#stop.signal).catch(() => undefined);
    if (!this.#board.isDead) {
      this.#board.mend();
    }
  }

  async #after(modelSeconds: number, signal: AbortSignal): Promise<void> {
    await pause(this.#options.clock.realMs(modelSeconds), undefined, { signal });
  }

  readonly #runTask: RunTask = async ({ task }, { progress, useCpu, grant, signal }) => {
    const { input, attempt } = task;
    const coreSeconds = taskCost(input);
    const { clock, log, facts, speed } = this.#options;
    log.attempts.push({ task: task.id, attempt, kind: input.kind, coreSeconds, speed, leasedAt: clock.now() });
    const { isHeavy } = TASK_KINDS[input.kind];
    await useCpu(async () => {
      await this.#after(BEFORE_SECONDS, signal);
      await this.#machine.run({ coreSeconds, isHeavy, signal, onShare: progress });
    });
    if (input.kind === 'inspect' || input.kind === 'inspect_sound') {
      return facts;
    }
    await this.#after(AFTER_SECONDS, signal);
    const { result, objects } = await encode(input, attempt);
    await this.#upload({ taskId: task.id, grant }, [...objects], signal);
    return result;
  };

  async #upload(access: TaskAccess, objects: [string, Uint8Array][], signal: AbortSignal): Promise<void> {
    let next = 0;
    await runTogether(UPLOADS_AT_ONCE, signal, async (together) => {
      for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
        while (!this.#board.isReachable) {
          await pause(100, undefined, { signal: together });
        }
        const [key, bytes] = object;
        // `assets/{asset}/{version}/{track}/…/{name}`
        const path = key.split('/');
        const name = `${path[3]}/${path.at(-1)}`;
        if (!(await this.#store.putImmutable(access, name, new Uint8Array(bytes), together))) {
          throw new Error(`${key} already exists with other bytes`);
        }
      }
    });
  }
}
