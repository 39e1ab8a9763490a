/**
 * The process that runs the Worker in workerd, through wrangler. Its parent sends it an order over a channel. workerd
 * would outlive a killed parent, so this process watches the channel and ends workerd cleanly when the channel closes.
 * Its working directory is the state directory, which holds workerd's socket; only the front (front.ts) opens a port.
 */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { unstable_DevEnv as DevEnv, unstable_readConfig as readConfig } from 'wrangler';
import { START_CRON } from '../src/control/encoding/workflow/start-cron.ts';
import { startCrons } from './crons.ts';
import { createFront, S3_PATH } from './front.ts';
import { holderOf, tryLock } from './lock-file.mjs';
import { applyMigrations } from './migrations.ts';
import { listenOnSocket, runScheduled, SOCKET, watchHealth } from './runtime-socket.ts';

export type HostOrder = {
  root: string;
  stateDir: string;
  /** 0 lets the operating system choose. */
  port: number;
  secrets: Readonly<Record<string, string>>;
  vars: Readonly<Record<string, string>>;
  s3: { accessKeyId: string; secretAccessKey: string };
};

export type HostReport =
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; message: string }
  | { kind: 'scheduled'; cron: string; error: string | null }
  | { kind: 'log'; level: string; text: string };

/** Sent after the order: runs one cron now. */
export type HostCall = { kind: 'run-scheduled'; cron: string };

// wrangler's declarations take these types from a package that is not published, so they would be `any`.
type BucketConfig = { binding: string; bucket_name?: string };
type Config = ReturnType<typeof readConfig>;
type RuntimeLog = { level: string; message: string };

const HOSTNAME = '127.0.0.1';
const TEARDOWN_DEADLINE_MS = 3_000;

const report = (message: HostReport): void => {
  // The channel may close while a message is sent; 'disconnect' then ends this process.
  process.send?.(message, undefined, undefined, () => {});
};

const log = (level: string, text: string): void => report({ kind: 'log', level, text });

async function runWorker(order: HostOrder): Promise<void> {
  const lockPath = join(order.stateDir, 'worker.lock');
  if (tryLock(lockPath) === null) {
    throw new Error(`process ${holderOf(lockPath)} already runs a Worker on this state directory (${order.stateDir})`);
  }
  makeTemporaryFolder(join(order.stateDir, 'temporary'));
  const config = readConfig({ config: join(order.root, 'wrangler.toml') });
  await applyMigrations(config, order.stateDir);

  const front = createFront(SOCKET);
  const url = `http://${HOSTNAME}:${await listen(front.server, order.port)}`;
  await startWorkerd(order, { ...bindingsOf(order, config), ...s3Bindings(order, config, url) });
  const runCron = (cron: string) => runScheduled(cron).catch((error: unknown) => log('error', errorText(error)));
  watchHealth(
    (isUp) => {
      front.setUp(isUp);
      log('error', isUp ? 'workerd answers again' : 'workerd does not answer; requests get 503 until it does');
      if (isUp) {
        void runCron(START_CRON);
      }
    },
    () => {
      log('error', 'workerd did not answer for too long; the Worker stops');
      exit(1);
    },
  );
  startCrons(config.triggers.crons ?? [], runCron);
  // The local engine has no alarms, so Workflows would stand still until an event arrives.
  void runCron(START_CRON);
  report({ kind: 'ready', url });
}

async function listen(front: Server, port: number): Promise<number> {
  front.listen({ port, host: HOSTNAME, exclusive: true });
  await once(front, 'listening').catch((error: unknown) => {
    const taken = Object(error).code === 'EADDRINUSE';
    throw taken ? new Error(`port ${port} is taken; set PORT to another one`) : error;
  });
  return (front.address() as AddressInfo).port;
}

/** Resolves when workerd has loaded the Worker. */
async function startWorkerd(order: HostOrder, bindings: ReturnType<typeof bindingsOf>): Promise<void> {
  listenOnSocket();
  const environment = new DevEnv();
  // wrangler's own proxy is a second workerd that passes everything on, and that hangs after workerd was restarted.
  Object.assign(environment.proxy, { createProxyWorker: () => {}, sendMessageToProxyWorker: async () => {} });
  endInOrder = () => environment.teardown();
  const loaded = new Promise<void>((resolve, reject) => {
    environment.once('reloadComplete', () => resolve());
    const fail = (event: unknown) => {
      log('error', errorText(event));
      reject(new Error(errorText(event)));
    };
    environment.on('error', fail);
    environment.on('buildFailed', fail);
  });
  const started = environment.startWorker({
    config: join(order.root, 'wrangler.toml'),
    bindings,
    dev: {
      server: { hostname: HOSTNAME, port: 0 },
      persist: order.stateDir,
      watch: false,
      inspector: false,
      logLevel: 'error',
      structuredLogsHandler: (line: RuntimeLog) => log(line.level, line.message),
    },
  });
  await Promise.race([Promise.all([started, loaded]), loaded]);
}

/** A temporary folder for miniflare and workerd. What a killed process left in it is deleted here. */
function makeTemporaryFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  process.env['TMPDIR'] = path;
}

/** What a committed wrangler.toml cannot hold: variables, secrets, and the key pair of the local S3 endpoint. */
function bindingsOf(order: HostOrder, config: Config) {
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

/** What direct uploads sign URLs with. */
function s3Bindings({ s3 }: HostOrder, { r2_buckets: [bucket] }: Config, url: string) {
  const { bucket_name = '' }: BucketConfig = bucket ?? { binding: '' };
  const text = (value: string) => ({ type: 'plain_text', value }) as const;
  const secret = (value: string) => ({ type: 'secret_text', value }) as const;
  return {
    S3_ENDPOINT: text(new URL(S3_PATH, url).href),
    S3_BUCKET: text(bucket_name),
    S3_ACCESS_KEY_ID: secret(s3.accessKeyId),
    S3_SECRET_ACCESS_KEY: secret(s3.secretAccessKey),
  };
}

/** The text of an Error, or of wrangler's event with one: `{ reason, cause }`. */
function errorText(event: unknown): string {
  const { message, reason, cause } = Object(event) as { message?: unknown; reason?: unknown; cause?: unknown };
  const parts = [message ?? reason, Object(cause).message].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(': ') : String(event);
}

/** Set once workerd runs. */
let endInOrder: () => Promise<void> = async () => {};

/** Ends workerd, a child of this process, and waits for it, so that workerd does not outlive this process. */
function exit(code: number): void {
  // If the teardown hangs, exit anyway: miniflare's exit hook then kills workerd.
  setTimeout(() => process.exit(1), TEARDOWN_DEADLINE_MS).unref();
  endInOrder().then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

async function answerCall({ cron }: HostCall): Promise<void> {
  const error = await runScheduled(cron).then(() => null, errorText);
  report({ kind: 'scheduled', cron, error });
}

process.once('disconnect', () => exit(0));
process.once('message', (order: HostOrder) => {
  process.on('message', (call: HostCall) => void answerCall(call));
  runWorker(order).catch((error: unknown) => {
    report({ kind: 'failed', message: errorText(error) });
    process.disconnect();
  });
});
