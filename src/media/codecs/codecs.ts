/**
 * The table of codecs. A new codec is a row here, a module beside it, and its programs in encoder/media. Plans
 * and tasks name a codec by its key in this table, presentations by its RFC 6381 string.
 */
import { AAC } from './aac.ts';
import { AC3, EAC3 } from './ac3.ts';
import { AVC } from './avc.ts';
import type { AudioCodecRow, CodecRow, VideoCodecRow } from './codec.ts';

const VIDEO_ROWS = { avc: AVC } as const satisfies Record<string, VideoCodecRow>;
const AUDIO_ROWS = { aac: AAC, eac3: EAC3, ac3: AC3 } as const satisfies Record<string, AudioCodecRow>;

export type VideoCodec = keyof typeof VIDEO_ROWS;
export type AudioCodec = keyof typeof AUDIO_ROWS;

/** The codec of a plan that names none. Encoders of earlier releases refuse a plan that names one. */
export const DEFAULT_VIDEO_CODEC: VideoCodec = 'avc';
export const DEFAULT_AUDIO_CODEC: AudioCodec = 'aac';

export const VIDEO_CODECS = Object.keys(VIDEO_ROWS) as [VideoCodec, ...VideoCodec[]];
export const AUDIO_CODECS = Object.keys(AUDIO_ROWS) as [AudioCodec, ...AudioCodec[]];

export const videoCodecRow = (codec: VideoCodec = DEFAULT_VIDEO_CODEC): VideoCodecRow => VIDEO_ROWS[codec];
export const audioCodecRow = (codec: AudioCodec = DEFAULT_AUDIO_CODEC): AudioCodecRow => AUDIO_ROWS[codec];

const ROWS: readonly CodecRow[] = [...Object.values(VIDEO_ROWS), ...Object.values(AUDIO_ROWS)];

/** By RFC 6381 string; undefined for a string that no track may declare. */
export const codecRowOf = (codecString: string): CodecRow | undefined =>
  ROWS.find((row) => row.codecString.test(codecString));

/** By the type of a sample entry. */
export const codecRowOfEntry = (fourcc: string): CodecRow | undefined =>
  ROWS.find(({ sampleEntries }) => sampleEntries.includes(fourcc));
