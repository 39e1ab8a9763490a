/**
 * The presentation: the JSON that describes a version, its tracks and every segment. It is written once per revision
 * and is the only input of the manifest renderers. A segment is `[durationTicks, bytes]`, which keeps the JSON small.
 */

import { z } from 'zod';
import { labelSchema } from '../platform/text.ts';
import { codecRowOf } from './codecs/codecs.ts';
import { fractionSchema } from './fraction.ts';
import { assetIdSchema, attemptSchema, isSourceTrack, trackIdSchema, versionIdSchema } from './ids.ts';
import { languageSchema } from './language.ts';
import {
  MAX_CHAPTER_TITLE,
  MAX_CHAPTERS,
  MAX_CHUNKS,
  MAX_DIMENSION,
  MAX_INIT_BYTES,
  MAX_REVISION,
  MAX_SEGMENT_BYTES,
  MAX_SEGMENTS_PER_TRACK,
  MAX_TEXT_SLICE_BYTES,
  MAX_TEXT_TRACKS,
  MAX_TIMESCALE,
  MAX_TRACK_NAME,
  MAX_TRACKS,
} from './limits.ts';

/** EXT-X-STREAM-INF VIDEO-RANGE (RFC 8216bis 4.4.6.2). */
export const VIDEO_RANGES = ['SDR', 'PQ', 'HLG'] as const;
export type VideoRange = (typeof VIDEO_RANGES)[number];

const MAX_SEGMENT_TICKS = 2 ** 40;

const isCount = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max;

