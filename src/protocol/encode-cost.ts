/** Estimates of encoding, in seconds of one core, measured on a 2-core machine. Plans and progress need the ratios. */

import { type AudioCodec, audioCodecRow, videoCodecRow } from '../media/codecs/codecs.ts';
import type { X264Preset } from '../media/codecs/presets.ts';
import type { Rendition } from './ladder.ts';

/** H.264 at 1080p; HEVC and AV1 take two to three times as long, which is still little beside encoding. */
const DECODE_NANOSECONDS_PER_PIXEL = 4;

type VideoWork = {
  source: { codedWidth: number; codedHeight: number };
  preset: X264Preset;
  renditions: readonly Pick<Rendition, 'codec' | 'width' | 'height'>[];
};

export const pixelsOf = ({ width, height }: { width: number; height: number }): number => width * height;

/** One decode of `frameCount` output frames into every rendition. */
export function videoCost({ source, preset, renditions }: VideoWork, frameCount: number): number {
  const decode = DECODE_NANOSECONDS_PER_PIXEL * source.codedWidth * source.codedHeight;
  const nanoseconds = renditions.reduce(
    (sum, rendition) => sum + videoCodecRow(rendition.codec).encodeNanosecondsPerPixel(preset) * pixelsOf(rendition),
    decode,
  );
  return (nanoseconds * frameCount) / 1e9;
}

/** Captions in the picture: a second of 1080p is decoded in so many. Text tracks: the file is read, which is hardly anything. */
const CAPTIONS_PER_SECOND = 0.25;
const TEXT_PER_SECOND = 0.001;

export const textCost = (seconds: number, hasPictureCaptions: boolean): number =>
  seconds * (hasPictureCaptions ? CAPTIONS_PER_SECOND : TEXT_PER_SECOND);

/**
 * For a sample of one channel pair, AAC: the time stamps are read in one pass and the samples decoded in another (25 each),
 * always from the beginning of the source. Measured with ffmpeg 5.1 beside an encode at 650.
 */
const AUDIO_READ_NANOSECONDS = 50;
/** Loudness with true peak, which the first part alone measures for all. */
const LOUDNESS_NANOSECONDS = 75;

type AudioWork = { codec?: AudioCodec | undefined; channels: number; frameCount: number };

/** A whole rendition, or a part of it, which reads all of the sound too. */
export function audioCost(
  { codec, channels, frameCount }: AudioWork,
  part?: { index: number; frameCount: number },
): number {
  const { encodeNanosecondsPerSample, frameSamples } = audioCodecRow(codec);
  const read = AUDIO_READ_NANOSECONDS + (part === undefined || part.index === 0 ? LOUDNESS_NANOSECONDS : 0);
  const frames = frameCount * read + (part?.frameCount ?? frameCount) * encodeNanosecondsPerSample;
  return (frames * frameSamples * channels) / 2 / 1e9;
}
