/**
 * Which rendition, if any, is encoded for the whole film before the others, so that the asset plays long before it is
 * complete. The price is one more decode of the source. Pure.
 */

import { videoCost } from './encode-cost.ts';
import type { EarlyMode, VideoPlan } from './plan-schema.ts';

/** A picture that people watch while they wait for a better one; more would keep them waiting for the first. */
const MAX_SHORT_SIDE = 480;
/** Of the ladder's pixels: what a rendition may take to be there early. 480p of a ladder up to 1080p has 0.10. */
const MAX_SHARE = 0.125;
/** A film that is complete in ten minutes is early enough. */
const WORTH_WALL_SECONDS = 600;
/** One small machine gets the plan that costs no more than one plain ffmpeg command. */
const MIN_FLEET_CORES = 4;
/** Where the second decode costs more of the whole, e.g. of 8K into 240p alone, it is not worth it. */
const MAX_EXTRA_COST = 0.15;

const pixels = ({ width, height }: { width: number; height: number }): number => width * height;

/** The largest that is small enough in size and share; else the smallest. */
function earlyTrackOf({ renditions }: VideoPlan): string | null {
  const all = renditions.reduce((sum, rendition) => sum + pixels(rendition), 0);
  const fitting = renditions.filter(
    (rendition) =>
      Math.min(rendition.width, rendition.height) <= MAX_SHORT_SIDE && pixels(rendition) <= MAX_SHARE * all,
  );
  // The ladder ascends.
  const chosen = fitting.at(-1) ?? renditions[0];
  return chosen?.track ?? null;
}

/** `auto`: where the film is long for the fleet, and the price is small. A ladder of one rendition has no early one. */
export function chooseEarly(video: VideoPlan, fleetCores: number, mode: EarlyMode): string | null {
  if (mode === 'off' || video.renditions.length < 2) {
    return null;
  }
  if (mode === 'auto') {
    const coreSeconds = videoCost(video, video.frameCount);
    const decodeSeconds = videoCost({ ...video, renditions: [] }, video.frameCount);
    const isWorthIt =
      fleetCores >= MIN_FLEET_CORES &&
      coreSeconds / fleetCores >= WORTH_WALL_SECONDS &&
      decodeSeconds <= MAX_EXTRA_COST * coreSeconds;
    if (!isWorthIt) {
      return null;
    }
  }
  return earlyTrackOf(video);
}
