/**
 * The truth test: an audience plays through isolates that die and a runtime that is killed, and players repeat what was
 * not acknowledged. Afterwards the counters must match the model (naive-model.ts) to the millisecond.
 */
import { seededRandom } from '../random.ts';
import { FILMS, PARTS } from './audience.ts';
import type { Chunk, ChunkAnswer, Fault } from './chunks.ts';
import { type Comparison, compare } from './compare.ts';
import { type Audience, numbersOf } from './naive-model.ts';
import { startViewsSystem, type ViewsSystem } from './system.ts';

export type TruthOptions = Audience & {
  /** How often the runtime is killed, at random moments. */
  kills: number;
  /** The number of isolates that serve at a time. */
  isolates: number;
  fault?: Fault;
};

export type TruthResult = {
  comparison: Comparison;
  chunks: number;
  /** Chunks that were played again although they had been acknowledged. */
  duplicates: number;
  /** How many isolates died before and after they had sent their facts. */
  deaths: { before: number; after: number };
  kills: number;
  /** The most shards of an asset. */
  shards: number;
  /** Chunks that were repeated because they had not been acknowledged. */
  repeats: number;
  seconds: number;
};

const EDGES = 2;
const VIEW_SECONDS = 3;
const CHUNK_SESSIONS = 500;
const DEATH_SHARE = 0.06;
const DUPLICATE_SHARE = 0.05;
/** A kill comes within this time after a chunk is done, while other chunks are under way. */
const KILL_WITHIN_MS = 700;
/** A chunk that fails this often does not fail because of kills. */
const MAX_ATTEMPTS = 50;

type Task = {
  from: number;
  to: number;
  part: number;
  windows: Chunk['windows'];
  isDuplicate: boolean;
  attempts: number;
};

class Run {
  readonly #options: TruthOptions;
  readonly #system: ViewsSystem;
  readonly #random: () => number;
  readonly #tasks: Task[] = [];
  readonly #killAfter: number[];
  #windows: Chunk['windows'] = {};
  #done = 0;
  #isUp: Promise<void> = Promise.resolve();
  #remaining = 0;
  /** Resolves when there are new tasks, or none are left. */
  #news = Promise.withResolvers<void>();
  readonly result: Omit<TruthResult, 'comparison' | 'seconds'> = {
    ...{ chunks: 0, duplicates: 0, deaths: { before: 0, after: 0 }, kills: 0, shards: 1, repeats: 0 },
  };

  constructor(options: TruthOptions, system: ViewsSystem) {
    this.#options = options;
    this.#system = system;
    this.#random = seededRandom(options.seed);
    const { sessions, kills } = options;
    for (let from = 0; from < sessions; from += CHUNK_SESSIONS) {
      const to = Math.min(from + CHUNK_SESSIONS, sessions);
      this.#tasks.push({ from, to, part: 0, windows: {}, isDuplicate: false, attempts: 0 });
    }
    this.#remaining = this.#tasks.length * PARTS;
    const all = this.#remaining;
    this.#killAfter = Array.from({ length: kills }, () => Math.floor(this.#random() * (all - 1))).sort((a, b) => a - b);
  }

  async play(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.isolates }, (_, isolate) => this.#serve(isolate)));
    await this.#isUp;
  }

  /** Plays chunks in one isolate, one at a time, until none are left. */
  async #serve(isolate: number): Promise<void> {
    while (this.#remaining > 0) {
      const task = this.#tasks.shift();
      if (task === undefined) {
        // The next tasks depend on chunks that other isolates are playing.
        await this.#news.promise;
        continue;
      }
      await this.#isUp;
      await this.#play(isolate, task);
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  #giveUp(): void {
    this.#remaining = 0;
    this.#tell();
  }

  async #play(isolate: number, task: Task): Promise<void> {
    if (task.part === 0 && task.attempts === 0 && !task.isDuplicate) {
      task.windows = { ...this.#windows };
    }
    task.attempts += 1;
    if (task.attempts > MAX_ATTEMPTS) {
      this.#giveUp();
      throw new Error(`chunk ${task.from} failed ${MAX_ATTEMPTS} times`);
    }
    const outcome = await this.#send(isolate, task);
    if (outcome !== 'acknowledged') {
      this.result.repeats += 1;
      this.#tasks.unshift(task);
      this.#tell();
      return;
    }
    this.#finish(task);
  }

  async #send(isolate: number, { from, to, part, windows }: Task): Promise<ChunkAnswer['outcome'] | 'killed'> {
    const { seed, sessions } = this.#options;
    const fate = this.#random();
    const dies = fate < DEATH_SHARE ? (fate < DEATH_SHARE / 2 ? 'before' : 'after') : null;
    const chunk: Chunk = { isolate, seed, sessions, from, to, part, windows, dies };
    const killsBefore = this.result.kills;
    try {
      const edge = this.#system.edges[isolate % EDGES] ?? '';
      const answer = await this.#system.ask<ChunkAnswer>(edge, '/chunk', chunk);
      if (answer.outcome === 'died' && dies !== null) {
        this.result.deaths[dies] += 1;
      }
      this.#learn(answer.windows);
      return answer.outcome;
    } catch (error) {
      if (this.result.kills === killsBefore) {
        this.#giveUp();
        throw error; // The runtime was not killed, so this is an error.
      }
      return 'killed';
    }
  }

  #learn(windows: Chunk['windows']): void {
    for (const [assetId, window] of Object.entries(windows)) {
      this.result.shards = Math.max(this.result.shards, window.from + window.count);
      if (window.from >= (this.#windows[assetId]?.from ?? 0)) {
        this.#windows[assetId] = window;
      }
    }
  }

  #finish(task: Task): void {
    this.#remaining -= 1;
    this.#done += 1;
    this.result.chunks += 1;
    const next: Task[] = [];
    if (task.isDuplicate) {
      this.result.duplicates += 1;
    } else if (task.part + 1 < PARTS) {
      next.push({ ...task, part: task.part + 1, attempts: 0 });
    }
    if (!task.isDuplicate && this.#random() < DUPLICATE_SHARE) {
      this.#remaining += 1;
      next.push({ ...task, isDuplicate: true, attempts: 0 });
    }
    for (const each of next) {
      this.#tasks.splice(Math.floor(this.#random() * this.#tasks.length), 0, each);
    }
    this.#tell();
    while (this.#done > (this.#killAfter[0] ?? Number.POSITIVE_INFINITY)) {
      this.#killAfter.shift();
      this.#isUp = this.#isUp.then(() => this.#kill());
    }
  }

  async #kill(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#random() * KILL_WITHIN_MS));
    this.result.kills += 1;
    await this.#system.kill();
    await this.#system.start();
  }
}

export async function runTruth(options: TruthOptions): Promise<TruthResult> {
  const startedMs = performance.now();
  const { fault = 'none' } = options;
  const assets = FILMS.map(({ assetId }) => assetId);
  const system = await startViewsSystem({ edges: EDGES, assets, fault, viewSeconds: VIEW_SECONDS });
  try {
    const run = new Run(options, system);
    await run.play();
    // The numbers must also be correct after a restart.
    await system.kill();
    await system.start();
    const comparison = await compare(system, numbersOf(options, VIEW_SECONDS));
    return { ...run.result, comparison, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await system.close();
  }
}
