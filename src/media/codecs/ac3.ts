/** AC-3 and E-AC-3 (ETSI TS 102 366) in `ac-3` and `ec-3` sample entries (annex F). */
import { type Box, type BoxReader, requireBox } from '../boxes/boxes.ts';
import type { AudioCodecRow, AudioEntry } from './codec.ts';

const AUDIO_FIELDS_BYTES = 28;

/** Channels of `acmod` (4.4.2.3), without the low-frequency one. */
const CHANNELS_OF_MODE = [2, 1, 2, 3, 3, 4, 4, 5] as const;

/** The three bytes where `acmod` and `lfeon` stand: `dac3` (F.4) and the first substream of `dec3` (F.6). */
function readEntry(reader: BoxReader, entry: Box): AudioEntry {
  reader.requireBytes(entry.contentStart, AUDIO_FIELDS_BYTES, entry.end);
  const isAc3 = entry.type === 'ac-3';
  const box = requireBox(reader.boxes(entry.contentStart + AUDIO_FIELDS_BYTES, entry.end), isAc3 ? 'dac3' : 'dec3');
  const start = box.contentStart + (isAc3 ? 0 : 2);
  reader.requireBytes(start, 3, box.end);
  const bits = (reader.view.getUint16(start) << 8) | reader.view.getUint8(start + 2);
  // fscod 2, bsid 5; then AC-3: bsmod 3, acmod 3, lfeon 1. E-AC-3: reserved 1, asvc 1, bsmod 3, acmod 3, lfeon 1.
  const mode = (bits >>> (isAc3 ? 11 : 9)) & 7;
  const hasLfe = (bits >>> (isAc3 ? 10 : 8)) & 1;
  return {
    kind: 'audio',
    fourcc: entry.type,
    codec: entry.type,
    // The field of the sample entry says 2 for any layout (F.3).
    channels: (CHANNELS_OF_MODE[mode] ?? 2) + hasLfe,
    sampleRate: reader.view.getUint32(entry.contentStart + 24) >>> 16,
  };
}

/** ETSI TS 103 190-2 annex G, as DASH-IF registers it: a bit for each speaker pair, 5.1 is L R C LFE Ls Rs. */
const DOLBY_SPEAKERS: Readonly<Record<number, string>> = { 2: 'A000', 6: 'F801' };

const COMMON = {
  kind: 'audio',
  readEntry,
  /** Six blocks of 256. */
  frameSamples: 1536,
  isSplittable: false,
  encodeNanosecondsPerSample: 60,
  dashChannels: (channels) => {
    const value = DOLBY_SPEAKERS[channels];
    const schemeIdUri = 'tag:dolby.com,2014:dash:audio_channel_configuration:2011';
    return value === undefined ? null : { schemeIdUri, value };
  },
} as const satisfies Partial<AudioCodecRow>;

export const EAC3: AudioCodecRow = {
  ...COMMON,
  name: 'E-AC-3',
  trackPrefix: 'a-ec3-',
  codecString: /^ec-3$/,
  sampleEntries: ['ec-3'],
  bitratesKbps: { 6: 384 },
};

export const AC3: AudioCodecRow = {
  ...COMMON,
  name: 'AC-3',
  trackPrefix: 'a-ac3-',
  codecString: /^ac-3$/,
  sampleEntries: ['ac-3'],
  bitratesKbps: { 6: 448 },
};
