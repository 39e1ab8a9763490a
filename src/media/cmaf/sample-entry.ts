/** Codec facts of the sample entries that we make: AVC (ISO/IEC 14496-15 5.4) and AAC (14496-14 6.7, 14496-1 7.2.6). */
import {
  type Box,
  findBox,
  fourCharacters,
  type Reader,
  readBoxes,
  readChildren,
  readFullBox,
  requireBox,
  requireBytes,
} from './boxes.ts';
import { CmafError } from './cmaf-error.ts';

export type VideoEntry = {
  kind: 'video';
  fourcc: string;
  /** RFC 6381, e.g. `avc1.64001f`. */
  codec: string;
  /** From avcC: AVCProfileIndication, profile_compatibility, AVCLevelIndication (level × 10). */
  profile: number;
  compatibility: number;
  level: number;
  /** Coded size in samples. */
  width: number;
  height: number;
};

export type AudioEntry = {
  kind: 'audio';
  fourcc: string;
  /** RFC 6381, e.g. `mp4a.40.2`. */
  codec: string;
  /** MPEG-4 audio object type: 2 AAC-LC, 5 SBR, 29 PS. */
  objectType: number;
  channels: number;
  sampleRate: number;
};

const VISUAL_FIELDS_BYTES = 78;
const AUDIO_FIELDS_BYTES = 28;
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const OBJECT_TYPE_MPEG4_AUDIO = 0x40;

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

/** Reads the only sample entry of `stsd`. Throws CmafError: `unsupported` for codecs other than avc1, avc3 and mp4a. */
export function readSampleEntry(reader: Reader, stsd: Box): VideoEntry | AudioEntry {
  // FullBox fields and entry_count come before the entries.
  const entries = readChildren(reader, stsd, 8);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new CmafError('unsupported', `${entries.length} sample entries, wanted one`);
  }
  if (entry.type === 'avc1' || entry.type === 'avc3') {
    return readAvcEntry(reader, entry);
  }
  if (entry.type === 'mp4a') {
    return readAacEntry(reader, entry);
  }
  throw new CmafError('unsupported', `sample entry ${JSON.stringify(entry.type)}`);
}

function readAvcEntry(reader: Reader, entry: Box): VideoEntry {
  const avcC = requireBox(readChildren(reader, entry, VISUAL_FIELDS_BYTES), 'avcC');
  requireBytes(reader, avcC.contentStart, 4, avcC.end);
  const [version, profile, compatibility, level] = reader.bytes.subarray(avcC.contentStart, avcC.contentStart + 4);
  if (version !== 1 || profile === undefined || compatibility === undefined || level === undefined) {
    throw new CmafError('malformed', `avcC configurationVersion ${version}`);
  }
  return {
    kind: 'video',
    fourcc: entry.type,
    codec: `${entry.type}.${hexByte(profile)}${hexByte(compatibility)}${hexByte(level)}`,
    profile,
    compatibility,
    level,
    width: reader.view.getUint16(entry.contentStart + 24),
    height: reader.view.getUint16(entry.contentStart + 26),
  };
}

function readAacEntry(reader: Reader, entry: Box): AudioEntry {
  requireBytes(reader, entry.contentStart, AUDIO_FIELDS_BYTES, entry.end);
  // QuickTime's version 1 and 2 entries have further fields here; CMAF has version 0 only.
  if (reader.view.getUint16(entry.contentStart + 8) !== 0) {
    throw new CmafError('unsupported', 'QuickTime sound description');
  }
  const esds = findBox(readBoxes(reader, entry.contentStart + AUDIO_FIELDS_BYTES, entry.end), 'esds');
  if (esds === undefined) {
    throw new CmafError('malformed', `${fourCharacters(reader, entry.start + 4)} without esds`);
  }
  const objectType = readAudioObjectType(reader, esds);
  return {
    kind: 'audio',
    fourcc: entry.type,
    codec: `${entry.type}.40.${objectType}`,
    objectType,
    channels: reader.view.getUint16(entry.contentStart + 16),
    sampleRate: reader.view.getUint32(entry.contentStart + 24) >>> 16,
  };
}

type Descriptor = { tag: number; start: number; end: number };

/** One descriptor of 14496-1 8.3.3: a tag, a length of up to four 7-bit groups, the content. */
function readDescriptor(reader: Reader, offset: number, end: number): Descriptor {
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

function expectDescriptor(reader: Reader, tag: number, offset: number, end: number): Descriptor {
  const descriptor = readDescriptor(reader, offset, end);
  if (descriptor.tag !== tag) {
    throw new CmafError('malformed', `descriptor ${descriptor.tag}, wanted ${tag}`);
  }
  return descriptor;
}

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
