/**
 * The sample film made smaller, so that a round takes only seconds, and blurred, so that its bit rate stays far below
 * every cap. Only then is x264 with several threads deterministic: when a cap takes effect, frame sizes depend on the
 * progress of other threads (four runs of one command gave four results).
 */
import { SAMPLE } from '../../scripts/system.ts';
import { ffmpeg } from '../ffmpeg.ts';

const BLURRED_BY = 12;

export async function makeClip(path: string, size: { width: number; height: number; seconds: number }): Promise<void> {
  const { width, height, seconds } = size;
  const small = `${Math.round(width / BLURRED_BY)}:${Math.round(height / BLURRED_BY)}`;
  const picture = ['-vf', `scale=${small},scale=${width}:${height}`, '-c:v', 'libx264', '-preset', 'ultrafast'];
  const args = ['-i', SAMPLE, '-t', String(seconds), ...picture, '-crf', '18', '-c:a', 'aac', '-ac', '2', path];
  await ffmpeg('-v', 'error', ...args);
}
