/**
 * CMAF media segments (ISO/IEC 23000-19 7.3.2): decode time, duration, key frame range and composition of one segment
 * with one fragment. A prefix that holds the whole moof is enough.
 */
import {
  type Box,
  createReader,
  findBox,
  fourCharacters,
  type Reader,
  readBoxes,
  readChildren,
  readFullBox,
  readUint32,
  readUint64,
  requireBox,
} from '../boxes/boxes.ts';
import { CmafError } from '../boxes/cmaf-error.ts';
import type { SampleDefaults } from './init-segment.ts';
import { readTrackRun, type TrackRun } from './track-run.ts';

export type SegmentFacts = {
  /** Compatible brands of styp; none without styp. */
  brands: string[];
  /** mfhd (14496-12 8.8.5). */
  sequenceNumber: number;
  /** tfdt, in track ticks. */
  baseDecodeTime: number;
  durationTicks: number;
  sampleCount: number;
  /** sample_is_non_sync_sample is clear. For closed-GOP AVC that means IDR. */
  firstSampleIsSync: boolean;
  /** Bytes from the segment's start to the end of its first sample: what an I-frame playlist addresses (HAS 6.10). */
  firstSampleBytesEnd: number;
  /** Ticks from the first sample's decode to its presentation time. 0 where no offsets are written. */
  firstCompositionOffset: number;
  /** Track fragments in the moof; 1 in CMAF. */
  trafCount: number;
  trunVersion: number;
  /** CMAF 7.3.2.3: every sample lies in the segment's mdat. Null where the prefix ends before the header of mdat. */
  dataWithinMdat: boolean | null;
  /** Length of the segment by its own boxes; null as above. */
  sizeBytes: number | null;
};

const TFHD_BASE_DATA_OFFSET = 0x01;
const TFHD_DESCRIPTION_INDEX = 0x02;
const TFHD_DURATION = 0x08;
const TFHD_SIZE = 0x10;
const TFHD_FLAGS = 0x20;
const NON_SYNC_SAMPLE = 0x10000;
const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 };

function readTrackDefaults(reader: Reader, tfhd: Box, fallback: SampleDefaults): SampleDefaults {
  const { flags, fields } = readFullBox(reader, tfhd);
  if ((flags & TFHD_BASE_DATA_OFFSET) !== 0) {
    // CMAF 7.5.16: default-base-is-moof; absolute offsets would break in a file of its own.
    throw new CmafError('unsupported', 'tfhd with base-data-offset');
  }
  let offset = fields + 4 + ((flags & TFHD_DESCRIPTION_INDEX) === 0 ? 0 : 4);
  const optional = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) {
      return otherwise;
    }
    const value = readUint32(reader, offset, tfhd.end);
    offset += 4;
    return value;
  };
  return {
    duration: optional(TFHD_DURATION, fallback.duration),
    size: optional(TFHD_SIZE, fallback.size),
    flags: optional(TFHD_FLAGS, fallback.flags),
  };
}

function readBaseDecodeTime(reader: Reader, tfdt: Box): number {
  const { version, fields } = readFullBox(reader, tfdt);
  return version === 1 ? readUint64(reader, fields, tfdt.end) : readUint32(reader, fields, tfdt.end);
}

function readRuns(
  reader: Reader,
  moof: Box,
  traf: readonly Box[],
  defaults: SampleDefaults,
): [TrackRun, ...TrackRun[]] {
  const runs: TrackRun[] = [];
  let dataStart = moof.start;
  for (const box of traf.filter(({ type }) => type === 'trun')) {
    const run = readTrackRun(reader, box, moof.start, dataStart, defaults);
    dataStart = run.dataEnd;
    runs.push(run);
  }
  const [first, ...rest] = runs;
  if (first === undefined || first.sampleCount === 0) {
    throw new CmafError('malformed', 'a fragment without samples');
  }
  return [first, ...rest];
}

export type Fragment = { file: Box[]; moof: Box; mfhd: Box; trafs: Box[] };

/** The boxes of a segment's only fragment. Throws CmafError, `truncated` where the moof is not whole. */
export function findFragment(reader: Reader): Fragment {
  const file = readBoxes(reader, 0, reader.bytes.byteLength, { prefix: true });
  const moof = requireBox(file, 'moof');
  if (moof.end > reader.bytes.byteLength) {
    throw new CmafError('truncated', `the moof ends at ${moof.end}, ${reader.bytes.byteLength} bytes are here`);
  }
  const children = readChildren(reader, moof);
  const trafs = children.filter(({ type }) => type === 'traf');
  return { file, moof, mfhd: requireBox(children, 'mfhd'), trafs };
}

/** Offsets of the brands in a styp or ftyp (14496-12 4.3): the major one, and behind its version the compatible ones. */
export function brandOffsets(styp: Box): { major: number; compatible: number[] } {
  const first = styp.contentStart + 8;
  const count = Math.max(0, Math.floor((styp.end - first) / 4));
  return { major: styp.contentStart, compatible: Array.from({ length: count }, (_, index) => first + 4 * index) };
}

/**
 * Reads a segment or a prefix of it. `defaults` are the init segment's, needed only where tfhd does not repeat them.
 * Of several track fragments the first is described. Throws CmafError.
 */
export function readSegment(bytes: Uint8Array, defaults: SampleDefaults = NO_DEFAULTS): SegmentFacts {
  const reader = createReader(bytes);
  const { file, moof, mfhd, trafs } = findFragment(reader);
  const [firstTraf] = trafs;
  if (firstTraf === undefined) {
    throw new CmafError('malformed', 'a moof without traf');
  }
  const traf = readChildren(reader, firstTraf);
  const runs = readRuns(reader, moof, traf, readTrackDefaults(reader, requireBox(traf, 'tfhd'), defaults));
  const [first] = runs;
  const mdat = findBox(file, 'mdat');
  const styp = findBox(file, 'styp');
  const isWithin = (box: Box): boolean =>
    runs.every((run) => run.dataStart >= box.contentStart && run.dataEnd <= box.end);
  return {
    brands: styp === undefined ? [] : brandOffsets(styp).compatible.map((offset) => fourCharacters(reader, offset)),
    sequenceNumber: readUint32(reader, readFullBox(reader, mfhd).fields, mfhd.end),
    baseDecodeTime: readBaseDecodeTime(reader, requireBox(traf, 'tfdt')),
    durationTicks: runs.reduce((sum, run) => sum + run.durationTicks, 0),
    sampleCount: runs.reduce((sum, run) => sum + run.sampleCount, 0),
    firstSampleIsSync: (first.firstFlags & NON_SYNC_SAMPLE) === 0,
    firstSampleBytesEnd: first.dataStart + first.firstSize,
    firstCompositionOffset: first.firstCompositionOffset,
    trafCount: trafs.length,
    trunVersion: first.version,
    dataWithinMdat: mdat === undefined ? null : isWithin(mdat),
    sizeBytes: mdat === undefined ? null : Math.max(...file.map(({ end }) => end)),
  };
}
