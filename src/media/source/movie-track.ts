/** What the boxes of a track say before its samples are looked at (ISO/IEC 14496-12 8.3, 8.4, 8.5). Pure. */
import { type Box, type BoxReader, findBox, requireBox } from '../boxes/boxes.ts';
import { canonicalLanguage } from '../language.ts';
import { MAX_TIMESCALE } from '../limits.ts';
import { type Edit, readEdit } from './edit-list.ts';
import { childrenOf, damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';
import { readSampleCount, readSampleTables, type SampleTables } from './sample-tables.ts';

export type MovieTrack = {
  /** `vide` or `soun`. */
  handler: string;
  isEnabled: boolean;
  /** tkhd's matrix, nine 32-bit numbers. */
  matrix: number[];
  timescale: number;
  /** BCP 47. */
  language: string;
  sampleCount: number;
  /** The first sample entry, and how many there are. */
  entry: Box;
  entryCount: number;
  /** Of its stsd box: QuickTime's own sound descriptions are only in those of version 0. */
  entryVersion: number;
  edit: () => Edit;
  /** Throws `external_data` too. */
  tables: () => SampleTables;
};

const MATRIX_NUMBERS = 9;
/** Letters of ISO 639-2/T less this, five bits each (8.4.2.3). QuickTime has numbers of Macintosh languages below 0x400. */
const LETTER_BASE = 0x60;
const FIRST_PACKED_LANGUAGE = 0x400;

/** `at`: behind the times of an mvhd or tkhd box. */
function readMatrix(reader: BoxReader, at: number, end: number): number[] {
  reader.requireBytes(at, 4 * MATRIX_NUMBERS, end);
  return Array.from({ length: MATRIX_NUMBERS }, (_, index) => reader.view.getInt32(at + 4 * index));
}

/** Throws `index_damaged` for 0. */
export function readTimescale(reader: BoxReader, box: Box): number {
  const { version, fields } = reader.fullBox(box);
  const timescale = reader.uint32(fields + (version === 1 ? 16 : 8), box.end);
  if (timescale === 0 || timescale > MAX_TIMESCALE) {
    throw damaged(`timescale ${timescale}`);
  }
  return timescale;
}

/** Of the whole movie: rate, volume and reserved fields stand between the times and the matrix. */
export function readMovieMatrix(reader: BoxReader, mvhd: Box): number[] {
  const { version, fields } = reader.fullBox(mvhd);
  return readMatrix(reader, fields + (version === 1 ? 28 : 16) + 16, mvhd.end);
}

function readTrackHeader(reader: BoxReader, tkhd: Box): Pick<MovieTrack, 'isEnabled' | 'matrix'> {
  const { version, flags, fields } = reader.fullBox(tkhd);
  return {
    isEnabled: (flags & 1) !== 0,
    matrix: readMatrix(reader, fields + (version === 1 ? 32 : 20) + 16, tkhd.end),
  };
}

/** `elng` says it in BCP 47 (8.4.6), `mdhd` in three letters. */
function readLanguage(reader: BoxReader, mdia: readonly Box[]): string {
  const elng = findBox(mdia, 'elng');
  if (elng !== undefined) {
    const { fields } = reader.fullBox(elng);
    const [text] = String.fromCharCode(...reader.bytes.subarray(fields, Math.min(elng.end, fields + 64))).split('\0');
    return canonicalLanguage(text);
  }
  const mdhd = requireBox(mdia, 'mdhd');
  const { version, fields } = reader.fullBox(mdhd);
  const at = fields + (version === 1 ? 28 : 16);
  reader.requireBytes(at, 2, mdhd.end);
  const packed = reader.view.getUint16(at);
  const letters = [packed >>> 10, packed >>> 5, packed].map((bits) => LETTER_BASE + (bits & 0x1f));
  return packed < FIRST_PACKED_LANGUAGE ? 'und' : canonicalLanguage(String.fromCharCode(...letters));
}

/** 8.7.2: the flag of an entry says that the data is in the same file. */
function requireOwnData(reader: BoxReader, minf: readonly Box[], entry: Box): void {
  const dinf = findBox(minf, 'dinf');
  const dref = dinf === undefined ? undefined : findBox(childrenOf(reader, dinf), 'dref');
  if (dref === undefined) {
    return;
  }
  // Six reserved bytes stand before the reference's number.
  reader.requireBytes(entry.contentStart, 8, entry.end);
  const reference = childrenOf(reader, dref, 8)[reader.view.getUint16(entry.contentStart + 6) - 1];
  if (reference !== undefined && (reader.fullBox(reference).flags & 1) === 0) {
    throw new NotStandard('external_data');
  }
}

function readDescriptions(reader: BoxReader, stbl: readonly Box[]) {
  const stsd = requireBox(stbl, 'stsd');
  const entries = childrenOf(reader, stsd, 8);
  const [entry] = entries;
  if (entry === undefined) {
    throw damaged('a track has no sample entry');
  }
  return { entry, entryCount: entries.length, entryVersion: reader.fullBox(stsd).version };
}

/** Null for what is neither picture nor sound: its boxes may have any form. Throws NotStandard and CmafError. */
export function readMovieTrack(
  reader: BoxReader,
  box: Box,
  { movieTimescale, fileBytes }: { movieTimescale: number; fileBytes: number },
): MovieTrack | null {
  const trak = childrenOf(reader, box);
  const mdia = childrenOf(reader, requireBox(trak, 'mdia'));
  const hdlr = requireBox(mdia, 'hdlr');
  const handler = reader.fourCharacters(reader.fullBox(hdlr).fields + 4);
  if (handler !== 'vide' && handler !== 'soun') {
    return null;
  }
  const timescale = readTimescale(reader, requireBox(mdia, 'mdhd'));
  const minf = childrenOf(reader, requireBox(mdia, 'minf'));
  const stbl = childrenOf(reader, requireBox(minf, 'stbl'));
  const descriptions = readDescriptions(reader, stbl);
  return {
    handler,
    ...readTrackHeader(reader, requireBox(trak, 'tkhd')),
    timescale,
    language: readLanguage(reader, mdia),
    sampleCount: readSampleCount(reader, stbl),
    ...descriptions,
    edit: () => readEdit(reader, trak, { movieTimescale, timescale }),
    tables: () => {
      requireOwnData(reader, minf, descriptions.entry);
      return readSampleTables(reader, stbl, { timescale, fileBytes });
    },
  };
}
