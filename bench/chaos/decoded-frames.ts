/** Decodes everything that a player would: the time and the hash of every frame of every rendition. */
import { createHash } from 'node:crypto';
import { ffmpeg } from '../ffmpeg.ts';

export type Decoded = { frames: number; sha256: string };

/** Returns an entry per stream of an HLS link: the renditions, then the sound. */
export async function decodedFrames(link: string): Promise<Decoded[]> {
  const args = ['-map', '0:v', '-map', '0:a', '-fps_mode:v', 'passthrough', '-f', 'framemd5', '-'];
  const { stdout } = await ffmpeg('-v', 'error', '-xerror', '-i', link, ...args);
  const lines = stdout
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line));
  // The order between streams does not matter.
  const streams = Map.groupBy(lines, (line) => line.split(',')[0]);
  return [...streams.values()].map((frames) => ({
    frames: frames.length,
    sha256: createHash('sha256').update(frames.join('\n')).digest('hex'),
  }));
}
