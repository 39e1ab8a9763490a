/** What is on its way to one shard: the batch that takes facts, those that wait for the counter, those being sent. Pure. */
import { CollectedBatch } from './collected-batch.ts';
import type { Visitor } from './visitor.ts';

/** When a further request becomes a guard of a batch. Each next one waits twice as long: eight for the longest batch. */
export const GUARD_AFTER_MS = 250;
/** After a failure, doubled with each further one: other isolates wait for the same counter. */
export const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 16_000;

/** A batch on its way. */
export type Parcel = {
  facts: CollectedBatch;
  dueAtMs: number;
  /** From when on the next request becomes a guard, and how long the one after that has to wait. */
  guardAtMs: number;
  guardStepMs: number;
  /** They hear once whether it is durable; false: not by this attempt. */
  listeners: ((isDurable: boolean) => void)[];
};

const newParcel = (facts: CollectedBatch, dueAtMs: number): Parcel => ({
  facts,
  dueAtMs,
  guardAtMs: 0,
  guardStepMs: GUARD_AFTER_MS,
  listeners: [],
});

export class Lane {
  /** Takes new facts. */
  open: Parcel | null = null;
  /** Full, while the counter fails. */
  readonly sealed: Parcel[] = [];
  /** Since when. */
  readonly sending = new Map<Parcel, number>();
  /** Nothing is sent before. */
  retryAtMs = 0;
  #failures = 0;

  get isEmpty(): boolean {
    return this.open === null && this.sealed.length === 0 && this.sending.size === 0;
  }

  /** Facts that are not known to be durable. */
  get waiting(): number {
    const closed = [...this.sealed, ...this.sending.keys()];
    return closed.reduce((sum, { facts }) => sum + facts.events, this.open?.facts.events ?? 0);
  }

  /** The parcel that takes facts. A new one is never due. */
  opened({ session, views }: Visitor): Parcel {
    this.open ??= newParcel(new CollectedBatch(session.assetId, views.shard), Infinity);
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
   * Takes back what was not taken, until `retryAtMs`, together with what has come meanwhile if one batch may hold both.
   * Returns how many facts were here already.
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
      // An open batch takes one more fact at least.
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

  /** Parcels that have been sent for longer than sending ever takes: the request that sent them is gone. */
  takeLost(nowMs: number, afterMs: number): Parcel[] {
    const lost = [...this.sending].filter(([, sinceMs]) => nowMs - sinceMs > afterMs).map(([parcel]) => parcel);
    for (const parcel of lost) {
      this.sending.delete(parcel);
    }
    return lost;
  }
}
