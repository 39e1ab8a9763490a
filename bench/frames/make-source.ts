/** Makes the file of a case with ffmpeg: numbered pictures, a chirp, and what makes real files difficult. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg } from '../ffmpeg.ts';
import { chirpInput, steadyPictures, timedPictures } from './inputs.ts';
import type { SourceCase } from './random-case.ts';

function codecArgs({ codec, gopFrames, bFrames, openGop }: SourceCase): string[] {
  const gop = ['-g', String(gopFrames)];
  const reordered = ['-bf', String(bFrames)];
  const closed = openGop ? [] : ['-flags', '+cgop'];
  switch (codec) {
    case 'h264': {
      const params = `open-gop=${openGop ? 1 : 0}:b-pyramid=${bFrames > 2 ? 2 : 0}:scenecut=0:b-adapt=0`;
      return ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '18', '-x264-params', params, ...gop, ...reordered];
    }
    case 'hevc': {
      const params = `log-level=error:open-gop=${openGop ? 1 : 0}:bframes=${bFrames}:b-adapt=0:scenecut=0:pools=1:keyint=${gopFrames}`;
      return ['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '18', '-x265-params', params, '-tag:v', 'hvc1'];
    }
    case 'mpeg2':
      // Closed GOPs with B-frames require that scene cut detection is off.
      return ['-c:v', 'mpeg2video', '-q:v', '3', '-sc_threshold', '1000000000', ...gop, ...reordered, ...closed];
    case 'mpeg4':
      return ['-c:v', 'mpeg4', '-q:v', '3', '-sc_threshold', '1000000000', ...gop, ...reordered, ...closed];
    case 'vp9':
      return ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', '20', '-b:v', '0', ...gop];
  }
}

/** Matroska sets `hvc1` itself, and transport streams have no such tag. */
const withoutTag = (args: string[]): string[] =>
  args.filter((arg, index) => arg !== '-tag:v' && args[index - 1] !== '-tag:v');

function videoOutputArgs(source: SourceCase): string[] {
  const { width, height, rate, container } = source;
  const isBoxes = container === 'mp4' || container === 'mov';
  // Set explicitly, because ffmpeg would turn 119.88 into 120.
  const encoderClock = typeof rate === 'string' ? '1:90000' : `${rate.den}:${rate.num}`;
  return [
    ...['-vf', `scale=${width}:${height}:flags=neighbor,format=yuv420p,setsar=1`],
    ...(isBoxes ? codecArgs(source) : withoutTag(codecArgs(source))),
    // ffmpeg must not duplicate frames before a late start.
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', encoderClock],
    ...(typeof rate === 'string' && isBoxes ? ['-video_track_timescale', '90000'] : []),
  ];
}

async function videoInputArgs({ times, rate, rotation }: SourceCase, directory: string): Promise<string[]> {
  if (typeof rate === 'string') {
    return timedPictures(directory, times, rotation);
  }
  const numbers = times.map((_, number) => number);
  return steadyPictures(directory, numbers, `${rate.num}/${rate.den}`, rotation);
}

/** Writes the matrix of the first track's tkhd (ISO/IEC 14496-12 8.3.2), for which ffmpeg 5.1 has no option. */
export async function rotate(
  path: string,
  { rotation, width, height }: Pick<SourceCase, 'rotation' | 'width' | 'height'>,
): Promise<void> {
  const one = 0x10000;
  const matrix = {
    0: null,
    90: [0, one, 0, -one, 0, 0, height * one, 0, 0x40000000],
    180: [-one, 0, 0, 0, -one, 0, width * one, height * one, 0x40000000],
    270: [0, -one, 0, one, 0, 0, 0, width * one, 0x40000000],
  }[rotation];
  if (matrix === null) {
    return;
  }
  const bytes = await readFile(path);
  const start = bytes.indexOf('tkhd') + 44;
  for (const [index, value] of matrix.entries()) {
    bytes.writeInt32BE(value, start + index * 4);
  }
  await writeFile(path, bytes);
}

/** Makes the file of a case in `directory`. Returns its path. */
export async function makeSource(source: SourceCase, directory: string): Promise<string> {
  const { audio, container, cutSeconds, startSeconds, videoDelaySeconds } = source;
  const wholePath = join(directory, `whole.${container}`);
  const soundArgs: string[] = [];
  const soundOutput: string[] = [];
  if (audio !== null) {
    soundArgs.push('-itsoffset', audio.delaySeconds.toFixed(6), ...(await chirpInput(directory, audio)));
    soundOutput.push(
      ...['-map', '1:a', '-c:a', audio.codec, ...(audio.codec.startsWith('pcm') ? [] : ['-b:a', '160k'])],
    );
  }
  await ffmpeg(
    ...['-v', 'error', '-itsoffset', videoDelaySeconds.toFixed(6), ...(await videoInputArgs(source, directory))],
    ...[...soundArgs, '-map', '0:v', ...videoOutputArgs(source), ...soundOutput],
    ...['-threads', '2', ...(startSeconds === 0 ? [] : ['-output_ts_offset', startSeconds.toFixed(6)]), wholePath],
  );
  let path = wholePath;
  if (cutSeconds !== null) {
    path = join(directory, `cut.${container}`);
    const kept = startSeconds === 0 ? [] : ['-copyts'];
    const input = ['-ss', cutSeconds.toFixed(6), '-i', wholePath];
    await ffmpeg('-v', 'error', ...input, '-map', '0', '-c', 'copy', ...kept, path);
  }
  await rotate(path, source);
  return path;
}
