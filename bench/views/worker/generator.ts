/**
 * Generates load in a closed loop: players fetch segments as fast as the counters accept the facts. Facts are made by
 * delivery's SegmentViews and go into one of several collectors, which simulate many isolates.
 */
import { waitUntil } from 'cloudflare:workers';
import type { Session } from '../../../src/access/sessions.ts';
import type { ViewCounter } from '../../../src/analytics/count/view-counter.ts';
import { counterName, FIRST_WINDOW, type RecordAnswer } from '../../../src/analytics/facts.ts';
import type { SegmentViews } from '../../../src/delivery/count-views.ts';
import { startTimer } from '../../../src/platform/timer.ts';
import { seededRandom, zipf } from '../../random.ts';
import { coldAsset, HOT_ASSET, type LoadOrder, type LoadReport, SEGMENT_MS } from '../load-order.ts';
import type { NaiveCounter } from './counters.ts';
import { type Isolate, newIsolate, newRequest, newSession, WHOLE } from './isolates.ts';

export type GeneratorEnv = {
  VIEWS: DurableObjectNamespace<ViewCounter>;
  NAIVE: DurableObjectNamespace<NaiveCounter>;
  SESSION_SECRET: string;
  VIEW_SECONDS: string;
};

/** Facts between two checks of the clock and the queue. */
const SLICE = 250;
/** Per collector. A collector drops facts above a somewhat larger number. */
const MAX_WAITING = 40_000;
/** Concurrent calls of the naive design: enough for the runtime to store many of them together. */
const NAIVE_CALLS = 256;
const PAUSE_MS = 5;
/** The interval between slices in real time. */
const PACE_MS = 200;
const DRAIN_MS = 30_000;
const ZIPF = 0.9;

type Player = { session: Session; number: number; last: number; track: string; views: SegmentViews };

export class Generator {
  readonly #env: GeneratorEnv;
  readonly #order: LoadOrder;
  readonly #random: () => number;
  readonly #nextCold: () => number;
  readonly #isolates: Isolate[];
  readonly #players: Player[] = [];
  #mode: LoadOrder['mode'];
  #sessions = 0;
  #turn = 0;
  #naiveCalls = 0;
  #report: Omit<LoadReport, 'seconds'> = newReport();

  constructor(env: GeneratorEnv, order: LoadOrder) {
    this.#env = env;
    this.#order = order;
    this.#mode = order.mode;
    this.#random = seededRandom([...order.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7));
    this.#nextCold = zipf(order.coldAssets, ZIPF, this.#random);
    this.#isolates = Array.from({ length: order.collectors }, () => this.#newIsolate());
  }