const isListOf = (value: unknown, isEntry: (entry: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.length <= MAX_SEGMENTS_PER_TRACK && value.every(isEntry);

/** Ticks and bytes of one segment. */
const isSegmentEntry = (entry: unknown): boolean =>
  Array.isArray(entry) &&
  entry.length === 2 &&
  isCount(entry[0], MAX_SEGMENT_TICKS) &&
  isCount(entry[1], MAX_SEGMENT_BYTES);

/** The lists of a track's segments, also in the reports of encoders. */
export const segmentLists = {
  /** By loops: a schema per number takes 20 ms for a two-hour film, which every isolate parses; loops take 1 ms. */
  segments: z.custom<[durationTicks: number, bytes: number][]>(
    (value) => isListOf(value, isSegmentEntry) && value.length >= 1,
    'must be pairs of ticks and bytes',
  ),
  /** Video: bytes from the segment's start to the end of its first sample, an IDR. I-frame playlists address them. */
  keyframeBytes: z
    .custom<number[]>(
      (value) => isListOf(value, (bytes) => isCount(bytes, MAX_SEGMENT_BYTES)),
      'must be numbers of bytes',
    )
    .optional(),
};

const trackChunkSchema = z.strictObject({
  attempt: attemptSchema,
  /** Number of the first segment; the k-th of `segments` has number firstNumber + k. */
  firstNumber: z.int().min(1),
  ...segmentLists,
});
export type TrackChunk = z.infer<typeof trackChunkSchema>;

export const timescaleSchema = z.int().min(1).max(MAX_TIMESCALE);
export const initSchema = z.strictObject({
  bytes: z.int().min(1).max(MAX_INIT_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const keyIdSchema = z.string().regex(/^[0-9a-f]{32}$/);

const trackBase = {
  id: trackIdSchema,
  /** RFC 6381. */
  codec: z.string().refine((codec) => codecRowOf(codec) !== undefined, 'is no codec of the table'),
  timescale: timescaleSchema,
  /** Ticks: media time that is shown at presentation time 0 (DASH presentationTimeOffset). */
  presentationOffset: z.int().min(0),
  /** Ticks: media time of the first segment, where that is not `presentationOffset`. */
  startTicks: z.int().min(0).optional(),
  /** Bits per second, measured over the segments. */
  bandwidth: z.strictObject({ average: z.int().min(1), peak: z.int().min(1) }),
  init: initSchema,
  protection: z
    .strictObject({ scheme: z.enum(['cbcs', 'cenc']), keyIds: z.array(keyIdSchema).min(1).max(8) })
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
  /** Clockwise: players have to turn the picture. `width` and `height` are of the turned one. Source tracks only. */
  rotation: z.literal([90, 180, 270]).optional(),
});
export type VideoTrack = z.infer<typeof videoTrackSchema>;

/** Sound for another purpose than the film's own; the others are `main`, the default, and `alternate`. */
export const AUDIO_ROLES = ['commentary', 'description', 'clean_speech'] as const;
export type AudioRole = (typeof AUDIO_ROLES)[number];

/** EBU R 128 of a whole track. Null: silence has none. */
export const loudnessSchema = z.strictObject({
  integratedLufs: z.number().min(-70).max(20).nullable(),
  /** Loudness range (EBU Tech 3342), LU. */
  rangeLu: z.number().min(0).max(100),
  truePeakDbtp: z.number().min(-150).max(30).nullable(),
});
export type Loudness = z.infer<typeof loudnessSchema>;

const audioTrackSchema = z.strictObject({
  ...trackBase,
  kind: z.literal('audio'),
  channels: z.int().min(1).max(64),
  sampleRate: z.int().min(8000).max(192_000),
  language: languageSchema,
  role: z.enum(['main', 'alternate', ...AUDIO_ROLES]),
  /** As the source or its owner names it. Left out: players see the language. */
  name: labelSchema(MAX_TRACK_NAME).optional(),
  /** Id of the stereo track with the same sound: labels are that one's. Left out: this is it. */
  formatOf: trackIdSchema.optional(),
  /** Left out by encoders of earlier releases. */
  loudness: loudnessSchema.optional(),
});
export type AudioTrack = z.infer<typeof audioTrackSchema>;

const trackSchema = z.discriminatedUnion('kind', [videoTrackSchema, audioTrackSchema]);
export type Track = z.infer<typeof trackSchema>;

/**
 * `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand;
 * `descriptions` say in words what the picture shows.
 */
export const TEXT_KINDS = ['subtitles', 'captions', 'forced', 'descriptions'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** A text track's one object has the whole track as WebVTT, then its segments, each a WebVTT file of its own. */
const textTrackSchema = z.strictObject({
  id: trackIdSchema,
  kind: z.enum(TEXT_KINDS),
  language: languageSchema,
  name: labelSchema(MAX_TRACK_NAME).optional(),
  isDefault: z.boolean(),
  attempt: attemptSchema,
  wholeBytes: z.int().min(1).max(MAX_TEXT_SLICE_BYTES),
  /** Every segment but the last lasts as long. */
  segmentSeconds: z.int().min(1).max(3600),
  segmentBytes: z.array(z.int().min(1).max(MAX_TEXT_SLICE_BYTES)).min(1).max(MAX_SEGMENTS_PER_TRACK),
  /** What it was made of: a file of cues in the bucket, shifted by so much. Renderers do not use it. */
  made: z.strictObject({ key: z.string().max(1024), shiftMs: z.int() }),
});
export type TextTrack = z.infer<typeof textTrackSchema>;

/** Titles of chapters in one language, by start. */
export const chaptersSchema = z
  .array(
    z.strictObject({
      language: languageSchema,
      chapters: z
        .array(
          z.strictObject({
            /** From the film's start. A chapter ends where the next begins. */
            startMs: z.int().min(0),
            title: labelSchema(MAX_CHAPTER_TITLE),
          }),
        )
        .min(1)
        .max(MAX_CHAPTERS),
    }),
  )
  .max(MAX_TEXT_TRACKS);
export type ChapterLists = z.infer<typeof chaptersSchema>;

export const presentationSchema = z.strictObject({
  schema: z.literal(1),
  assetId: assetIdSchema,
  version: versionIdSchema,
  revision: z.int().min(1).max(MAX_REVISION),
  /** What it was encoded from. People see it; renderers do not use it. */
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
  /** Left out where there are none, as in presentations of earlier releases. */
  texts: z.array(textTrackSchema).max(MAX_TEXT_TRACKS).optional(),
  chapters: chaptersSchema.optional(),
});
export type Presentation = z.infer<typeof presentationSchema>;
/** A presentation before publishing gives it a number. */
export type Unnumbered = Omit<Presentation, 'revision'>;
type Tracks = Pick<Presentation, 'tracks'>;

/** Throws ZodError or SyntaxError; the caller names the object. */
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

/** Media time of a track's first segment. */
export const firstTicks = ({ presentationOffset, startTicks = presentationOffset }: Track): number => startTicks;

/** Whether it is made from the source on request. */
export const isFromSource = ({ tracks }: Tracks): boolean => tracks.some(({ id }) => isSourceTrack(id));

/** Every segment of a track in presentation order. */
export function* segmentsOf(track: Track): Generator<NumberedSegment> {
  let startTicks = firstTicks(track);
  for (const { attempt, firstNumber, segments, keyframeBytes } of track.chunks) {
    for (const [index, [durationTicks, bytes]] of segments.entries()) {
      const number = firstNumber + index;
      yield { number, attempt, startTicks, durationTicks, bytes, keyframeBytes: keyframeBytes?.[index] };
      startTicks += durationTicks;
    }
  }
}

// Loops that read entries by index: a pattern would run an iterator for each of the 18,000, `reduce` a callback.

export function trackDurationTicks({ chunks }: Track): number {
  let total = 0;
  for (const { segments } of chunks) {
    for (const entry of segments) {
      total += entry[0];
    }
  }
  return total;
}

/** Ticks of a track's longest segment. */
export function longestSegmentTicks({ chunks }: Track): number {
  let longest = 0;
  for (const { segments } of chunks) {
    for (const entry of segments) {
      longest = Math.max(longest, entry[0]);
    }
  }
  return longest;
}

export const trackDurationSeconds = (track: Track): number => trackDurationTicks(track) / track.timescale;

/**
 * The track whose duration the API and an MPD state: the longest of video. Sound covers the picture and runs on for
 * less than one of its frames, which players cut off at the end of the period.
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

export const POLICIES = ['signed', 'public'] as const;
export type Policy = (typeof POLICIES)[number];
/** `current.json`: the one mutable object that delivery reads per asset. */
export const currentSchema = z.strictObject({
  version: versionIdSchema,
  revision: z.int().min(1),
  policy: z.enum(POLICIES),
  disabled: z.boolean(),
  /** Left out where it is false, as in files that were written before this member existed. */
  prewarm: z.boolean().optional(),
  /** Unix milliseconds: it plays from the first until before the second. Left out where there is no such time. */
  publishAt: z.int().optional(),
  unpublishAt: z.int().optional(),
});
export type Current = z.infer<typeof currentSchema>;
