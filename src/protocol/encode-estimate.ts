/**
 * What encoding a film that plays as it is would cost, from the look at it alone: to be told before the choice is made. Pure.
 * How far off it is depends on the film: docs/guide/instant-playback.md.
 */
import { z } from 'zod';
import { audioCodecRow, DEFAULT_AUDIO_CODEC } from '../media/codecs/codecs.ts';
import type { X264Preset } from '../media/codecs/presets.ts';
import { fractionToNumber } from '../media/fraction.ts';
import { audioCost, videoCost } from './encode-cost.ts';
import { AVERAGE_SHARE, chooseLadder } from './ladder.ts';
import { outputFrameRate } from './plan.ts';
import { AUDIO_SAMPLE_RATE } from './plan-schema.ts';
import type { SourceLook } from './source-look.ts';

export const encodeEstimateSchema = z.strictObject({
  sourceBytes: z.int().min(1).describe('The uploaded file, which is kept either way'),
  cpuMinutes: z.number().min(0).describe('Minutes of one core that all renditions take to encode'),
  storageBytes: z.int().min(0).describe('All renditions, beside the file'),
});
export type EncodeEstimate = z.infer<typeof encodeEstimateSchema>;

/** One stereo rendition: a look does not tell the sound. */
const CHANNELS = 2;
/** Two digits of a minute are more than it is exact to. */
const DIGITS = 100;

/** Null without a look, and for a file that does not play as it is. */
export function estimateEncode(look: SourceLook | null, preset: X264Preset): EncodeEstimate | null {
  if (look?.standard !== true) {
    return null;
  }
  const { sizeBytes, durationSeconds, width, height } = look;
  const framesPerSecond = fractionToNumber(outputFrameRate({ num: Math.round(look.frameRate * 1000), den: 1000 }));
  // Never throws: a level fits the lowest rung of any picture.
  const renditions = chooseLadder(width, height, framesPerSecond);
  const { frameSamples, bitratesKbps } = audioCodecRow(DEFAULT_AUDIO_CODEC);
  const sound = { channels: CHANNELS, frameCount: (durationSeconds * AUDIO_SAMPLE_RATE) / frameSamples };
  const source = { codedWidth: width, codedHeight: height };
  const picture = videoCost({ source, preset, renditions }, durationSeconds * framesPerSecond);
  const kbps = renditions.reduce(
    (sum, { maxrateKbps }) => sum + AVERAGE_SHARE * maxrateKbps,
    bitratesKbps[CHANNELS] ?? 0,
  );
  return {
    sourceBytes: sizeBytes,
    cpuMinutes: Math.round(((picture + audioCost(sound)) / 60) * DIGITS) / DIGITS,
    storageBytes: Math.round((kbps * 1000 * durationSeconds) / 8),
  };
}
