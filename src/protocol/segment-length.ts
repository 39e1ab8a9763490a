/** How long the segments of a film are. Pure. */
import { audioCodecRow } from '../media/codecs/codecs.ts';
import { AUDIO_SAMPLE_RATE } from './plan-schema.ts';

/** HAS 1.13: an IDR every 2 s. */
const GOP_SECONDS = 2;
/** Two GOPs: one presentation entry per 4 s keeps a two-hour film under 400 KB (docs/architecture/storage.md). */
export const GOPS_PER_SEGMENT = 2;
/** Players stall before a last segment of a frame or two. Half a second, and the AAC frame by which sound may be shorter. */
const SHORTEST_TAIL_SECONDS = 0.5 + audioCodecRow('aac').frameSamples / AUDIO_SAMPLE_RATE;

/**
 * Frames of a GOP, two of which are a segment: those of 2 s, or the nearest number that leaves no short last segment. Sound
 * is cut at the same length. Of all films up to 12 hours none needs more than 8 % at 24 to 60 fps, or a third at 5 to 20.
 */
export function chooseGopFrames(frameCount: number, framesPerSecond: number): number {
  const nominal = Math.max(1, Math.round(GOP_SECONDS * framesPerSecond));
  const shortestTail = Math.ceil(SHORTEST_TAIL_SECONDS * framesPerSecond);
  const fits = (gopFrames: number): boolean => {
    const segmentFrames = gopFrames * GOPS_PER_SEGMENT;
    const tail = frameCount % segmentFrames;
    return frameCount <= segmentFrames || tail === 0 || tail >= shortestTail;
  };
  for (let offset = 0; offset <= nominal / 2; offset++) {
    const gopFrames = [nominal + offset, nominal - offset].find(fits);
    if (gopFrames !== undefined) {
      return gopFrames;
    }
  }
  return nominal;
}
