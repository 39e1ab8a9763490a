/** One presentation to render: 285 frames at 29.97 (9.5095 s) in segments of 120 frames, small enough to check by hand. */
import { measureBandwidth } from '../../../../src/media/bandwidth.ts';
import {
  type AudioTrack,
  type Presentation,
  presentationSchema,
  type TextTrack,
  type Track,
  type TrackChunk,
  type VideoTrack,
} from '../../../../src/media/presentation.ts';

const SHA256 = '0'.repeat(64);

const bandwidthOf = (chunks: readonly TrackChunk[], timescale: number) =>
  measureBandwidth(
    chunks.flatMap((chunk) => chunk.segments),
    timescale,
  );

type VideoOptions = Partial<Pick<VideoTrack, 'chunks' | 'videoRange' | 'presentationOffset' | 'protection'>>;

/** Three segments of `bytes` each (the last shorter in time); the last chunk was written by a second attempt. */
export function videoTrack(
  id: string,
  width: number,
  height: number,
  bytes: number,
  options: VideoOptions = {},
): VideoTrack {
  const chunks: TrackChunk[] = options.chunks ?? [
    {
      attempt: '1',
      firstNumber: 1,
      segments: [
        [120_120, bytes],
        [120_120, bytes + 20_000],
      ],
      keyframeBytes: [20_000, 22_000],
    },
    { attempt: '2', firstNumber: 3, segments: [[45_045, 120_000]], keyframeBytes: [21_000] },
  ];
  return {
    id,
    kind: 'video',
    codec: 'avc1.64001f',
    timescale: 30_000,
    presentationOffset: 0,
    bandwidth: bandwidthOf(chunks, 30_000),
    init: { bytes: 800, sha256: SHA256 },
    width,
    height,
    frameRate: { num: 30_000, den: 1001 },
    videoRange: 'SDR',
    ...options,
    chunks,
  };
}

/** 446 AAC frames: 5.2 ms more than the picture. */
export function audioTrack(id: string, language: string, options: Partial<AudioTrack> = {}): AudioTrack {
  const chunks: TrackChunk[] = [
    {
      attempt: '1',
      firstNumber: 1,
      segments: [
        [192_512, 64_000],
        [192_512, 64_400],
        [71_680, 24_000],
      ],
    },
  ];
  return {
    id,
    kind: 'audio',
    codec: 'mp4a.40.2',
    timescale: 48_000,
    presentationOffset: 0,
    bandwidth: bandwidthOf(chunks, 48_000),
    init: { bytes: 700, sha256: SHA256 },
    channels: 2,
    sampleRate: 48_000,
    language,
    role: 'main',
    chunks,
    ...options,
  };
}

/** 9.5095 s in segments of four: the third is short. */
export function textTrack(id: string, language: string, options: Partial<TextTrack> = {}): TextTrack {
  return {
    id,
    kind: 'subtitles',
    language,
    isDefault: false,
    attempt: '1',
    wholeBytes: 250,
    segmentSeconds: 4,
    segmentBytes: [120, 110, 60],
    made: { key: `sources/asset1/tracks/${id}-1`, shiftMs: 0 },
    ...options,
  };
}

/** Parsed by the schema, so that no test renders a presentation that could not be published. */
export function presentationOf(tracks: readonly Track[], assetId = 'asset1'): Presentation {
  return presentationSchema.parse({
    schema: 1,
    assetId,
    version: 'ver1',
    revision: 1,
    source: {
      container: 'mov,mp4',
      sizeBytes: 1000,
      width: 1920,
      height: 1080,
      frameRate: { num: 30_000, den: 1001 },
      frameCount: 285,
      durationSeconds: 9.5095,
      videoCodec: 'h264',
    },
    tracks,
  });
}

export const VIDEOS = [
  videoTrack('v360', 640, 360, 400_000),
  videoTrack('v720', 1280, 720, 900_000),
  videoTrack('v1080', 1920, 1080, 2_400_000),
];
export const AUDIOS = [audioTrack('a128-en', 'eng'), audioTrack('a128-de', 'de', { role: 'alternate' })];

/** Three renditions, two languages. */
export const presentation = (assetId?: string): Presentation => presentationOf([...VIDEOS, ...AUDIOS], assetId);
