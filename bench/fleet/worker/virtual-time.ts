/**
 * A fleet on the real TaskBoard in virtual time. Only the order and the times of its calls are modelled, so the result
 * does not depend on the machine or its load. Encoders ask for leases by the real policy
 * (encoder/lease/lease-policy.ts).
 */
import { type HeldView, type Phase, wantsLease } from '../../../encoder/lease/lease-policy.ts';
import type { TaskBoard } from '../../../src/control/encoding/board/task-board.ts';
import type { NewTask } from '../../../src/control/encoding/board/task-store.ts';
import type { EncodeResult } from '../../../src/protocol/encode-result.ts';
import type { Encoder, Lease } from '../../../src/protocol/tasks.ts';

const STEP_SECONDS = 0.5;
const HEARTBEAT_SECONDS = 5;
/** Ends a simulation that hangs. */
const DEADLINE_SECONDS = 36_000;

export type Board = Pick<TaskBoard, 'submit' | 'awaitLease' | 'heartbeat' | 'complete'>;

export type VirtualFleet = {
  /** The core-seconds that each encoder does per second. */
  speeds: readonly number[];
  tasks: NewTask[];
  /** The result of every task. */
  result: EncodeResult;
  /** The time of each task before its first frame, and from its last frame to its report. */
  beforeSeconds: number;
  afterSeconds: number;
  /** Called to advance the board's clock. */
  passTime: (ms: number) => void;
};

type Held = { lease: Lease; phase: Phase; weight: number; left: number; pause: number; beatsAt: number };

class VirtualEncoder {
  readonly #fleet: VirtualFleet;
  readonly #board: Board;
  readonly #speed: number;
  readonly #description: Encoder;
  readonly #weights: ReadonlyMap<string, number>;
  #held: Held[] = [];
  #asksAt = 0;

  constructor(fleet: VirtualFleet, board: Board, index: number, weights: ReadonlyMap<string, number>) {
    this.#fleet = fleet;
    this.#board = board;
    this.#speed = fleet.speeds[index] ?? 1;
    this.#description = { id: `enc-${index}`, version: 'virtual', cores: 2, memoryBytes: 1 };
    this.#weights = weights;
  }

  /** Returns how many tasks it reported. */
  async step(now: number): Promise<number> {
    const ended = this.#held.filter(({ phase, pause }) => phase === 'finishing' && pause <= 0);
    this.#held = this.#held.filter((task) => !ended.includes(task));
    for (const { lease } of ended) {
      await this.#board.complete(lease.task.id, lease.lease, this.#fleet.result);
    }
    for (const task of this.#held.filter(({ beatsAt }) => beatsAt <= now)) {
      task.beatsAt = now + HEARTBEAT_SECONDS;
      await this.#board.heartbeat(task.lease.task.id, task.lease.lease, 1 - task.left / task.weight);
    }
    if (
      this.#asksAt <= now &&
      wantsLease(
        this.#held.map((task) => this.#view(task)),
        1,
      )
    ) {
      await this.#ask(now);
    }
    this.#work(STEP_SECONDS);
    return ended.length;
  }

  async #ask(now: number): Promise<void> {
    const { lease, retryAfterSeconds = 0 } = await this.#board.awaitLease(this.#description, 0);
    if (lease === null) {
      this.#asksAt = now + retryAfterSeconds;
      return;
    }
    const weight = this.#weights.get(lease.task.id) ?? 0;
    const beatsAt = now + HEARTBEAT_SECONDS;
    this.#held.push({ lease, phase: 'preparing', weight, left: weight, pause: this.#fleet.beforeSeconds, beatsAt });
  }

  #view({ phase, left, weight }: Held): HeldView {
    return { isHeavy: true, phase, remainingSeconds: left < weight ? left / this.#speed : null };
  }

  /** Encodes one task at a time, in the order of the leases, while finished ones are uploaded. */
  #work(seconds: number): void {
    for (const task of this.#held.filter(({ phase }) => phase === 'finishing')) {
      task.pause -= seconds;
    }
    let rest = seconds;
    for (const task of this.#held.filter(({ phase }) => phase !== 'finishing')) {
      if (rest > 0) {
        task.phase = 'encoding';
        const starting = Math.min(rest, task.pause);
        const encoding = Math.min(rest - starting, task.left / this.#speed);
        task.pause -= starting;
        task.left -= encoding * this.#speed;
        rest -= starting + encoding;
        if (rest > 0) {
          Object.assign(task, { phase: 'finishing', left: 0, pause: this.#fleet.afterSeconds });
        }
      }
    }
  }
}

/** Returns the seconds until the last task was reported. */
export async function simulateFleet(board: Board, fleet: VirtualFleet): Promise<number> {
  const { speeds, tasks, passTime } = fleet;
  await board.submit('job', 50, tasks);
  const weights = new Map(tasks.map(({ id, weight }) => [id, weight]));
  const encoders = speeds.map((_, index) => new VirtualEncoder(fleet, board, index, weights));
  let left = tasks.length;
  for (let now = 0; now < DEADLINE_SECONDS; now += STEP_SECONDS) {
    for (const encoder of encoders) {
      left -= await encoder.step(now);
    }
    if (left === 0) {
      return now;
    }
    passTime(STEP_SECONDS * 1000);
  }
  throw new Error(`${left} tasks are left after ${DEADLINE_SECONDS} s`);
}
