/**
 * Replays the audience of one asset in virtual time: the real collectors, counters and catalog, which share this
 * isolate and its clock (virtual-objects.ts).
 */
import { TICK_MS } from '../../../src/analytics/count/watching.ts';
import { counterName, type RecordAnswer, WATCHING_MS } from '../../../src/analytics/facts.ts';
import { ViewerHasher } from '../../../src/analytics/viewer-hash.ts';
import { configOf } from '../../../src/config.ts';
import { seededRandom } from '../../random.ts';
import { type BilledObjects, SEGMENT_MS } from '../load-order.ts';
import { NO_USE, type ReplayOrder, type ReplayReport, type Use } from '../replay-order.ts';
import type { ViewCounter } from './counters.ts';
import { type Isolate, newIsolate, newRequest, newSession, WHOLE } from './isolates.ts';
import { VirtualObjects, withVirtualObjects } from './virtual-objects.ts';

type ReplayEnv = { VIEWS: DurableObjectNamespace<ViewCounter>; CATALOG: D1Database };

/** A Monday, so that a run is the same on any day. */
const BEGIN_MS = Date.UTC(2027, 0, 4, 9, 30, 17);
/** After the last segment: every fact is sent, and every shard has reported. */
const DRAIN_SECONDS = 180;
/** Sessions during which the number of those who watch is checked, and isolates that die; of an asset with more than one view a second none, which would take too long. */
const WATCHED_SESSIONS = 10;
/** Its multiples are spread evenly over what they are taken modulo. */
const GOLDEN_RATIO = 1.618034;
/** A session shows so soon. */
const KNOWN_MS = 2_000;

class Audience {
  readonly #env: ReplayEnv;
  readonly #order: ReplayOrder;
  readonly #objects: VirtualObjects;
  readonly #random: () => number;
  readonly #isolates = new Map<number, Isolate>();
  readonly #request = newRequest();
  readonly #dead = new Set<number>();
  #comes = true;
  #isOver = false;
  /** When each session fetched first and last. */
  readonly #fetched: { firstMs: number; lastMs: number }[] = [];
  sessions = 0;
  facts = 0;
  failed = 0;

  constructor(env: ReplayEnv, order: ReplayOrder, objects: VirtualObjects) {
    this.#env = env;
    this.#order = order;
    this.#objects = objects;
    this.#random = seededRandom(order.seed);
  }

