/** Reads CMAF media segments (ISO/IEC 23000-19 7.3.2) with one fragment. A prefix that holds the whole moof is enough. */
import { type Box, BoxReader, CmafError, findBox, requireBox } from '../boxes/boxes.ts';
import type { SampleDefaults } from './init-segment.ts';

const TFHD_BASE_DATA_OFFSET = 0x01;
const TFHD_DESCRIPTION_INDEX = 0x02;
const TFHD_DURATION = 0x08;
const TFHD_SIZE = 0x10;
const TFHD_FLAGS = 0x20;
export const NON_SYNC_SAMPLE = 0x10000;
const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 };

/** What the samples of a fragment have that say nothing themselves (tfhd, 14496-12 8.8.7). */
export function readTrackDefaults(reader: BoxReader, tfhd: Box, fallback: SampleDefaults): SampleDefaults {
  const { flags, fields } = reader.fullBox(tfhd);
  if ((flags & TFHD_BASE_DATA_OFFSET) !== 0) {
    // CMAF 7.5.16: default-base-is-moof; absolute offsets would break in a file of its own.
    throw new CmafError('unsupported', 'tfhd with base-data-offset');
  }
  let offset = fields + 4 + ((flags & TFHD_DESCRIPTION_INDEX) === 0 ? 0 : 4);
  const optional = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) {
      return otherwise;
    }
    const value = reader.uint32(offset, tfhd.end);
    offset += 4;
    return value;
  };
  return {
    duration: optional(TFHD_DURATION, fallback.duration),
    size: optional(TFHD_SIZE, fallback.size),
    flags: optional(TFHD_FLAGS, fallback.flags),
  };
}

const DATA_OFFSET = 0x001;
const FIRST_SAMPLE_FLAGS = 0x004;
export const SAMPLE_DURATION = 0x100;
export const SAMPLE_SIZE = 0x200;
export const SAMPLE_FLAGS = 0x400;
export const SAMPLE_COMPOSITION_OFFSET = 0x800;
/** Nothing else bounds the count of a run without per-sample fields. 2 s at 1,000 fps has 2,000 samples. */
const MAX_SAMPLES = 1_000_000;

type TrackRun = ReturnType<typeof readTrackRun>;

/** A track run (trun, 14496-12 8.8.8), and the fields of its samples. `at` is for fields that the run has. */
export function openTrackRun(reader: BoxReader, trun: Box) {
  const { version, flags, fields } = reader.fullBox(trun);
  const sampleCount = reader.uint32(fields, trun.end);
  if (sampleCount > MAX_SAMPLES) {
    throw new CmafError('malformed', `${sampleCount} samples in one run`);
  }
  const has = (flag: number): boolean => (flags & flag) !== 0;
  let offset = fields + 4;
  let dataOffset: number | null = null;
  if (has(DATA_OFFSET)) {
    dataOffset = reader.uint32(offset, trun.end) | 0;
    offset += 4;
  }
  let firstSampleFlags: number | null = null;
  if (has(FIRST_SAMPLE_FLAGS)) {
    firstSampleFlags = reader.uint32(offset, trun.end);
    offset += 4;
  }
  const sampleFields = [SAMPLE_DURATION, SAMPLE_SIZE, SAMPLE_FLAGS, SAMPLE_COMPOSITION_OFFSET].filter(has);
  const strideBytes = sampleFields.length * 4;
  reader.requireBytes(offset, sampleCount * strideBytes, trun.end);
  const at = (sample: number, flag: number): number =>
    reader.view.getUint32(offset + sample * strideBytes + sampleFields.indexOf(flag) * 4);
  return { version, sampleCount, dataOffset, firstSampleFlags, has, at };
}

/** A track run's sums. Its data continues at `previousEnd` if it has no data_offset of its own. */
function readTrackRun(reader: BoxReader, trun: Box, moofStart: number, previousEnd: number, defaults: SampleDefaults) {
  const { version, sampleCount, dataOffset, firstSampleFlags, has, at } = openTrackRun(reader, trun);
  const dataStart = dataOffset === null ? previousEnd : moofStart + dataOffset;
  const first = (flag: number, otherwise: number): number => (has(flag) && sampleCount > 0 ? at(0, flag) : otherwise);
  const sum = (flag: number, each: number): number => {
    if (!has(flag)) {
      return sampleCount * each;
    }
    let total = 0;
    for (let sample = 0; sample < sampleCount; sample++) {
      total += at(sample, flag);
    }
    return total;
  };
  const compositionOffset = first(SAMPLE_COMPOSITION_OFFSET, 0);
  return {
    version,
    sampleCount,
    durationTicks: sum(SAMPLE_DURATION, defaults.duration),
    /** Offsets in the segment. */
    dataStart,
    dataEnd: dataStart + sum(SAMPLE_SIZE, defaults.size),
    firstSize: first(SAMPLE_SIZE, defaults.size),
    firstFlags: firstSampleFlags ?? first(SAMPLE_FLAGS, defaults.flags),
    // Version 0 offsets are unsigned, version 1 signed.
    firstCompositionOffset: version === 0 ? compositionOffset : compositionOffset | 0,
  };
}

