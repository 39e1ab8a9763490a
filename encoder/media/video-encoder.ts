/**
 * The H.264 encoders that can be asked for, and how ffmpeg is told. Hardware is never assumed: see probe-encoder.ts.
 * Every kind makes the same closed GOPs, but its own parameter sets: one track must be made by one kind.
 */

import type { Rendition } from '../../src/protocol/ladder.ts';
import type { VideoPlan } from '../../src/protocol/plan-schema.ts';

type Settings = Pick<VideoPlan, 'preset' | 'gopFrames'>;

export const HARDWARE_ENCODERS = ['h264_nvenc', 'h264_qsv', 'h264_vaapi'] as const;
export type HardwareEncoder = (typeof HARDWARE_ENCODERS)[number];
export type VideoEncoder = 'x264' | HardwareEncoder;

/** The first render node: what VAAPI and Quick Sync use on a machine with one graphics card. */
const RENDER_NODE = '/dev/dri/renderD128';

const rateArgs = ({ maxrateKbps, bufsizeKbps }: Rendition): string[] => [
  ...['-maxrate', `${maxrateKbps}k`, '-bufsize', `${bufsizeKbps}k`],
];
/** x264 takes "4.0"; the others want level_idc, and read "4.0" as 4. */
const profileArgs = (kind: VideoEncoder, { level }: Rendition): string[] => [
  ...['-profile:v', 'high', '-level', kind === 'x264' ? (level / 10).toFixed(1) : String(level)],
];

/** Closed GOPs of one length at fixed places, whatever the picture does: segments line up across renditions and chunks. */
const gopArgs = ({ gopFrames }: Settings): string[] => ['-g', String(gopFrames), '-flags', '+cgop'];

/**
 * What each kind calls constant quality. The plan's CRF is x264's scale; theirs are near it, not equal: the capped rate
 * is what holds. Frames that are forced to be key frames, or not to, follow from `-g` and no scene cuts.
 */
const KINDS: Readonly<Record<VideoEncoder, (video: Settings, rendition: Rendition) => string[]>> = {
  x264: (video, { crf }) => [
    ...['-c:v', 'libx264', '-preset', video.preset, '-pix_fmt', 'yuv420p', '-crf', String(crf)],
    ...['-keyint_min', String(video.gopFrames), '-sc_threshold', '0'],
    // `ultrafast` drops CABAC and the 8x8 transform, and with them High profile (HAS 1.4). `stitchable` keeps
    // parameter sets free of what the content suggests: they must be equal in every chunk.
    ...['-x264-params', 'cabac=1:8x8dct=1:stitchable=1'],
  ],
  h264_nvenc: (_, { crf }) => [
    ...['-c:v', 'h264_nvenc', '-pix_fmt', 'yuv420p', '-rc', 'vbr', '-cq', String(crf), '-b:v', '0'],
    ...['-no-scenecut', '1', '-forced-idr', '1', '-strict_gop', '1', '-coder', 'cabac'],
  ],
  h264_qsv: (video, { crf }) => [
    ...['-c:v', 'h264_qsv', '-global_quality', String(crf), '-look_ahead', '0'],
    // Every I frame an IDR; none but those of the GOP.
    ...['-idr_interval', '0', '-adaptive_i', '0', '-keyint_min', String(video.gopFrames)],
  ],
  h264_vaapi: (_, { crf }) => [
    ...['-c:v', 'h264_vaapi', '-rc_mode', 'QVBR', '-global_quality', String(crf), '-idr_interval', '0'],
    ...['-coder', 'cabac'],
  ],
};

export function videoEncoderArgs(kind: VideoEncoder, video: Settings, rendition: Rendition): string[] {
  // QVBR wants a target below the peak; the others take it from the quality.
  const target = kind === 'h264_vaapi' ? ['-b:v', `${Math.floor(rendition.maxrateKbps * 0.8)}k`] : [];
  return [
    ...[...KINDS[kind](video, rendition), ...profileArgs(kind, rendition), ...rateArgs(rendition), ...target],
    ...gopArgs(video),
  ];
}

/** Options in front of the input. */
export const videoEncoderDeviceArgs = (kind: VideoEncoder): string[] =>
  kind === 'h264_vaapi'
    ? ['-init_hw_device', `vaapi=hw:${RENDER_NODE}`, '-filter_hw_device', 'hw']
    : kind === 'h264_qsv'
      ? ['-init_hw_device', 'qsv=hw', '-filter_hw_device', 'hw']
      : [];

/** Filters behind the last of each rendition: VAAPI takes pictures on the device only; the others copy by themselves. */
export const videoEncoderUpload = (kind: VideoEncoder): string[] =>
  kind === 'h264_vaapi' ? ['format=nv12', 'hwupload'] : kind === 'h264_qsv' ? ['format=nv12'] : [];
