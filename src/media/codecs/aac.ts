/** AAC (ISO/IEC 14496-3) in `mp4a` (14496-14 6.7, 14496-1 7.2.6). */
import { type Box, type BoxReader, CmafError, requireBox } from '../boxes/boxes.ts';
import type { AudioCodecRow, AudioEntry } from './codec.ts';

const AUDIO_FIELDS_BYTES = 28;
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const OBJECT_TYPE_MPEG4_AUDIO = 0x40;

function readEntry(reader: BoxReader, entry: Box): AudioEntry {
  reader.requireBytes(entry.contentStart, AUDIO_FIELDS_BYTES, entry.end);
  // QuickTime's entries of versions 1 and 2 have more fields here. CMAF has version 0 only.
  if (reader.view.getUint16(entry.contentStart + 8) !== 0) {
    throw new CmafError('unsupported', 'QuickTime sound description');
  }
  const esds = requireBox(reader.boxes(entry.contentStart + AUDIO_FIELDS_BYTES, entry.end), 'esds');
  return {
    kind: 'audio',
    fourcc: entry.type,
    codec: `${entry.type}.40.${readAudioObjectType(reader, esds)}`,
    channels: reader.view.getUint16(entry.contentStart + 16),
    sampleRate: reader.view.getUint32(entry.contentStart + 24) >>> 16,
  };
}

/** Where the content of a descriptor lies (14496-1 8.3.3): a tag, a length of up to four 7-bit groups, the content. */
export function readDescriptor(reader: BoxReader, tag: number, offset: number, end: number): { start: number; end: number } {
  reader.requireBytes(offset, 2, end);
  const found = reader.view.getUint8(offset);
  if (found !== tag) {
    throw new CmafError('malformed', `descriptor ${found}, wanted ${tag}`);
  }
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    reader.requireBytes(offset + index, 1, end);
    const byte = reader.view.getUint8(offset + index);
    length = length * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      const start = offset + index + 1;
      reader.requireBytes(start, length, end);
      return { start, end: start + length };
    }
  }
  throw new CmafError('malformed', 'descriptor length has more than four bytes');
}

/** 2: AAC-LC, 5: SBR, 29: PS. */
function readAudioObjectType(reader: BoxReader, esds: Box): number {
  const { fields } = reader.fullBox(esds);
  const es = readDescriptor(reader, ES_DESCRIPTOR, fields, esds.end);
  reader.requireBytes(es.start, 3, es.end);
  // MP4 files never have the three optional fields of ES_Descriptor (14496-14 4.1.2).
  if ((reader.view.getUint8(es.start + 2) & 0xe0) !== 0) {
    throw new CmafError('unsupported', 'ES_Descriptor with optional fields');
  }
  const config = readDescriptor(reader, DECODER_CONFIG, es.start + 3, es.end);
  reader.requireBytes(config.start, 13, config.end);
  if (reader.view.getUint8(config.start) !== OBJECT_TYPE_MPEG4_AUDIO) {
    throw new CmafError('unsupported', 'mp4a that is not MPEG-4 audio');
  }
  const specific = readDescriptor(reader, DECODER_SPECIFIC_INFO, config.start + 13, config.end);
  reader.requireBytes(specific.start, 2, specific.end);
  const bits = reader.view.getUint16(specific.start);
  const objectType = bits >>> 11;
  // 14496-3 1.6.2.1: 31 announces a six-bit extension.
  return objectType === 31 ? 32 + ((bits >>> 5) & 0x3f) : objectType;
}

/** ISO/IEC 23001-8 channel configurations by count, for counts that name one layout. */
const CHANNEL_CONFIGURATIONS: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 12 };

export const AAC: AudioCodecRow = {
  kind: 'audio',
  name: 'AAC',
  trackPrefix: 'a',
  /** AAC-LC and HE-AAC (HAS 1.10). */
  codecString: /^mp4a\.40\.(2|5|29)$/,
  sampleEntries: ['mp4a'],
  readEntry,
  /** Of an AAC-LC access unit. */
  frameSamples: 1024,
  bitratesKbps: { 2: 128, 6: 384 },
  isSplittable: true,
  /** ffmpeg's encoder, stereo, 48 kHz. */
  encodeNanosecondsPerSample: 650,
  dashChannels: (channels) => {
    const value = CHANNEL_CONFIGURATIONS[channels];
    return value === undefined ? null : { schemeIdUri: 'urn:mpeg:mpegB:cicp:ChannelConfiguration', value };
  },
};
