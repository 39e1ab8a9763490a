/**
 * Time that jumps from one event to the next, so that months pass in seconds. An event is over when nothing real is
 * under way any more: no call between objects, no D1, no hash. What waits for a timer of this clock is not under way.
 */
import type { StartTimer } from '../../../src/platform/timer.ts';

export type VirtualEvent = { readonly atMs: number; readonly order: number; run: (() => void) | null };

/** Far above what real work takes. */
const STUCK_MS = 60_000;

const isBefore = (a: VirtualEvent, b: VirtualEvent): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export class VirtualClock {
  #nowMs: number;
  /** A binary heap. */
  readonly #events: VirtualEvent[] = [];
  #order = 0;
  #underWay = 0;
  #mustSettle = false;
  readonly #nextTurn: (count: number) => Promise<unknown>;

  /** `nextTurn` takes a turn of the real event loop, the n-th of an event: all microtasks are done then. */
  constructor(nowMs: number, nextTurn: (count: number) => Promise<unknown>) {
    this.#nowMs = nowMs;
    this.#nextTurn = nextTurn;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): VirtualEvent {
    this.#order += 1;
    const event: VirtualEvent = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, run };
    const events = this.#events;
    let place = events.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = events[parent] as VirtualEvent;
      if (isBefore(above, event)) {
        break;
      }
      events[place] = above;
      place = parent;
    }
    events[place] = event;
    return event;
  }

  #take(): VirtualEvent {
    const events = this.#events;
    const first = events[0] as VirtualEvent;
    const last = events.pop() as VirtualEvent;
    if (events.length > 0) {
      let place = 0;
      for (let child = 1; child < events.length; child = 2 * place + 1) {
        const [left, right] = [events[child] as VirtualEvent, events[child + 1]];
        const isRight = right !== undefined && isBefore(right, left);
        const least = isRight ? right : left;
        if (isBefore(last, least)) {
          break;
        }
        events[place] = least;
        place = isRight ? child + 1 : child;
      }
      events[place] = last;
    }
    return first;
  }

  /** Something real begins, and `end` must follow. */
  begin(): void {
    this.#underWay += 1;
    this.#mustSettle = true;
  }

  end(): void {
    this.#underWay -= 1;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await work();
    } finally {
      this.end();
    }
  }

  /** The present event has started something that goes on after it returns. */
  noteWork(): void {
    this.#mustSettle = true;
  }

  readonly startTimer: StartTimer = (milliseconds) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const event = this.at(this.#nowMs + milliseconds, () => {
      // The one who waits may belong to another object, whose turn comes later.
      this.begin();
      resolve();
    });
    const cancel = () => {
      event.run = null;
    };
    return { elapsed: promise.then(() => this.end()), cancel };
  };

  /** Runs the events until then. `settled` is called after each event that has started something. */
  async runUntil(untilMs: number, settled: () => void): Promise<void> {
    for (let next = this.#events[0]; next !== undefined && next.atMs <= untilMs; next = this.#events[0]) {
      const { atMs, run } = this.#take();
      if (run !== null) {
        this.#nowMs = atMs;
        run();
        if (this.#mustSettle) {
          await this.#settle();
          settled();
        }
      }
    }
    this.#nowMs = untilMs;
  }

  /** After one turn of the event loop, everything that microtasks have started is counted. */
  async #settle(): Promise<void> {
    const startedMs = performance.now();
    let turns = 0;
    do {
      turns += 1;
      await this.#nextTurn(turns);
      if (performance.now() - startedMs > STUCK_MS) {
        throw new Error(`${this.#underWay} calls do not end`);
      }
    } while (this.#underWay > 0);
    this.#mustSettle = false;
  }
}