  /**
   * Adds players until all are there, a few each second. They start somewhere within a session, as in a running system.
   */
  #admit(elapsedSeconds: number): void {
    const { players, playersPerSecond, sessionSegments } = this.#order;
    const wanted = Math.min(players, this.#players.length + SLICE, Math.ceil(playersPerSecond * elapsedSeconds));
    while (this.#players.length < wanted) {
      const player = this.#newPlayer(this.#players.length);
      player.number = 1 + Math.floor(this.#random() * sessionSegments);
      this.#players.push(player);
    }
  }

  #newIsolate(): Isolate {
    return newIsolate(this.#env, this.#random(), {
      record: (counter, batchJson) => this.#record(counter, batchJson),
      onAcknowledged: ({ assetId, events, shard }) => {
        const report = this.#report;
        report.acknowledged += events;
        if (assetId === HOT_ASSET) {
          report.hotAcknowledged += events;
          report.byHotShard[shard] = (report.byHotShard[shard] ?? 0) + events;
        }
      },
      ...{ waitUntil, startTimer, now: Date.now },
    });
  }

  async #record({ assetId, shard }: { assetId: string; shard: number }, batchJson: string): Promise<RecordAnswer> {
    const report = this.#report;
    report.requests += 1;
    report.bytesSent += batchJson.length;
    report.hotRequests += assetId === HOT_ASSET ? 1 : 0;
    if (this.#mode === 'collector') {
      return { outcome: 'recorded', window: FIRST_WINDOW };
    }
    const { VIEWS } = this.#env;
    const answer = await VIEWS.get(VIEWS.idFromName(counterName(assetId, shard))).record(batchJson);
    report.failed += answer.outcome === 'recorded' ? 0 : 1;
    return answer;
  }

  #newPlayer(index: number): Player {
    const { hotShare, name, sessionSegments, shards, signedInShare } = this.#order;
    const assetId = this.#random() < hotShare ? HOT_ASSET : coldAsset(this.#nextCold());
    const isolate = this.#isolates[index % this.#isolates.length];
    if (isolate === undefined) {
      throw new RangeError('there is no collector');
    }
    const shard = shards === null ? isolate.windows.shardOf(assetId) : Math.floor(isolate.place * shards);
    this.#sessions += 1;
    const isSignedIn = this.#random() < signedInShare;
    const { session, track } = newSession({ assetId, shard, isSignedIn, maker: name, count: this.#sessions });
    return { session, number: 1, last: sessionSegments, track, views: isolate.views };
  }

  get #waiting(): number {
    return Math.max(...this.#isolates.map(({ collector }) => collector.waiting));
  }

  /** May be called again, and then continues. */
  async run({ drains, isPaced, mode, seconds }: LoadOrder): Promise<LoadReport> {
    this.#mode = mode;
    this.#report = newReport();
    const request = newRequest();
    const startedMs = Date.now();
    while (Date.now() - startedMs < seconds * 1000) {
      const isHeldUp = mode === 'naive' ? this.#naiveCalls >= NAIVE_CALLS : this.#waiting >= MAX_WAITING;
      if (!isHeldUp) {
        this.#admit((Date.now() - startedMs) / 1000);
        this.#giveSlice(request, isPaced ? this.#players.length * (PACE_MS / SEGMENT_MS) : SLICE);
      }
      await scheduler.wait(isPaced ? PACE_MS : isHeldUp ? PAUSE_MS : 0);
    }
    const report = { ...this.#report, seconds: (Date.now() - startedMs) / 1000 };
    return drains ? await this.#drain(report) : report;
  }

  #giveSlice(request: Request, most: number): void {
    const slice = this.#mode === 'naive' ? Math.min(most, NAIVE_CALLS - this.#naiveCalls) : most;
    for (let count = 0; count < slice; count += 1) {
      const index = this.#turn;
      this.#turn = (this.#turn + 1) % Math.max(1, this.#players.length);
      let player = this.#players[index];
      if (player === undefined) {
        return; // There are no players yet.
      }
      if (player.number > player.last) {
        player = this.#newPlayer(index);
        this.#players[index] = player;
      }
      this.#give(player, request);
      player.number += 1;
      this.#report.given += 1;
    }
  }

  #give({ number, session, track, views }: Player, request: Request): void {
    if (this.#mode === 'naive') {
      waitUntil(this.#callNaive(session, number));
    } else if (this.#mode !== 'nothing') {
      views.note(session, { track, number }, request, WHOLE);
    }
  }

  async #callNaive({ assetId, sessionId }: Session, number: number): Promise<void> {
    const { NAIVE } = this.#env;
    const report = this.#report;
    this.#naiveCalls += 1;
    report.requests += 1;
    report.hotRequests += assetId === HOT_ASSET ? 1 : 0;
    try {
      await NAIVE.get(NAIVE.idFromName(assetId)).count(sessionId, number);
      report.acknowledged += 1;
      report.hotAcknowledged += assetId === HOT_ASSET ? 1 : 0;
    } catch {
      report.failed += 1;
    } finally {
      this.#naiveCalls -= 1;
    }
  }

  /** Waits until the queues are empty. What is acknowledged meanwhile does not count for the rate. */
  async #drain(report: LoadReport): Promise<LoadReport> {
    const untilMs = Date.now() + DRAIN_MS;
    const remaining = () => this.#isolates.reduce((sum, { collector }) => sum + collector.waiting, this.#naiveCalls);
    while (remaining() > 0) {
      if (Date.now() > untilMs) {
        throw new Error(`${remaining()} facts were not acknowledged`);
      }
      await scheduler.wait(PAUSE_MS);
    }
    return report;
  }
}

const newReport = (): Omit<LoadReport, 'seconds'> => ({
  ...{ given: 0, acknowledged: 0, hotAcknowledged: 0, requests: 0, hotRequests: 0 },
  ...{ failed: 0, bytesSent: 0, byHotShard: {} },
});
