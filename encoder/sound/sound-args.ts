/** Argument lists of ffmpeg for one audio rendition. Pure. */
import type { AudioChannels } from '../../src/media/codecs/codec.ts';
import { type AudioCodec, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import type { AudioPlan } from '../../src/protocol/plan-schema.ts';
import {
  DELAYED_FLAGS,
  FFMPEG_HEAD,
  fileUrl,
  GUARDS,
  outputTail,
  quietHead,
  trackMediaPath,
} from '../media/ffmpeg-args.ts';
import type { Part } from './part.ts';

/** What receivers mix down with: 3 dB less, as ITU-R BS.775 has it and as our stereo renditions do. */
const DOLBY_MIX = ['-center_mixlev', '0.707', '-surround_mixlev', '0.707'];

/** The encoder of each audio codec, and the flags of its file. */
const AUDIO_ENCODERS: Readonly<Record<AudioCodec, { encoder: readonly string[]; flags?: string }>> = {
  aac: { encoder: ['aac', '-profile:a', 'aac_low'] },
  eac3: { encoder: ['eac3', ...DOLBY_MIX], flags: DELAYED_FLAGS },
  ac3: { encoder: ['ac3', ...DOLBY_MIX], flags: DELAYED_FLAGS },
};

/** Left, right, centre, low frequencies, left and right surround: the order of both samples and channels. */
const LAYOUTS: Readonly<Record<AudioChannels, string>> = { 2: 'stereo', 6: '5.1' };

/**
 * One audio stream → the plan's rate and channels, without regard to its time stamps. No filter may count samples or keep
 * state: ffmpeg builds the graph anew when the rate or the layout of the source changes. What is mixed down is so as ITU-R
 * BS.775 says: centre and surround 3 dB less, no low-frequency channel.
 */
function decode(
  sourcePath: string,
  { streamIndex, sampleRate, channels }: AudioPlan,
  further: readonly string[],
  output: readonly string[],
): string[] {
  const format = `aformat=sample_fmts=flt:channel_layouts=${LAYOUTS[channels]}`;
  return [
    // Damaged packets leave holes, however many there are.
    ...['-copyts', '-max_error_rate', '1', ...GUARDS, '-vn', '-sn', '-dn', '-i', fileUrl(sourcePath)],
    ...['-map', `0:${streamIndex}`, '-af', [`aresample=${sampleRate}`, format, ...further].join(',')],
    ...output,
  ];
}

const SAMPLES_OUT = ['-c:a', 'pcm_f32le', '-f', 'f32le', 'pipe:1'];

/** On the source's clock. */
export type Range = { startSeconds: number; endSeconds: number };

/**
 * Tells the time stamp and length of each block of decoded sound, in samples of the plan's rate, as lines of stderr; `aresample`
 * tells the channels when the graph has been built. Blocks of `heard`, and those without a time stamp, go to stdout.
 */
export const scanArgs = (sourcePath: string, audio: AudioPlan, heard: Range | undefined): string[] => {
  const times = [`asettb=1/${audio.sampleRate}`, 'ashowinfo'];
  const head = quietHead('repeat+verbose');
  if (heard === undefined) {
    return [...head, ...decode(sourcePath, audio, times, ['-f', 'null', '-'])];
  }
  const select = `aselect='not(lt(t,${heard.startSeconds})+gte(t,${heard.endSeconds}))'`;
  return [...head, ...decode(sourcePath, audio, [...times, select], SAMPLES_OUT)];
};

/** Writes the same samples to stdout: all, or at least the first `places`. */
export const decodeArgs = (sourcePath: string, audio: AudioPlan, places?: number): string[] => {
  // It ends behind the packet that reaches the size.
  const limit = places === undefined ? [] : ['-fs', String(Math.max(1, places) * audio.channels * 4)];
  return [...quietHead('warning'), ...decode(sourcePath, audio, [], [...limit, ...SAMPLES_OUT])];
};

const samplesIn = ({ sampleRate, channels }: AudioPlan): string[] => [
  ...['-protocol_whitelist', 'pipe', '-f', 'f32le', '-ar', String(sampleRate), '-ac', String(channels)],
  ...['-i', 'pipe:0'],
];

/** Measures what stdin brings, and tells it at the end (loudness.ts). */
export const measureArgs = (audio: AudioPlan): string[] => [
  ...[...quietHead('info'), ...samplesIn(audio)],
  // Each tenth of a second is told too, on a level that is not shown.
  ...['-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'],
];

/** Encodes what stdin brings, which is the part's samples, `gainDb` louder. Its packets have their times in the film. */
export const audioEncodeArgs = (audio: AudioPlan, part: Part, gainDb: number, directory: string): string[] => {
  const { encoder, flags } = AUDIO_ENCODERS[audio.codec ?? DEFAULT_AUDIO_CODEC];
  const { from, dropped, packets } = part;
  const filters = [
    `noise=drop=not(between(n\\,${dropped}\\,${dropped + packets - 1}))`,
    ...(from === 0 ? [] : [`setts=ts=TS+${from}`]),
  ];
  return [
    ...[...FFMPEG_HEAD, ...samplesIn(audio)],
    ...(gainDb === 0 ? [] : ['-af', `volume=${gainDb}dB:precision=float`]),
    ...['-c:a', ...encoder, '-b:a', `${audio.bitrateKbps}k`, '-bsf:a', filters.join(',')],
    ...['-frag_duration', '4000000', ...outputTail(trackMediaPath(directory, audio.track), flags)],
  ];
};
