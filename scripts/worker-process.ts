/** The Worker as a child process (worker-host.ts): starts it, waits until it answers, and ends it. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnd, endChild, startChild } from './child.ts';
import { shownLines } from './redact.ts';
import { type Secrets, workerSecrets } from './secrets.ts';
import type { HostCall, HostOrder, HostReport } from './worker-host.ts';

export type WorkerProcess = {
  url: string;
  /** The leader of the process group that workerd is in. */
  pid: number;
  /** Resolves with the reason when the process ends, for any reason. */
  ended: Promise<string>;
  /** Runs the handler of one of wrangler.toml's crons now. Throws when it fails. */
  runScheduled(cron: string): Promise<void>;
  close(): Promise<void>;
};

export type WorkerOptions = Omit<HostOrder, 'secrets' | 's3'> & { secrets: Secrets };

export type LogLine = { source: string; level: 'info' | 'error'; text: string };
export type Log = (line: LogLine) => void;

/** Loading wrangler, migrating and starting workerd take 2–3 s on two cores, and longer on a busy CI machine. */
const START_DEADLINE_MS = 60_000;
const HEALTH_DEADLINE_MS = 30_000;
const HEALTH_POLL_MS = 100;
/** workerd ends at once unless it hangs. */
const STOP_GRACE_MS = 5_000;

const HOST = fileURLToPath(new URL('worker-host.ts', import.meta.url));

const HOST_ENVIRONMENT = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  // These three turn off a network look-up at each start, an unauthenticated API to every binding on the Worker's port,
  // and a database of traces that grows without limit and halves the request rate.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
  // Secrets come only from the state directory, not from a .env file in the working tree.
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
  FORCE_COLOR: '0',
};

/** Throws with a message for the user if the port is taken, or the Worker does not build or does not answer. */
export async function startWorkerProcess(options: WorkerOptions, log: Log): Promise<WorkerProcess> {
  const { secrets, ...others } = options;
  const order: HostOrder = {
    ...others,
    secrets: workerSecrets(secrets),
    s3: { accessKeyId: secrets.s3AccessKeyId, secretAccessKey: secrets.s3SecretAccessKey },
  };
  const tell = (source: string, level: LogLine['level'], text: string) => {
    for (const line of shownLines(text)) {
      log({ source, level, text: line });
    }
  };
  const child = startChild(HOST, {
    cwd: order.stateDir,
    env: { ...process.env, ...HOST_ENVIRONMENT, WRANGLER_LOG_PATH: join(order.stateDir, 'wrangler-logs') },
    onLine: (stream, text) => tell('wrangler', stream === 'stderr' ? 'error' : 'info', text),
  });
  const ended = childEnd(child);
  const close = () => endChild(child, STOP_GRACE_MS, () => child.disconnect());
  try {
    const ready = new Promise<HostReport & { kind: 'ready' }>((resolve, reject) => {
      child.on('message', (message: HostReport) => {
        if (message.kind === 'ready') {
          resolve(message);
        } else if (message.kind === 'failed') {
          reject(new Error(`the Worker did not start: ${message.message}`));
        } else if (message.kind === 'log') {
          const level = message.level === 'error' || message.level === 'warn' ? 'error' : 'info';
          tell('worker', level, message.text);
        }
      });
      void ended.then((how) => reject(new Error(`the Worker's process ended with ${how} before it was ready`)));
    });
    child.send(order);
    const late = sleep(START_DEADLINE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the Worker did not start within ${START_DEADLINE_MS / 1000} s`);
    });
    late.catch(() => {});
    const { url } = await Promise.race([ready, late]);
    await waitForHealth(url);
    return { url, pid: child.pid ?? -1, ended, runScheduled: (cron) => runScheduled(child, cron, ended), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function waitForHealth(url: string): Promise<void> {
  const deadline = Date.now() + HEALTH_DEADLINE_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(HEALTH_DEADLINE_MS) });
      if (response.ok) {
        await response.body?.cancel();
        return;
      }
      last = `status ${response.status}: ${(await response.text()).slice(0, 500)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(HEALTH_POLL_MS);
  }
  throw new Error(`the Worker does not answer /healthz (${last})`);
}

async function runScheduled(child: ChildProcess, cron: string, ended: Promise<string>): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    const listen = (message: HostReport) => {
      if (message.kind === 'scheduled' && message.cron === cron) {
        child.off('message', listen);
        message.error === null ? resolve() : reject(new Error(message.error));
      }
    };
    child.on('message', listen);
    void ended.then((how) => reject(new Error(`the Worker's process ended with ${how}`)));
  });
  child.send({ kind: 'run-scheduled', cron } satisfies HostCall);
  await done;
}
