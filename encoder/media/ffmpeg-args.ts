/** Argument lists for ffmpeg and ffprobe. Every read of a source is confined to local files and real containers. Pure. */
import { join } from 'node:path';
import { type AudioCodec, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import { fractionToNumber } from '../../src/media/fraction.ts';
import { MAX_DIMENSION } from '../../src/media/limits.ts';
import type { Rendition } from '../../src/protocol/ladder.ts';
import type { AudioPlan, Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import { audioFilterGraph, chunkFilterGraph, videoLabel } from './filters.ts';
import { type VideoEncoder, videoEncoderArgs, videoEncoderDeviceArgs, videoEncoderUpload } from './video-encoder.ts';

/** The demuxers for sources. None opens further files: no playlists, image sequences, scripts or raw devices. */
export const SOURCE_FORMATS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,mxf';

/** 8K at 4:4:4 in 16 bits is 200 MB. A header that wants more than this in one allocation is hostile. */
const MAX_ALLOCATION_BYTES = 1024 * 1024 * 1024;
/** Enough for an MPEG-TS whose audio starts seconds after its video. */
const PROBE_BYTES = 20 * 1024 * 1024;
const ANALYZE_MICROSECONDS = 10_000_000;
const MAX_STREAMS = 100;

/** Options in front of the input of every read of a source. */
const GUARDS: readonly string[] = [
  ...['-protocol_whitelist', 'file', '-format_whitelist', SOURCE_FORMATS],
  ...['-probesize', String(PROBE_BYTES), '-analyzeduration', String(ANALYZE_MICROSECONDS)],
  ...['-max_streams', String(MAX_STREAMS), '-max_pixels', String(MAX_DIMENSION * MAX_DIMENSION)],
];

/** `file:` keeps ffmpeg from reading a name with a colon or a leading dash as a protocol or an option. */
const fileUrl = (path: string): string => `file:${path}`;

export const probeArgs = (sourcePath: string, show: readonly string[], threads: number): string[] => [
  ...['-hide_banner', '-v', 'error', '-max_alloc', String(MAX_ALLOCATION_BYTES), '-threads', String(threads)],
  ...GUARDS,
  ...show,
  ...['-i', fileUrl(sourcePath)],
];

const FFMPEG_HEAD: readonly string[] = [
  ...['-nostdin', '-hide_banner', '-v', 'warning', '-nostats', '-progress', 'pipe:1', '-y'],
  ...['-max_alloc', String(MAX_ALLOCATION_BYTES)],
];

/** Where ffmpeg writes the media of one track for the packager. */
export const trackMediaPath = (directory: string, track: string): string => join(directory, `${track}.mp4`);

// frag_discont keeps absolute decode times; cmaf writes signed composition offsets, so the first frame's presentation
// time is its decode time and no edit list is needed (CMAF 9.2.1).
const FRAGMENT_FLAGS = 'frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf';

const outputTail = (path: string): string[] => [
  ...['-map_metadata', '-1', '-map_chapters', '-1', '-use_editlist', '0', '-movflags', FRAGMENT_FLAGS],
  ...['-f', 'mp4', fileUrl(path)],
];

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
  directory: string;
  videoEncoder: VideoEncoder;
  /** Of each decoder and encoder. */
  threads: number;
  /** Of each filter that works on slices of a picture. */
  filterThreads: number;
};

function seekArgs({ video, chunk, marginSeconds }: ChunkEncode): string[] {
  if (marginSeconds === null || chunk.firstFrame === 0) {
    return [];
  }
  const originSeconds = video.source.startTicks * fractionToNumber(video.source.timeBase);
  const seconds = originSeconds + chunk.firstFrame / fractionToNumber(video.frameRate) - marginSeconds;
  // A time on the source's own clock. `trim` drops the frames between the key frame found and the chunk. ffmpeg's own
  // accurate seek would add a cut relative to the file's start.
  return ['-seek_timestamp', '1', '-noaccurate_seek', '-ss', seconds.toFixed(6)];
}

/** ffmpeg for one chunk: decode once, encode every rendition into `directory`. */
export function chunkEncodeArgs(encode: ChunkEncode): string[] {
  const { video, chunk, videoEncoder, threads } = encode;
  const graph = chunkFilterGraph(video, chunk, (rendition) => videoEncoderUpload(videoEncoder, rendition));
  return [
    ...FFMPEG_HEAD,
    // -reinit_filter 0: a source that changes its size midway must not restart the grid. `scale` follows the size.
    ...['-copyts', '-reinit_filter', '0'],
    ...videoEncoderDeviceArgs(videoEncoder),
    ...GUARDS,
    ...['-threads', String(threads)],
    ...seekArgs(encode),
    ...['-i', fileUrl(encode.sourcePath)],
    ...['-filter_complex_threads', String(encode.filterThreads), '-filter_complex', graph],
    ...video.renditions.flatMap((rendition, index) => renditionArgs(encode, rendition, index)),
  ];
}

/** The arguments for the encoder of each audio codec. */
const AUDIO_ENCODERS: Readonly<Record<AudioCodec, (audio: AudioPlan) => string[]>> = {
  aac: ({ bitrateKbps }) => [
    ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', `${bitrateKbps}k`],
    // The encoder's first packet is 1,024 samples of priming. Without it the packet at time 0 decodes to samples 0–1023,
    // and no edit list is needed to say so.
    ...['-bsf:a', 'noise=drop=eq(n\\,0)'],
  ],
};

type AudioEncode = { sourcePath: string; audio: AudioPlan; originSeconds: number; directory: string };

/** ffmpeg for one whole audio rendition. */
export function audioEncodeArgs({ sourcePath, audio, originSeconds, directory }: AudioEncode): string[] {
  return [
    ...FFMPEG_HEAD,
    '-copyts',
    ...GUARDS,
    ...['-vn', '-sn', '-dn', '-i', fileUrl(sourcePath)],
    ...['-filter_complex', audioFilterGraph(audio, originSeconds)],
    ...['-map', '[a]', ...AUDIO_ENCODERS[audio.codec ?? DEFAULT_AUDIO_CODEC](audio), '-frag_duration', '4000000'],
    ...outputTail(trackMediaPath(directory, audio.track)),
  ];
}
