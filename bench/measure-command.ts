/** Runs ffmpeg commands and measures them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sum } from './numbers.ts';
import { endedChildrenCpuSeconds, idleShare, machineTime } from './process-cpu.ts';

export type Measured = { wallSeconds: number; cpuSeconds: number; bytes: number; idle: number };

/** Throws with the end of its log when ffmpeg fails. */
export function runFfmpeg(args: readonly string[], cwd?: string): void {
  const { status, stderr } = spawnSync('ffmpeg', args, {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(`ffmpeg ended with ${status}: ${stderr.slice(-2000)}`);
  }
}

/** Runs the commands one after the other. `bytes` is the size of all MP4 files in `directory`. */
export function measureFfmpeg(commands: readonly (readonly string[])[], directory: string): Measured {
  const [cpuBefore, machineBefore, started] = [endedChildrenCpuSeconds(), machineTime(), performance.now()];
  for (const args of commands) {
    runFfmpeg(args);
  }
  const wallSeconds = (performance.now() - started) / 1000;
  const files = readdirSync(directory).filter((name) => name.endsWith('.mp4'));
  return {
    wallSeconds,
    cpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
    bytes: sum(files.map((name) => statSync(join(directory, name)).size)),
    idle: idleShare(machineBefore, machineTime()),
  };
}
