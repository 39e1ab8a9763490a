/** When an object of the replay is in memory, and how long it is in use. */
import { CONFIRM_MS } from '../replay-order.ts';
import type { VirtualClock, VirtualEvent } from './virtual-clock.ts';

/** The platform evicts an object that has had no call, no timer and no other work for so long. */
const IDLE_MS = 10_000;

/** In use: virtual time, the real time of what runs, and the time that confirming its writes would add. */
export type Used = { virtualMs: number; realMs: number; confirmMs: number };

/** One object, over all of its lives. */
export class Presence {
  readonly #clock: VirtualClock;
  readonly #written: () => number;
  /** `null` while it is not in memory. */
  idleSinceMs: number | null = null;
  eviction: Promise<void> | null = null;
  alarm: VirtualEvent | null = null;
  #inUse = 0;
  #sinceMs = 0;
  #realSinceMs: number | null = null;
  #writtenBefore = 0;
  #confirmsFromMs = Infinity;
  readonly #used: Used = { virtualMs: 0, realMs: 0, confirmMs: 0 };

  constructor(clock: VirtualClock, written: () => number) {
    this.#clock = clock;
    this.#written = written;
  }

  get isIdle(): boolean {
    return this.#inUse === 0 && this.idleSinceMs !== null && this.#clock.nowMs - this.idleSinceMs >= IDLE_MS;
  }

  usedSoFar(): Used {
    const running = this.#inUse > 0 ? this.#clock.nowMs - this.#sinceMs : 0;
    return { ...this.#used, virtualMs: this.#used.virtualMs + running };
  }

  /** It runs, until it is left or the event is over. */
  touch(): void {
    this.#realSinceMs ??= performance.now();
  }

  rest(): void {
    this.#used.realMs += this.#realSinceMs === null ? 0 : performance.now() - this.#realSinceMs;
    this.#realSinceMs = null;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    this.touch();
    if (this.#inUse === 0) {
      this.#sinceMs = this.#clock.nowMs;
      this.#used.confirmMs += Math.min(CONFIRM_MS, Math.max(0, this.#clock.nowMs - this.#confirmsFromMs));
      this.#confirmsFromMs = Infinity;
    }
    this.#inUse += 1;
    try {
      return await work();
    } finally {
      this.#inUse -= 1;
      if (this.#inUse === 0) {
        this.#leave();
      }
    }
  }

  #leave(): void {
    const { nowMs } = this.#clock;
    this.#used.virtualMs += nowMs - this.#sinceMs;
    this.idleSinceMs = nowMs;
    this.rest();
    const written = this.#written();
    this.#confirmsFromMs = written > this.#writtenBefore ? nowMs : Infinity;
    this.#writtenBefore = written;
  }
}
