/**
 * The video encoders that can be asked for, and how ffmpeg is told. Hardware is never assumed: see probe-encoder.ts. Their
 * parameter sets differ: one track must be made by one of them.
 */
import { DEFAULT_VIDEO_CODEC, type VideoCodec } from '../../src/media/codecs/codecs.ts';
import type { Rendition } from '../../src/protocol/ladder.ts';
import { AVC_PROGRAMS } from './codecs/avc.ts';
import type { Settings, VideoProgram } from './codecs/video-program.ts';

const PROGRAMS = { ...AVC_PROGRAMS } as const satisfies Record<string, VideoProgram>;

type Program = keyof typeof PROGRAMS;

export const HARDWARE_ENCODERS = ['h264_nvenc', 'h264_qsv', 'h264_vaapi'] as const satisfies Program[];
export type HardwareEncoder = (typeof HARDWARE_ENCODERS)[number];
/** What a process is told to use: `x264` stands for the software encoders of all codecs. */
export type VideoEncoder = 'x264' | HardwareEncoder;

/** Of each codec the encoder that needs no hardware. */
const IN_SOFTWARE: Readonly<Record<VideoCodec, Program>> = { avc: 'x264' };

/** The chosen encoder for renditions of its codec; for others the one in software. */
function programFor(chosen: VideoEncoder, { codec = DEFAULT_VIDEO_CODEC }: Pick<Rendition, 'codec'>): VideoProgram {
  return PROGRAMS[chosen].codec === codec ? PROGRAMS[chosen] : PROGRAMS[IN_SOFTWARE[codec]];
}

/** What a probe of `kind` encodes. */
export const videoCodecOf = (kind: VideoEncoder): VideoCodec => PROGRAMS[kind].codec;

export const videoEncoderArgs = (kind: VideoEncoder, video: Settings, rendition: Rendition): string[] =>
  programFor(kind, rendition).args(video, rendition);

export const videoEncoderDeviceArgs = (kind: VideoEncoder): readonly string[] => PROGRAMS[kind].deviceArgs;

export const videoEncoderUpload = (kind: VideoEncoder, rendition: Pick<Rendition, 'codec'>): readonly string[] =>
  programFor(kind, rendition).upload;
