/**
 * Runs Workers in one workerd. Each is an isolate with its own socket, without the development server's proxy and
 * miniflare's entry Worker, which would cost more than what is measured. Our Worker is the bundle that `wrangler
 * deploy` would upload. R2, the Cache API and Durable Objects are the local ones.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { applyMigrations } from '../scripts/migrations.ts';
import { makeSecrets, type Secrets, workerSecrets } from '../scripts/secrets.ts';
import { ROOT, type S3Access, s3AccessOf } from '../scripts/system.ts';
import { writeConfig } from './other-entry.ts';
import type { PutObject } from './synthetic-asset.ts';

export type Instance = {
  name: string;
  /** Another Worker: the text of a module, or a file to bundle. Without both, it is our Worker. */
  script?: string;
  file?: string;
  /** Our Worker with an entry that wraps the usual one: its path relative to the project's root. */
  entry?: string;
  vars?: Readonly<Record<string, string>>;
};

export type Runtime = {
  /** The origin of an instance. */
  urlOf(name: string): string;
  putObject: PutObject;
  /** The pid of workerd, to measure its CPU time and memory. All instances share it. */
  pid: number;
  /** R2 as S3, which the development server's proxy answers. */
  s3: S3Access;
  apiToken: string;
  /** The private key that signs links. */
  linkSigningKey: Secrets['linkSigningKey'];
  /** V8's inspector, where each instance is a target with its own path. `null` unless requested. */
  inspectorUrl: URL | null;
  close(): Promise<void>;
};

const BUCKET = 'sluice-media';

/** The bundles of our Worker by entry. Each is built once. */
const ourScripts = new Map<string, string>();

/** Throws if the Worker does not build. */
export async function startRuntime(
  instances: readonly Instance[],
  { inspected = false }: { inspected?: boolean } = {},
): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const secrets = await makeSecrets();
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = secrets;
  const home = instances.find(isOurs)?.name;
  if (home !== undefined) {
    await applyMigrations(config, folder); // view counters write into the catalog
  }
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const workers = instances.map((instance) => ({
    ...(isOurs(instance)
      ? ours(ourScript(instance, folder), instance, home ?? instance.name, workerSecrets(secrets))
      : { ...RUNTIME, modules: [{ type: 'ESModule', path: 'other.js', contents: otherScript(instance, folder) }] }),
    name: instance.name,
    r2Buckets: { MEDIA: { id: BUCKET, s3Credentials: { accessKeyId, secretAccessKey } } },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  })) as V4WorkerOptions[];
  const names = instances.map(({ name }) => name);
  const { miniflare, pid, urls } = await startWorkerd({ workers, folder, names, inspected }).catch((error) => {
    remove();
    throw error;
  });
  const bucket = await miniflare.getR2Bucket('MEDIA', instances[0]?.name ?? '');
  return {
    urlOf: (name) => urls.get(name) ?? '',
    putObject: async (key, body) => void (await bucket.put(key, body)),
    pid,
    s3: s3AccessOf((await miniflare.ready).href, secrets),
    apiToken: secrets.apiToken,
    linkSigningKey: secrets.linkSigningKey,
    inspectorUrl: inspected ? await miniflare.getInspectorURL() : null,
    async close() {
      await miniflare.dispose();
      remove();
    },
  };
}

export type Workerd = { miniflare: Miniflare; pid: number; urls: ReadonlyMap<string, string> };

/** Starts workerd with its state in `folder`, and finds its process and the origin of each of the named workers. */
export async function startWorkerd({
  workers,
  folder,
  names,
  inspected = false,
}: {
  workers: V4WorkerOptions[];
  folder: string;
  names: readonly string[];
  inspected?: boolean;
}): Promise<Workerd> {
  const before = new Set(childrenNamed('workerd'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      ...(inspected ? { inspectorPort: 0 } : {}),
      resourcePersistencePath: join(folder, 'v3'),
      workers,
    }),
  );
  try {
    await miniflare.ready;
    const urls = new Map<string, string>();
    for (const name of names) {
      urls.set(name, (await miniflare.unsafeGetDirectURL(name)).origin);
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

const config = readConfig({ config: join(ROOT, 'wrangler.toml') });
/** The compatibility settings of all Workers. */
export const RUNTIME = {
  compatibilityDate: config.compatibility_date ?? '',
  compatibilityFlags: config.compatibility_flags,
} as const;

/** Delivery's bindings, as in wrangler.toml. All instances use the Durable Objects of the first one. */
function ours(script: string, { name, vars }: Instance, home: string, secrets: Readonly<Record<string, string>>) {
  return {
    ...RUNTIME,
    modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
    // A benchmark is the one program in a loop that the limits are for.
    bindings: { ...secrets, EDGE_CACHE: 'on', RATE_LIMITS: 'off', ...vars },
    // The name that applyMigrations gives the database.
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

/** Bundles the entry of a Worker into the module that would be deployed. */
export function bundleFile(name: string, file: string, folder: string): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, main: file, compatibility_date: RUNTIME.compatibilityDate }));
  return bundle(path, join(folder, name));
}

/** The module that `wrangler deploy` would upload for a configuration. */
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

/** The pids of this process's children that run a command (proc(5)). */
function childrenNamed(command: string): number[] {
  const tasks = readdirSync(`/proc/${process.pid}/task`);
  return tasks
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === command)
    .map(Number);
}
