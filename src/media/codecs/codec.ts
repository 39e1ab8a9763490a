/**
 * The shape of a codec's row. A row holds everything that depends on the codec, except the encoder's programs
 * (encoder/media) and the names that browsers show.
 */
import type { Box, BoxReader } from '../boxes/boxes.ts';
import type { X264Preset } from './presets.ts';

type SampleEntry = {
  fourcc: string;
  /** RFC 6381, e.g. `avc1.64001f` or `mp4a.40.2`. */
  codec: string;
};
/** What a sample entry says (ISO/IEC 14496-12 12.1.3, 12.2.3). The size is the coded size in samples. */
export type VideoEntry = SampleEntry & { kind: 'video'; width: number; height: number };
export type AudioEntry = SampleEntry & { kind: 'audio'; channels: number; sampleRate: number };

type CommonRow<Entry> = {
  /** As people write it. */
  name: string;
  /** Its track ids begin with it: the kind's letter (media-types.ts), and the codec's name unless it is the default. */
  trackPrefix: string;
  /** RFC 6381 strings that a track may declare: those that both HLS and DASH players take. */
  codecString: RegExp;
  /** Types of the sample entries that `readEntry` reads. */
  sampleEntries: readonly string[];
  readEntry: (reader: BoxReader, entry: Box) => Entry;
};

export type EncodedPicture = { width: number; height: number; framesPerSecond: number; maxrateKbps: number };

export type VideoCodecRow = CommonRow<VideoEntry> & {
  kind: 'video';
  /** The lowest level that allows the picture, as a plan names it (0–255); null where players take none. */
  findLevel: (picture: EncodedPicture) => number | null;
  /** The highest level that players take, as people write it. */
  highestLevel: string;
  /** Constant quality, in the scale of its software encoder, that keeps live-action film below the ladder's rates. */
  crf: number;
  /** Rates of its renditions as a share of the ladder's, which are H.264's. */
  rateFactor: number;
  /** Of one core, for a picture scaled from twice its size or more. */
  encodeNanosecondsPerPixel: (preset: X264Preset) => number;
};

/** Of a rendition: stereo or 5.1. */
export const AUDIO_CHANNELS = [2, 6] as const;
export type AudioChannels = (typeof AUDIO_CHANNELS)[number];

export type AudioCodecRow = CommonRow<AudioEntry> & {
  kind: 'audio';
  /** Samples of one access unit. */
  frameSamples: number;
  /** By the number of channels; a codec without a rate for it is not used for so many. */
  bitratesKbps: { readonly [Channels in AudioChannels]?: number };
  /** Whether its packets may be encoded in parts that are joined: it needs a few packets before and keeps no other state. */
  isSplittable: boolean;
  /** Of one core, for a sample of one channel pair. */
  encodeNanosecondsPerSample: number;
  /** AudioChannelConfiguration of an MPD (ISO/IEC 23009-1 5.8.2); null for a count that names no layout. */
  dashChannels: (channels: number) => { schemeIdUri: string; value: number | string } | null;
};

export type CodecRow = VideoCodecRow | AudioCodecRow;
