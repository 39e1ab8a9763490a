/**
 * Child processes that end cleanly: each has its own process group, and a channel that closes when this process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type ChildOptions = {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Each line that the child writes, without its newline. */
  onLine: (stream: 'stdout' | 'stderr', line: string) => void;
};

/**
 * Runs a file with the Node that runs this process. The child has its own group: Ctrl-C reaches only this process,
 * which then ends its children in order, and the group can be killed as a whole. Through the channel
 * (`process.on('disconnect')`) the child notices the end of this process even when it is killed.
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

/** Resolves when the child has ended: `code 1`, or the name of a signal. */
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

/** Calls `ask`, waits up to `graceMs` for the child to end, then kills it and everything that it has started. */
export async function endChild(child: ChildProcess, graceMs: number, ask: () => void): Promise<void> {
  const ended = childEnd(child);
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    ask();
    const timer = setTimeout(() => killGroup(child.pid), graceMs);
    await ended;
    clearTimeout(timer);
  }
  // The child may have left children of its own, such as an ffmpeg.
  killGroup(child.pid);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGKILL');
    }
  } catch {
    // The group is empty.
  }
}
