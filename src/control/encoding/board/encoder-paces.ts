/**
 * How fast encoders are, learned from what they report of chunk tasks: core-seconds of a task's estimated weight that one
 * running lease gets done in a second. Sound, one thread whatever the machine, and inspections say nothing about that. An
 * attempt is measured by its own progress, which begins at 0; a task's stored progress never falls. In memory only: after a
 * restart of the board two heartbeats of each lease bring it back. Pure.
 */
import { MAX_KNOWN } from './encoder-registry.ts';
import type { Slot } from './last-tasks.ts';
import type { TaskRow } from './task-state.ts';

/** Scenes differ and sound comes and goes beside a chunk: half of what is told is of the last two heartbeats. */
const HALF_LIFE_SECONDS = 10;
/** Progress is told twice a second: over a shorter span it is noise. */
const MIN_SPAN_SECONDS = 0.5;

type LeasedTask = Pick<TaskRow, 'id' | 'kind' | 'weight' | 'encoder_id'>;

type Attempt = {
  encoder: string;
  weight: number;
  /** Null where it was begun before this board was. */
  grantedAt: number | null;
  heardAt: number;
  /** When its progress last grew. */
  advancedAt: number;
  progress: number;
  /** What the next heartbeat is measured from: none until the first that tells of any progress. */
  measured: { at: number; progress: number } | null;
};

export class EncoderPaces {
  readonly #attempts = new Map<string, Attempt>();
  /** Longest not measured first. */
  readonly #speeds = new Map<string, number>();
  /** Who is not heard for so long may be gone; whose task stands still for so long may be stuck. */
  readonly #silentMs: number;

  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  /** Chunk leases that run. */
  get size(): number {
    return this.#attempts.size;
  }

  begin(task: LeasedTask, encoder: string, nowMs: number): void {
    this.#put({ ...task, encoder_id: encoder }, { grantedAt: nowMs, heardAt: nowMs, advancedAt: nowMs });
  }

  /** A lease of an earlier board: nothing is known of it until its first heartbeat. */
  takeUp(task: LeasedTask): void {
    this.#put(task, { grantedAt: null, heardAt: -Infinity, advancedAt: -Infinity });
  }

  #put(
    { id, kind, weight, encoder_id }: LeasedTask,
    times: Pick<Attempt, 'grantedAt' | 'heardAt' | 'advancedAt'>,
  ): void {
    if (kind === 'chunk' && weight > 0 && encoder_id !== null) {
      this.#attempts.set(id, { encoder: encoder_id, weight, ...times, progress: 0, measured: null });
    }
  }

  beat(task: LeasedTask, progress: number, nowMs: number): void {
    if (!this.#attempts.has(task.id)) {
      // Its lease had run out and lives again.
      this.takeUp(task);
    }
    const attempt = this.#attempts.get(task.id);
    if (attempt === undefined) {
      return;
    }
    attempt.heardAt = nowMs;
    if (progress > attempt.progress) {
      attempt.progress = progress;
      attempt.advancedAt = nowMs;
    }
    // What ended between two heartbeats ended at some time between them.
    if (attempt.progress > 0 && attempt.progress < 1) {
      this.#measure(attempt, nowMs);
    }
  }

  #measure(attempt: Attempt, nowMs: number): void {
    const { measured, progress, weight, encoder } = attempt;
    const seconds = (nowMs - (measured?.at ?? nowMs)) / 1000;
    if (measured === null) {
      attempt.measured = { at: nowMs, progress };
    } else if (seconds >= MIN_SPAN_SECONDS) {
      this.#learn(encoder, (weight * (progress - measured.progress)) / seconds, seconds);
      attempt.measured = { at: nowMs, progress };
    }
  }

  #learn(encoder: string, sample: number, seconds: number): void {
    const known = this.#speeds.get(encoder);
    if (known === undefined && sample === 0) {
      return;
    }
    const share = known === undefined ? 1 : 1 - 0.5 ** (seconds / HALF_LIFE_SECONDS);
    this.#speeds.delete(encoder);
    this.#speeds.set(encoder, (known ?? 0) * (1 - share) + sample * share);
    for (const oldest of this.#speeds.keys()) {
      if (this.#speeds.size <= MAX_KNOWN) {
        break;
      }
      this.#speeds.delete(oldest);
    }
  }

  /** A task that was shorter than two heartbeats is better than nothing: its start and its upload are in the measure. */
  end(taskId: string, isDone: boolean, nowMs: number): void {
    const attempt = this.#attempts.get(taskId);
    this.#attempts.delete(taskId);
    if (attempt === undefined || !isDone || attempt.grantedAt === null || this.#speeds.has(attempt.encoder)) {
      return;
    }
    const seconds = (nowMs - attempt.grantedAt) / 1000;
    if (seconds >= MIN_SPAN_SECONDS) {
      this.#learn(attempt.encoder, attempt.weight / seconds, seconds);
    }
  }

  /**
   * How fast the asker is, and when the others that are at work will be free. Who is not known counts as neither fast nor
   * slow; null where nobody is known.
   */
  beside(asker: string, nowMs: number): { speed: number; others: Slot[] } | null {
    const byEncoder = Map.groupBy(this.#attempts.values(), ({ encoder }) => encoder);
    const own = this.#speeds.get(asker);
    byEncoder.delete(asker);
    const known = [...byEncoder.keys()].flatMap((encoder) => this.#speeds.get(encoder) ?? []);
    const usual = median(known.length === 0 && own !== undefined ? [own] : known);
    if (usual === undefined) {
      return null;
    }
    const others = [...byEncoder].flatMap(([encoder, attempts]) =>
      this.#slotsOf(attempts, this.#speeds.get(encoder) ?? usual, nowMs),
    );
    return { speed: own ?? usual, others };
  }

  /**
   * An encoder leases its next task shortly before the one at work ends (encoder/lease/lease-policy.ts), and reports of one that
   * has ended while the next is at work: neither is a place of its own.
   */
  #slotsOf(attempts: readonly Attempt[], speed: number, nowMs: number): Slot[] {
    const heard = attempts.filter(({ heardAt }) => nowMs - heardAt <= this.#silentMs);
    const isMoving = ({ advancedAt }: Attempt): boolean => nowMs - advancedAt <= this.#silentMs;
    const ahead = heard.filter(({ progress }) => progress === 0);
    const atWork = heard
      .filter(({ progress }) => progress > 0 && progress < 1)
      .map((attempt) => ({ attempt, seconds: remainingSeconds(attempt, speed, nowMs) }))
      .toSorted((a, b) => a.seconds - b.seconds);
    const ending = atWork.length + ahead.length === 0 ? heard.filter(isMoving).slice(0, 1) : [];
    return [
      ...atWork.flatMap(({ attempt, seconds }, index) => {
        const next = ahead[index];
        const nextSeconds = next === undefined ? 0 : next.weight / speed;
        return isMoving(attempt) ? [{ freeInSeconds: seconds + nextSeconds, speed }] : [];
      }),
      ...[...ahead.slice(atWork.length).filter(isMoving), ...ending].map((attempt) => ({
        freeInSeconds: remainingSeconds(attempt, speed, nowMs),
        speed,
      })),
    ];
  }
}

/** As of its last progress; where that is overdue, it is at its end. */
function remainingSeconds({ weight, progress, advancedAt, heardAt }: Attempt, speed: number, nowMs: number): number {
  const since = progress === 0 ? heardAt : advancedAt;
  return Math.max(0, (weight * (1 - progress)) / speed - (nowMs - since) / 1000);
}

const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
