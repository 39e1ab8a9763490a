/** The baseline of `bench encode`: what a person would type, one ffmpeg process, the ladder of the same plan. */
import { join } from 'node:path';
import type { EncodePlan } from '../src/contract/plan.ts';

/** Same preset, rate control, GOP, size and scaler; whole MP4 files instead of segments. Writes `{track}.mp4`. */
export function plainFfmpegArgs(path: string, plan: EncodePlan, directory: string): string[] {
  const { video, audio } = plan;
  const labels = video.renditions.map((_, index) => `[s${index}]`).join('');
  const graph = [
    `[0:${video.source.streamIndex}]split=${video.renditions.length}${labels}`,
    ...video.renditions.map(
      ({ width, height }, index) => `[s${index}]scale=${width}:${height}:flags=lanczos,format=yuv420p[v${index}]`,
    ),
  ].join(';');
  return [
    ...['-nostdin', '-v', 'error', '-y', '-i', path, '-filter_complex', graph],
    ...video.renditions.flatMap(({ track, crf, maxrateKbps, bufsizeKbps, level }, index) => [
      ...[
        '-map',
        `[v${index}]`,
        '-c:v',
        'libx264',
        '-preset',
        video.preset,
        '-profile:v',
        'high',
        '-level',
        String(level / 10),
      ],
      ...['-crf', String(crf), '-maxrate', `${maxrateKbps}k`, '-bufsize', `${bufsizeKbps}k`],
      ...[
        '-g',
        String(video.gopFrames),
        '-keyint_min',
        String(video.gopFrames),
        '-sc_threshold',
        '0',
        '-flags',
        '+cgop',
      ],
      join(directory, `${track}.mp4`),
    ]),
    ...audio.flatMap(({ track, streamIndex, bitrateKbps, channels, sampleRate }) => [
      ...['-map', `0:${streamIndex}`, '-c:a', 'aac', '-b:a', `${bitrateKbps}k`, '-ac', String(channels)],
      ...['-ar', String(sampleRate), join(directory, `${track}.mp4`)],
    ]),
  ];
}
