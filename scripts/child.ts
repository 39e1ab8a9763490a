/** Child processes that end in order: in a group of their own, with a channel that tells them when we are gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type ChildOptions = {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Each line that the child writes, without its newline. */
  onLine: (stream: 'stdout' | 'stderr', line: string) => void;
};

/**
 * Runs a file of ours with the Node that runs us. In its own group, Ctrl-C in the terminal reaches us alone, so that we
 * decide the order of the end; and the group can be killed as a whole. Over the channel (`process.on('disconnect')`) the
 * child learns of our end even when we are killed.
 */
export function startChild(file: string, options: ChildOptions): ChildProcess {
  const child = spawn(process.execPath, [file], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (input !== null) {
      createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
        options.onLine(stream, line),
      );
    }
  }
  return child;
}

/** Resolves when the child has ended, with how it ended. */
export function childEnd(child: ChildProcess): Promise<string> {
  const text = (code: number | null, signal: NodeJS.Signals | null) => (signal === null ? `code ${code}` : signal);
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(text(child.exitCode, child.signalCode));
  }
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(text(code, signal)));
    child.once('error', (error) => resolve(error.message));
  });
}

/** Asks with `ask`, waits for as long as the grace lasts, then kills the child and everything it has started. */
export async function endChild(child: ChildProcess, graceMs: number, ask: () => void): Promise<void> {
  const ended = childEnd(child);
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    ask();
    const timer = setTimeout(() => killGroup(child.pid), graceMs);
    await ended;
    clearTimeout(timer);
  }
  // What the child has left behind of its own children, e.g. an ffmpeg.
  killGroup(child.pid);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGKILL');
    }
  } catch {
    // The group is empty, as it should be.
  }
}