  /** Sessions come until the audience is told to leave, which all do at once. */
  arrive(): void {
    const { clock } = this.#objects;
    const gapMs = (-Math.log(1 - this.#random()) / this.#order.viewsPerSecond) * 1000;
    clock.at(clock.nowMs + gapMs, () => {
      if (this.#comes) {
        this.begin();
        this.arrive();
      }
    });
  }

  leave(): void {
    this.#comes = false;
    this.#isOver = true;
  }

  /** Everybody has left, but for who begins alone in an isolate of their own. Returns what ends the isolate. */
  beginAlone(): () => void {
    const place = this.#order.isolates + this.#dead.size;
    this.#isOver = false;
    this.begin(place);
    return () => {
      this.#dead.add(place);
      this.#isOver = true;
    };
  }

  begin(place = Math.floor(this.#random() * this.#order.isolates)): void {
    const { assetId, sessionSegments, signedInShare } = this.#order;
    const isolate = this.#isolateAt(place);
    const shard = isolate.windows.shardOf(assetId);
    this.sessions += 1;
    const isSignedIn = this.#random() < signedInShare;
    const { session, track } = newSession({ assetId, shard, isSignedIn, maker: 'r', count: this.sessions });
    const { clock } = this.#objects;
    const fetched = { firstMs: clock.nowMs, lastMs: clock.nowMs };
    this.#fetched.push(fetched);
    const play = (number: number) => {
      if (number > sessionSegments || this.#isOver) {
        return;
      }
      isolate.views.note(session, { track, number }, this.#request, WHOLE);
      this.facts += 1;
      fetched.lastMs = clock.nowMs;
      clock.at(clock.nowMs + SEGMENT_MS, () => play(number + 1));
    };
    play(1);
  }

  /** Who must be shown as watching now: who fetches, and came 2 s ago; and at most who fetched within 51 s: 45, a tick, and seconds are whole. */
  watching(): { least: number; most: number } {
    const { nowMs } = this.#objects.clock;
    const count = (is: (fetched: { firstMs: number; lastMs: number }) => boolean) => this.#fetched.filter(is).length;
    return {
      least: count(({ firstMs, lastMs }) => firstMs <= nowMs - KNOWN_MS && lastMs >= nowMs - SEGMENT_MS),
      most: count(({ lastMs }) => lastMs > nowMs - WATCHING_MS - TICK_MS - 1_000),
    };
  }

  #isolateAt(place: number): Isolate {
    let isolate = this.#isolates.get(place);
    if (isolate === undefined) {
      const { clock } = this.#objects;
      const hasher = new ViewerHasher(configOf(this.#env));
      isolate = newIsolate(this.#env, this.#random(), {
        // A dead isolate sends nothing.
        record: async (counter, batch) =>
          this.#dead.has(place) ? new Promise(() => {}) : this.#record(counter, batch),
        hashViewer: (viewer, startedAtSeconds) => clock.during(() => hasher.hash(viewer, startedAtSeconds)),
        onAcknowledged: () => {},
        waitUntil: (work) => this.#objects.note(work),
        startTimer: clock.startTimer,
        now: Date.now,
      });
      this.#isolates.set(place, isolate);
    }
    return isolate;
  }

  async #record({ assetId, shard }: { assetId: string; shard: number }, batchJson: string): Promise<RecordAnswer> {
    const answer = await this.#objects.call(counterName(assetId, shard), (counter) => counter.record(batchJson));
    this.failed += answer.outcome === 'recorded' ? 0 : 1;
    return answer;
  }
}

/** What the asset's counters have used so far. `busyMs`: the time in use of each that exists. */
type Taken = { use: Use; facts: number; busyMs: ReadonlyMap<string, number> };

function takenBy({ facts }: Audience, objects: VirtualObjects, bills: BilledObjects): Taken {
  const use: Use = { ...NO_USE, alarms: objects.alarmRuns };
  use.d1RowsRead = objects.d1.rowsRead;
  use.d1RowsWritten = objects.d1.rowsWritten;
  const busyMs = new Map<string, number>();
  for (const [name, { confirmMs, realMs, virtualMs }] of objects.used()) {
    busyMs.set(name, virtualMs + realMs);
    use.confirmSeconds += confirmMs / 1000;
    const { alarms = 0, otherCalls = 0, requests = 0, rowsRead = 0, rowsWritten = 0 } = bills[name] ?? {};
    use.batches += requests;
    use.reports += otherCalls;
    use.rowsWritten += rowsWritten + alarms;
    use.rowsRead += rowsRead;
  }
  use.reports -= objects.alarmRuns;
  return { use, facts, busyMs };
}

/** No object is in use for longer than there is time. */
function useBetween(before: Taken, after: Taken, seconds: number): Use {
  const use = { ...after.use };
  for (const name of Object.keys(use) as (keyof Use)[]) {
    use[name] -= before.use[name];
  }
  for (const [name, busyMs] of after.busyMs) {
    use.objectSeconds += Math.min(seconds, (busyMs - (before.busyMs.get(name) ?? 0)) / 1000);
  }
  return use;
}

export async function replay(order: ReplayOrder, env: ReplayEnv, bills: () => BilledObjects): Promise<ReplayReport> {
  const realStartMs = performance.now();
  const objects = new VirtualObjects(env, BEGIN_MS);
  const audience = new Audience(env, order, objects);
  return withVirtualObjects(objects, async () => {
    const runFor = (seconds: number) => objects.runUntil(objects.clock.nowMs + seconds * 1000);
    audience.arrive();
    await runFor(order.warmSeconds);
    const before = takenBy(audience, objects, bills());
    await runFor(order.seconds);
    const after = takenBy(audience, objects, bills());
    const live = () => objects.call(counterName(order.assetId, 0), (counter) => counter.live());
    const playSeconds = (order.sessionSegments * SEGMENT_MS) / 1000;
    const watched = Math.min(WATCHED_SESSIONS, Math.floor(1 / order.viewsPerSecond));
    for (let session = 0; session < watched; session += 1) {
      audience.begin();
      const middle = playSeconds * (session / watched);
      let passed = 0;
      // Soon after it came, in its midst, and around the time at which it no longer counts.
      for (const at of [2, Math.max(2, middle), playSeconds + 44, playSeconds + 52]) {
        await runFor(at - passed);
        passed = at;
        const [{ watching }, { least, most }] = [await live(), audience.watching()];
        if (watching < least || watching > most) {
          throw new Error(`${watching} are shown as watching, not ${least} to ${most}, ${at} s after a session began`);
        }
      }
    }
    audience.leave();
    await runFor(DRAIN_SECONDS);
    if (objects.failures.length > 0 || audience.failed > 0) {
      throw new Error(`${audience.failed} batches were not recorded; ${objects.failures.join('; ')}`);
    }
    const { views, watchMs } = await live();
    const given = { views: audience.sessions, watchMs: audience.facts * SEGMENT_MS };
    const lost: ReplayReport['lost'] = [];
    // A session in real time alone is enough: what each has waiting does not depend on others.
    for (let death = 0; death < watched; death += 1) {
      const [before, factsBefore] = [await live(), audience.facts];
      const die = audience.beginAlone();
      await runFor(1 + ((death * GOLDEN_RATIO) % 1) * playSeconds);
      die();
      await runFor(DRAIN_SECONDS);
      const now = await live();
      lost.push({
        views: before.views + 1 - now.views,
        watchMs: (audience.facts - factsBefore) * SEGMENT_MS - (now.watchMs - before.watchMs),
      });
    }
    return {
      use: useBetween(before, after, order.seconds),
      facts: after.facts - before.facts,
      shards: [...after.busyMs].filter(([name, ms]) => ms > (before.busyMs.get(name) ?? 0)).length,
      ...{ given, counted: { views, watchMs }, lost },
      realSeconds: (performance.now() - realStartMs) / 1000,
    };
  });
}
