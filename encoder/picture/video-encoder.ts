/**
 * ffmpeg's arguments for each video encoder. Hardware is used only after it has passed a probe (probe-encoder.ts). Each
 * encoder writes parameter sets of its own, so one track must be made by one of them.
 */
import { DEFAULT_VIDEO_CODEC, type VideoCodec } from '../../src/media/codecs/codecs.ts';
import type { Rendition } from '../../src/protocol/ladder.ts';
import type { VideoPlan } from '../../src/protocol/plan-schema.ts';

export const HARDWARE_ENCODERS = ['h264_nvenc', 'h264_qsv', 'h264_vaapi'] as const;
export type HardwareEncoder = (typeof HARDWARE_ENCODERS)[number];
/** The configured encoder. `x264` stands for the software encoders of all codecs. */
export type VideoEncoder = 'x264' | HardwareEncoder;

type GopSettings = Pick<VideoPlan, 'preset' | 'gopFrames'>;

type VideoProgram = {
  codec: VideoCodec;
  args: (video: GopSettings, rendition: Rendition) => string[];
  /** Options in front of the input. */
  deviceArgs?: readonly string[];
  /** Filters behind the last of each rendition. VAAPI takes pictures on the device only; the others copy by themselves. */
  upload?: readonly string[];
};

/** The first render node: what VAAPI and Quick Sync use on a machine with one graphics card. */
const RENDER_NODE = '/dev/dri/renderD128';

/**
 * Follows the arguments of each encoder: High profile, a capped rate, and closed GOPs of one length at fixed places, so
 * that segments line up across renditions and chunks. `target` is the rate that some encoders want beside the cap.
 */
const sharedArgs = (
  { gopFrames }: GopSettings,
  { maxrateKbps, bufsizeKbps }: Rendition,
  level: string,
  target: readonly string[] = [],
): string[] => [
  ...['-profile:v', 'high', '-level', level, '-maxrate', `${maxrateKbps}k`, '-bufsize', `${bufsizeKbps}k`],
  ...target,
  ...['-g', String(gopFrames), '-flags', '+cgop'],
];

/** Captions (A/53) of the source become a text track. Manifests say that segments have none. */
const NO_CAPTIONS = ['-a53cc', '0'] as const;

/**
 * Each asks for constant quality. The plan's CRF is on x264's scale and theirs are near it, not equal: the capped rate is
 * what holds. `-g` without scene cuts puts key frames where they belong and nowhere else. x264 takes a level as "4.0"; the
 * others want level_idc, and read "4.0" as 4.
 */
const PROGRAMS: Readonly<Record<VideoEncoder, VideoProgram>> = {
  x264: {
    codec: 'avc',
    args: (video, rendition) => [
      ...['-c:v', 'libx264', '-preset', video.preset, '-pix_fmt', 'yuv420p', '-crf', String(rendition.crf)],
      ...['-keyint_min', String(video.gopFrames), '-sc_threshold', '0'],
      // `ultrafast` drops CABAC and the 8x8 transform, and with them High profile (HAS 1.4). `stitchable` keeps
      // parameter sets independent of the content: they must be equal in every chunk.
      ...['-x264-params', 'cabac=1:8x8dct=1:stitchable=1'],
      ...NO_CAPTIONS,
      ...sharedArgs(video, rendition, (rendition.level / 10).toFixed(1)),
    ],
  },
  h264_nvenc: {
    codec: 'avc',
    args: (video, rendition) => [
      ...['-c:v', 'h264_nvenc', '-pix_fmt', 'yuv420p', '-rc', 'vbr', '-cq', String(rendition.crf), '-b:v', '0'],
      ...['-no-scenecut', '1', '-forced-idr', '1', '-strict_gop', '1', '-coder', 'cabac'],
      ...NO_CAPTIONS,
      ...sharedArgs(video, rendition, String(rendition.level)),
    ],
  },
  h264_qsv: {
    codec: 'avc',
    args: (video, rendition) => [
      ...['-c:v', 'h264_qsv', '-global_quality', String(rendition.crf), '-look_ahead', '0'],
      // Every I frame is an IDR, and there are none but those of the GOP.
      ...['-idr_interval', '0', '-adaptive_i', '0', '-keyint_min', String(video.gopFrames)],
      ...NO_CAPTIONS,
      ...sharedArgs(video, rendition, String(rendition.level)),
    ],
    deviceArgs: ['-init_hw_device', 'qsv=hw', '-filter_hw_device', 'hw'],
    upload: ['format=nv12'],
  },
  h264_vaapi: {
    codec: 'avc',
    args: (video, rendition) => [
      ...['-c:v', 'h264_vaapi', '-rc_mode', 'QVBR', '-global_quality', String(rendition.crf), '-idr_interval', '0'],
      // As ffmpeg 5.1 does unasked; 7.1 adds captions.
      ...['-coder', 'cabac', '-sei', 'identifier+timing+recovery_point'],
      // QVBR wants a target below the peak. The others take it from the quality.
      ...sharedArgs(video, rendition, String(rendition.level), ['-b:v', `${Math.floor(rendition.maxrateKbps * 0.8)}k`]),
    ],
    deviceArgs: ['-init_hw_device', `vaapi=hw:${RENDER_NODE}`, '-filter_hw_device', 'hw'],
    upload: ['format=nv12', 'hwupload'],
  },
};

/** The encoder of each codec that needs no hardware. */
const IN_SOFTWARE: Readonly<Record<VideoCodec, VideoEncoder>> = { avc: 'x264' };

/** The chosen encoder for renditions of its codec, the software encoder for others. */
function programFor(chosen: VideoEncoder, { codec = DEFAULT_VIDEO_CODEC }: Pick<Rendition, 'codec'>): VideoProgram {
  return PROGRAMS[chosen].codec === codec ? PROGRAMS[chosen] : PROGRAMS[IN_SOFTWARE[codec]];
}

/** What a probe of `kind` encodes. */
export const videoCodecOf = (kind: VideoEncoder): VideoCodec => PROGRAMS[kind].codec;

export const videoEncoderArgs = (kind: VideoEncoder, video: GopSettings, rendition: Rendition): string[] =>
  programFor(kind, rendition).args(video, rendition);

export const videoEncoderDeviceArgs = (kind: VideoEncoder): readonly string[] => PROGRAMS[kind].deviceArgs ?? [];

export const videoEncoderUpload = (kind: VideoEncoder, rendition: Pick<Rendition, 'codec'>): readonly string[] =>
  programFor(kind, rendition).upload ?? [];
