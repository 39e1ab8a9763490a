/**
 * Facts of views that an isolate has and their counters do not have yet. The request that brings a fact pays for a few Map
 * operations; batches are sent after answers, in contexts that `waitUntil` keeps alive.
 *
 * I/O and timers belong to the request that made them, and end with it. So each batch has guards: the request that opens
 * it and some of those that follow, each with a timer of its own; the first to find the batch due sends it. A batch that is
 * overdue all the same, or was lost with the request that was sending it, is taken up by the isolate's next request for any
 * asset. Everything may be sent twice: facts are unioned (facts.ts).
 */

import { meter } from '../../metrics/meter.ts';
import { log } from '../../platform/log.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import { counterName } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';
import { type CounterClientOptions, SEND_MS, sendBatch } from './counter-client.ts';
import type { KnownWindows } from './known-windows.ts';
import { GUARD_AFTER_MS, Lane, type Parcel } from './lane.ts';
import { isUrgent, type Visitor } from './visitor.ts';

/** For what moves live numbers: with the shards' reports they are at most 2 s behind. */
export const URGENT_MS = 500;
/** Sending takes no longer, unless the request that does it is gone. */
export const LOST_MS = SEND_MS + 2_000;
/** No request begins to send later in its life: waitUntil ends it after 30 s. */
const GUARD_LIFE_MS = 24_000;
/** How often a request looks after batches without a guard, and how many sends it may start: 50 subrequests are the least. */
export const LANE_SWEEP_MS = 1_000;
const SWEEP_SENDS = 16;
/** Facts of one isolate that are not known to be durable: at most 20 MB, if each is of another session. */
const MAX_WAITING_FACTS = 50_000;
/** A counter that fails must leave room for all others. */
const FAILING_SHARE = 0.5;
const LOG_DROPPED_EVERY_MS = 1_000;

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
  readonly #maxWaiting: number;
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;
  #sweepAtMs = 0;
  /** Facts that were dropped and not logged yet. */
  #dropped = 0;
  #loggedAtMs = -Infinity;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaitingFacts ?? MAX_WAITING_FACTS;
  }

  /** Facts that are not known to be durable. */
  get waiting(): number {
    return this.#waiting;
  }

  /** On the way of an answer: never waits. */
  add(visitor: Visitor, track: string, number: number): void {
    const nowMs = this.#options.now();
    this.#sweepIfDue(nowMs);
    const lane = this.#laneOf(visitor);
    if (!this.#hasRoomFor(lane)) {
      this.#noteDropped(1, 'too many are waiting', nowMs);
      return;
    }
    const parcel = lane.opened(visitor);
    if (!this.#note(parcel, visitor, track, number)) {
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
    const outcomes: Promise<boolean>[] = [];
    let joined: Parcel | null = null;
    for (const number of numbers) {
      if (!this.#hasRoomFor(lane)) {
        return false; // The player is told, and sends it again.
      }
      const parcel = lane.opened(visitor);
      // Even if the batch has it already: its acknowledgement is what the beacon waits for.
      this.#note(parcel, visitor, track, number);
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
    return all !== TIMED_OUT && all.every((isDurable) => isDurable);
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

  #hasRoomFor(lane: Lane): boolean {
    const max = this.#maxWaiting;
    return this.#waiting < max && (!lane.isFailing || lane.waiting < max * FAILING_SHARE);
  }

  /** Whether that was new. */
  #note({ facts }: Parcel, visitor: Visitor, track: string, number: number): boolean {
    const isNew = facts.add(visitor, track, number);
    if (isNew) {
      this.#waiting += 1;
      visitor.givenMs += visitor.views.measure.segmentMs;
      meter.countViewFacts('recorded', 1);
    }
    return isNew;
  }

  /** Counted each, and logged once in a while: a flooded log tells nothing. */
  #noteDropped(count: number, reason: string, nowMs: number): void {
    meter.countViewFactsDropped(count);
    this.#dropped += count;
    // A clock that was set back must not silence it.
    if (Math.abs(nowMs - this.#loggedAtMs) >= LOG_DROPPED_EVERY_MS) {
      log.error({ event: 'view_facts_dropped', reason, count: this.#dropped });
      this.#loggedAtMs = nowMs;
      this.#dropped = 0;
    }
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

  /** Sends the parcel when it is due, unless another guard does. */
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

  /**
   * Sends, then goes on for as long as the request may live: with what else waits for this counter, and after a failure with
   * what is to be sent again, even if no other request comes.
   */
  async #deliver(lane: Lane, parcel: Parcel, bornAtMs: number): Promise<void> {
    const { now, startTimer } = this.#options;
    let next: Parcel | null = parcel;
    while (next !== null) {
      const isDone = await this.#send(lane, next);
      const waitMs = isDone ? 0 : Math.max(0, lane.retryAtMs - now());
      if (now() + waitMs - bornAtMs > GUARD_LIFE_MS) {
        return;
      }
      if (isDone) {
        next = lane.sealed.shift() ?? null;
      } else {
        await startTimer(waitMs).elapsed;
        next = lane.takeOverdue(now(), 0);
      }
    }
  }

  /** Whether the counter's answer is final. */
  async #send(lane: Lane, parcel: Parcel): Promise<boolean> {
    const { now, windows, onAcknowledged } = this.#options;
    const { facts } = parcel;
    lane.sending.set(parcel, now());
    const answer = await sendBatch(this.#options, facts);
    if (!lane.sending.delete(parcel)) {
      return false; // It was taken for lost, and was put back.
    }
    meter.countViewBatch(answer === null ? 'failed' : answer.outcome);
    if (answer !== null && answer.outcome !== 'invalid') {
      windows.learn(facts.assetId, facts.shard, answer.window, now());
    }
    if (answer === null || answer.outcome === 'full') {
      this.#putBack(lane, parcel);
      return false;
    }
    lane.noteSuccess();
    this.#waiting -= facts.events;
    if (answer.outcome === 'invalid') {
      this.#noteDropped(facts.events, `invalid: ${answer.reason}`, now());
    } else {
      meter.countViewFacts('acknowledged', facts.events);
      for (const { visitor } of facts.entries()) {
        visitor.isAcknowledged = true;
      }
      onAcknowledged?.(facts);
    }
    for (const listener of parcel.listeners) {
      listener(answer.outcome === 'recorded');
    }
    return true;
  }

  #putBack(lane: Lane, parcel: Parcel): void {
    const nowMs = this.#options.now();
    lane.noteFailure(nowMs);
    const forgotten = parcel.facts.dropForgotten(nowMs);
    if (forgotten > 0) {
      this.#noteDropped(forgotten, 'too late', nowMs);
    }
    this.#waiting -= forgotten + lane.putBack(parcel);
    for (const listener of parcel.listeners) {
      listener(false);
    }
  }

  /** By whichever request comes. */
  #sweepIfDue(nowMs: number): void {
    // A clock that was set back must not end it for long.
    if (Math.abs(nowMs - this.#sweepAtMs) < LANE_SWEEP_MS) {
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
