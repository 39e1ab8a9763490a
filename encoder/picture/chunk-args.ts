/** Argument list of ffmpeg for one chunk of the picture. Pure. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Rendition } from '../../src/protocol/ladder.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, outputTail, trackMediaPath } from '../media/ffmpeg-args.ts';
import { chunkFilterGraph, videoLabel } from './picture-filters.ts';
import { turnsInGraph } from './shape.ts';
import { type VideoEncoder, videoEncoderArgs, videoEncoderDeviceArgs, videoEncoderUpload } from './video-encoder.ts';

function renditionArgs(encode: ChunkEncode, rendition: Rendition, index: number): string[] {
  const { video, videoEncoder, threads, directory } = encode;
  return [
    ...['-map', videoLabel(index), '-fps_mode', 'passthrough', ...videoEncoderArgs(videoEncoder, video, rendition)],
    ...['-threads', String(threads)],
    ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
    ...['-video_track_timescale', String(video.timescale)],
    ...outputTail(trackMediaPath(directory, rendition.track)),
  ];
}

type ChunkEncode = {
  sourcePath: string;
  video: VideoPlan;
  chunk: Chunk;
  /** How long before the chunk's first frame decoding starts. Null: at the start of the file. */
  marginSeconds: number | null;
  /** Repeats the last frame that can be decoded to the chunk's end. */
  holdEnd: boolean;
  directory: string;
  videoEncoder: VideoEncoder;
  /** Of each decoder and encoder. */
  threads: number;
  /** Of each filter that works on slices of a picture. */
  filterThreads: number;
};

export function seekArgs({
  video,
  chunk,
  marginSeconds,
}: Pick<ChunkEncode, 'video' | 'chunk' | 'marginSeconds'>): string[] {
  const { source, frameRate, leadFrames = 0 } = video;
  const firstSlot = chunk.firstFrame - leadFrames;
  if (marginSeconds === null || firstSlot <= 0) {
    return [];
  }
  const tickSeconds = fractionToNumber(source.timeBase);
  const chunkSeconds = source.startTicks * tickSeconds + firstSlot / fractionToNumber(frameRate);
  // A chunk that begins after the last frame shows that one.
  const lastSeconds = (source.lastTicks ?? Number.POSITIVE_INFINITY) * tickSeconds;
  const seconds = Math.min(chunkSeconds, lastSeconds) - marginSeconds;
  // A time on the source's own clock. `trim` drops the frames between the key frame found and the chunk. ffmpeg's own
  // accurate seek would add a cut relative to the file's start.
  return ['-seek_timestamp', '1', '-noaccurate_seek', '-ss', seconds.toFixed(6)];
}

/** libvpx decodes the transparency of WebM, which ffmpeg's own decoders leave out. */
const ALPHA_DECODERS: Readonly<Record<string, string>> = { vp8: 'libvpx', vp9: 'libvpx-vp9' };

function decoderArgs(source: VideoFacts): string[] {
  const decoder = source.alpha === true ? ALPHA_DECODERS[source.codec] : undefined;
  return [
    ...(decoder === undefined ? [] : [`-c:${source.streamIndex}`, decoder]),
    ...(turnsInGraph(source) ? ['-noautorotate'] : []),
  ];
}

/** ffmpeg for one chunk: decode once, encode every rendition into `directory`. */
export function chunkEncodeArgs(encode: ChunkEncode): string[] {
  const { video, chunk, videoEncoder, threads, directory, holdEnd } = encode;
  const uploadOf = (rendition: Rendition) => videoEncoderUpload(videoEncoder, rendition);
  const graph = chunkFilterGraph(video, chunk, { uploadOf, directory, holdEnd });
  return [
    ...FFMPEG_HEAD,
    // -reinit_filter 0: a source that changes its size midway must not restart the grid. `scale` follows the size.
    // -max_error_rate 1: a chunk of which most is damaged is shown as far as it goes.
    ...['-copyts', '-reinit_filter', '0', '-max_error_rate', '1'],
    ...videoEncoderDeviceArgs(videoEncoder),
    ...GUARDS,
    ...['-threads', String(threads)],
    ...seekArgs(encode),
    ...decoderArgs(video.source),
    ...['-i', fileUrl(encode.sourcePath)],
    ...['-filter_complex_threads', String(encode.filterThreads), '-filter_complex', graph],
    ...video.renditions.flatMap((rendition, index) => renditionArgs(encode, rendition, index)),
  ];
}
