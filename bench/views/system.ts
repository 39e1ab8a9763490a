/**
 * The Worker of `bench -- views` (worker/) in workerd: one instance has the Durable Objects, the others generate. Its
 * state is on disk, so that it can be killed and started again; the catalog has every asset, with the real tables.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { applyMigrations } from '../../scripts/migrations.ts';
import { makeSecrets, workerSecrets } from '../../scripts/secrets.ts';
import { ROOT } from '../../scripts/system.ts';
import { bundleFile, childrenNamed, RUNTIME } from '../runtime.ts';
import type { Fault } from './chunks.ts';

export type ViewsSystem = {
  /** Generators, each an isolate of its own. */
  readonly edges: readonly string[];
  /** JSON to one of them, and what it answers. Throws where it answers with anything but 200, or not at all. */
  ask<T>(edge: string, path: string, body: unknown): Promise<T>;
  /** workerd: what CPU time is measured of. */
  readonly pid: number;
  /** As a power failure ends it: at once. */
  kill(): Promise<void>;
  /** Again, on the same disk. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export type ViewsSystemOptions = { edges: number; assets: readonly string[]; fault?: Fault; viewSeconds?: number };

const HOME = 'counters';

/** Throws, with nothing left behind, where it does not start. */
export async function startViewsSystem(options: ViewsSystemOptions): Promise<ViewsSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-views-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    bundled ??= bundleFile('views', fileURLToPath(new URL('worker/index.ts', import.meta.url)), folder);
    const script = bundled;
    // Also a process of its own, for a moment.
    await inTurn(() => applyMigrations(readConfig({ config: join(ROOT, 'wrangler.toml') }), folder));
    const bindings = {
      ...workerSecrets(await makeSecrets()),
      FAULT: options.fault ?? 'none',
      VIEW_SECONDS: String(options.viewSeconds ?? 3),
    };
    const edges = Array.from({ length: options.edges }, (_, index) => `edge-${index + 1}`);
    const workers = [HOME, ...edges].map((name) => workerOf(name, script, bindings));
    let running = await inTurn(() => startRunning(workers, folder, edges));
    await addAssets(running.miniflare, options.assets);
    return {
      edges,
      async ask<T>(edge: string, path: string, body: unknown) {
        const url = new URL(path, running.urls.get(edge));
        const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
        if (response.status !== 200) {
          throw new Error(`${path}: ${response.status} ${await response.text()}`);
        }
        return (await response.json()) as T;
      },
      get pid() {
        return running.pid;
      },
      async kill() {
        process.kill(running.pid, 'SIGKILL');
        await running.miniflare.dispose();
      },
      async start() {
        running = await inTurn(() => startRunning(workers, folder, edges));
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
    // The name under which applyMigrations keeps it.
    d1Databases: { CATALOG: 'CATALOG' },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  } as V4WorkerOptions;
}

/** Seconds of work, and the same for every system. */
let bundled: string | null = null;
/** One after the other: whose process a new one is, is known by its being new. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const started = turn.then(start);
  turn = started.catch(() => {});
  return started;
}

type Running = { miniflare: Miniflare; pid: number; urls: Map<string, string> };

async function startRunning(workers: V4WorkerOptions[], folder: string, edges: readonly string[]): Promise<Running> {
  const before = new Set(childrenNamed('workerd'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: join(folder, 'v3'),
      workers,
    }),
  );
  try {
    await miniflare.ready;
    const urls = new Map<string, string>();
    for (const edge of edges) {
      urls.set(edge, (await miniflare.unsafeGetDirectURL(edge)).origin);
    }
    const [pid] = childrenNamed('workerd').filter((candidate) => !before.has(candidate));
    if (pid === undefined) {
      throw new Error('workerd is not a child of this process');
    }
    return { miniflare, pid, urls };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** A counter whose asset is not in the catalog takes it for deleted. */
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
