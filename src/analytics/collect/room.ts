/** How many facts an isolate holds that are not known to be durable, in all and for each counter. Pure. */
import type { Lane } from './lane.ts';

/** Of one isolate, in whatever state: at most 20 MB, where each is of another session. */
const MAX_WAITING_FACTS = 50_000;
/** A counter that fails, and what comes for it, must not take the room of all others. */
const FAILING_SHARE = 0.5;

export class Room {
  readonly #max: number;
  #used = 0;

  constructor(max: number = MAX_WAITING_FACTS) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  isThereFor({ waiting, isFailing }: Lane): boolean {
    return this.#used < this.#max && (!isFailing || waiting < this.#max * FAILING_SHARE);
  }

  take(lane: Lane, facts: number): void {
    this.#used += facts;
    lane.waiting += facts;
  }

  give(lane: Lane, facts: number): void {
    this.take(lane, -facts);
  }
}
