/**
 * Workers in one workerd, each an isolate with a socket of its own: without the development server's proxy and without
 * miniflare's entry Worker, both of which cost more than what is measured. Ours is the bundle that `wrangler deploy`
 * would send. R2, the Cache API and Durable Objects are the local ones.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { applyMigrations } from '../scripts/migrations.ts';
import { makeSecrets, type Secrets, workerSecrets } from '../scripts/secrets.ts';
import { ROOT } from '../scripts/system.ts';
import { writeConfig } from './other-entry.ts';
import type { PutObject } from './synthetic-asset.ts';

export type Instance = {
  name: string;
  /** Another Worker: a module's text, or a file to bundle. Ours where both are left out. */
  script?: string;
  file?: string;
  /** Ours with another entry around the usual one: its path from the project's root. */
  entry?: string;
  vars?: Readonly<Record<string, string>>;
};

export type Runtime = {
  /** Of an instance: an origin without a path. */
  urlOf(name: string): string;
  putObject: PutObject;
  /** workerd itself: what CPU time and memory are measured of. All instances share it. */
  pid: number;
  apiToken: string;
  /** Private: what links to signed assets are made with. */
  linkSigningKey: Secrets['linkSigningKey'];
  /** Of V8's inspector: a target for each instance, named by its path. `null` unless asked for. */
  inspectorUrl: URL | null;
  close(): Promise<void>;
};

const BUCKET = 'sluice-media';

/** Ours by its entry, each bundled once for all runtimes of a run. */
const ourScripts = new Map<string, string>();

/** Throws where the Worker does not build. */
export async function startRuntime(
  instances: readonly Instance[],
  { inspected = false }: { inspected?: boolean } = {},
): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const secrets = await makeSecrets();
  const home = instances.find(isOurs)?.name;
  if (home !== undefined) {
    await applyMigrations(config, folder); // the counters of views roll up into the catalog
  }
  const before = new Set(childrenNamed('workerd'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      ...(inspected ? { inspectorPort: 0 } : {}),
      resourcePersistencePath: join(folder, 'v3'),
      workers: instances.map((instance) => ({
        ...(isOurs(instance)
          ? ours(ourScript(instance, folder), instance, home ?? instance.name, workerSecrets(secrets))
          : { ...RUNTIME, modules: [{ type: 'ESModule', path: 'other.js', contents: otherScript(instance, folder) }] }),
        name: instance.name,
        r2Buckets: { MEDIA: BUCKET },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      })) as V4WorkerOptions[],
    }),
  );
  try {
    await miniflare.ready;
    const urls = new Map<string, string>();
    for (const { name } of instances) {
      urls.set(name, (await miniflare.unsafeGetDirectURL(name)).origin);
    }
    const bucket = await miniflare.getR2Bucket('MEDIA', instances[0]?.name ?? '');
    const [pid] = childrenNamed('workerd').filter((candidate) => !before.has(candidate));
    if (pid === undefined) {
      throw new Error('workerd is not a child of this process');
    }
    return {
      urlOf: (name) => urls.get(name) ?? '',
      putObject: async (key, body) => void (await bucket.put(key, body)),
      pid,
      apiToken: secrets.apiToken,
      linkSigningKey: secrets.linkSigningKey,
      inspectorUrl: inspected ? await miniflare.getInspectorURL() : null,
      async close() {
        await miniflare.dispose();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await miniflare.dispose();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const config = readConfig({ config: join(ROOT, 'wrangler.toml') });
/** What every Worker of ours runs with. */
export const RUNTIME = {
  compatibilityDate: config.compatibility_date ?? '',
  compatibilityFlags: config.compatibility_flags,
} as const;

/** Delivery's bindings as wrangler.toml has them; the Durable Objects of all instances are those of the first. */
function ours(script: string, { name, vars }: Instance, home: string, secrets: Readonly<Record<string, string>>) {
  return {
    ...RUNTIME,
    modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
    bindings: { ...secrets, EDGE_CACHE: 'on', ...vars },
    // The name under which applyMigrations keeps it.
    d1Databases: { CATALOG: 'CATALOG' },
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(
        ({ name: binding, class_name: className }: { name: string; class_name: string }) => [
          binding,
          { className, useSQLite: true, ...(name === home ? {} : { scriptName: home }) },
        ],
      ),
    ),
  };
}

const isOurs = ({ script, file }: Instance): boolean => script === undefined && file === undefined;

const otherScript = ({ name, script, file }: Instance, folder: string): string =>
  file === undefined ? (script ?? '') : bundleFile(name, file, folder);

function ourScript({ name, entry = 'src/index.ts' }: Instance, folder: string): string {
  let script = ourScripts.get(entry);
  if (script === undefined) {
    const [from, out] = [join(folder, `${name}-entry`), join(folder, name)];
    mkdirSync(from);
    writeConfig(from, entry);
    script = bundle(join(from, 'wrangler.toml'), out);
    ourScripts.set(entry, script);
  }
  return script;
}

/** A Worker's entry → the module that would be deployed. */
export function bundleFile(name: string, file: string, folder: string): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, main: file, compatibility_date: RUNTIME.compatibilityDate }));
  return bundle(path, join(folder, name));
}

/** What `wrangler deploy` would send of this configuration. */
function bundle(configPath: string, outFolder: string): string {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--config', configPath, '--outdir', outFolder], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: outFolder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [file = ''] = readdirSync(outFolder).filter((name) => name.endsWith('.js'));
  return readFileSync(join(outFolder, file), 'utf8');
}

/** Process ids of this process's own children (proc(5)). */
export function childrenNamed(command: string): number[] {
  const tasks = readdirSync(`/proc/${process.pid}/task`);
  return tasks
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === command)
    .map(Number);
}
