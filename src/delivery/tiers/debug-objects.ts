/** A bucket as slow or faulty as a benchmark wants it: the local one answers before a second request has even arrived. */
import { AppError } from '../../errors.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { startTimer } from '../../platform/timer.ts';
import type { ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import type { RangeSpec } from '../objects/ranges.ts';

/** Keys whose first read has failed already. */
const FAILED_MAX = 10_000;

export class DebugObjects implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #delayMs: number;
  readonly #failsFirst: boolean;
  readonly #failed = new LruMap<string, true>(FAILED_MAX);

  constructor(next: ObjectSource, { delayMs, failsFirst }: { delayMs: number; failsFirst: boolean }) {
    this.#next = next;
    this.#delayMs = delayMs;
    this.#failsFirst = failsFirst;
  }

  async head(key: string): Promise<ObjectHead | null> {
    await this.#disturb(key);
    return this.#next.head(key);
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    await this.#disturb(key);
    return this.#next.get(key, range);
  }

  async #disturb(key: string): Promise<void> {
    const fails = this.#failsFirst && this.#failed.get(key) === undefined;
    if (fails) {
      this.#failed.set(key, true);
    }
    await startTimer(this.#delayMs).elapsed;
    if (fails) {
      throw new AppError('unavailable', { detail: 'DEBUG_R2_FAIL_FIRST is on' });
    }
  }
}
