/**
 * What the replay (replay.ts) puts between the counters and the platform: alarms of the virtual clock, a record of how
 * long each object is in use, objects that lose their memory when they are idle, and counted rows of D1.
 */
import type { ViewCounterEnv } from '../../../src/analytics/count/view-counter.ts';
import type { ViewCounter } from './counters.ts';
import { Presence, type Used } from './presence.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A turn of reading a body takes 0.03 ms, and a timer over 1 ms. Now and then a timer lets the runtime look at sockets. */
const QUICK_TURNS = 64;
const realWait = scheduler.wait.bind(scheduler);
const nextTurn = (count: number): Promise<unknown> =>
  count % QUICK_TURNS === 0 ? realWait(0) : new Response('turn').text();

/** The stub's own type changes what methods return into similar types. */
type Counter = Pick<ViewCounter, 'record' | 'live' | 'fireAlarm'>;
type Env = { VIEWS: DurableObjectNamespace<ViewCounter>; CATALOG: D1Database };

export class VirtualObjects {
  readonly clock: VirtualClock;
  readonly #env: Env;
  readonly #presences = new Map<string, Presence>();
  readonly d1 = { rowsRead: 0, rowsWritten: 0 };
  alarmRuns = 0;
  readonly failures: unknown[] = [];
  /** What counters get for theirs. */
  readonly env: ViewCounterEnv;

  constructor(env: Env, nowMs: number) {
    this.clock = new VirtualClock(nowMs, nextTurn);
    this.#env = env;
    const { CATALOG, VIEWS } = env;
    this.env = {
      ...env,
      CATALOG: {
        prepare: (query: string) => this.#watch(CATALOG.prepare(query)),
        batch: (statements: D1PreparedStatement[]) => this.#batch(statements),
      } as unknown as D1Database,
      VIEWS: {
        idFromName: (name: string) => VIEWS.idFromName(name),
        get: ({ name = '' }: DurableObjectId) => this.#stubOf(name),
      } as unknown as DurableObjectNamespace<ViewCounter>,
    };
  }

  async #batch(statements: D1PreparedStatement[]): Promise<D1Result[]> {
    const results = await this.clock.during(() => this.#env.CATALOG.batch(statements));
    for (const result of results) {
      this.#noteRows(result);
    }
    return results;
  }

  #noteRows({ meta }: D1Result): void {
    this.d1.rowsRead += meta.rows_read;
    this.d1.rowsWritten += meta.rows_written;
  }

  /** A statement that is run outside of a batch. */
  #watch(statement: D1PreparedStatement): D1PreparedStatement {
    const bind = statement.bind.bind(statement);
    const all = statement.all.bind(statement);
    const watched = async () => {
      const result = await this.clock.during(() => all());
      this.#noteRows(result);
      return result;
    };
    const unseen = () => Promise.reject(new TypeError('the replay does not see this'));
    return Object.assign(statement, {
      ...{ all: watched, run: watched, first: unseen, raw: unseen },
      bind: (...values: unknown[]) => this.#watch(bind(...values)),
    });
  }

  /** Calls through it are seen, as those from the collectors are. */
  #stubOf(name: string): unknown {
    type AnyCounter = Record<string, (argument: unknown) => Promise<unknown>>;
    const get = (_: object, method: string | symbol) => (argument: unknown) =>
      this.call(
        name,
        (counter) =>
          (counter as unknown as AnyCounter)[String(method)]?.(argument) ??
          Promise.reject(new TypeError(String(method))),
      );
    return new Proxy({}, { get });
  }

  /** An object that has been idle for long begins anew. */
  call<T>(name: string, send: (counter: Counter) => Promise<T>): Promise<T> {
    const { VIEWS } = this.#env;
    return this.clock.during(async () => {
      const presence = this.#presences.get(name);
      if (presence?.isIdle) {
        presence.idleSinceMs = null;
        presence.eviction = this.#evict(name);
      }
      await presence?.eviction;
      return await send(VIEWS.get(VIEWS.idFromName(name)) as unknown as Counter);
    });
  }

  async #evict(name: string): Promise<void> {
    const { VIEWS } = this.#env;
    await VIEWS.get(VIEWS.idFromName(name))
      .evict()
      .catch(() => {}); // It breaks by being evicted.
  }

  /**
   * A new life of an object. `written` counts the rows of all of its lives. What this returns serves a call: what is done
   * there is seen, and while it waits, time may pass.
   */
  enter(context: DurableObjectState, written: () => number): <T>(work: () => Promise<T>) => Promise<T> {
    const name = String(context.id.name);
    const { storage } = context;
    const presence = this.#presences.get(name) ?? new Presence(this.clock, written);
    this.#presences.set(name, presence);
    presence.touch();
    storage.getAlarm = async () => presence.alarm?.atMs ?? null;
    storage.deleteAlarm = async () => {
      if (presence.alarm !== null) {
        presence.alarm.run = null;
        presence.alarm = null;
      }
    };
    storage.setAlarm = async (at) => {
      await storage.deleteAlarm();
      presence.alarm = this.clock.at(Number(at), () => {
        presence.alarm = null;
        this.alarmRuns += 1;
        this.note(this.call(name, (counter) => counter.fireAlarm()));
      });
    };
    const transactionSync = storage.transactionSync.bind(storage);
    storage.transactionSync = (work) => {
      // A timer of the object may have begun this.
      presence.touch();
      return transactionSync(work);
    };
    const waitUntil = context.waitUntil.bind(context);
    context.waitUntil = (work: Promise<unknown>) => waitUntil(presence.use(() => work));
    return async (work) => {
      this.clock.end();
      try {
        return await presence.use(work);
      } finally {
        this.clock.begin();
      }
    };
  }

  /** Work that goes on by itself. */
  note(work: Promise<unknown>): void {
    this.clock.noteWork();
    work.catch((error) => this.failures.push(error));
  }

  /** Runs what happens until then. */
  runUntil(untilMs: number): Promise<void> {
    return this.clock.runUntil(untilMs, () => {
      for (const presence of this.#presences.values()) {
        presence.rest();
      }
    });
  }

  used(): Map<string, Used> {
    return new Map([...this.#presences].map(([name, presence]) => [name, presence.usedSoFar()]));
  }

  async evictAll(): Promise<void> {
    for (const name of this.#presences.keys()) {
      await this.#evict(name);
    }
  }
}

/** Replaces the clock and the timers of this isolate, until the function that it returns is called. */
function install(clock: VirtualClock): () => void {
  const { clearTimeout, setTimeout } = globalThis;
  const { now } = Date;
  const { wait } = scheduler;
  const set = (callback: () => void, milliseconds = 0) => {
    const { cancel, elapsed } = clock.startTimer(milliseconds);
    void elapsed.then(callback);
    return cancel;
  };
  Date.now = () => Math.floor(clock.nowMs);
  Object.assign(globalThis, { setTimeout: set, clearTimeout: (cancel: (() => void) | null) => cancel?.() });
  scheduler.wait = (milliseconds) => clock.startTimer(milliseconds).elapsed;
  return () => {
    Date.now = now;
    scheduler.wait = wait;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  };
}

/** While a replay runs. */
let objects: VirtualObjects | null = null;
export const virtualObjects = (): VirtualObjects | null => objects;

export async function withVirtualObjects<T>(made: VirtualObjects, work: () => Promise<T>): Promise<T> {
  const restore = install(made.clock);
  objects = made;
  try {
    return await work();
  } finally {
    await made.evictAll();
    objects = null;
    restore();
  }
}
