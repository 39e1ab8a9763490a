/**
 * The shape of a codec's row: everything that depends on the codec, but for the encoder's programs (encoder/media)
 * and the names that browsers show. Types only.
 */
import type { Box, Reader } from '../boxes/boxes.ts';
import type { X264Preset } from './presets.ts';

/** What a sample entry says (ISO/IEC 14496-12 12.1.3, 12.2.3). */
export type VideoEntry = {
  kind: 'video';
  fourcc: string;
  /** RFC 6381, e.g. `avc1.64001f`. */
  codec: string;
  /** Coded size in samples. */
  width: number;
  height: number;
};
export type AudioEntry = {
  kind: 'audio';
  fourcc: string;
  /** RFC 6381, e.g. `mp4a.40.2`. */
  codec: string;
  channels: number;
  sampleRate: number;
};

type Row<Entry> = {
  /** As people write it. */
  name: string;
  /** Begins the ids of its tracks: the kind's letter (media-types.ts), and the codec's name where it is not the default. */
  trackPrefix: string;
  /** RFC 6381 strings that a track may declare: what both HLS and DASH players take. */
  codecString: RegExp;
  /** Sample entries in which it is read. */
  sampleEntries: readonly string[];
  /** `entry` has one of these types. Throws CmafError. */
  readEntry: (reader: Reader, entry: Box) => Entry;
};

/** What a level limits. */
export type Picture = { width: number; height: number; framesPerSecond: number; maxrateKbps: number };

export type VideoCodecRow = Row<VideoEntry> & {
  kind: 'video';
  /** The lowest level that allows the picture, as a plan names it (0–255); null where players take none. */
  findLevel: (picture: Picture) => number | null;
  /** The highest level that players take, as people write it. */
  highestLevel: string;
  /** Constant quality, as its software encoder counts it, at which live-action film stays below the ladder's rates. */
  crf: number;
  /** The rates of its renditions beside those of the ladder, which are H.264's. */
  rateFactor: number;
  /** Of one core, for a picture scaled from twice its size or more. */
  encodeNanosecondsPerPixel: (preset: X264Preset) => number;
};

/** Scheme and value of a DASH descriptor (ISO/IEC 23009-1 5.8.2). */
export type Descriptor = { schemeIdUri: string; value: string | number };

export type AudioCodecRow = Row<AudioEntry> & {
  kind: 'audio';
  /** Samples of one access unit. */
  frameSamples: number;
  /** Of a stereo rendition. */
  bitrateKbps: number;
  /** Of one core. */
  encodeNanosecondsPerSample: number;
  /** AudioChannelConfiguration of an MPD; null for a count that names no layout. */
  dashChannels: (channels: number) => Descriptor | null;
};

export type CodecRow = VideoCodecRow | AudioCodecRow;
