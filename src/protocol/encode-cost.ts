/**
 * What encoding costs, in seconds of one core: an estimate to plan and to weigh by, never to promise by. Pure. Measured
 * on one 2-core machine; another is faster or slower by one factor for all, which plans and progress do not depend on.
 */

import { type AudioCodec, audioCodecRow, videoCodecRow } from '../media/codecs/codecs.ts';
import type { X264Preset } from '../media/codecs/presets.ts';
import type { Rendition } from './ladder.ts';

/** H.264 at 1080p; HEVC and AV1 take two to three times as long, which is still little beside encoding. */
const DECODE_NANOSECONDS_PER_PIXEL = 4;

type FrameSize = { width: number; height: number };

export type VideoWork = {
  source: { codedWidth: number; codedHeight: number };
  preset: X264Preset;
  renditions: readonly Pick<Rendition, 'codec' | 'width' | 'height'>[];
};

const pixels = ({ width, height }: FrameSize): number => width * height;

/** One decode of `frameCount` output frames into every rendition. */
export function videoCost({ source, preset, renditions }: VideoWork, frameCount: number): number {
  const decode = DECODE_NANOSECONDS_PER_PIXEL * source.codedWidth * source.codedHeight;
  const nanoseconds = renditions.reduce(
    (sum, rendition) => sum + videoCodecRow(rendition.codec).encodeNanosecondsPerPixel(preset) * pixels(rendition),
    decode,
  );
  return (nanoseconds * frameCount) / 1e9;
}

export const audioCost = (sampleCount: number, codec?: AudioCodec): number =>
  (audioCodecRow(codec).encodeNanosecondsPerSample * sampleCount) / 1e9;
