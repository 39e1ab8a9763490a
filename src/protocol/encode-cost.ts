/**
 * What encoding costs, in seconds of one core: an estimate to plan and to weigh by, never to promise by. Pure. Measured
 * on one 2-core machine; another is faster or slower by one factor for all, which plans and progress do not depend on.
 */

import type { X264Preset } from '../media/codecs.ts';
import type { Rendition } from './ladder.ts';

/** H.264 at 1080p; HEVC and AV1 take two to three times as long, which is still little beside encoding. */
const DECODE_NANOSECONDS_PER_PIXEL = 4;
/** Scaling from twice the size or more, x264 `medium`. */
const ENCODE_NANOSECONDS_PER_PIXEL = 48;
/** ffmpeg's AAC, stereo, 48 kHz. */
const AUDIO_NANOSECONDS_PER_SAMPLE = 650;

/** CPU time beside `medium`, ladder as a whole. Scaling, which no preset changes, keeps the fast ones from being faster. */
const PRESET_FACTOR: Readonly<Record<X264Preset, number>> = {
  ultrafast: 0.25,
  superfast: 0.35,
  veryfast: 0.5,
  faster: 0.75,
  fast: 0.9,
  medium: 1,
  slow: 1.5,
  slower: 3,
  veryslow: 6,
};

type Picture = { width: number; height: number };

export type VideoWork = {
  source: { codedWidth: number; codedHeight: number };
  preset: X264Preset;
  renditions: readonly Pick<Rendition, 'width' | 'height'>[];
};

const pixels = ({ width, height }: Picture): number => width * height;

/** One decode of `frameCount` output frames into every rendition. */
export function videoCost({ source, preset, renditions }: VideoWork, frameCount: number): number {
  const encoded = renditions.reduce((sum, rendition) => sum + pixels(rendition), 0);
  const nanoseconds =
    DECODE_NANOSECONDS_PER_PIXEL * source.codedWidth * source.codedHeight +
    ENCODE_NANOSECONDS_PER_PIXEL * PRESET_FACTOR[preset] * encoded;
  return (nanoseconds * frameCount) / 1e9;
}

export const audioCost = (sampleCount: number): number => (AUDIO_NANOSECONDS_PER_SAMPLE * sampleCount) / 1e9;
