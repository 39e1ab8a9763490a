/** Decodes everything that a player would: the time and the hash of every frame of every rendition. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const DEADLINE_MS = 3 * 60_000;
/** Each frame takes a line of 80 bytes. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

export type Decoded = { frames: number; sha256: string };

/** Returns an entry per stream of an HLS link: the renditions, then the sound. */
export async function decodedFrames(link: string): Promise<Decoded[]> {
  const args = ['-map', '0:v', '-map', '0:a', '-fps_mode:v', 'passthrough', '-f', 'framemd5', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-xerror', '-i', link, ...args], {
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const lines = stdout.split('\n').filter((line) => /^\d/.test(line));
  // The order between streams does not matter.
  const streams = Map.groupBy(lines, (line) => line.split(',')[0]);
  return [...streams.values()].map((frames) => ({
    frames: frames.length,
    sha256: createHash('sha256').update(frames.join('\n')).digest('hex'),
  }));
}
