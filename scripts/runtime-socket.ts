/** workerd behind a socket file: makes it listen there, runs crons, which the front does not pass on, and notices when it hangs. */
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Relative to the state directory, our working directory: a socket's path may have about 100 characters. */
export const SOCKET = 'worker.sock';

const LIMITS = {
  pauseMs: 1_000,
  /** It answers within milliseconds; encoders that take every core, or a laptop that wakes up, delay it. */
  deadlineMs: 10_000,
  /** miniflare starts a workerd that died again in two seconds; one that hangs stays so. */
  downMaxMs: 30_000,
};
/** A collection is only started by its cron; sweeps work through what is due. */
const SCHEDULED_DEADLINE_MS = 5 * 60_000;

/** For the next Miniflare of this process: only we may connect to it, and through nothing but the socket. */
export function listenOnSocket(): void {
  const miniflare = createRequire(import.meta.url).resolve('miniflare');
  process.env['WORKERD'] = createRequire(miniflare)('workerd').default;
  process.env['WORKER_SOCKET'] = SOCKET;
  process.env['MINIFLARE_WORKERD_PATH'] = fileURLToPath(new URL('workerd.sh', import.meta.url));
}

/** Runs the Worker's scheduled handler, as Cloudflare would now; throws when it failed. */
export async function runScheduled(cron: string): Promise<void> {
  const query = new URLSearchParams({ cron });
  const status = await statusOf(SOCKET, `/cdn-cgi/local/scheduled?${query}`, SCHEDULED_DEADLINE_MS);
  if (status !== 200) {
    throw new Error(`the scheduled handler of "${cron}" failed`);
  }
}

/** Looks for as long as the process lives. `giveUp` is called once, when workerd has not answered for too long. */
export function watchHealth(
  onChange: (isUp: boolean) => void,
  giveUp: () => void,
  socketPath: string = SOCKET,
  { pauseMs, deadlineMs, downMaxMs }: typeof LIMITS = LIMITS,
): void {
  let downSinceMs: number | null = null;
  const look = async () => {
    for (;;) {
      // Answered by miniflare's entry, without the Worker: any answer is a sign of life.
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
