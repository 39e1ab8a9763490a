/** The tables of a track (ISO/IEC 14496-12 8.6, 8.7): where each lies in the index, checked against its box. Pure. */
import { type Box, type BoxReader, findBox, requireBox } from '../boxes/boxes.ts';
import { damaged, MAX_SAMPLES, readTable, type Table } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';

export type SampleTables = {
  view: DataView;
  timescale: number;
  sampleCount: number;
  /** Of the whole file. */
  fileBytes: number;
  /** stts: count, ticks. */
  durations: Table;
  /** ctts: count, ticks. Null: all are 0. */
  compositions: Table | null;
  /** stsz. 0: each sample has an entry in `sizes`. */
  fixedBytes: number;
  sizes: Table;
  /** stsc: first chunk, samples in each chunk, sample entry. */
  runs: Table;
  /** stco, or co64 with `chunkEntryBytes` 8. */
  chunks: Table;
  chunkEntryBytes: 4 | 8;
  /** stss. Null: each sample is a sync sample. */
  sync: Table | null;
};

/** Samples of a track, as stsz says. Throws NotStandard. */
export function readSampleCount(reader: BoxReader, stbl: readonly Box[]): number {
  const stsz = requireBox(stbl, 'stsz');
  return reader.uint32(reader.fullBox(stsz).fields + 4, stsz.end);
}

function readSizes(reader: BoxReader, stsz: Box): Pick<SampleTables, 'fixedBytes' | 'sizes' | 'sampleCount'> {
  const fixedBytes = reader.uint32(reader.fullBox(stsz).fields, stsz.end);
  const sizes = readTable(reader, stsz, fixedBytes === 0 ? 4 : 0, 4);
  if (sizes.count > MAX_SAMPLES) {
    throw new NotStandard('index_too_large', `${sizes.count} samples`);
  }
  return { fixedBytes, sizes, sampleCount: sizes.count };
}

const optionalTable = (reader: BoxReader, box: Box | undefined, entryBytes: number): Table | null =>
  box === undefined ? null : readTable(reader, box, entryBytes);

/** Throws NotStandard and CmafError. */
export function readSampleTables(
  reader: BoxReader,
  stbl: readonly Box[],
  { timescale, fileBytes }: Pick<SampleTables, 'timescale' | 'fileBytes'>,
): SampleTables {
  const co64 = findBox(stbl, 'co64');
  const chunkEntryBytes = co64 === undefined ? 4 : 8;
  const made: SampleTables = {
    view: reader.view,
    timescale,
    fileBytes,
    ...readSizes(reader, requireBox(stbl, 'stsz')),
    durations: readTable(reader, requireBox(stbl, 'stts'), 8),
    compositions: optionalTable(reader, findBox(stbl, 'ctts'), 8),
    runs: readTable(reader, requireBox(stbl, 'stsc'), 12),
    chunks: readTable(reader, co64 ?? requireBox(stbl, 'stco'), chunkEntryBytes),
    chunkEntryBytes,
    sync: optionalTable(reader, findBox(stbl, 'stss'), 4),
  };
  if (made.compositions?.count === 0) {
    return { ...made, compositions: null };
  }
  if (made.sampleCount === 0) {
    throw damaged('a track has no samples');
  }
  return made;
}
