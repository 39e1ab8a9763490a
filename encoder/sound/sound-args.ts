/** Argument list and filter graph of ffmpeg for one audio rendition. Pure. */
import { type AudioCodec, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import { type AudioPlan, audioSampleCount } from '../../src/protocol/plan-schema.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, outputTail, trackMediaPath } from '../media/ffmpeg-args.ts';

/**
 * One audio stream → 48 kHz stereo, sample 0 at the video's origin, exactly the plan's samples. Sound that starts late
 * or ends early is filled with silence; sound that starts early or ends late is cut. `originSeconds` is on the source's
 * clock.
 */
export function audioFilterGraph(audio: AudioPlan, originSeconds: number): string {
  const sampleCount = audioSampleCount(audio);
  const filters = [
    `asetpts=PTS-round((${originSeconds})/TB)`,
    `aresample=${audio.sampleRate}:async=1:first_pts=0`,
    'aformat=sample_fmts=fltp:channel_layouts=stereo',
    `apad=whole_len=${sampleCount}`,
    `atrim=end_sample=${sampleCount}`,
  ];
  return `[0:${audio.streamIndex}]${filters.join(',')}[a]`;
}

/** The arguments for the encoder of each audio codec. */
const AUDIO_ENCODERS: Readonly<Record<AudioCodec, (audio: AudioPlan) => string[]>> = {
  aac: ({ bitrateKbps }) => [
    ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', `${bitrateKbps}k`],
    // The encoder's first packet is 1,024 samples of priming. Without it the packet at time 0 decodes to samples 0–1023,
    // and no edit list is needed to say so.
    ...['-bsf:a', 'noise=drop=eq(n\\,0)'],
  ],
};

type AudioEncode = { sourcePath: string; audio: AudioPlan; originSeconds: number; directory: string };

/** ffmpeg for one whole audio rendition. */
export function audioEncodeArgs({ sourcePath, audio, originSeconds, directory }: AudioEncode): string[] {
  return [
    ...FFMPEG_HEAD,
    '-copyts',
    ...GUARDS,
    ...['-vn', '-sn', '-dn', '-i', fileUrl(sourcePath)],
    ...['-filter_complex', audioFilterGraph(audio, originSeconds)],
    ...['-map', '[a]', ...AUDIO_ENCODERS[audio.codec ?? DEFAULT_AUDIO_CODEC](audio), '-frag_duration', '4000000'],
    ...outputTail(trackMediaPath(directory, audio.track)),
  ];
}
