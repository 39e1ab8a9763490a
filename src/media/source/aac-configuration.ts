/** An esds box (ISO/IEC 14496-1 7.2.6, 14496-14 5.6): AAC-LC or HE-AAC, as players take it. Pure. */
import type { Box, BoxReader } from '../boxes/boxes.ts';
import { readDescriptor } from '../codecs/aac.ts';
import { BitReader } from './bits.ts';
import { damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const SYNC_LAYER_CONFIG = 6;
const MPEG4_AUDIO = 0x40;
/** Ours have 2 to 5 bytes, those of libfdk up to 10. */
const MAX_SPECIFIC_BYTES = 64;

/** ISO/IEC 14496-3 table 1.17: audio object types. */
const LC = 2;
const SBR = 5;
const PS = 29;
/** Table 1.18. A rate of its own (15) is not known to all decoders. */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** Table 1.19: channels by configuration. 0, a layout within the packets, is not known to all players. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

export type AacConfiguration = {
  codec: string;
  /** A whole esds box, without optional fields. */
  box: Uint8Array;
  channels: number;
  sampleRate: number;
  /** What decoders make of a packet. */
  packetSeconds: number;
};

/** Of the core; HE-AAC doubles rate and samples. */
const PACKET_SAMPLES = 1024;

const other = (detail: string): NotStandard => new NotStandard('audio_codec', detail);

function readRate(bits: BitReader): number {
  const index = bits.bits(4);
  const rate = SAMPLE_RATES[index];
  if (rate === undefined) {
    throw other(`sample rate ${index}`);
  }
  return rate;
}

/** AudioSpecificConfig, 14496-3 1.6.2.1. */
function readSpecific(specific: Uint8Array): Omit<AacConfiguration, 'box'> {
  const bits = new BitReader(specific);
  const type = bits.bits(5);
  let sampleRate = readRate(bits);
  const packetSeconds = PACKET_SAMPLES / sampleRate;
  const channels = CHANNELS[bits.bits(4)] ?? 0;
  if (![LC, SBR, PS].includes(type) || channels === 0) {
    throw other(`audio object type ${type}, ${channels} channels`);
  }
  if (type !== LC) {
    sampleRate = readRate(bits);
    if (bits.bits(5) !== LC) {
      throw other('HE-AAC of another kind than AAC-LC');
    }
  }
  if (bits.flag()) {
    throw other('frames of 960 samples');
  }
  // Parametric stereo is coded as one channel.
  const heard = type === PS && channels === 1 ? 2 : channels;
  return { codec: `mp4a.40.${type}`, channels: heard, sampleRate, packetSeconds };
}

/** The optional fields of an ES_Descriptor, 14496-1 7.2.6.5: what it depends on, a URL, a clock. */
function endOfOptional(reader: BoxReader, flagsAt: number, end: number): number {
  reader.requireBytes(flagsAt, 1, end);
  const flags = reader.view.getUint8(flagsAt);
  let offset = flagsAt + 1 + ((flags & 0x80) === 0 ? 0 : 2);
  if ((flags & 0x40) !== 0) {
    reader.requireBytes(offset, 1, end);
    offset += 1 + reader.view.getUint8(offset);
  }
  return offset + ((flags & 0x20) === 0 ? 0 : 2);
}

const descriptor = (tag: number, ...content: number[]): number[] => [tag, content.length, ...content];

/** All lengths fit into seven bits. */
function writeEsds(decoderFields: Uint8Array, specific: Uint8Array): Uint8Array {
  const config = [...decoderFields, ...descriptor(DECODER_SPECIFIC_INFO, ...specific)];
  const layer = descriptor(SYNC_LAYER_CONFIG, 2);
  const content = descriptor(ES_DESCRIPTOR, 0, 0, 0, ...descriptor(DECODER_CONFIG, ...config), ...layer);
  const type = [0x65, 0x73, 0x64, 0x73];
  return Uint8Array.of(0, 0, 0, 12 + content.length, ...type, 0, 0, 0, 0, ...content);
}

/** Throws NotStandard, and CmafError for broken descriptors. */
export function readAacConfiguration(reader: BoxReader, esds: Box): AacConfiguration {
  const { fields } = reader.fullBox(esds);
  const es = readDescriptor(reader, ES_DESCRIPTOR, fields, esds.end);
  const config = readDescriptor(reader, DECODER_CONFIG, endOfOptional(reader, es.start + 2, es.end), es.end);
  reader.requireBytes(config.start, 13, config.end);
  const objectType = reader.view.getUint8(config.start);
  if (objectType !== MPEG4_AUDIO) {
    throw other(`object type indication ${objectType}`);
  }
  const { start, end } = readDescriptor(reader, DECODER_SPECIFIC_INFO, config.start + 13, config.end);
  if (end - start > MAX_SPECIFIC_BYTES) {
    throw damaged(`decoder specific info of ${end - start} bytes`);
  }
  const specific = reader.bytes.subarray(start, end);
  const fieldsOfDecoder = reader.bytes.subarray(config.start, config.start + 13);
  return { ...readSpecific(specific), box: writeEsds(fieldsOfDecoder, specific) };
}
