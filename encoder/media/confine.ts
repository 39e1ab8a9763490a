/**
 * Runs a program under limits of the kernel and ties its life to ours. On Linux, `setpriv` and `prlimit` of util-linux (an
 * essential package of Debian) replace themselves with the program, so that it stays our own child. Elsewhere only the
 * deadline holds, and a program outlives an encoder that was killed.
 */
import { spawnSync } from 'node:child_process';

export type ProcessLimits = {
  /** Summed over the program's threads; SIGKILL after it. */
  cpuSeconds: number;
  /** RLIMIT_DATA. Not the address space: a multithreaded ffmpeg reserves several times what it uses. */
  dataBytes: number;
  /** Of any one file; SIGXFSZ after it. */
  fileBytes: number;
};

/** A decode and eight renditions have about twenty files and pipes open. */
const OPEN_FILES = 256;

/** The kernel kills the program when this process is gone. The setting survives exec. */
const TIED_TO_US = ['--pdeathsig', 'KILL', '--'];

let isConfinable: boolean | undefined;

/** Whether this machine has the tools that set limits. */
export function canConfine(): boolean {
  isConfinable ??= spawnSync('setpriv', [...TIED_TO_US, 'prlimit', '--version']).status === 0;
  return isConfinable;
}

export function limitArgs({ cpuSeconds, dataBytes, fileBytes }: ProcessLimits): string[] {
  const cpu = Math.ceil(cpuSeconds);
  return [
    // The soft limit equals the hard one, so that the signal is SIGKILL: ffmpeg catches SIGXCPU and ends normally.
    `--cpu=${cpu}:${cpu}`,
    `--data=${Math.ceil(dataBytes)}`,
    `--fsize=${Math.ceil(fileBytes)}`,
    `--nofile=${OPEN_FILES}`,
    // A crash of a decoder must not fill the disk.
    '--core=0',
  ];
}

/** The command that runs `file` confined. Without `limits` it is only tied to our life. */
export function confine(file: string, args: readonly string[], limits: ProcessLimits | undefined) {
  if (!canConfine()) {
    return { file, args };
  }
  const limited = limits === undefined ? [] : ['prlimit', ...limitArgs(limits), '--'];
  return { file: 'setpriv', args: [...TIED_TO_US, ...limited, file, ...args] };
}

/** Whether the exit code is util-linux's for a program that it may not run (126) or does not find (127). */
export const isLauncherFailure = (exitCode: number | null): boolean =>
  canConfine() && (exitCode === 126 || exitCode === 127);
