/**
 * Runs ffmpeg, ffprobe and the packager: argument arrays, never a shell; a deadline; limits of the kernel; a bounded memory
 * of what they say; their whole process group killed when the caller gives up, or dies. Knows nothing of what the
 * programs do.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { TaskFailure } from '../failure/task-failure.ts';
import { confine, isLauncherFailure, type ProcessLimits } from './confine.ts';

/** What of stderr is kept for an error report (contract: task error detail ≤ 8,000 characters). */
const STDERR_TAIL_CHARACTERS = 4_000;
/** ffprobe's answer for a file with hundreds of streams stays below this; more is an attack or a mistake. */
const MAX_STDOUT_CHARACTERS = 8 * 1024 * 1024;
/** A line of `-progress` or of a packet list is under 100 characters. */
const MAX_LINE_CHARACTERS = 16 * 1024;

/** `limit`: the kernel ended it for its CPU time, memory or output, or it said itself that it got no memory or disk. */
export type ProcessFailure = 'spawn' | 'exit' | 'killed' | 'deadline' | 'output_limit' | 'limit';

/** SIGXFSZ is the kernel's word for output; a SIGKILL that is not ours is for CPU time, or the out-of-memory killer's. */
const LIMIT_SIGNALS: ReadonlySet<string> = new Set(['SIGXFSZ', 'SIGKILL']);
/** What ffmpeg, ffprobe, x264 and the packager (C++, new) say when the kernel refuses memory, a thread, a longer file or disk. */
const LIMIT_WORDS =
  /Cannot allocate memory|Resource temporarily unavailable|malloc of size \d+ failed|std::bad_alloc|File too large|No space left on device|Disk quota exceeded|running out of disk space/;

/** Programs that run now. For telling our own use of the CPU from that of others. */
const running = new Set<number>();
export const runningPids = (): ReadonlySet<number> => running;

/** A program that did not end with status 0. `reason` says why, `stderrTail` what it last said. */
export class ProcessError extends Error {
  readonly reason: ProcessFailure;
  readonly exitCode: number | null;
  readonly stderrTail: string;

  constructor(file: string, reason: ProcessFailure, exitCode: number | null, stderrTail: string, cause?: unknown) {
    super(`${file}: ${reason}${exitCode === null ? '' : ` ${exitCode}`}`, { cause });
    this.name = 'ProcessError';
    this.reason = reason;
    this.exitCode = exitCode;
    this.stderrTail = stderrTail;
  }
}

export type RunOptions = {
  /** Wall clock; the group gets SIGKILL after it. No SIGTERM first: what it was making is thrown away. */
  deadlineMs: number;
  /** On Linux. Elsewhere only the deadline holds. */
  limits?: ProcessLimits;
  signal?: AbortSignal;
  /** With it, stdout is handed over line by line and not collected. A throw ends the program and is passed on. */
  onLine?: (line: string) => void;
  cwd?: string;
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The programs get no secrets: only what is needed to start, and C for numbers with a decimal point. */
function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
}

function killGroup(child: Child): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  try {
    // Negative: the whole group, as `detached` made the child its leader.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

function splitLines(onLine: (line: string) => void): { write: (text: string) => void; end: () => void } {
  let rest = '';
  return {
    write(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) {
        throw new RangeError('a line of output is too long');
      }
      for (const line of lines) {
        onLine(line);
      }
    },
    end() {
      if (rest !== '') {
        onLine(rest);
      }
    },
  };
}

/**
 * Runs a program to its end. Returns its stdout (empty with `onLine`). Throws ProcessError, the abort reason of `signal`,
 * or what `onLine` threw; by then the program is dead.
 */
export async function runProcess(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const command = confine(file, args, options.limits);
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: childEnvironment(),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (child.pid !== undefined) {
    running.add(child.pid);
  }
  let stdout = '';
  let stderrTail = '';
  let failure: { reason: ProcessFailure; cause?: unknown } | undefined;
  let thrown: { error: unknown } | undefined;
  const stop = (): void => killGroup(child);
  const collect = (text: string): void => {
    stdout += text;
    if (stdout.length > MAX_STDOUT_CHARACTERS) {
      throw new ProcessError(file, 'output_limit', null, stderrTail);
    }
  };
  const sink = options.onLine === undefined ? { write: collect, end: () => {} } : splitLines(options.onLine);
  const guard = (action: () => void): void => {
    if (thrown !== undefined) {
      return;
    }
    try {
      action();
    } catch (error) {
      thrown = { error };
      stop();
    }
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => guard(() => sink.write(text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-STDERR_TAIL_CHARACTERS);
  });
  const timer = setTimeout(() => {
    failure = { reason: 'deadline' };
    stop();
  }, options.deadlineMs);
  options.signal?.addEventListener('abort', stop, { once: true });
  // A group of its own does not get the terminal's Ctrl-C: it must not outlive us.
  process.once('exit', stop);
  const { exitCode, signal } = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.on('error', (cause) => {
      failure = { reason: 'spawn', cause };
      resolve({ exitCode: null, signal: null });
    });
    child.on('close', (code, bySignal) => resolve({ exitCode: code, signal: bySignal }));
  });
  if (child.pid !== undefined) {
    running.delete(child.pid);
  }
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', stop);
  process.removeListener('exit', stop);
  guard(() => sink.end());
  if (thrown !== undefined) {
    throw thrown.error;
  }
  options.signal?.throwIfAborted();
  if (failure !== undefined || exitCode !== 0) {
    const reason = failure?.reason ?? endReason(command.isConfined, exitCode, signal, stderrTail);
    throw new ProcessError(file, reason, exitCode, stderrTail, failure?.cause);
  }
  return stdout;
}

function endReason(
  isConfined: boolean,
  exitCode: number | null,
  signal: string | null,
  stderrTail: string,
): ProcessFailure {
  if ((signal !== null && LIMIT_SIGNALS.has(signal)) || LIMIT_WORDS.test(stderrTail)) {
    return 'limit';
  }
  if (isConfined && isLauncherFailure(exitCode)) {
    return 'spawn';
  }
  return signal === null ? 'exit' : 'killed';
}

/** ProcessError → TaskFailure with this code, `time_limit` or `resource_limit`; anything else is passed on as it is. */
export function toTaskFailure(error: unknown, code: TaskFailure['code'], what: string): unknown {
  if (!(error instanceof ProcessError)) {
    return error;
  }
  const limits: Partial<Record<ProcessFailure, TaskFailure['code']>> = {
    deadline: 'time_limit',
    limit: 'resource_limit',
    output_limit: 'resource_limit',
  };
  return new TaskFailure(limits[error.reason] ?? code, `${what}: ${error.message}`, {
    detail: error.stderrTail,
    cause: error,
  });
}
