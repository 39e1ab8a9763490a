/** workerd on a Unix socket: makes it listen there, runs crons through it, and detects when it hangs. */
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * Relative to the working directory, which is the state directory: a socket path can have only about 100 characters.
 */
export const SOCKET = 'worker.sock';

const LIMITS = {
  pauseMs: 1_000,
  /** workerd answers within milliseconds, but busy encoders or a laptop waking up can delay it. */
  deadlineMs: 10_000,
  /** miniflare restarts a dead workerd within two seconds. A workerd that hangs does not recover. */
  downMaxMs: 30_000,
};
/** A cron only starts a garbage collection, but its sweeps process everything that is due. */
const SCHEDULED_DEADLINE_MS = 5 * 60_000;

/** Makes the next Miniflare of this process listen on the socket only. */
export function listenOnSocket(): void {
  const miniflare = createRequire(import.meta.url).resolve('miniflare');
  process.env['WORKERD'] = createRequire(miniflare)('workerd').default;
  process.env['WORKER_SOCKET'] = SOCKET;
  process.env['MINIFLARE_WORKERD_PATH'] = fileURLToPath(new URL('workerd.sh', import.meta.url));
}

/** Runs the Worker's scheduled handler now, as Cloudflare would. Throws when it fails. */
export async function runScheduled(cron: string): Promise<void> {
  const query = new URLSearchParams({ cron });
  const status = await statusOf(SOCKET, `/cdn-cgi/local/scheduled?${query}`, SCHEDULED_DEADLINE_MS);
  if (status !== 200) {
    throw new Error(`the scheduled handler of "${cron}" failed`);
  }
}

/**
 * Checks workerd for as long as this process lives. Calls `giveUp` once, when workerd has not answered for too long.
 */
export function watchHealth(
  onChange: (isUp: boolean) => void,
  giveUp: () => void,
  socketPath: string = SOCKET,
  { pauseMs, deadlineMs, downMaxMs }: typeof LIMITS = LIMITS,
): void {
  let downSinceMs: number | null = null;
  const look = async () => {
    for (;;) {
      // miniflare's entry answers this, not the Worker. Any answer means that workerd is alive.
      const answered = await statusOf(socketPath, '/cdn-cgi/local/platform-proxy', deadlineMs).then(
        () => true,
        () => false,
      );
      if (answered === (downSinceMs !== null)) {
        downSinceMs = answered ? null : performance.now();
        onChange(answered);
      }
      if (downSinceMs !== null && performance.now() - downSinceMs > downMaxMs) {
        giveUp();
        return;
      }
      await sleep(pauseMs, undefined, { ref: false });
    }
  };
  void look();
}

function statusOf(socketPath: string, path: string, deadlineMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const asked = request({ socketPath, path, headers: { host: 'localhost' }, agent: false, signal });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.end();
  });
}
