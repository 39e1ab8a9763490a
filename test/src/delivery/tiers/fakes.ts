/** What stands beneath and around a tier in these tests: a source that counts and fails when told to, and time by hand. */

import type { ObjectHead, ObjectRead, ObjectSource } from '../../../../src/delivery/objects/objects.ts';
import { type RangeSpec, resolveRange } from '../../../../src/delivery/objects/ranges.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { MemoryTier } from '../../../../src/delivery/tiers/memory-tier.ts';
import { AppError } from '../../../../src/errors.ts';
import { newTierCounters } from '../../../../src/metrics/tier-counters.ts';
import type { StartTimer } from '../../../../src/platform/timer.ts';

export class FakeObjects implements ObjectSource {
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly gets: { key: string; range: RangeSpec | undefined }[] = [];
  heads = 0;
  /** How many of the next reads fail. */
  failures = 0;
  /** Body bytes that are left out at the end of the next bodies; below zero, how many there are too many. */
  cutBytes = 0;
  cancelled = 0;
  /** Reads wait for it. */
  gate: Promise<void> = Promise.resolve();

  put(key: string, size: number): Uint8Array<ArrayBuffer> {
    const bytes = Uint8Array.from({ length: size }, (_, index) => (key.length * 31 + index) % 251);
    this.objects.set(key, bytes);
    return bytes;
  }

  async head(key: string): Promise<ObjectHead | null> {
    this.heads += 1;
    const fails = this.#takeFailure();
    await this.gate;
    if (fails) {
      throw new AppError('unavailable');
    }
    const bytes = this.objects.get(key);
    return bytes === undefined ? null : { size: bytes.byteLength, etag: `"${key}"`, tier: 'r2' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    this.gets.push({ key, range });
    const fails = this.#takeFailure();
    await this.gate;
    if (fails) {
      throw new AppError('unavailable');
    }
    const bytes = this.objects.get(key);
    if (bytes === undefined) {
      return { kind: 'missing' };
    }
    const size = bytes.byteLength;
    const part =
      range === undefined ? { kind: 'satisfiable' as const, offset: 0, length: size } : resolveRange(range, size);
    if (part.kind === 'unsatisfiable') {
      return { kind: 'unsatisfiable', size };
    }
    const { offset, length } = part;
    // Bytes beyond the end where less than nothing is cut off.
    const content = new Uint8Array(length - this.cutBytes);
    content.set(bytes.subarray(offset, offset + Math.min(length, content.byteLength)));
    const source: UnderlyingByteSource = {
      type: 'bytes',
      pull: (controller) => {
        if (content.byteLength > 0) {
          controller.enqueue(content);
        }
        controller.close();
        // Whoever waits with a buffer of its own gets it back (Streams 4.7.3).
        controller.byobRequest?.respond(0);
      },
      cancel: () => {
        this.cancelled += 1;
      },
    };
    // Nothing ahead of its being read: a stream that has ended cannot be cancelled.
    const body = new ReadableStream(source, { highWaterMark: 0 });
    return { kind: 'found', size, etag: `"${key}"`, tier: 'r2', body, part: { offset, length } };
  }

  #takeFailure(): boolean {
    this.failures -= 1;
    return this.failures >= 0;
  }
}

/** Time that passes when told to. */
export class ManualClock {
  #now = 1_000_000;
  readonly #timers = new Set<{ atMs: number; fire: () => void }>();

  readonly now = (): number => this.#now;

  readonly startTimer: StartTimer = (milliseconds) => {
    const { promise: elapsed, resolve } = Promise.withResolvers<void>();
    const timer = { atMs: this.#now + milliseconds, fire: resolve };
    this.#timers.add(timer);
    return { elapsed, cancel: () => this.#timers.delete(timer) };
  };

  get running(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].filter(({ atMs }) => atMs <= this.#now)) {
      this.#timers.delete(timer);
      timer.fire();
    }
  }
}

/** A memory tier around a fake source, and all that it was given. */
export function newMemory({ bytesMax = 1_000_000, budgetBytes = 1_000_000 } = {}) {
  const source = new FakeObjects();
  const clock = new ManualClock();
  const counters = newTierCounters();
  const kept: Promise<unknown>[] = [];
  const budget = new ByteBudget(budgetBytes, 10_000);
  const tier = new MemoryTier(source, {
    bytesMax,
    budget,
    counters,
    waitUntil: (work) => kept.push(work),
    startTimer: clock.startTimer,
    now: clock.now,
  });
  return { source, clock, counters, kept, budget, tier };
}

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await Promise.resolve();
  }
}

export function times<T>(count: number, start: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, start);
}

export async function bytesOf(read: ObjectRead): Promise<Uint8Array> {
  if (read.kind !== 'found') {
    throw new Error(`the object is ${read.kind}`);
  }
  return new Uint8Array(await new Response(read.body).arrayBuffer());
}

export const tierOf = (read: ObjectRead): string => (read.kind === 'found' ? read.tier : read.kind);
