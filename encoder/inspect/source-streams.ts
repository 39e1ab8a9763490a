/** ffprobe's stream entries → the facts of the protocol. Pure. */
import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';
import { MAX_AUDIO_TRACKS } from '../../src/media/limits.ts';
import type { VideoRange } from '../../src/media/presentation.ts';
import type { AudioFacts, VideoFacts } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { RawStream } from './probe-schema.ts';

/** The first video stream that is not cover art or a thumbnail. Throws TaskFailure `source_no_video`. */
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

/** `30000/1001` or `64:45` → fraction; null for `0/0`, `0:1`, `N/A` and the like. */
export function parseRatio(text: string | undefined): Fraction | null {
  const [, num, den] = /^(\d{1,10})[/:](\d{1,10})$/.exec(text ?? '') ?? [];
  return Number(num) >= 1 && Number(den) >= 1 ? reduceFraction(Number(num), Number(den)) : null;
}

/** From names of pixel formats such as yuv420p10le, p010le, gray12be, gbrp16le; 8 where the name has no depth. */
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

/** Size, shape and colour. The larger side of a non-square sample is kept, so that no detail is lost. */
export function describePicture(stream: RawStream) {
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const sampleAspectRatio = parseRatio(stream.sample_aspect_ratio) ?? { num: 1, den: 1 };
  const ratio = fractionToNumber(sampleAspectRatio);
  const squareWidth = Math.max(1, Math.round(codedWidth * Math.max(1, ratio)));
  const squareHeight = Math.max(1, Math.round(codedHeight / Math.min(1, ratio)));
  const rotation = rotationOf(stream);
  const isSideways = rotation === 90 || rotation === 270;
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
      primaries: stream.color_primaries ?? 'unknown',
      transfer: stream.color_transfer ?? 'unknown',
      matrix: stream.color_space ?? 'unknown',
      range: stream.color_range ?? 'unknown',
    },
  };
}

/** The audio streams that can be decoded, in file order. */
export function describeAudio(streams: readonly RawStream[]): AudioFacts[] {
  const facts: AudioFacts[] = [];
  for (const { codec_type, codec_name: codec, channels = 0, sample_rate: sampleRate = 0, ...rest } of streams) {
    if (codec_type === 'audio' && codec !== undefined && channels > 0 && sampleRate > 0) {
      const language = rest.tags?.language?.toLowerCase() ?? '';
      facts.push({
        streamIndex: rest.index,
        codec,
        channels,
        sampleRate,
        language: /^[a-z]{2,3}$/.test(language) ? language : 'und',
        startSeconds: rest.start_time ?? 0,
        isDefault: rest.disposition?.default === 1,
      });
    }
  }
  return facts.slice(0, MAX_AUDIO_TRACKS);
}
