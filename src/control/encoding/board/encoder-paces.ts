/**
 * How fast encoders are, learned from the heartbeats of heavy tasks: core-seconds of a task's estimated weight that one lease
 * does in a second. Each attempt is measured by its own progress from 0; the stored progress of a task never falls. In memory
 * only: after a restart of the board, two heartbeats of each lease bring it back. Pure.
 */
import { LruMap } from '../../../platform/lru-map.ts';
import { isHeavyKind } from '../../../protocol/task-kinds.ts';
import { MAX_KNOWN } from './encoder-registry.ts';
import type { Slot } from './last-tasks.ts';
import type { TaskRow } from './task-state.ts';

/** Scenes differ, and sound or an upload runs beside a chunk. The last two heartbeats count half. */
const HALF_LIFE_SECONDS = 10;
/** Encoders measure progress twice a second: over a shorter span it is noise. */
const MIN_SPAN_SECONDS = 0.5;

type Attempt = { encoder: string; weight: number; progress: number; advancedAt: number };

export class EncoderPaces {
  readonly #attempts = new Map<string, Attempt>();
  readonly #speeds = new LruMap<string, number>(MAX_KNOWN);
  /** A task without progress for longer may be stuck, or its encoder gone. */
  readonly #silentMs: number;

  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  /** Heavy leases that run. */
  get size(): number {
    return this.#attempts.size;
  }

  begin(task: Pick<TaskRow, 'id' | 'kind' | 'weight'>, encoder: string, nowMs: number): void {
    if (isHeavyKind(task.kind) && task.weight > 0) {
      this.#attempts.set(task.id, { encoder, weight: task.weight, progress: 0, advancedAt: nowMs });
    }
  }

  beat(task: Pick<TaskRow, 'id' | 'kind' | 'weight' | 'encoder_id'>, progress: number, nowMs: number): void {
    if (!this.#attempts.has(task.id) && task.encoder_id !== null) {
      // It began before this board did, or its lease had expired and lives again.
      this.begin(task, task.encoder_id, nowMs);
    }
    const attempt = this.#attempts.get(task.id);
    if (attempt === undefined || progress <= attempt.progress) {
      return;
    }
    const seconds = (nowMs - attempt.advancedAt) / 1000;
    // From 0 would count the start; 1 was reached at an unknown time between two heartbeats.
    if (attempt.progress > 0 && progress < 1 && seconds >= MIN_SPAN_SECONDS) {
      this.#learn(attempt.encoder, (attempt.weight * (progress - attempt.progress)) / seconds, seconds);
    }
    attempt.progress = progress;
    attempt.advancedAt = nowMs;
  }

  #learn(encoder: string, sample: number, seconds: number): void {
    const known = this.#speeds.get(encoder) ?? sample;
    this.#speeds.set(encoder, sample + (known - sample) * 0.5 ** (seconds / HALF_LIFE_SECONDS));
  }

  end(taskId: string): void {
    this.#attempts.delete(taskId);
  }

  /**
   * The asker's speed, and when the other encoders at work will be free. An encoder of unknown speed gets the median. Null
   * where no speed is known, or no other encoder is at work.
   */
  beside(asker: string, nowMs: number): { speed: number; others: Slot[] } | null {
    const moving = [...this.#attempts.values()].filter(({ advancedAt }) => nowMs - advancedAt <= this.#silentMs);
    const byEncoder = Map.groupBy(moving, ({ encoder }) => encoder);
    byEncoder.delete(asker);
    const own = this.#speeds.get(asker);
    const usual = median([...byEncoder.keys()].flatMap((encoder) => this.#speeds.get(encoder) ?? [])) ?? own;
    if (usual === undefined || byEncoder.size === 0) {
      return null;
    }
    const others = [...byEncoder].flatMap(([encoder, attempts]) =>
      slotsOf(attempts, this.#speeds.get(encoder) ?? usual, nowMs),
    );
    return { speed: own ?? usual, others };
  }
}

/**
 * One slot for each task at work. An encoder leases its next task shortly before the current one ends and uploads the previous
 * one beside it (encoder/lease/lease-policy.ts): neither has a slot of its own.
 */
function slotsOf(attempts: readonly Attempt[], speed: number, nowMs: number): Slot[] {
  const atWork = attempts.filter(({ progress }) => progress > 0 && progress < 1);
  const frees = atWork.map(({ weight, progress, advancedAt }) =>
    Math.max(0, (weight * (1 - progress)) / speed - (nowMs - advancedAt) / 1000),
  );
  const queue = frees.length > 0 ? frees : [0];
  for (const { weight } of attempts.filter(({ progress }) => progress === 0)) {
    const first = Math.min(...queue);
    queue[queue.indexOf(first)] = first + weight / speed;
  }
  return queue.map((freeInSeconds) => ({ freeInSeconds, speed }));
}

const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
