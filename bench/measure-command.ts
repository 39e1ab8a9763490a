/** Runs ffmpeg commands one after the other and says what they took. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { endedChildrenCpuSeconds, idleShare, machineTime } from './process-cpu.ts';

export type Measured = { wallSeconds: number; cpuSeconds: number; bytes: number; idle: number };

/** `bytes`: of all MP4 files in `directory` afterwards, which was empty. */
export function measureFfmpeg(commands: readonly (readonly string[])[], directory: string): Measured {
  const [cpuBefore, machineBefore, started] = [endedChildrenCpuSeconds(), machineTime(), performance.now()];
  for (const args of commands) {
    const { status, stderr } = spawnSync('ffmpeg', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`ffmpeg ended with ${status}: ${stderr.slice(-2000)}`);
    }
  }
  const wallSeconds = (performance.now() - started) / 1000;
  const files = readdirSync(directory).filter((name) => name.endsWith('.mp4'));
  return {
    wallSeconds,
    cpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
    bytes: files.reduce((total, name) => total + statSync(join(directory, name)).size, 0),
    idle: idleShare(machineBefore, machineTime()),
  };
}
