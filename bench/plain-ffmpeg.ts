/**
 * The baselines of `npm run bench -- encode`: the ffmpeg commands that a person would type for the ladder of a plan.
 * They have the same preset, rate control, GOP, size and scaler, and write whole MP4 files, `{track}.mp4`.
 */

import { join } from 'node:path';
import type { Rendition } from '../src/protocol/ladder.ts';
import type { EncodePlan } from '../src/protocol/plan-schema.ts';

const head = (path: string): string[] => ['-nostdin', '-v', 'error', '-y', '-i', path];

export const scaleOf = ({ width, height }: Rendition): string =>
  `scale=${width}:${height}:flags=lanczos,format=yuv420p`;

function pictureArgs({ video }: EncodePlan, rendition: Rendition, directory: string): string[] {
  const { track, crf, maxrateKbps, bufsizeKbps, level } = rendition;
  const gop = String(video.gopFrames);
  return [
    ...['-c:v', 'libx264', '-preset', video.preset, '-profile:v', 'high', '-level', String(level / 10)],
    ...['-crf', String(crf), '-maxrate', `${maxrateKbps}k`, '-bufsize', `${bufsizeKbps}k`],
    // Like ours. `ultrafast` would turn off both, and with them the High profile.
    ...['-x264-params', 'cabac=1:8x8dct=1'],
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop'],
    join(directory, `${track}.mp4`),
  ];
}

const soundArgs = ({ audio }: EncodePlan, directory: string): string[] =>
  audio.flatMap(({ track, streamIndex, bitrateKbps, channels, sampleRate }) => [
    ...['-map', `0:${streamIndex}`, '-c:a', 'aac', '-b:a', `${bitrateKbps}k`, '-ac', String(channels)],
    ...['-ar', String(sampleRate), join(directory, `${track}.mp4`)],
  ]);

/** One command that decodes once and encodes all renditions and the sound. */
export function singleCommand(path: string, plan: EncodePlan, directory: string): string[] {
  const { source, renditions } = plan.video;
  const labels = renditions.map((_, index) => `[s${index}]`).join('');
  const graph = [
    `[0:${source.streamIndex}]split=${renditions.length}${labels}`,
    ...renditions.map((rendition, index) => `[s${index}]${scaleOf(rendition)}[v${index}]`),
  ].join(';');
  return [
    ...[...head(path), '-filter_complex', graph],
    ...renditions.flatMap((rendition, index) => ['-map', `[v${index}]`, ...pictureArgs(plan, rendition, directory)]),
    ...soundArgs(plan, directory),
  ];
}

/** One command per rendition, like the loop of most tutorials. The first one also encodes the sound. */
export function loopCommands(path: string, plan: EncodePlan, directory: string): string[][] {
  const { source, renditions } = plan.video;
  return renditions.map((rendition, index) => [
    ...[...head(path), '-map', `0:${source.streamIndex}`, '-vf', scaleOf(rendition)],
    ...pictureArgs(plan, rendition, directory),
    ...(index === 0 ? soundArgs(plan, directory) : []),
  ]);
}
