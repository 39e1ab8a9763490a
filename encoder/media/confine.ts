/**
 * Puts a program under limits of the kernel, and ties its life to ours. Linux: `setpriv` and `prlimit` of util-linux (an
 * essential package of Debian) replace themselves by the program, so that it stays our own child. Where they are missing
 * (macOS, Windows) the program runs as it is: the deadline still holds, but a killed encoder leaves it to end by itself.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export type ProcessLimits = {
  /** Summed over its threads; SIGKILL after it. */
  cpuSeconds: number;
  /**
   * RLIMIT_DATA: heap, private mappings, stacks. Not the address space: a multithreaded ffmpeg reserves several times
   * what it uses.
   */
  dataBytes: number;
  /** Of any one file; SIGXFSZ after it. */
  fileBytes: number;
};

/** A decode and eight renditions have some twenty files and pipes open. */
const OPEN_FILES = 256;
/** util-linux: found but not to be run, not found. */
const LAUNCHER_FAILURES: readonly (number | null)[] = [126, 127];

export type Command = { file: string; args: readonly string[]; isConfined: boolean };
type Launchers = { setpriv: string; prlimit: string } | null;

function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(':')) {
    try {
      const file = join(folder || '.', name);
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

function findLaunchers(): Launchers {
  if (process.platform !== 'linux') {
    return null;
  }
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  const [setpriv, prlimit] = [findProgram('setpriv', path), findProgram('prlimit', path)];
  return setpriv === null || prlimit === null ? null : { setpriv, prlimit };
}

let launchers: Launchers | undefined;

/** Whether limits hold on this machine. */
export function canConfine(): boolean {
  launchers ??= findLaunchers();
  return launchers !== null;
}

export function limitArgs({ cpuSeconds, dataBytes, fileBytes }: ProcessLimits): string[] {
  const cpu = Math.ceil(cpuSeconds);
  return [
    // Soft and hard are equal, so that it is SIGKILL: ffmpeg catches SIGXCPU and ends as if it had been asked to.
    `--cpu=${cpu}:${cpu}`,
    `--data=${Math.ceil(dataBytes)}`,
    `--fsize=${Math.ceil(fileBytes)}`,
    `--nofile=${OPEN_FILES}`,
    // A crash of a decoder must not fill the disk.
    '--core=0',
  ];
}

/** The command that runs `file` so; without limits it is only tied to our life. */
export function confine(file: string, args: readonly string[], limits: ProcessLimits | undefined): Command {
  if (!canConfine() || launchers === null || launchers === undefined) {
    return { file, args, isConfined: false };
  }
  const limited = limits === undefined ? [] : [launchers.prlimit, ...limitArgs(limits), '--'];
  // Kept across exec: the kernel sends it when we are gone, however we went.
  const tied = ['--pdeathsig', 'KILL', '--', ...limited, file, ...args];
  return { file: launchers.setpriv, args: tied, isConfined: true };
}

/** Whether the program itself could not be started. */
export const isLauncherFailure = (exitCode: number | null): boolean => LAUNCHER_FAILURES.includes(exitCode);
