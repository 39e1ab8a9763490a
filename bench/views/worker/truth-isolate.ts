/**
 * A simulated isolate of delivery for the truth test. It makes facts with the real SegmentViews and collector, and its
 * connection to the counters can be cut. An isolate that dies sends and receives nothing more and loses its memory.
 */
import { waitUntil } from 'cloudflare:workers';
import type { Session } from '../../../src/access/sessions.ts';
import { FactCollector } from '../../../src/analytics/collect/fact-collector.ts';
import { KnownWindows } from '../../../src/analytics/collect/known-windows.ts';
import { type RecordAnswer, type ShardWindow, WATCHING_MS } from '../../../src/analytics/facts.ts';
import { ViewerHasher } from '../../../src/analytics/viewer-hash.ts';
import { SegmentViews } from '../../../src/delivery/count-views.ts';
import { startTimer } from '../../../src/platform/timer.ts';
import { type Fetch, type Plan, planOf, USER_AGENTS } from '../audience.ts';
import type { Chunk, ChunkAnswer } from '../chunks.ts';

export type IsolateOptions = {
  record: (counter: { assetId: string; shard: number }, batchJson: string) => Promise<RecordAnswer>;
  sessionSecret: string;
  viewSeconds: number;
};

const LIFE_SECONDS = 6 * 3600;
const POLL_MS = 20;
/** Batches are sent after half a second to two seconds. A counter that takes longer than this fails the test. */
const ACKNOWLEDGE_MS = WATCHING_MS;

export class TruthIsolate {
  readonly #options: IsolateOptions;
  readonly #collector: FactCollector;
  readonly #views: SegmentViews;
  readonly #sessions = new Map<string, Session>();
  readonly #windows: Record<string, ShardWindow> = {};
  /** Belongs to the request of the chunk that is being played. */
  #death = Promise.withResolvers<void>();
  #isDead = false;
  #dies: Chunk['dies'] = null;
  #refused: string | null = null;

  constructor(options: IsolateOptions) {
    this.#options = options;
    const hasher = new ViewerHasher({
      SESSION_SECRET: options.sessionSecret,
      SESSION_SECRET_PREVIOUS: undefined,
      VIEWER_SALT_DAYS: 30,
    });
    this.#collector = new FactCollector({
      record: (counter, batchJson) => this.#record(counter, batchJson),
      hashViewer: (viewer, startedAtSeconds) => hasher.hash(viewer, startedAtSeconds),
      windows: new KnownWindows(),
      flushMs: 1_000,
      waitUntil: (work) => waitUntil(Promise.race([work, this.#death.promise])),
      startTimer,
      now: Date.now,
    });
    this.#views = new SegmentViews(this.#collector, options.viewSeconds);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async #record(counter: { assetId: string; shard: number }, batchJson: string): Promise<RecordAnswer> {
    if (this.#isDead) {
      return new Promise(() => {}); // A dead isolate sends nothing and waits for nothing.
    }
    const answer = await this.#options.record(counter, batchJson);
    if (this.#dies === 'after') {
      this.#die();
    }
    if (this.#isDead) {
      return new Promise(() => {});
    }
    if (answer.outcome === 'recorded') {
      this.#windows[counter.assetId] = answer.window;
    } else if (answer.outcome === 'invalid') {
      this.#refused = answer.reason;
    }
    return answer;
  }

  #die(): void {
    this.#isDead = true;
    this.#death.resolve();
  }

  /** Plays the sessions in turns, a fetch at a time. Resolves when all facts are durable or the isolate is dead. */
  async play(chunk: Chunk): Promise<ChunkAnswer> {
    this.#dies = chunk.dies;
    this.#death = Promise.withResolvers<void>();
    this.#fetchAll(chunk);
    if (chunk.dies === 'before') {
      this.#die();
    }
    for (let waitedMs = 0; this.#collector.waiting > 0 && !this.#isDead; waitedMs += POLL_MS) {
      if (waitedMs > ACKNOWLEDGE_MS) {
        throw new Error(`${this.#collector.waiting} facts were not acknowledged`);
      }
      await scheduler.wait(POLL_MS);
    }
    if (this.#refused !== null) {
      throw new Error(`a batch was refused: ${this.#refused}`);
    }
    return { outcome: this.#isDead ? 'died' : 'acknowledged', windows: this.#windows };
  }

  #fetchAll({ seed, sessions, from, to, part, windows }: Chunk): void {
    const players = Array.from({ length: to - from }, (_, offset) => {
      const plan = planOf(seed, from + offset, sessions);
      const session = this.#sessionOf(plan, windows[plan.film.assetId] ?? { from: 0, count: 1 });
      return { fetches: plan.parts[part] ?? [], session, requests: new Requests(plan) };
    });
    const longest = Math.max(...players.map(({ fetches }) => fetches.length));
    for (let turn = 0; turn < longest; turn += 1) {
      for (const { fetches, requests, session } of players) {
        const fetched = fetches[turn];
        if (fetched !== undefined) {
          this.#views.note(session, fetched, requests.of(fetched), RESPONSES[fetched.kind]);
        }
      }
    }
  }

  #sessionOf({ film, index, sessionId, viewer }: Plan, window: ShardWindow): Session {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) {
      return known;
    }
    const startedAtSeconds = Math.floor(Date.now() / 1000);
    const session: Session = {
      ...{ sessionId, assetId: film.assetId, version: film.version, revision: 1 },
      expiresAtSeconds: startedAtSeconds + LIFE_SECONDS,
      views: {
        ...{ main: film.main, measure: film.measure, startedAtSeconds },
        // Chosen from the windows at the start of the session, and never changed.
        shard: window.from + (index % window.count),
      },
      ...(viewer === null ? {} : { link: { viewer, kid: 'bench' } }),
    };
    this.#sessions.set(sessionId, session);
    return session;
  }
}

const RESPONSES: Readonly<Record<Fetch['kind'], Response>> = {
  whole: new Response(null, { status: 200 }),
  head: new Response(null, { status: 200 }),
  part: new Response(null, { status: 206, headers: { 'content-range': 'bytes 0-999/2000000' } }),
  beside: new Response(null, { status: 200 }),
};

/** The requests of a player: one of each method for all segments. */
class Requests {
  readonly #get: Request;
  readonly #head: Request;

  constructor({ agent, country }: Plan) {
    const init = { headers: { 'user-agent': USER_AGENTS[agent] }, cf: { country } };
    this.#get = new Request('https://bench.invalid/', init);
    this.#head = new Request('https://bench.invalid/', { ...init, method: 'HEAD' });
  }

  of({ kind }: Fetch): Request {
    return kind === 'head' ? this.#head : this.#get;
  }
}
