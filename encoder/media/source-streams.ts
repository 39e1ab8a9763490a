/** ffprobe's stream entries → the facts of the contract. Pure. */

import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';
import { MAX_AUDIO_TRACKS } from '../../src/media/limits.ts';
import type { VideoRange } from '../../src/media/video-range.ts';
import type { AudioFacts, VideoFacts } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { RawStream } from './probe-schema.ts';

/** The first moving picture: cover art and thumbnails do not count. Throws TaskFailure `source_no_video`. */
export function chooseVideoStream(streams: readonly RawStream[]): RawStream {
  const stream = streams.find(
    ({ codec_type, disposition, width, height, codec_name }) =>
      codec_type === 'video' &&
      disposition?.attached_pic !== 1 &&
      (width ?? 0) > 0 &&
      (height ?? 0) > 0 &&
      codec_name !== undefined,
  );
  if (stream === undefined) {
    throw new TaskFailure('source_no_video', 'The source has no video stream that ffmpeg can decode');
  }
  return stream;
}

/** `30000/1001` or `64:45` → fraction; null for `0/0`, `0:1`, `N/A` and nonsense. */
export function parseRatio(text: string | undefined): Fraction | null {
  const match = /^(\d{1,10})[/:](\d{1,10})$/.exec(text ?? '');
  const num = Number(match?.[1] ?? 0);
  const den = Number(match?.[2] ?? 0);
  return num < 1 || den < 1 ? null : reduceFraction(num, den);
}

/** From pixel format names: yuv420p10le, p010le, gray12be, gbrp16le; 8 where the name holds no depth. */
export function bitDepthOf(pixelFormat: string | undefined): number {
  const depth = /(?:p|gray|rgb|bgr)0?(9|10|12|14|16)(?:le|be)$/.exec(pixelFormat ?? '')?.[1];
  return depth === undefined ? 8 : Number(depth);
}

function rotationOf(stream: RawStream): VideoFacts['rotation'] {
  const counterclockwise = stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
  const quarterTurns = ((Math.round(-counterclockwise / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarterTurns] ?? 0;
}

function videoRangeOf(transfer: string | undefined): VideoRange {
  if (transfer === 'smpte2084') {
    return 'PQ';
  }
  return transfer === 'arib-std-b67' ? 'HLG' : 'SDR';
}

type Picture = Pick<
  VideoFacts,
  | 'codedWidth'
  | 'codedHeight'
  | 'displayWidth'
  | 'displayHeight'
  | 'rotation'
  | 'sampleAspectRatio'
  | 'bitDepth'
  | 'videoRange'
  | 'color'
>;

/** Size, shape and colour. The larger side of a non-square sample is kept, so that no detail is lost. */
export function describePicture(stream: RawStream): Picture {
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const sampleAspectRatio = parseRatio(stream.sample_aspect_ratio) ?? { num: 1, den: 1 };
  const ratio = fractionToNumber(sampleAspectRatio);
  const squareWidth = Math.max(1, Math.round(ratio >= 1 ? codedWidth * ratio : codedWidth));
  const squareHeight = Math.max(1, Math.round(ratio >= 1 ? codedHeight : codedHeight / ratio));
  const rotation = rotationOf(stream);
  const isSideways = rotation === 90 || rotation === 270;
  const colorName = (value: string | undefined): string => value ?? 'unknown';
  return {
    codedWidth,
    codedHeight,
    displayWidth: isSideways ? squareHeight : squareWidth,
    displayHeight: isSideways ? squareWidth : squareHeight,
    rotation,
    sampleAspectRatio,
    bitDepth: bitDepthOf(stream.pix_fmt),
    videoRange: videoRangeOf(stream.color_transfer),
    color: {
      primaries: colorName(stream.color_primaries),
      transfer: colorName(stream.color_transfer),
      matrix: colorName(stream.color_space),
      range: colorName(stream.color_range),
    },
  };
}

/** The audio streams that can be decoded, in file order. */
export function describeAudio(streams: readonly RawStream[]): AudioFacts[] {
  return streams
    .filter(
      ({ codec_type, codec_name, channels, sample_rate }) =>
        codec_type === 'audio' && codec_name !== undefined && (channels ?? 0) > 0 && (sample_rate ?? 0) > 0,
    )
    .slice(0, MAX_AUDIO_TRACKS)
    .map((stream) => {
      const language = stream.tags?.language?.toLowerCase() ?? '';
      return {
        streamIndex: stream.index,
        codec: stream.codec_name ?? '',
        channels: stream.channels ?? 0,
        sampleRate: stream.sample_rate ?? 0,
        language: /^[a-z]{2,3}$/.test(language) ? language : 'und',
        startSeconds: stream.start_time ?? 0,
        isDefault: stream.disposition?.default === 1,
      };
    });
}
