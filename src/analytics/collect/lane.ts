/**
 * What is on its way to one counter: the batch that takes facts, those that wait for the counter, those being sent. Tells
 * it of each session that falls silent.
 *
 * I/O and timers belong to the request that made them, and end with it. So each lane has guards, contexts that `waitUntil`
 * keeps alive after answers: a request every few seconds, which sends what becomes due in the rest of its life, and those
 * that bring something which is due sooner. What is overdue all the same, or was lost with the request that was sending it,
 * is taken up by the isolate's next request for any asset. Everything may be sent twice: facts are unioned (facts.ts).
 */
import { meter } from '../../metrics/meter.ts';
import { log } from '../../platform/log.ts';
import { GOES_ON_MS, SILENT_MS } from '../facts.ts';
import { CollectedBatch } from './collected-batch.ts';
import { type CounterClientOptions, SEND_MS, sendBatch } from './counter-client.ts';
import type { KnownWindows } from './known-windows.ts';
import { isSilent, isUrgent, type Visitor } from './visitor.ts';

/** For what moves live numbers: with the shards' reports they are at most 2 s behind. */
export const URGENT_MS = 500;
/** From this share of what an isolate may hold on, no fact waits for more to come. */
const BUSY_SHARE = 0.5;
/** After a failure, doubled with each further one: other isolates wait for the same counter. */
export const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 16_000;
/** Sending takes no longer, unless the request that does it is gone. */
export const LOST_MS = SEND_MS + 2_000;
/** Silence may wait so much longer for a batch that is sent anyway; many that end need no batch each. */
const GRACE_MS = 4_000;
/** After its last fact, at the latest. The counter shows a session for WATCHING_MS after it, so it need not know sooner. */
export const TELL_MS = SILENT_MS + GRACE_MS;
/** No request begins to send later in its life: waitUntil ends it after 30 s. */
const GUARD_LIFE_MS = 24_000;
/** So a guard outlives the telling of each session that is given something in the time until the next one. */
const GUARD_EVERY_MS = GUARD_LIFE_MS - TELL_MS;
/** Before other requests look after what is due, guards are given a moment to do it. */
const GUARD_LATE_MS = 250;
/**
 * Facts may wait longer than a flush: a session in real time has so much media first, and one that has ended is silent. But
 * its counter must not take it for ended.
 */
const WAIT_FLUSHES = 1.3;
const WAIT_MAX_MS = GOES_ON_MS - 2_000;
/** At most 1 KB each. The counters find out about others by themselves. */
const MAX_GOING_ON = 30_000;

export type LaneOptions = CounterClientOptions & {
  windows: KnownWindows;
  /** How much media of a session may wait that is not urgent, and about how long. */
  flushMs: number;
  /** Told of what has become durable. */
  onAcknowledged?: ((facts: CollectedBatch) => void) | undefined;
  waitUntil: (work: Promise<unknown>) => void;
  now: () => number;
};

/** What an isolate holds for all counters together. */
export type Held = {
  /** Facts that are not known to be durable, and how many there may be. */
  facts: number;
  readonly maxFacts: number;
  /** Sessions whose counters are to be told of their silence. */
  goingOn: number;
};

export class Lane {
  readonly #assetId: string;
  readonly #shard: number;
  readonly #options: LaneOptions;
  readonly #held: Held;
  /** The last one takes new facts, unless it is full. The others are full, or have failed. */
  readonly #waiting: CollectedBatch[] = [];
  readonly #sending = new Set<{ batch: CollectedBatch; sinceMs: number }>();
  /** By id: sessions that go on, as far as the counter knows. */
  readonly #goingOn = new Map<string, Visitor>();
  /** None of them has to be told of before. */
  #tellAtMs = Infinity;
  /** Nothing is sent before. */
  #retryAtMs = 0;
  #failures = 0;
  /** When the last request became a guard of the lane. */
  #guardedAtMs = -Infinity;

  constructor(assetId: string, shard: number, options: LaneOptions, held: Held) {
    this.#assetId = assetId;
    this.#shard = shard;
    this.#options = options;
    this.#held = held;
  }

