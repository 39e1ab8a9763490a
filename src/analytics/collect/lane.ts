/** What is under way to one shard: the batch that takes facts, those that wait for the counter, those being sent. Pure. */
import type { Session } from '../../access/sessions.ts';
import { CollectedBatch } from './collected-batch.ts';

/** When a further request becomes a guard of a batch; each next one after twice the time: eight for the longest batch. */
export const GUARD_AFTER_MS = 250;
/** After a failure, doubled with each further one: other isolates wait for the same counter. */
export const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 16_000;

export type BatchOutcome = 'acknowledged' | 'failed' | 'dropped';

/** A batch on its way. */
export type Parcel = {
  facts: CollectedBatch;
  dueAtMs: number;
  /** From when on the next request becomes a guard, and how long the one after that has to wait. */
  guardAtMs: number;
  guardStepMs: number;
  /** Those who wait for news of it. */
  listeners: ((outcome: BatchOutcome) => void)[];
};

const newParcel = (facts: CollectedBatch, dueAtMs: number): Parcel => ({
  facts,
  dueAtMs,
  guardAtMs: 0,
  guardStepMs: GUARD_AFTER_MS,
  listeners: [],
});

export function tell({ listeners }: Parcel, outcome: BatchOutcome): void {
  for (const listener of listeners) {
    listener(outcome);
  }
}

export class Lane {
  /** Takes what comes. */
  open: Parcel | null = null;
  /** Full, while the counter is not well. */
  readonly sealed: Parcel[] = [];
  /** Since when. */
  readonly sending = new Map<Parcel, number>();
  /** Facts that are not known to be durable. */
  waiting = 0;
  /** Nothing is sent before. */
  retryAtMs = 0;
  #failures = 0;

  get isEmpty(): boolean {
    return this.open === null && this.sealed.length === 0 && this.sending.size === 0;
  }

  /** The parcel that takes facts. Without any it is never due. */
  opened({ assetId }: Session, shard: number): Parcel {
    this.open ??= newParcel(new CollectedBatch(assetId, shard), Number.POSITIVE_INFINITY);
    return this.open;
  }

  /** Whether that is sooner than it was. */
  hasten(parcel: Parcel, dueAtMs: number): boolean {
    const at = Math.max(dueAtMs, this.retryAtMs);
    const isSooner = at < parcel.dueAtMs;
    parcel.dueAtMs = isSooner ? at : parcel.dueAtMs;
    return isSooner;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  noteSuccess(): void {
    this.#failures = 0;
    this.retryAtMs = 0;
  }

  noteFailure(nowMs: number): void {
    this.retryAtMs = nowMs + Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#failures);
    this.#failures += 1;
  }

  /**
   * Takes back what was not taken, until `retryAtMs`; with what has come meanwhile, if one batch may hold both. Returns how
   * many facts were here already.
   */
  putBack({ facts }: Parcel): number {
    if (facts.events === 0) {
      return 0;
    }
    const { open } = this;
    let known = 0;
    if (open === null) {
      this.open = newParcel(facts, this.retryAtMs);
    } else {
      const both = open.facts.events + facts.events;
      open.dueAtMs = Math.max(open.dueAtMs, this.retryAtMs);
      if (open.facts.absorb(facts)) {
        known = both - open.facts.events;
      } else {
        this.sealed.push(newParcel(facts, this.retryAtMs));
      }
    }
    if (this.open?.facts.isFull) {
      // What is open takes one more fact at least.
      this.sealed.push(this.open);
      this.open = null;
    }
    return known;
  }

  /** A parcel that should have been sent `graceMs` ago. */
  takeOverdue(nowMs: number, graceMs: number): Parcel | null {
    if (this.open !== null && nowMs >= this.open.dueAtMs + graceMs) {
      const parcel = this.open;
      this.open = null;
      return parcel;
    }
    return nowMs >= this.retryAtMs && this.sending.size === 0 ? (this.sealed.shift() ?? null) : null;
  }

  /** Parcels that have been under way for longer than sending ever takes: the request that sent them is gone. */
  takeLost(nowMs: number, afterMs: number): Parcel[] {
    const lost = [...this.sending].filter(([, sinceMs]) => nowMs - sinceMs > afterMs).map(([parcel]) => parcel);
    for (const parcel of lost) {
      this.sending.delete(parcel);
    }
    return lost;
  }
}
