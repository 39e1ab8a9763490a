/** An encoder as a child process: the program that the container runs, with the same environment variables. */
import { join } from 'node:path';
import { childEnd, endChild, startChild } from './child.ts';
import { shownLines } from './redact.ts';
import type { Log } from './worker-process.ts';

export type EncoderOptions = {
  root: string;
  /** Marks its log lines. */
  name: string;
  url: string;
  encoderToken: string;
  /** Added to this process's environment, e.g. ENCODER_SLOTS. */
  variables?: Readonly<Record<string, string>>;
};

/** `pid` is -1 when the process could not be started; `ended` then says why. */
export type EncoderProcess = {
  pid: number;
  ended: Promise<string>;
  /** Lets it finish what it can finish within DRAIN_SECONDS. */
  drain(): void;
  /** Ends it at once. */
  close(): Promise<void>;
};

/** Time to hand its leases back. Another encoder starts those tasks again. */
const STOP_GRACE_MS = 10_000;

export function startEncoder(options: EncoderOptions, log: Log): EncoderProcess {
  const { name } = options;
  const child = startChild(join(options.root, 'encoder/main.ts'), {
    cwd: options.root,
    env: {
      ...process.env,
      ...options.variables,
      SLUICE_URL: options.url,
      ENCODER_TOKEN: options.encoderToken,
    },
    onLine: (stream, line) => {
      for (const text of shownLines(line)) {
        log({ source: name, level: stream === 'stderr' ? 'error' : 'info', text });
      }
    },
  });
  const ended = childEnd(child);
  let closing = false;
  void ended.then((how) => {
    if (!closing) {
      log({ source: name, level: 'error', text: `ended with ${how}` });
    }
  });
  return {
    pid: child.pid ?? -1,
    ended,
    drain() {
      closing = true;
      child.kill('SIGTERM');
    },
    close() {
      closing = true;
      // Not SIGTERM, which would finish a chunk first.
      return endChild(child, STOP_GRACE_MS, () => child.kill('SIGINT'));
    },
  };
}
