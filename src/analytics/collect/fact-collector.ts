/**
 * What an isolate knows of views and its counters do not yet. The request that brings a fact pays for a few Map
 * operations; sending is done after answers, in contexts that `waitUntil` keeps alive.
 *
 * I/O and timers belong to the request that made them, and end with it. So each batch has guards: the request that opens
 * it and some of those that follow, each with a timer of its own; the first to find the batch due sends it. What is
 * overdue all the same, or was lost with the request that was sending it, is taken up by the next request of the isolate
 * for whatever asset. Everything may be sent twice: facts are unioned (facts.ts).
 */

import { meter } from '../../metrics/meter.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import { counterName } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';
import { type CounterClientOptions, SEND_MS, sendBatch } from './counter-client.ts';
import { noteDropped } from './dropped-facts.ts';
import type { KnownWindows } from './known-windows.ts';
import { type BatchOutcome, GUARD_AFTER_MS, Lane, type Parcel, tell } from './lane.ts';
import { Room } from './room.ts';
import { isUrgent, type Visitor } from './visitor.ts';

/** For what moves live numbers: with the shards' reports they are at most 2 s behind. */
export const URGENT_MS = 500;
/** Sending takes no longer, unless the request that does it is gone. */
export const LOST_MS = SEND_MS + 2_000;
/** No request begins to send later in its life: waitUntil ends it after 30 s. */
const GUARD_LIFE_MS = 24_000;
/** How often somebody looks after what nobody guards, and how many sends that may start: 50 subrequests are the least. */
export const SWEEP_MS = 1_000;
const SWEEP_SENDS = 16;

export type CollectorOptions = CounterClientOptions & {
  windows: KnownWindows;
  /** How long facts may wait that are not urgent. */
  flushMs: number;
  /** Told of what has become durable. */
  onAcknowledged?: (facts: CollectedBatch) => void;
  waitUntil: (work: Promise<unknown>) => void;
  now: () => number;
  maxWaitingFacts?: number;
};

