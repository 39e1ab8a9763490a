/**
 * The presentation: the JSON that describes a version, its tracks and every segment. Written once per revision, the only
 * input of the manifest renderers. Compact on purpose: a segment is `[durationTicks, bytes]`.
 */

import { z } from 'zod';
import { codecRowOf } from './codecs/codecs.ts';
import { fractionSchema } from './fraction.ts';
import { assetIdSchema, attemptSchema, trackIdSchema, versionIdSchema } from './ids.ts';
import { MAX_CHUNKS, MAX_DIMENSION, MAX_SEGMENT_BYTES, MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from './limits.ts';
import { VIDEO_RANGES } from './video-range.ts';

const MAX_SEGMENT_TICKS = 2 ** 40;

export const segmentEntrySchema = z.tuple([
  z.int().min(1).max(MAX_SEGMENT_TICKS),
  z.int().min(1).max(MAX_SEGMENT_BYTES),
]);

const isCount = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max;

/** Ticks and bytes of one segment: the same as segmentEntrySchema. */
const isSegmentEntry = (value: unknown): value is [durationTicks: number, bytes: number] =>
  Array.isArray(value) &&
  value.length === 2 &&
  isCount(value[0], MAX_SEGMENT_TICKS) &&
  isCount(value[1], MAX_SEGMENT_BYTES);

/**
 * By loops: a schema per number takes some 20 ms for the 18,000 segments of a two-hour film with ten tracks, the loop
 * less than one, and every isolate that plays the film parses it (bench/delivery.ts).
 */
const segmentEntries = z.custom<[durationTicks: number, bytes: number][]>(
  (value) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_SEGMENTS_PER_TRACK &&
    value.every((entry) => isSegmentEntry(entry)),
  'must be pairs of ticks and bytes',
);
const keyframeSizes = z.custom<number[]>(
  (value) =>
    Array.isArray(value) &&
    value.length <= MAX_SEGMENTS_PER_TRACK &&
    value.every((bytes) => isCount(bytes, MAX_SEGMENT_BYTES)),
  'must be numbers of bytes',
);

const trackChunkSchema = z.strictObject({
  attempt: attemptSchema,
  /** Number of the first segment; the k-th of `segments` has number firstNumber + k. */
  firstNumber: z.int().min(1),
  segments: segmentEntries,
  /** Video: bytes from the segment's start to the end of its first sample, an IDR: what an I-frame playlist addresses. */
  keyframeBytes: keyframeSizes.optional(),
});
export type TrackChunk = z.infer<typeof trackChunkSchema>;

const trackBase = {
  id: trackIdSchema,
  /** RFC 6381. */
  codec: z.string().refine((codec) => codecRowOf(codec) !== undefined, 'is no codec of the table'),
  timescale: z
    .int()
    .min(1)
    .max(2 ** 31),
  /** Ticks: media time that is shown at presentation time 0 (DASH presentationTimeOffset). */
  presentationOffset: z.int().min(0),
  /** Bits per second, measured over the segments. */
  bandwidth: z.strictObject({ average: z.int().min(1), peak: z.int().min(1) }),
  init: z.strictObject({
    bytes: z
      .int()
      .min(1)
      .max(1024 * 1024),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  protection: z
    .strictObject({
      scheme: z.enum(['cbcs', 'cenc']),
      keyIds: z
        .array(z.string().regex(/^[0-9a-f]{32}$/))
        .min(1)
        .max(8),
    })
    .optional(),
  chunks: z.array(trackChunkSchema).min(1).max(MAX_CHUNKS),
};

const videoTrackSchema = z.strictObject({
  ...trackBase,
  kind: z.literal('video'),
  width: z.int().min(2).max(MAX_DIMENSION),
  height: z.int().min(2).max(MAX_DIMENSION),
  frameRate: fractionSchema,
  videoRange: z.enum(VIDEO_RANGES),
});
export type VideoTrack = z.infer<typeof videoTrackSchema>;

const audioTrackSchema = z.strictObject({
  ...trackBase,
  kind: z.literal('audio'),
  channels: z.int().min(1).max(64),
  sampleRate: z.int().min(8000).max(192_000),
  language: z.string().regex(/^[a-z]{2,3}$/),
  role: z.enum(['main', 'alternate']),
});
export type AudioTrack = z.infer<typeof audioTrackSchema>;

const trackSchema = z.discriminatedUnion('kind', [videoTrackSchema, audioTrackSchema]);
export type Track = z.infer<typeof trackSchema>;

export const presentationSchema = z.strictObject({
  schema: z.literal(1),
  assetId: assetIdSchema,
  version: versionIdSchema,
  revision: z.int().min(1).max(10_000),
  /** What it was encoded from; shown to people, never used to render. */
  source: z.strictObject({
    container: z.string().max(64),
    sizeBytes: z.int().min(1),
    width: z.int().min(1),
    height: z.int().min(1),
    frameRate: fractionSchema,
    frameCount: z.int().min(1),
    durationSeconds: z.number().positive(),
    videoCodec: z.string().max(64),
  }),
  tracks: z.array(trackSchema).min(1).max(MAX_TRACKS),
});
export type Presentation = z.infer<typeof presentationSchema>;
/** Before it is published, which gives it a number. */
export type Unnumbered = Omit<Presentation, 'revision'>;
type Tracks = Pick<Presentation, 'tracks'>;

/** Parses bytes read from the bucket. Throws ZodError or SyntaxError; the caller names the object. */
export const parsePresentation = (json: string): Presentation => presentationSchema.parse(JSON.parse(json));

export const videoTracks = (presentation: Tracks): VideoTrack[] =>
  presentation.tracks.filter((track): track is VideoTrack => track.kind === 'video');
export const audioTracks = (presentation: Presentation): AudioTrack[] =>
  presentation.tracks.filter((track): track is AudioTrack => track.kind === 'audio');

export type NumberedSegment = {
  number: number;
  attempt: string;
  /** Media time of the first sample, ticks. */
  startTicks: number;
  durationTicks: number;
  bytes: number;
  keyframeBytes: number | undefined;
};

/** Every segment of a track in presentation order. */
export function* segmentsOf(track: Track): Generator<NumberedSegment> {
  let startTicks = track.presentationOffset;
  for (const chunk of track.chunks) {
    for (const [index, [durationTicks, bytes]] of chunk.segments.entries()) {
      const keyframeBytes = chunk.keyframeBytes?.[index];
      yield {
        number: chunk.firstNumber + index,
        attempt: chunk.attempt,
        startTicks,
        durationTicks,
        bytes,
        keyframeBytes,
      };
      startTicks += durationTicks;
    }
  }
}

// Entries are read by index below: taking them apart by pattern runs an iterator for each of the 18,000.

export function trackDurationTicks(track: Track): number {
  let total = 0;
  for (const { segments } of track.chunks) {
    for (const entry of segments) {
      total += entry[0];
    }
  }
  return total;
}

/** Ticks of a track's longest segment. */
export function longestSegmentTicks(track: Track): number {
  let longest = 0;
  for (const { segments } of track.chunks) {
    for (const entry of segments) {
      longest = Math.max(longest, entry[0]);
    }
  }
  return longest;
}

export const trackDurationSeconds = (track: Track): number => trackDurationTicks(track) / track.timescale;

/**
 * The track that says how long a presentation is, to the API and in an MPD: the longest of video. Sound covers the picture
 * and runs on for less than one of its frames, which players cut off at the end of the period.
 */
export function longestTrack(presentation: Tracks): Track {
  const videos = videoTracks(presentation);
  const measured: readonly Track[] = videos.length > 0 ? videos : presentation.tracks;
  return measured.reduce((longest, track) =>
    trackDurationSeconds(track) > trackDurationSeconds(longest) ? track : longest,
  );
}

export const presentationDurationSeconds = (presentation: Tracks): number =>
  trackDurationSeconds(longestTrack(presentation));

/** `current.json`: the one mutable object the delivery plane reads per asset. */
export const POLICIES = ['signed', 'public'] as const;
export type Policy = (typeof POLICIES)[number];
export const currentSchema = z.strictObject({
  version: versionIdSchema,
  revision: z.int().min(1),
  policy: z.enum(POLICIES),
  disabled: z.boolean(),
  /** Left out where it is false: such a file is the one that was written before there was this member. */
  prewarm: z.boolean().optional(),
});
export type Current = z.infer<typeof currentSchema>;
