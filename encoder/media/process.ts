/** Runs ffmpeg, ffprobe and the packager without a shell, under a deadline and limits of the kernel. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { TaskFailure } from '../failure/task-failure.ts';
import { confine, isLauncherFailure, type ProcessLimits } from './confine.ts';

/** The tail of stderr that an error report gets (the detail of a task error has at most 8,000 characters). */
const STDERR_TAIL_CHARACTERS = 4_000;
/** ffprobe's answer for a file with hundreds of streams stays below this. */
const MAX_STDOUT_CHARACTERS = 8 * 1024 * 1024;
/** A line of `-progress` or of a packet list is under 100 characters. */
const MAX_LINE_CHARACTERS = 16 * 1024;

/** `limit`: the kernel ended the program for its CPU time, memory or output, or it reported a lack of memory or disk. */
export type ProcessFailure = 'spawn' | 'exit' | 'killed' | 'deadline' | 'output_limit' | 'limit';

/** SIGXFSZ is for a file that is too long. A SIGKILL that is not ours is for CPU time, or from the out-of-memory killer. */
const LIMIT_SIGNALS: readonly (string | null)[] = ['SIGXFSZ', 'SIGKILL'];
/** What ffmpeg, ffprobe, x264 and the packager (C++, new) print when they get no memory, thread, longer file or disk. */
const LIMIT_WORDS =
  /Cannot allocate memory|Resource temporarily unavailable|malloc of size \d+ failed|std::bad_alloc|File too large|No space left on device|Disk quota exceeded|running out of disk space/;

/** The programs that run now, so that the load meter can tell our own use of the CPU from that of others. */
const running = new Set<ChildProcess>();
export const runningPids = (): ReadonlySet<number> => new Set([...running].flatMap(({ pid }) => pid ?? []));

/** A program did not end with status 0. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly reason: ProcessFailure;
  readonly exitCode: number | null;
  readonly stderrTail: string;

  constructor(file: string, reason: ProcessFailure, exitCode: number | null, stderrTail: string, cause?: unknown) {
    super(`${file}: ${reason}${exitCode === null ? '' : ` ${exitCode}`}`, { cause });
    this.reason = reason;
    this.exitCode = exitCode;
    this.stderrTail = stderrTail;
  }
}

export type RunOptions = {
  /** Wall clock. The group gets SIGKILL after it, and no SIGTERM before: its output is thrown away. */
  deadlineMs: number;
  /** Only where `canConfine()`. */
  limits?: ProcessLimits;
  signal?: AbortSignal | undefined;
  /** Gets stdout line by line; stdout is then not collected. A throw ends the program and is passed on. */
  onLine?: ((line: string) => void) | undefined;
  /** As `onLine`, of stderr. */
  onErrorLine?: (line: string) => void;
  /** Writes stdin at the program's pace and ends it. A program that ends before it has read everything is not an error. */
  feed?: (stdin: Writable) => Promise<void>;
  /** Reads stdout, which is bytes then, to its end. While it does not read, the program waits. */
  drain?: (stdout: Readable) => Promise<void>;
};

/** The program closed its end of the pipe: why, its exit tells. */
const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');

/** Passes whole lines on. `end` passes the rest. Of a line that is too long, `onLong` says what stays. */
function lineReader(onLine: (line: string) => void, onLong: (rest: string) => string) {
  let rest = '';
  return {
    read(text: string): void {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) {
        rest = onLong(rest);
      }
      for (const line of lines) {
        onLine(line);
      }
    },
    end(): void {
      if (rest !== '') {
        onLine(rest);
      }
    },
  };
}

const refuseLine = (): never => {
  throw new RangeError('a line of output is too long');
};
/** ffmpeg quotes the source in stderr, at any length. */
const cutLine = (rest: string): string => rest.slice(-MAX_LINE_CHARACTERS);

function endReason(exitCode: number | null, endSignal: string | null, stderrTail: string): ProcessFailure {
  if (LIMIT_SIGNALS.includes(endSignal) || LIMIT_WORDS.test(stderrTail)) {
    return 'limit';
  }
  if (isLauncherFailure(exitCode)) {
    return 'spawn';
  }
  return endSignal === null ? 'exit' : 'killed';
}

/**
 * Runs a program to its end. Returns its stdout (empty with `onLine` or `drain`). Throws ProcessError, the abort reason of
 * `signal`, or what a function of the options threw; by then the program is dead.
 */
