/**
 * Runs the Worker of `npm run bench -- views` (worker/) in workerd. One instance has the Durable Objects, the others
 * generate load. Its state is on disk, so that it can be killed and restarted. The catalog has the real tables and
 * every asset.
 */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Miniflare, V4WorkerOptions } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { applyMigrations } from '../../scripts/migrations.ts';
import { makeSecrets, workerSecrets } from '../../scripts/secrets.ts';
import { ROOT } from '../../scripts/system.ts';
import { bundleFile, RUNTIME, startWorkerd } from '../runtime.ts';
import type { Fault } from './chunks.ts';

export type ViewsSystem = {
  /** The names of the generators, each in its own isolate. */
  readonly edges: readonly string[];
  /** Sends JSON to a generator and returns its answer. Throws if the status is not 200 or there is no answer. */
  ask<T>(edge: string, path: string, body: unknown): Promise<T>;
  /** The pid of workerd, to measure its CPU time. */
  readonly pid: number;
  /** Kills workerd, as a power failure would. */
  kill(): Promise<void>;
  /** Starts workerd again, with the same state. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export type ViewsSystemOptions = {
  edges: number;
  assets: readonly string[];
  fault?: Fault;
  viewSeconds?: number;
  /** Keeps the state in memory where the machine can, so that nothing waits for a disk. */
  isInMemory?: boolean;
};

/** The instance that has the counters. `ask` takes it, too. */
export const HOME = 'counters';

/** A file system in memory, on Linux. */
const MEMORY = '/dev/shm';

/** When it does not start, it cleans up and throws. */
export async function startViewsSystem(options: ViewsSystemOptions): Promise<ViewsSystem> {
  const folder = mkdtempSync(join(options.isInMemory && existsSync(MEMORY) ? MEMORY : tmpdir(), 'sluice-views-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    bundled ??= bundleFile('views', fileURLToPath(new URL('worker/index.ts', import.meta.url)), folder);
    const script = bundled;
    // In turn, because this also runs a workerd for a moment.
    await inTurn(() => applyMigrations(readConfig({ config: join(ROOT, 'wrangler.toml') }), folder));
    const bindings = {
      ...workerSecrets(await makeSecrets()),
      FAULT: options.fault ?? 'none',
      VIEW_SECONDS: String(options.viewSeconds ?? 3),
    };
    const edges = Array.from({ length: options.edges }, (_, index) => `edge-${index + 1}`);
    const workers = [HOME, ...edges].map((name) => workerOf(name, script, bindings));
    const startRunning = () => inTurn(() => startWorkerd({ workers, folder, names: [HOME, ...edges] }));
    let running = await startRunning();
    await addAssets(running.miniflare, options.assets);
    return {
      edges,
      async ask<T>(edge: string, path: string, body: unknown) {
        const { answer, status } = await post(new URL(path, running.urls.get(edge)), JSON.stringify(body));
        if (status !== 200) {
          throw new Error(`${path}: ${status} ${answer}`);
        }
        return JSON.parse(answer) as T;
      },
      get pid() {
        return running.pid;
      },
      async kill() {
        process.kill(running.pid, 'SIGKILL');
        await running.miniflare.dispose();
      },
      async start() {
        running = await startRunning();
      },
      async close() {
        await running.miniflare.dispose();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** `fetch` gives up if an answer does not begin within five minutes, and a replay may take longer. */
async function post(url: URL, body: string): Promise<{ status: number | undefined; answer: string }> {
  const sent = request(url, { method: 'POST' });
  sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) {
    throw new TypeError('no answer');
  }
  return { status: response.statusCode, answer: await text(response) };
}

function workerOf(name: string, script: string, bindings: Record<string, string>): V4WorkerOptions {
  const from = name === HOME ? {} : { scriptName: HOME };
  return {
    ...RUNTIME,
    name,
    modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
    bindings,
    durableObjects: {
      VIEWS: { className: 'ViewCounter', useSQLite: true, ...from },
      NAIVE: { className: 'NaiveCounter', useSQLite: true, ...from },
    },
    // The name that applyMigrations gives the database.
    d1Databases: { CATALOG: 'CATALOG' },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  } as V4WorkerOptions;
}

/** Bundling takes seconds, and the result is the same for every system. */
let bundled: string | null = null;
/** Starts happen one after the other, because the process of a start is found by being new. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const started = turn.then(start);
  turn = started.catch(() => {});
  return started;
}

/** Adds the assets to the catalog. A counter treats an asset that is not there as deleted. */
async function addAssets(miniflare: Miniflare, assets: readonly string[]): Promise<void> {
  const catalog = await miniflare.getD1Database('CATALOG', HOME);
  await catalog
    .prepare(
      `INSERT INTO assets (id, title, policy, status, source_key, created_at, updated_at)
       SELECT DISTINCT value, value, 'public', 'ready', value, 0, 0 FROM json_each(?)`,
    )
    .bind(JSON.stringify(assets))
    .run();
}
