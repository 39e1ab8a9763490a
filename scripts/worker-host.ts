/**
 * The process that runs the Worker: workerd through wrangler, told what to run by the process that started it, and gone
 * when that one is gone. It is a process of its own because workerd outlives a killed parent: here the broken channel is
 * noticed and workerd is ended in order. It must not know what the Worker does.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unstable_DevEnv as DevEnv, unstable_readConfig as readConfig } from 'wrangler';
import { tryLock } from './lock-file.mjs';
import { applyMigrations } from './migrations.ts';

export type HostOrder = {
  root: string;
  stateDir: string;
  /** 0 lets the system choose. */
  port: number;
  secrets: Readonly<Record<string, string>>;
  vars: Readonly<Record<string, string>>;
  s3: { accessKeyId: string; secretAccessKey: string };
};

export type HostReport =
  | { kind: 'ready'; url: string; directUrl: string }
  | { kind: 'failed'; message: string }
  | { kind: 'log'; level: string; text: string };

// wrangler's declarations take these from a package that is not published, which leaves them untyped.
type BucketConfig = { binding: string; bucket_name?: string };
type RuntimeLog = { level: string; message: string };

const HOSTNAME = '127.0.0.1';
const TEARDOWN_DEADLINE_MS = 3_000;

const report = (message: HostReport): void => {
  // The channel may close while something is still being said; 'disconnect' then ends this process.
  process.send?.(message, undefined, undefined, () => {});
};

async function runWorker(order: HostOrder): Promise<void> {
  const lockPath = join(order.stateDir, 'worker.lock');
  if (tryLock(lockPath) === null) {
    throw new Error(`another Worker is running on this state directory (${lockPath})`);
  }
  makeTemporaryFolder(join(order.stateDir, 'temporary'));
  const config = readConfig({ config: join(order.root, 'wrangler.toml') });
  await applyMigrations(config, order.stateDir);

  const environment = new DevEnv();
  endInOrder = () => environment.teardown();
  const failure = new Promise<never>((_resolve, reject) => {
    const fail = (event: unknown) => {
      report({ kind: 'log', level: 'error', text: errorText(event) });
      reject(new Error(errorText(event)));
    };
    environment.on('error', fail);
    environment.on('buildFailed', fail);
  });
  // Without the proxy of the development server, which costs more than the Worker: benchmarks measure this address.
  const directUrl = new Promise<string>((resolve) => {
    environment.once('reloadComplete', (event) => resolve(addressOf(event.proxyData.userWorkerUrl)));
  });
  const started = environment.startWorker({
    config: join(order.root, 'wrangler.toml'),
    bindings: bindingsOf(order, config),
    dev: {
      server: { hostname: HOSTNAME, port: order.port },
      persist: order.stateDir,
      watch: false,
      inspector: false,
      logLevel: 'error',
      structuredLogsHandler: (line: RuntimeLog) => report({ kind: 'log', level: line.level, text: line.message }),
    },
  });
  const url = started.then((worker) => worker.url);
  report({
    kind: 'ready',
    url: (await Promise.race([url, failure])).origin,
    directUrl: await Promise.race([directUrl, failure]),
  });
}

/** For miniflare and workerd. What those of a killed process left in it goes away here: nobody else knows of it. */
function makeTemporaryFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  process.env['TMPDIR'] = path;
}

/** What wrangler.toml cannot say because it is committed: secrets, and the key pair of the local S3 endpoint. */
function bindingsOf(order: HostOrder, config: ReturnType<typeof readConfig>) {
  const entries = <T>(values: Readonly<Record<string, string>>, wrap: (value: string) => T) =>
    Object.entries(values).map(([name, value]) => [name, wrap(value)] as const);
  return Object.fromEntries([
    ...entries(order.vars, (value) => ({ type: 'plain_text', value }) as const),
    ...entries(order.secrets, (value) => ({ type: 'secret_text', value }) as const),
    ...config.r2_buckets.map(({ binding, ...bucket }: BucketConfig) => {
      const localDev = { experimental_s3_credentials: order.s3 };
      return [binding, { type: 'r2_bucket', ...bucket, local_dev: localDev }] as const;
    }),
  ]);
}

const addressOf = ({ protocol, hostname, port }: { protocol: string; hostname: string; port: string }): string =>
  `${protocol}//${hostname}:${port}`;

/** An Error, or wrangler's event around one: `{ reason, cause }`. */
function errorText(event: unknown): string {
  const { message, reason, cause } = Object(event) as { message?: unknown; reason?: unknown; cause?: unknown };
  const parts = [message ?? reason, Object(cause).message].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(': ') : String(event);
}

/** Set once there is something to end. */
let endInOrder: () => Promise<void> = async () => {};

/** workerd is this process's child: ended and waited for here, so that nothing of it is left when this process is. */
function exit(): void {
  // By force when it hangs; miniflare's exit hook then kills workerd.
  setTimeout(() => process.exit(1), TEARDOWN_DEADLINE_MS).unref();
  endInOrder().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

process.once('disconnect', exit);
process.once('message', (order: HostOrder) => {
  runWorker(order).catch((error: unknown) => {
    report({ kind: 'failed', message: errorText(error) });
    process.disconnect();
  });
});