function readRuns(reader: BoxReader, moof: Box, traf: readonly Box[], defaults: SampleDefaults): TrackRun[] {
  const runs: TrackRun[] = [];
  for (const box of traf.filter(({ type }) => type === 'trun')) {
    const previousEnd = runs.at(-1)?.dataEnd ?? moof.start;
    runs.push(readTrackRun(reader, box, moof.start, previousEnd, defaults));
  }
  return runs;
}

export type Fragment = { file: Box[]; moof: Box; mfhd: Box; trafs: Box[] };

/** The boxes of a segment's only fragment. Throws CmafError, `truncated` where the moof is not whole. */
export function findFragment(reader: BoxReader): Fragment {
  const bytesEnd = reader.bytes.byteLength;
  const file = reader.boxes(0, bytesEnd, { prefix: true });
  const moof = requireBox(file, 'moof');
  if (moof.end > bytesEnd) {
    throw new CmafError('truncated', `the moof ends at ${moof.end}, ${bytesEnd} bytes are here`);
  }
  const children = reader.children(moof);
  return { file, moof, mfhd: requireBox(children, 'mfhd'), trafs: children.filter(({ type }) => type === 'traf') };
}

/** Offsets of the brands in a styp or ftyp (14496-12 4.3): major brand, version, compatible brands. */
export function brandOffsets(styp: Box): { major: number; compatible: number[] } {
  const first = styp.contentStart + 8;
  const count = Math.max(0, Math.floor((styp.end - first) / 4));
  return { major: styp.contentStart, compatible: Array.from({ length: count }, (_, index) => first + 4 * index) };
}

export type SegmentFacts = ReturnType<typeof readSegment>;

/** `defaults`: of the init segment. Of several track fragments the first is described. Throws CmafError. */
export function readSegment(bytes: Uint8Array, defaults: SampleDefaults = NO_DEFAULTS) {
  const reader = new BoxReader(bytes);
  const { file, moof, mfhd, trafs } = findFragment(reader);
  const [firstTraf] = trafs;
  if (firstTraf === undefined) {
    throw new CmafError('malformed', 'a moof without traf');
  }
  const traf = reader.children(firstTraf);
  const runs = readRuns(reader, moof, traf, readTrackDefaults(reader, requireBox(traf, 'tfhd'), defaults));
  const [first] = runs;
  if (first === undefined || first.sampleCount === 0) {
    throw new CmafError('malformed', 'a fragment without samples');
  }
  const mdat = findBox(file, 'mdat');
  const styp = findBox(file, 'styp');
  const isWithin = ({ contentStart, end }: Box): boolean =>
    runs.every((run) => run.dataStart >= contentStart && run.dataEnd <= end);
  return {
    brands: styp === undefined ? [] : brandOffsets(styp).compatible.map((offset) => reader.fourCharacters(offset)),
    /** mfhd (14496-12 8.8.5). */
    sequenceNumber: reader.uint32(reader.fullBox(mfhd).fields, mfhd.end),
    /** tfdt, in track ticks. */
    baseDecodeTime: reader.time(requireBox(traf, 'tfdt')),
    durationTicks: runs.reduce((sum, run) => sum + run.durationTicks, 0),
    sampleCount: runs.reduce((sum, run) => sum + run.sampleCount, 0),
    firstSampleIsSync: (first.firstFlags & NON_SYNC_SAMPLE) === 0,
    /** Bytes from the segment's start to the end of its first sample: what an I-frame playlist addresses (HAS 6.10). */
    firstSampleBytesEnd: first.dataStart + first.firstSize,
    /** Ticks from the first sample's decode to its presentation time. 0 where no offsets are written. */
    firstCompositionOffset: first.firstCompositionOffset,
    /** Bytes before the mdat: styp and moof. */
    headerBytes: moof.end,
    /** Track fragments in the moof; 1 in CMAF. */
    trafCount: trafs.length,
    trunVersion: first.version,
    /** CMAF 7.3.2.3: every sample lies in the segment's mdat. Null where the prefix ends before the header of mdat. */
    dataWithinMdat: mdat === undefined ? null : isWithin(mdat),
    /** Length of the segment by its own boxes. Null in the same case. */
    sizeBytes: mdat === undefined ? null : Math.max(...file.map(({ end }) => end)),
  };
}
