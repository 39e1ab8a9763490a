/** Argument lists of ffmpeg for one audio rendition. Pure. */
import { type AudioCodec, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import type { AudioPlan } from '../../src/protocol/plan-schema.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, outputTail, quietHead, trackMediaPath } from '../media/ffmpeg-args.ts';

/** The arguments for the encoder of each audio codec. */
const AUDIO_ENCODERS: Readonly<Record<AudioCodec, (audio: AudioPlan) => string[]>> = {
  aac: ({ bitrateKbps }) => [
    ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', `${bitrateKbps}k`],
    // The encoder's first packet is 1,024 samples of priming. Without it the packet at time 0 decodes to samples 0–1023,
    // and no edit list is needed to say so.
    ...['-bsf:a', 'noise=drop=eq(n\\,0)'],
  ],
  eac3: ({ bitrateKbps }) => ['-c:a', 'eac3', '-b:a', `${bitrateKbps}k`],
  ac3: ({ bitrateKbps }) => ['-c:a', 'ac3', '-b:a', `${bitrateKbps}k`],
};

/**
 * One audio stream → stereo at the plan's rate, without regard to its time stamps. No filter may count samples or keep state:
 * ffmpeg builds the graph anew when the rate or the layout of the source changes.
 */
const decode = (sourcePath: string, { streamIndex, sampleRate }: AudioPlan, ...further: string[]): string[] => [
  // Damaged packets leave holes, however many there are.
  ...['-copyts', '-max_error_rate', '1', ...GUARDS, '-vn', '-sn', '-dn', '-i', fileUrl(sourcePath)],
  ...['-map', `0:${streamIndex}`],
  ...['-af', [`aresample=${sampleRate}`, 'aformat=sample_fmts=flt:channel_layouts=stereo', ...further].join(',')],
];

/**
 * Tells the time stamp and length of each block of decoded sound, in samples of the plan's rate, as lines of stderr; `aresample`
 * tells the channels when the graph has been built.
 */
export const scanArgs = (sourcePath: string, audio: AudioPlan): string[] => [
  ...quietHead('repeat+verbose'),
  ...decode(sourcePath, audio, `asettb=1/${audio.sampleRate}`, 'ashowinfo'),
  ...['-f', 'null', '-'],
];

/** Writes the same samples to stdout. */
export const decodeArgs = (sourcePath: string, audio: AudioPlan): string[] => [
  ...quietHead('warning'),
  ...decode(sourcePath, audio),
  ...['-c:a', 'pcm_f32le', '-f', 'f32le', 'pipe:1'],
];

/** Encodes what stdin brings. */
export const audioEncodeArgs = (audio: AudioPlan, directory: string): string[] => [
  ...FFMPEG_HEAD,
  ...['-protocol_whitelist', 'pipe', '-f', 'f32le', '-ar', String(audio.sampleRate), '-ac', String(audio.channels)],
  ...['-i', 'pipe:0', ...AUDIO_ENCODERS[audio.codec ?? DEFAULT_AUDIO_CODEC](audio), '-frag_duration', '4000000'],
  ...outputTail(trackMediaPath(directory, audio.track)),
];