export async function runProcess(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { deadlineMs, limits, signal, onLine, onErrorLine, feed, drain } = options;
  signal?.throwIfAborted();
  const command = confine(file, args, limits);
  const child = spawn(command.file, command.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    // No secrets: only what a program needs to start, and C for numbers with a decimal point.
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  running.add(child);
  let stdout = '';
  let stderrTail = '';
  let failure: { reason: ProcessFailure; cause?: unknown } | undefined;
  let thrown: { error: unknown } | undefined;
  const stop = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    try {
      // A negative number is the whole group, which `detached` has made the child the leader of.
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  };
  const collect = (text: string): void => {
    stdout += text;
    if (stdout.length > MAX_STDOUT_CHARACTERS) {
      throw new ProcessError(file, 'output_limit', null, stderrTail);
    }
  };
  const outLines = onLine === undefined ? undefined : lineReader(onLine, refuseLine);
  const errorLines = onErrorLine === undefined ? undefined : lineReader(onErrorLine, cutLine);
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
  const fail = (error: unknown): void =>
    guard(() => {
      throw error;
    });
  const pumps: Promise<void>[] = [];
  // Errors of a pipe also reach the function that uses it. Unheard, they would end the process.
  child.stdin.on('error', () => undefined);
  if (feed === undefined) {
    child.stdin.end();
  } else {
    pumps.push(feed(child.stdin).catch((error) => (isBrokenPipe(error) ? undefined : fail(error))));
  }
  if (drain === undefined) {
    const read = outLines?.read ?? collect;
    child.stdout.setEncoding('utf8').on('data', (text: string) => guard(() => read(text)));
  } else {
    pumps.push(
      drain(child.stdout).catch((error) => {
        fail(error);
        // Unread output keeps the stream open, and then Node never reports the end of the program.
        child.stdout.destroy();
      }),
    );
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-STDERR_TAIL_CHARACTERS);
    guard(() => errorLines?.read(text));
  });
  const timer = setTimeout(() => {
    failure = { reason: 'deadline' };
    stop();
  }, deadlineMs);
  signal?.addEventListener('abort', stop, { once: true });
  // A group of its own does not get the terminal's Ctrl-C, and must not outlive us.
  process.once('exit', stop);
  const { exitCode, endSignal } = await new Promise<{ exitCode: number | null; endSignal: string | null }>(
    (resolve) => {
      child.on('error', (cause) => {
        failure = { reason: 'spawn', cause };
        resolve({ exitCode: null, endSignal: null });
      });
      child.on('close', (code, bySignal) => resolve({ exitCode: code, endSignal: bySignal }));
    },
  );
  running.delete(child);
  clearTimeout(timer);
  signal?.removeEventListener('abort', stop);
  process.removeListener('exit', stop);
  await Promise.all(pumps);
  guard(() => outLines?.end());
  guard(() => errorLines?.end());
  if (thrown !== undefined) {
    throw thrown.error;
  }
  signal?.throwIfAborted();
  if (failure !== undefined || exitCode !== 0) {
    const reason = failure?.reason ?? endReason(exitCode, endSignal, stderrTail);
    throw new ProcessError(file, reason, exitCode, stderrTail, failure?.cause);
  }
  return stdout;
}

const LIMIT_CODES: Partial<Record<ProcessFailure, TaskFailure['code']>> = {
  deadline: 'time_limit',
  limit: 'resource_limit',
  output_limit: 'resource_limit',
};

/** Why, for a person. What the program printed is the detail. */
const REASONS: Readonly<Record<ProcessFailure, string>> = {
  spawn: 'the program could not be started',
  exit: 'the program reports an error',
  killed: 'the program crashed or was stopped',
  deadline: 'it took too long',
  output_limit: 'the program printed more than an encoder takes',
  limit: 'it needed more memory, CPU time or disk than an encoder gives it',
};

/** ProcessError → TaskFailure `time_limit`, `resource_limit` or `code`. Any other error is returned as it is. */
export function toTaskFailure(error: unknown, code: TaskFailure['code'], what: string): unknown {
  if (!(error instanceof ProcessError)) {
    return error;
  }
  const detail = `${error.message}\n${error.stderrTail}`;
  const message = `${what.charAt(0).toUpperCase()}${what.slice(1)} failed: ${REASONS[error.reason]}`;
  return new TaskFailure(LIMIT_CODES[error.reason] ?? code, message, { detail, cause: error });
}

/** Runs a program as runProcess does, with the errors of toTaskFailure. */
export async function runForTask(
  file: string,
  args: readonly string[],
  options: RunOptions,
  code: TaskFailure['code'],
  what: string,
): Promise<string> {
  try {
    return await runProcess(file, args, options);
  } catch (error) {
    throw toTaskFailure(error, code, what);
  }
}
