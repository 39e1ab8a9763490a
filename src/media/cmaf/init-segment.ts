/** Reads CMAF headers (ISO/IEC 23000-19 7.3.1), and makes those of all chunks of a track equal. */
import { type Box, BoxReader, CmafError, findBox, requireBox } from '../boxes/boxes.ts';
import type { AudioEntry, VideoEntry } from '../codecs/codec.ts';
import { codecRowOfEntry } from '../codecs/codecs.ts';

/** Per-sample values that fragments fall back to (trex, 14496-12 8.8.3). */
export type SampleDefaults = { duration: number; size: number; flags: number };

export type InitFacts = ReturnType<typeof readInit>;

function readTimescale(reader: BoxReader, box: Box): number {
  const { version, fields } = reader.fullBox(box);
  const timescale = reader.uint32(fields + (version === 1 ? 16 : 8), box.end);
  if (timescale === 0) {
    throw new CmafError('malformed', `${box.type} has timescale 0`);
  }
  return timescale;
}

/** One track per CMAF header: requireBox refuses a second one. */
function findTrack(reader: BoxReader) {
  const moov = reader.children(requireBox(reader.boxes(), 'moov'));
  const trak = reader.children(requireBox(moov, 'trak'));
  const mdia = reader.children(requireBox(trak, 'mdia'));
  return { moov, trak, mdia, mvex: reader.children(requireBox(moov, 'mvex')) };
}

/** Reads the only sample entry of `stsd`. Throws `unsupported` for a codec that is not in the table. */
function readSampleEntry(reader: BoxReader, stsd: Box): VideoEntry | AudioEntry {
  // FullBox fields and entry_count come before the entries.
  const entries = reader.children(stsd, 8);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new CmafError('unsupported', `${entries.length} sample entries, wanted one`);
  }
  const row = codecRowOfEntry(entry.type);
  if (row === undefined) {
    throw new CmafError('unsupported', `sample entry ${JSON.stringify(entry.type)}`);
  }
  return row.readEntry(reader, entry);
}

function readSampleDefaults(reader: BoxReader, trex: Box): SampleDefaults {
  const { fields } = reader.fullBox(trex);
  reader.requireBytes(fields, 20, trex.end);
  const at = (offset: number): number => reader.view.getUint32(fields + offset);
  return { duration: at(8), size: at(12), flags: at(16) };
}

/** Reads a whole init segment with one track. Throws CmafError. */
export function readInit(bytes: Uint8Array) {
  const reader = new BoxReader(bytes);
  const { trak, mdia, mvex } = findTrack(reader);
  const minf = reader.children(requireBox(mdia, 'minf'));
  const stbl = reader.children(requireBox(minf, 'stbl'));
  const mehd = findBox(mvex, 'mehd');
  return {
    timescale: readTimescale(reader, requireBox(mdia, 'mdhd')),
    entry: readSampleEntry(reader, requireBox(stbl, 'stsd')),
    /** CMAF 9.2.1: never together with signed composition offsets. */
    hasEditList: findBox(trak, 'edts') !== undefined,
    fragmentDurationTicks: mehd === undefined ? null : reader.time(mehd),
    sampleDefaults: readSampleDefaults(reader, requireBox(mvex, 'trex')),
  };
}

function clearTimes(reader: BoxReader, box: Box): void {
  const { version, fields } = reader.fullBox(box);
  const timesBytes = version === 1 ? 16 : 8;
  reader.requireBytes(fields, timesBytes, box.end);
  reader.bytes.fill(0, fields, fields + timesBytes);
}

/**
 * A copy without what differs between two packager runs: creation and modification times (mvhd, tkhd, mdhd) become 0,
 * and mehd becomes the length of the whole track instead of the packaged piece. Length and offsets stay. Throws
 * CmafError; `unsupported` where movie and track timescale differ, because `durationTicks` would be ambiguous.
 */
export function normaliseInit(bytes: Uint8Array, durationTicks: number): Uint8Array {
  if (!Number.isSafeInteger(durationTicks) || durationTicks < 0) {
    throw new TypeError(`not a duration: ${durationTicks}`);
  }
  const reader = new BoxReader(Uint8Array.from(bytes));
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
  return reader.bytes;
}

function writeFragmentDuration(reader: BoxReader, mehd: Box, durationTicks: number): void {
  const { version, fields } = reader.fullBox(mehd);
  reader.requireBytes(fields, version === 1 ? 8 : 4, mehd.end);
  if (version === 1) {
    reader.view.setBigUint64(fields, BigInt(durationTicks));
  } else if (durationTicks <= 0xffffffff) {
    reader.view.setUint32(fields, durationTicks);
  } else {
    // A wrong duration is worse than none: mehd, which is optional (14496-12 8.8.2), becomes `free`.
    reader.bytes.set([0x66, 0x72, 0x65, 0x65], mehd.start + 4);
  }
}