  get isEmpty(): boolean {
    return this.#waiting.length + this.#sending.size + this.#goingOn.size === 0;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Facts that are not known to be durable. */
  get waiting(): number {
    const batches = [...this.#waiting, ...Array.from(this.#sending, ({ batch }) => batch)];
    return batches.reduce((sum, { events }) => sum + events, 0);
  }

  /**
   * The counter will be told of the session's silence. Returns the visitor that stands for the session: the first one, if its
   * token was forgotten and read again.
   */
  join(visitor: Visitor, nowMs: number): Visitor {
    if (visitor.lane === this || this.#held.goingOn >= MAX_GOING_ON) {
      return visitor;
    }
    const { sessionId } = visitor.session;
    const known = this.#goingOn.get(sessionId);
    if (known === undefined) {
      this.#held.goingOn += 1;
      this.#goingOn.set(sessionId, visitor);
      visitor.lane = this;
      this.#tellAtMs = Math.min(this.#tellAtMs, nowMs + TELL_MS);
    }
    return known ?? visitor;
  }

  /** Returns the batch that has the fact. */
  add(visitor: Visitor, track: string, number: number, nowMs: number, isAwaited = false): CollectedBatch {
    const batch = this.#opened(nowMs);
    visitor.lastMs = nowMs;
    if (batch.add(visitor, track, number)) {
      this.#held.facts += 1;
      visitor.givenMs += visitor.segmentMs;
    }
    const knownAtMs = batch.dueAtMs;
    if (batch.isFull) {
      batch.dueAtMs = Math.max(nowMs, this.#retryAtMs);
    } else if (knownAtMs > nowMs + URGENT_MS) {
      const atMs = isAwaited ? nowMs + URGENT_MS : this.#dueAtMsOf(visitor, batch, nowMs);
      batch.dueAtMs = Math.min(knownAtMs, Math.max(atMs, this.#retryAtMs));
    }
    this.#guardIfNeeded(batch, batch.dueAtMs < knownAtMs, nowMs);
    return batch;
  }

  #opened(nowMs: number): CollectedBatch {
    let batch = this.#waiting.at(-1);
    if (batch === undefined || batch.isFull) {
      batch = new CollectedBatch(this.#assetId, this.#shard, nowMs);
      this.#waiting.push(batch);
    }
    return batch;
  }

  /** When the batch must be sent for this session. */
  #dueAtMsOf(visitor: Visitor, { openedAtMs }: CollectedBatch, nowMs: number): number {
    const { facts, maxFacts } = this.#held;
    if (isUrgent(visitor) || facts > maxFacts * BUSY_SHARE) {
      return nowMs + URGENT_MS;
    }
    const { flushMs } = this.#options;
    const hasRoom = ((visitor.entry?.events ?? 0) + 1) * visitor.segmentMs <= flushMs;
    const waitMs = Math.min(flushMs * WAIT_FLUSHES, WAIT_MAX_MS);
    return Math.max(hasRoom ? Math.min(nowMs, visitor.toldAtMs) + waitMs : nowMs, openedAtMs + URGENT_MS);
  }

  #guardIfNeeded(batch: CollectedBatch, isSooner: boolean, nowMs: number): void {
    // A clock that was set back must not end it for long.
    if (Math.abs(nowMs - this.#guardedAtMs) >= GUARD_EVERY_MS) {
      this.#guardedAtMs = nowMs;
      this.#options.waitUntil(this.#guard(null, nowMs));
    } else if (isSooner && batch.dueAtMs < this.#tellAtMs) {
      // The guards of the lane sleep until the next session may be silent.
      this.#options.waitUntil(this.#guard(batch, nowMs));
    }
  }

  /**
   * Sends what is due, for as long as the request may live. A guard of one batch ends with it, unless the counter fails:
   * then it sends again what was to be sent, even if no other request comes.
   */
  async #guard(only: CollectedBatch | null, bornAtMs: number): Promise<void> {
    const { now, startTimer } = this.#options;
    while (only === null || this.#waiting.includes(only) || this.isFailing || this.#waiting.length > 1) {
      const [nowMs, dueAtMs] = [now(), this.#dueAtMs];
      if (Math.max(nowMs, dueAtMs) - bornAtMs > GUARD_LIFE_MS) {
        return;
      }
      const batch = nowMs < dueAtMs ? null : this.#takeDue(nowMs);
      if (batch !== null) {
        await this.#send(batch, nowMs);
      } else if (nowMs < dueAtMs) {
        await startTimer(dueAtMs - nowMs).elapsed;
      }
    }
  }

  /** When #takeDue() has something to do. While the counter fails, one batch is sent at a time. */
  get #dueAtMs(): number {
    const [attempt] = this.#sending;
    const lostAtMs = attempt === undefined ? Infinity : attempt.sinceMs + LOST_MS;
    if (this.isFailing && attempt !== undefined) {
      return lostAtMs;
    }
    const batchAtMs = Math.min(...this.#waiting.map(({ dueAtMs }) => dueAtMs));
    return Math.min(lostAtMs, batchAtMs, Math.max(this.#tellAtMs, this.#retryAtMs));
  }

  /** A batch to be sent now, if any. */
  #takeDue(nowMs: number): CollectedBatch | null {
    for (const attempt of this.#sending) {
      if (nowMs >= attempt.sinceMs + LOST_MS) {
        this.#sending.delete(attempt);
        meter.countViewBatch('failed');
        this.#putBack(attempt.batch);
      }
    }
    if (nowMs >= this.#tellAtMs) {
      this.#leaveSilent(null, nowMs);
    }
    const isTold = nowMs >= Math.max(this.#tellAtMs, this.#retryAtMs);
    const batch = isTold ? this.#opened(nowMs) : this.#waiting.find(({ dueAtMs }) => nowMs >= dueAtMs);
    if (batch === undefined) {
      return null;
    }
    this.#waiting.splice(this.#waiting.indexOf(batch), 1);
    this.#leaveSilent(batch, nowMs);
    return batch;
  }

  /** Those leave that are silent: the batch tells of them. Without one, this only finds when the next must be told of. */
  #leaveSilent(batch: CollectedBatch | null, nowMs: number): void {
    if (nowMs < this.#tellAtMs - GRACE_MS) {
      return;
    }
    let oldestMs = Infinity;
    for (const [sessionId, visitor] of this.#goingOn) {
      if (batch === null || batch.isFull || !isSilent(visitor, nowMs)) {
        oldestMs = Math.min(oldestMs, visitor.lastMs);
        continue;
      }
      if (batch.repeat(visitor)) {
        this.#held.facts += 1;
      }
      visitor.lane = null;
      this.#goingOn.delete(sessionId);
      this.#held.goingOn -= 1;
    }
    this.#tellAtMs = oldestMs + TELL_MS;
  }

  async #send(batch: CollectedBatch, nowMs: number): Promise<void> {
    const { now, onAcknowledged, windows } = this.#options;
    const { assetId, events, newcomers, shard } = batch;
    const attempt = { batch, sinceMs: nowMs };
    this.#sending.add(attempt);
    meter.countViewFacts('recorded', events - batch.metered);
    batch.metered = events;
    const answer = await sendBatch(this.#options, batch, nowMs);
    if (!this.#sending.delete(attempt)) {
      return; // It was taken for lost, and was put back.
    }
    meter.countViewBatch(answer?.outcome ?? 'failed');
    if (answer !== null && answer.outcome !== 'invalid') {
      windows.learn(assetId, shard, answer.window, now());
    }
    for (const listener of batch.listeners.splice(0)) {
      listener(answer?.outcome === 'recorded');
    }
    if (answer === null || answer.outcome === 'full') {
      this.#putBack(batch);
      return;
    }
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#held.facts -= events;
    if (answer.outcome === 'invalid') {
      meter.countViewFactsDropped(events);
      log.error({ event: 'view_facts_dropped', reason: `invalid: ${answer.reason}`, count: events });
    } else {
      meter.countViewFacts('acknowledged', events);
      for (const visitor of newcomers) {
        visitor.isAcknowledged = true;
      }
      onAcknowledged?.(batch);
    }
  }

  /** It waits until #retryAtMs, and takes what comes meanwhile, unless another batch does. */
  #putBack(batch: CollectedBatch): void {
    this.#retryAtMs = this.#options.now() + Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#waiting.unshift(batch);
    for (const waiting of this.#waiting) {
      waiting.dueAtMs = this.#retryAtMs;
    }
  }

  /** By a request of the isolate, which may be for another lane. Whether it became a guard. */
  sweep(nowMs: number): boolean {
    const isLate = nowMs >= this.#dueAtMs + GUARD_LATE_MS;
    if (isLate) {
      this.#guardedAtMs = nowMs;
      this.#options.waitUntil(this.#guard(null, nowMs));
    }
    return isLate;
  }
}
