/**
 * CMAF headers (ISO/IEC 23000-19 7.3.1): what an init segment says of its one track, and the few bytes that must be made
 * equal so that every chunk of a track has the same init segment.
 */
import {
  type Box,
  createReader,
  findBox,
  type Reader,
  readBoxes,
  readChildren,
  readFullBox,
  readUint32,
  readUint64,
  requireBox,
  requireBytes,
} from '../boxes/boxes.ts';
import { CmafError } from '../boxes/cmaf-error.ts';
import type { AudioEntry, VideoEntry } from '../codecs/codec.ts';
import { readSampleEntry } from './sample-entry.ts';

/** Per-sample values that fragments fall back to (trex, 14496-12 8.8.3). */
export type SampleDefaults = { duration: number; size: number; flags: number };

export type InitFacts = {
  /** Ticks per second of the track (mdhd). */
  timescale: number;
  entry: VideoEntry | AudioEntry;
  /** CMAF 9.2.1: never together with signed composition offsets. */
  hasEditList: boolean;
  /** mehd, in movie ticks; null where there is none. */
  fragmentDurationTicks: number | null;
  sampleDefaults: SampleDefaults;
};

function readTimescale(reader: Reader, box: Box): number {
  const { version, fields } = readFullBox(reader, box);
  const timescale = readUint32(reader, fields + (version === 1 ? 16 : 8), box.end);
  if (timescale === 0) {
    throw new CmafError('malformed', `${box.type} has timescale 0`);
  }
  return timescale;
}

function findTrack(reader: Reader): { moov: Box[]; trak: Box[]; mdia: Box[]; mvex: Box[] } {
  const file = readBoxes(reader, 0, reader.bytes.byteLength);
  const moov = readChildren(reader, requireBox(file, 'moov'));
  // One track per CMAF header: requireBox refuses a second one.
  const trak = readChildren(reader, requireBox(moov, 'trak'));
  return {
    moov,
    trak,
    mdia: readChildren(reader, requireBox(trak, 'mdia')),
    mvex: readChildren(reader, requireBox(moov, 'mvex')),
  };
}

/** Reads a whole init segment with one track. Throws CmafError. */
export function readInit(bytes: Uint8Array): InitFacts {
  const reader = createReader(bytes);
  const { trak, mdia, mvex } = findTrack(reader);
  const minf = readChildren(reader, requireBox(mdia, 'minf'));
  const stbl = readChildren(reader, requireBox(minf, 'stbl'));
  const trex = requireBox(mvex, 'trex');
  const trexFields = readFullBox(reader, trex).fields;
  requireBytes(reader, trexFields, 20, trex.end);
  const mehd = findBox(mvex, 'mehd');
  return {
    timescale: readTimescale(reader, requireBox(mdia, 'mdhd')),
    entry: readSampleEntry(reader, requireBox(stbl, 'stsd')),
    hasEditList: findBox(trak, 'edts') !== undefined,
    fragmentDurationTicks: mehd === undefined ? null : readFragmentDuration(reader, mehd),
    sampleDefaults: {
      duration: reader.view.getUint32(trexFields + 8),
      size: reader.view.getUint32(trexFields + 12),
      flags: reader.view.getUint32(trexFields + 16),
    },
  };
}

function readFragmentDuration(reader: Reader, mehd: Box): number {
  const { version, fields } = readFullBox(reader, mehd);
  return version === 1 ? readUint64(reader, fields, mehd.end) : readUint32(reader, fields, mehd.end);
}

function clearTimes(reader: Reader, box: Box): void {
  const { version, fields } = readFullBox(reader, box);
  const timesBytes = version === 1 ? 16 : 8;
  requireBytes(reader, fields, timesBytes, box.end);
  reader.bytes.fill(0, fields, fields + timesBytes);
}

/**
 * A copy in which what differs between two packager runs is fixed: creation and modification times (mvhd, tkhd, mdhd)
 * become 0, and mehd, which holds the length of the packaged piece, becomes that of the whole track. Same length, same
 * offsets. Throws CmafError; `unsupported` where movie and track timescale differ, as `durationTicks` would then be
 * ambiguous.
 */
export function normaliseInit(bytes: Uint8Array, durationTicks: number): Uint8Array {
  if (!Number.isSafeInteger(durationTicks) || durationTicks < 0) {
    throw new TypeError(`not a duration: ${durationTicks}`);
  }
  const copy = Uint8Array.from(bytes);
  const reader = createReader(copy);
  const { moov, trak, mdia, mvex } = findTrack(reader);
  const mvhd = requireBox(moov, 'mvhd');
  const mdhd = requireBox(mdia, 'mdhd');
  if (readTimescale(reader, mvhd) !== readTimescale(reader, mdhd)) {
    throw new CmafError('unsupported', 'movie and track timescale differ');
  }
  for (const box of [mvhd, requireBox(trak, 'tkhd'), mdhd]) {
    clearTimes(reader, box);
  }
  const mehd = findBox(mvex, 'mehd');
  if (mehd !== undefined) {
    writeFragmentDuration(reader, mehd, durationTicks);
  }
  return copy;
}

function writeFragmentDuration(reader: Reader, mehd: Box, durationTicks: number): void {
  const { version, fields } = readFullBox(reader, mehd);
  requireBytes(reader, fields, version === 1 ? 8 : 4, mehd.end);
  if (version === 1) {
    reader.view.setBigUint64(fields, BigInt(durationTicks));
  } else if (durationTicks <= 0xffffffff) {
    reader.view.setUint32(fields, durationTicks);
  } else {
    // mehd is optional (14496-12 8.8.2); a wrong duration is worse than none, and a longer box would move others.
    reader.bytes.set([0x66, 0x72, 0x65, 0x65], mehd.start + 4);
  }
}
