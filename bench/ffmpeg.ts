/** Runs ffmpeg. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Longer than the longest run, which encodes a film for `npm run bench -- network-cuts`. */
const DEADLINE_MS = 10 * 60_000;
/** Decoded pictures and sound, or a line of 80 bytes per frame, are much less. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Returns its output. Throws when it fails or takes too long. */
export async function ffmpeg(...args: string[]): Promise<{ stdout: Buffer; stderr: string }> {
  const options = {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  } as const;
  const { stdout, stderr } = await run('ffmpeg', ['-nostdin', '-hide_banner', '-nostats', '-y', ...args], options);
  return { stdout, stderr: stderr.toString('latin1') };
}
