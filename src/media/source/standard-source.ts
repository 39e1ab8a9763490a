/**
 * A source that can be played as it is: facts of its tracks, and a way through their samples. Pure types; read-movie.ts makes
 * them of a movie's index, src/media/made consumes them.
 */

/** Walks the samples of a track in decode order, straight over the tables of the index; nothing is expanded. */
export interface SampleCursor {
  /** To the next sample; false behind the last. Throws NotStandard `index_damaged`, `timing`. Before the first call nothing else is valid. */
  next(): boolean;
  /** From 0. */
  readonly index: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly durationTicks: number;
  /** Of the media timeline, before the edit list. */
  readonly decodeTicks: number;
  /** Presentation time less decode time. */
  readonly compositionOffsetTicks: number;
  readonly isSync: boolean;
}

type SourceTrack = {
  timescale: number;
  sampleCount: number;
  /** Sum of all samples. */
  durationTicks: number;
  /**
   * Media time (presentation time of samples) that is shown at the film's start, as the edit list has it. More than that
   * of the first sample: samples before it are priming. Less: the track begins later than the film.
   */
  startTicks: number;
  samples: () => SampleCursor;
};

export type SourceVideo = SourceTrack & {
  /** RFC 6381: `avc1.640028`. */
  codec: string;
  /** Payload of the avcC box. */
  configuration: Uint8Array;
  /** As coded. */
  codedWidth: number;
  codedHeight: number;
  /** As people see it: square pixels, turned. */
  width: number;
  height: number;
  /** Clockwise, of tkhd's matrix. */
  rotation: 0 | 90 | 180 | 270;
  /** Whole boxes of the sample entry that players need: `pasp`, `colr`. */
  entryBoxes: readonly Uint8Array[];
};

export type SourceAudio = SourceTrack & {
  codec: string;
  /** A whole esds box. */
  configuration: Uint8Array;
  channels: number;
  sampleRate: number;
  /** BCP 47, `und` where the file does not say. */
  language: string;
};

export type StandardSource = {
  sizeBytes: number;
  video: SourceVideo;
  audio: SourceAudio | null;
  /** Of the picture. */
  durationSeconds: number;
  /**
   * The first and the last key sample, for `checkKeySample`. Encoders that make other pictures than the first one by other
   * rules, and files that are joined of several, show it in the last.
   */
  keySamples: readonly Slice[];
};

/** What the first sample of each made segment must be: parameter sets that the configuration has, then an IDR picture. */
export type KeySampleRule = {
  /** Bytes of a NAL unit's length field. */
  lengthBytes: number;
  /** The parameter sets that may stand in it, as base64. */
  parameterSets: string[];
};

/** Bytes of the file. */
export type Slice = { offset: number; length: number };
