/** A collector with time by hand and a counter that answers as it is told. */
import type { CollectedBatch } from '../../../../src/analytics/collect/collected-batch.ts';
import { FactCollector } from '../../../../src/analytics/collect/fact-collector.ts';
import { KnownWindows } from '../../../../src/analytics/collect/known-windows.ts';
import type { Visitor } from '../../../../src/analytics/collect/visitor.ts';
import { type Batch, FIRST_WINDOW, type RecordAnswer } from '../../../../src/analytics/facts.ts';
import { ManualClock, settle } from '../../delivery/tiers/fakes.ts';
import { factsOf, visitorOf } from './visitors.ts';

export const FLUSH_MS = 60_000;

export const recorded = async (): Promise<RecordAnswer> => ({ outcome: 'recorded', window: FIRST_WINDOW });
export const failing = (): Promise<RecordAnswer> => Promise.reject(new Error('down'));
export const hanging = () => new Promise<RecordAnswer>(() => {});

export function newCollector({ maxWaitingFacts = 1000, flushMs = FLUSH_MS } = {}) {
  const clock = new ManualClock();
  const startedMs = clock.now();
  const windows = new KnownWindows();
  const counter = { batches: [] as string[], counters: [] as string[], atMs: [] as number[], answer: recorded };
  const acknowledged: CollectedBatch[] = [];
  const hashed: string[] = [];
  let kept = 0;
  // Whether new contexts of requests live. A timer of a dead one never fires.
  const contexts = { alive: true };
  const collector = new FactCollector({
    record: ({ assetId, shard }, json) => {
      counter.batches.push(json);
      counter.counters.push(`${assetId}/${shard}`);
      counter.atMs.push(clock.now() - startedMs);
      return counter.answer();
    },
    hashViewer: async (viewer) => {
      hashed.push(viewer);
      return 'ab'.repeat(8);
    },
    windows,
    flushMs,
    onAcknowledged: (facts) => acknowledged.push(facts),
    waitUntil: () => {
      kept += 1;
    },
    startTimer: (ms) => (contexts.alive ? clock.startTimer(ms) : { elapsed: new Promise(() => {}), cancel: () => {} }),
    now: clock.now,
    maxWaitingFacts,
  });
  const pass = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await settle();
  };
  /** Passes the time in steps, as guards see it. */
  const wait = async (milliseconds: number) => {
    for (let ms = 0; ms < milliseconds; ms += 250) {
      await pass(250);
    }
  };
  const give = (visitor: Visitor, number: number) => collector.add(visitor, 'v360', number);
  /** A fact by a request whose guard never wakes. */
  const giveDead = (visitor: Visitor, number: number) => {
    contexts.alive = false;
    give(visitor, number);
    contexts.alive = true;
  };
  /** Segments one after the other, from `first` to `last`. */
  const play = async (visitor: Visitor, first: number, last: number, everyMs = 4_000) => {
    for (let number = first; number <= last; number += 1) {
      give(visitor, number);
      await wait(everyMs);
    }
  };
  /** Known to its counter, and a view long since: nothing of it is urgent. */
  const known = (id: string): Visitor => Object.assign(visitorOf(id), { isAcknowledged: true, givenMs: 60_000 });
  const facts = () => counter.batches.flatMap(factsOf);
  const silent = () =>
    counter.batches.map((json) => ((JSON.parse(json) as Batch).silent ?? []).map(([id, seconds]) => [id, seconds]));
  return {
    ...{ clock, windows, counter, acknowledged, hashed, contexts, collector, pass, wait },
    ...{ give, giveDead, play, known, facts, silent },
    kept: () => kept,
  };
}
