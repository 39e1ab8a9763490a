/** Runs the real ffmpeg for tests: to make clips, and to look at what we deliver the way a player would. */
import { spawn } from 'node:child_process';

/** Clips of seconds on a machine that other tests share. */
const DEADLINE_MS = 60_000;
const STDERR_TAIL = 2_000;

/** Runs a program to its end and returns its stdout. Throws with the end of its stderr when it fails. */
export function run(file: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
    const parts: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL);
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(Buffer.concat(parts))
        : reject(new Error(`${file} ${args.join(' ')}\nended with ${signal ?? code}: ${stderr}`)),
    );
  });
}

export const ffmpeg = (...args: string[]): Promise<Buffer> =>
  run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-threads', '1', ...args]);

/** Argument lists are easier to read in words: `words('-c:v libx264 -g 25')`. For fixed text without spaces in a value. */
export const words = (text: string): string[] => text.trim().split(/\s+/);
