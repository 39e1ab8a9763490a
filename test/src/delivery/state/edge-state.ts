/** The state of an isolate whose time passes by hand, above a bucket that fails and hangs when told to. */

import type { ObjectHead, ObjectRead, ObjectSource } from '../../../../src/delivery/objects/objects.ts';
import type { RangeSpec } from '../../../../src/delivery/objects/ranges.ts';
import { EdgeState, type NoteCurrent } from '../../../../src/delivery/state/state.ts';
import { AppError } from '../../../../src/errors.ts';
import { MemoryObjects } from '../objects/memory-objects.ts';
import { ManualClock } from '../tiers/fakes.ts';

export function newEdgeState(
  objects: ObjectSource,
  { maxAgeSeconds = 10, noteCurrent = () => {} }: { maxAgeSeconds?: number; noteCurrent?: NoteCurrent } = {},
) {
  const clock = new ManualClock();
  const startedMs = clock.now();
  const kept: Promise<unknown>[] = [];
  const { startTimer, now } = clock;
  const waitUntil = (work: Promise<unknown>) => kept.push(work);
  return {
    state: new EdgeState(objects, { maxAgeSeconds, noteCurrent, waitUntil, startTimer, now }),
    clock,
    /** To a moment after the start; gives what the clock says then. */
    at(milliseconds: number): number {
      clock.advance(startedMs + milliseconds - clock.now());
      return clock.now();
    },
    /** All that goes on in the background. */
    settled: () => Promise.all(kept),
  };
}

const never = new Promise<never>(() => {});

export class FaultyObjects extends MemoryObjects {
  heads = 0;
  does: 'answer' | 'fail' | 'hang' | 'hang in the body' = 'answer';

  override async head(key: string): Promise<ObjectHead | null> {
    this.heads += 1;
    await this.#fault();
    return super.head(key);
  }

  override async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    await this.#fault();
    const read = await super.get(key, range);
    return read.kind === 'found' && this.does === 'hang in the body' ? { ...read, body: new ReadableStream() } : read;
  }

  async #fault(): Promise<void> {
    if (this.does === 'fail') {
      throw new AppError('unavailable');
    }
    await (this.does === 'hang' && never);
  }
}
