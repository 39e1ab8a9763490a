/**
 * Takes the facts of views of an isolate: the request that brings one pays for a few reads of memory.
 *
 * A session that goes on needs no report: its facts wait until there are `flushMs` of its media, or until its last report
 * is about so old, or until another session of its counter has to be told of at once. Then all that waits goes with it.
 * When it falls silent, its counter is told (lane.ts).
 */
import { meter } from '../../metrics/meter.ts';
import { log } from '../../platform/log.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import { counterName } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';
import { type Held, Lane, type LaneOptions } from './lane.ts';
import type { Visitor } from './visitor.ts';

/** Facts of one isolate that are not known to be durable: at most 20 MB, if each is of another session. */
const MAX_WAITING_FACTS = 50_000;
/** A counter that fails must leave room for all others. */
const FAILING_SHARE = 0.5;
/** How often a request looks after batches without a guard, and how many sends it may start: 50 subrequests are the least. */
export const LANE_SWEEP_MS = 1_000;
const SWEEP_SENDS = 16;

export type CollectorOptions = LaneOptions & { maxWaitingFacts?: number };

export class FactCollector {
  readonly #options: CollectorOptions;
  readonly #held: Held;
  readonly #lanes = new Map<string, Lane>();
  #sweepAtMs = 0;
  /** Facts given up and not logged yet: a flooded log tells nothing. */
  #dropped = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#held = { facts: 0, maxFacts: options.maxWaitingFacts ?? MAX_WAITING_FACTS, goingOn: 0 };
  }

  /** Facts that are not known to be durable. */
  get waiting(): number {
    return this.#held.facts;
  }

  /** On the way of an answer: never waits. */
  add(visitor: Visitor, track: string, number: number): void {
    const nowMs = this.#options.now();
    const lane = this.#laneOf(visitor, nowMs);
    if (this.#hasRoomFor(lane)) {
      lane.add(lane.join(visitor, nowMs), track, number, nowMs);
    } else {
      meter.countViewFactsDropped(1);
      this.#dropped += 1;
    }
  }

  /**
   * For a beacon, which waits: whether the facts are durable, as far as that is known within `waitMs`. Its counter takes the
   * session to go on until the next beacon is overdue.
   */
  async addAndWait(visitor: Visitor, track: string, numbers: Iterable<number>, waitMs: number): Promise<boolean> {
    const nowMs = this.#options.now();
    const lane = this.#laneOf(visitor, nowMs);
    const batches = new Set<CollectedBatch>();
    for (const number of numbers) {
      if (!this.#hasRoomFor(lane)) {
        return false; // The player is told, and sends it again.
      }
      // Also one that had the fact already: its acknowledgement is what the beacon waits for.
      batches.add(lane.add(visitor, track, number, nowMs, true));
    }
    const outcomes = [...batches].map(({ listeners }) => new Promise<boolean>((resolve) => listeners.push(resolve)));
    const all = await within(Promise.all(outcomes), waitMs, this.#options.startTimer);
    return all !== TIMED_OUT && all.every((isDurable) => isDurable);
  }

  #hasRoomFor(lane: Lane): boolean {
    const { facts, maxFacts } = this.#held;
    return facts < maxFacts && (!lane.isFailing || lane.waiting < maxFacts * FAILING_SHARE);
  }

  #laneOf({ lane: known, session, views }: Visitor, nowMs: number): Lane {
    // A clock that was set back must not end it for long.
    if (Math.abs(nowMs - this.#sweepAtMs) >= LANE_SWEEP_MS) {
      this.#sweepAtMs = nowMs;
      this.#sweep(nowMs);
    }
    if (known instanceof Lane) {
      return known;
    }
    const name = counterName(session.assetId, views.shard);
    const lane = this.#lanes.get(name) ?? new Lane(session.assetId, views.shard, this.#options, this.#held);
    this.#lanes.set(name, lane);
    return lane;
  }

  /** By whichever request comes. */
  #sweep(nowMs: number): void {
    if (this.#dropped > 0) {
      log.error({ event: 'view_facts_dropped', reason: 'too many are waiting', count: this.#dropped });
      this.#dropped = 0;
    }
    let sends = 0;
    for (const [name, lane] of this.#lanes) {
      if (lane.isEmpty) {
        this.#lanes.delete(name);
      } else if (sends < SWEEP_SENDS && lane.sweep(nowMs)) {
        sends += 1;
      }
    }
  }
}
