/** AAC (ISO/IEC 14496-3) in `mp4a` (14496-14 6.7, 14496-1 7.2.6). */
import {
  type Box,
  findBox,
  fourCharacters,
  type Reader,
  readBoxes,
  readFullBox,
  requireBytes,
} from '../boxes/boxes.ts';
import { CmafError } from '../boxes/cmaf-error.ts';
import type { AudioCodecRow, AudioEntry, Descriptor } from './codec.ts';

const AUDIO_FIELDS_BYTES = 28;
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const OBJECT_TYPE_MPEG4_AUDIO = 0x40;

function readEntry(reader: Reader, entry: Box): AudioEntry {
  requireBytes(reader, entry.contentStart, AUDIO_FIELDS_BYTES, entry.end);
  // QuickTime's version 1 and 2 entries have further fields here; CMAF has version 0 only.
  if (reader.view.getUint16(entry.contentStart + 8) !== 0) {
    throw new CmafError('unsupported', 'QuickTime sound description');
  }
  const esds = findBox(readBoxes(reader, entry.contentStart + AUDIO_FIELDS_BYTES, entry.end), 'esds');
  if (esds === undefined) {
    throw new CmafError('malformed', `${fourCharacters(reader, entry.start + 4)} without esds`);
  }
  return {
    kind: 'audio',
    fourcc: entry.type,
    codec: `${entry.type}.40.${readAudioObjectType(reader, esds)}`,
    channels: reader.view.getUint16(entry.contentStart + 16),
    sampleRate: reader.view.getUint32(entry.contentStart + 24) >>> 16,
  };
}

type EsDescriptor = { tag: number; start: number; end: number };

/** One descriptor of 14496-1 8.3.3: a tag, a length of up to four 7-bit groups, the content. */
function readDescriptor(reader: Reader, offset: number, end: number): EsDescriptor {
  requireBytes(reader, offset, 2, end);
  const tag = reader.view.getUint8(offset);
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    requireBytes(reader, offset + index, 1, end);
    const byte = reader.view.getUint8(offset + index);
    length = length * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      const start = offset + index + 1;
      requireBytes(reader, start, length, end);
      return { tag, start, end: start + length };
    }
  }
  throw new CmafError('malformed', 'descriptor length has more than four bytes');
}

function expectDescriptor(reader: Reader, tag: number, offset: number, end: number): EsDescriptor {
  const descriptor = readDescriptor(reader, offset, end);
  if (descriptor.tag !== tag) {
    throw new CmafError('malformed', `descriptor ${descriptor.tag}, wanted ${tag}`);
  }
  return descriptor;
}

/** 2: AAC-LC, 5: SBR, 29: PS. */
function readAudioObjectType(reader: Reader, esds: Box): number {
  const { fields } = readFullBox(reader, esds);
  const es = expectDescriptor(reader, ES_DESCRIPTOR, fields, esds.end);
  requireBytes(reader, es.start, 3, es.end);
  // In MP4 files the three optional fields of ES_Descriptor are never there (14496-14 4.1.2).
  if ((reader.view.getUint8(es.start + 2) & 0xe0) !== 0) {
    throw new CmafError('unsupported', 'ES_Descriptor with optional fields');
  }
  const config = expectDescriptor(reader, DECODER_CONFIG, es.start + 3, es.end);
  requireBytes(reader, config.start, 13, config.end);
  if (reader.view.getUint8(config.start) !== OBJECT_TYPE_MPEG4_AUDIO) {
    throw new CmafError('unsupported', 'mp4a that is not MPEG-4 audio');
  }
  const specific = expectDescriptor(reader, DECODER_SPECIFIC_INFO, config.start + 13, config.end);
  requireBytes(reader, specific.start, 2, specific.end);
  const bits = reader.view.getUint16(specific.start);
  const objectType = bits >>> 11;
  // 14496-3 1.6.2.1: 31 announces a six-bit extension.
  return objectType === 31 ? 32 + ((bits >>> 5) & 0x3f) : objectType;
}

/** ISO/IEC 23001-8 channel configurations by count; counts that do not name one layout are left out. */
const CHANNEL_CONFIGURATIONS: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 12 };

function dashChannels(channels: number): Descriptor | null {
  const value = CHANNEL_CONFIGURATIONS[channels];
  return value === undefined ? null : { schemeIdUri: 'urn:mpeg:mpegB:cicp:ChannelConfiguration', value };
}

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
  bitrateKbps: 128,
  /** ffmpeg's encoder, stereo, 48 kHz. */
  encodeNanosecondsPerSample: 650,
  dashChannels,
};