export class FactCollector {
  readonly #options: CollectorOptions;
  readonly #room: Room;
  readonly #lanes = new Map<string, Lane>();
  #sweepAtMs = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#room = new Room(options.maxWaitingFacts);
  }

  /** Facts that are not known to be durable. */
  get waiting(): number {
    return this.#room.used;
  }

  /** On the way of an answer: never waits. */
  add(visitor: Visitor, track: string, number: number): void {
    const nowMs = this.#options.now();
    this.#sweepIfDue(nowMs);
    const lane = this.#laneOf(visitor);
    if (!this.#room.isThereFor(lane)) {
      noteDropped(1, 'too many are waiting', nowMs);
      return;
    }
    const parcel = lane.opened(visitor.session, visitor.views.shard);
    if (!this.#note(lane, parcel, visitor, track, number)) {
      return;
    }
    const isSooner = lane.hasten(parcel, nowMs + (isUrgent(visitor) ? URGENT_MS : this.#options.flushMs));
    if (parcel.facts.isFull) {
      this.#seal(lane, parcel, nowMs);
    } else if (isSooner || nowMs >= parcel.guardAtMs) {
      parcel.guardAtMs = nowMs + parcel.guardStepMs;
      parcel.guardStepMs *= 2;
      this.#options.waitUntil(this.#guard(lane, parcel, nowMs));
    }
  }

  /** For a beacon, which waits: whether the facts are durable, as far as that is known within `waitMs`. */
  async addAndWait(visitor: Visitor, track: string, numbers: Iterable<number>, waitMs: number): Promise<boolean> {
    const nowMs = this.#options.now();
    this.#sweepIfDue(nowMs);
    const lane = this.#laneOf(visitor);
    const outcomes: Promise<BatchOutcome>[] = [];
    let joined: Parcel | null = null;
    for (const number of numbers) {
      if (!this.#room.isThereFor(lane)) {
        return false; // Whoever sent it is told, and comes again.
      }
      const parcel = lane.opened(visitor.session, visitor.views.shard);
      // Also where the batch has it already: what is waited for is the batch.
      this.#note(lane, parcel, visitor, track, number);
      if (parcel !== joined) {
        joined = parcel;
        lane.hasten(parcel, nowMs + URGENT_MS);
        outcomes.push(new Promise((resolve) => parcel.listeners.push(resolve)));
        this.#options.waitUntil(this.#guard(lane, parcel, nowMs));
      }
      if (parcel.facts.isFull) {
        this.#seal(lane, parcel, nowMs);
      }
    }
    const all = await within(Promise.all(outcomes), waitMs, this.#options.startTimer);
    return all !== TIMED_OUT && all.every((outcome) => outcome === 'acknowledged');
  }

  #laneOf({ session, views }: Visitor): Lane {
    const name = counterName(session.assetId, views.shard);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #note(lane: Lane, { facts }: Parcel, visitor: Visitor, track: string, number: number): boolean {
    const isNew = facts.add(visitor, track, number);
    if (isNew) {
      this.#room.take(lane, 1);
      visitor.givenMs += visitor.views.measure.segmentMs;
      meter.countViewFacts('recorded', 1);
    }
    return isNew;
  }

  /** Sent at once by the request that fills it. */
  #seal(lane: Lane, parcel: Parcel, nowMs: number): void {
    lane.open = null;
    if (nowMs < lane.retryAtMs) {
      lane.sealed.push(parcel);
    } else {
      this.#options.waitUntil(this.#deliver(lane, parcel, nowMs));
    }
  }

  /** Sends the parcel when it is due, unless somebody else does. */
  async #guard(lane: Lane, parcel: Parcel, bornAtMs: number): Promise<void> {
    const { now, startTimer } = this.#options;
    while (lane.open === parcel) {
      const nowMs = now();
      if (Math.max(nowMs, parcel.dueAtMs) - bornAtMs > GUARD_LIFE_MS) {
        return;
      }
      if (nowMs >= parcel.dueAtMs) {
        lane.open = null;
        await this.#deliver(lane, parcel, bornAtMs);
        return;
      }
      await startTimer(parcel.dueAtMs - nowMs).elapsed;
    }
  }

  /** Sends, and goes on with what else waits for this counter for as long as the request may live. */
  async #deliver(lane: Lane, parcel: Parcel, bornAtMs: number): Promise<void> {
    let next: Parcel | undefined = parcel;
    while (next !== undefined) {
      if (!(await this.#send(lane, next))) {
        return this.#retry(lane, bornAtMs);
      }
      next = this.#options.now() - bornAtMs > GUARD_LIFE_MS ? undefined : lane.sealed.shift();
    }
  }

  /** Tries again with what waits for a counter that has failed, also where no other request comes. */
  async #retry(lane: Lane, bornAtMs: number): Promise<void> {
    const { now, startTimer } = this.#options;
    const waitMs = Math.max(0, lane.retryAtMs - now());
    if (now() + waitMs - bornAtMs > GUARD_LIFE_MS) {
      return;
    }
    await startTimer(waitMs).elapsed;
    const parcel = lane.takeOverdue(now(), 0);
    if (parcel !== null) {
      await this.#deliver(lane, parcel, bornAtMs);
    }
  }

  /** Whether the counter has dealt with it, for good or ill. */
  async #send(lane: Lane, parcel: Parcel): Promise<boolean> {
    lane.sending.set(parcel, this.#options.now());
    const answer = await sendBatch(this.#options, parcel.facts);
    if (!lane.sending.delete(parcel)) {
      return false; // Was taken for lost, and is back where it came from.
    }
    meter.countViewBatch(answer === null ? 'failed' : answer.outcome);
    const { assetId, shard } = parcel.facts;
    if (answer === null || answer.outcome === 'full') {
      this.#putBack(lane, parcel);
      if (answer !== null) {
        this.#options.windows.learn(assetId, shard, answer.window, this.#options.now());
      }
      return false;
    }
    lane.noteSuccess();
    this.#room.give(lane, parcel.facts.events);
    if (answer.outcome === 'invalid') {
      noteDropped(parcel.facts.events, `invalid: ${answer.reason}`, this.#options.now());
      tell(parcel, 'dropped');
    } else {
      this.#options.windows.learn(assetId, shard, answer.window, this.#options.now());
      this.#acknowledge(parcel);
    }
    return true;
  }

  #acknowledge(parcel: Parcel): void {
    const { facts } = parcel;
    meter.countViewFacts('acknowledged', facts.events);
    for (const { visitor } of facts.entries()) {
      visitor.isAcknowledged = true;
    }
    this.#options.onAcknowledged?.(facts);
    tell(parcel, 'acknowledged');
  }

  #putBack(lane: Lane, parcel: Parcel): void {
    const nowMs = this.#options.now();
    lane.noteFailure(nowMs);
    const forgotten = parcel.facts.dropForgotten(nowMs);
    if (forgotten > 0) {
      noteDropped(forgotten, 'too late', nowMs);
    }
    this.#room.give(lane, forgotten + lane.putBack(parcel));
    tell(parcel, 'failed');
  }

  /** In the context of whichever request comes by. */
  #sweepIfDue(nowMs: number): void {
    // A clock that was set back must not end it for long.
    if (Math.abs(nowMs - this.#sweepAtMs) < SWEEP_MS) {
      return;
    }
    this.#sweepAtMs = nowMs;
    let sends = 0;
    for (const [name, lane] of this.#lanes) {
      for (const parcel of lane.takeLost(nowMs, LOST_MS)) {
        meter.countViewBatch('failed');
        this.#putBack(lane, parcel);
      }
      // Guards are given a moment to do it themselves.
      const overdue = lane.takeOverdue(nowMs, GUARD_AFTER_MS);
      if (overdue !== null) {
        sends += 1;
        this.#options.waitUntil(this.#deliver(lane, overdue, nowMs));
      } else if (lane.isEmpty) {
        this.#lanes.delete(name);
      }
      if (sends >= SWEEP_SENDS) {
        return;
      }
    }
  }
}
