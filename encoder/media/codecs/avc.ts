/** The encoders of H.264. Every one makes the same closed GOPs, but its own parameter sets. */
import type { Rendition } from '../../../src/protocol/ladder.ts';
import type { Settings, VideoProgram } from './video-program.ts';

/** The first render node: what VAAPI and Quick Sync use on a machine with one graphics card. */
const RENDER_NODE = '/dev/dri/renderD128';

const rateArgs = ({ maxrateKbps, bufsizeKbps }: Rendition): string[] => [
  ...['-maxrate', `${maxrateKbps}k`, '-bufsize', `${bufsizeKbps}k`],
];

/** Closed GOPs of one length at fixed places, whatever the picture does: segments line up across renditions and chunks. */
const gopArgs = ({ gopFrames }: Settings): string[] => ['-g', String(gopFrames), '-flags', '+cgop'];

/** x264 takes "4.0"; the others want level_idc, and read "4.0" as 4. */
const profileArgs = (level: string): string[] => ['-profile:v', 'high', '-level', level];

/** Behind `encoder`: what all hardware is told alike. */
const hardware =
  (
    encoder: (video: Settings, rendition: Rendition) => string[],
    target: (rendition: Rendition) => string[] = () => [],
  ) =>
  (video: Settings, rendition: Rendition): string[] => [
    ...[...encoder(video, rendition), ...profileArgs(String(rendition.level)), ...rateArgs(rendition)],
    ...[...target(rendition), ...gopArgs(video)],
  ];

/**
 * What each calls constant quality. The plan's CRF is x264's scale; theirs are near it, not equal: the capped rate is what
 * holds. Frames that are forced to be key frames, or not to, follow from `-g` and no scene cuts.
 */
export const AVC_PROGRAMS = {
  x264: {
    codec: 'avc',
    args: (video, rendition) => [
      ...['-c:v', 'libx264', '-preset', video.preset, '-pix_fmt', 'yuv420p', '-crf', String(rendition.crf)],
      ...['-keyint_min', String(video.gopFrames), '-sc_threshold', '0'],
      // `ultrafast` drops CABAC and the 8x8 transform, and with them High profile (HAS 1.4). `stitchable` keeps
      // parameter sets free of what the content suggests: they must be equal in every chunk.
      ...['-x264-params', 'cabac=1:8x8dct=1:stitchable=1'],
      ...[...profileArgs((rendition.level / 10).toFixed(1)), ...rateArgs(rendition), ...gopArgs(video)],
    ],
    deviceArgs: [],
    upload: [],
  },
  h264_nvenc: {
    codec: 'avc',
    args: hardware((_, { crf }) => [
      ...['-c:v', 'h264_nvenc', '-pix_fmt', 'yuv420p', '-rc', 'vbr', '-cq', String(crf), '-b:v', '0'],
      ...['-no-scenecut', '1', '-forced-idr', '1', '-strict_gop', '1', '-coder', 'cabac'],
    ]),
    deviceArgs: [],
    upload: [],
  },
  h264_qsv: {
    codec: 'avc',
    args: hardware((video, { crf }) => [
      ...['-c:v', 'h264_qsv', '-global_quality', String(crf), '-look_ahead', '0'],
      // Every I frame an IDR; none but those of the GOP.
      ...['-idr_interval', '0', '-adaptive_i', '0', '-keyint_min', String(video.gopFrames)],
    ]),
    deviceArgs: ['-init_hw_device', 'qsv=hw', '-filter_hw_device', 'hw'],
    upload: ['format=nv12'],
  },
  h264_vaapi: {
    codec: 'avc',
    args: hardware(
      (_, { crf }) => [
        ...['-c:v', 'h264_vaapi', '-rc_mode', 'QVBR', '-global_quality', String(crf), '-idr_interval', '0'],
        ...['-coder', 'cabac'],
      ],
      // QVBR wants a target below the peak; the others take it from the quality.
      ({ maxrateKbps }) => ['-b:v', `${Math.floor(maxrateKbps * 0.8)}k`],
    ),
    deviceArgs: ['-init_hw_device', `vaapi=hw:${RENDER_NODE}`, '-filter_hw_device', 'hw'],
    upload: ['format=nv12', 'hwupload'],
  },
} as const satisfies Record<string, VideoProgram>;
