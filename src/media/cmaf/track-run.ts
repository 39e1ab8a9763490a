/** One track run (trun, ISO/IEC 14496-12 8.8.8): sums over its samples and the facts of its first. */
import { type Box, type Reader, readFullBox, readUint32, requireBytes } from '../boxes/boxes.ts';
import { CmafError } from '../boxes/cmaf-error.ts';
import type { SampleDefaults } from './init-segment.ts';

export type TrackRun = {
  version: number;
  sampleCount: number;
  durationTicks: number;
  /** Offsets in the segment. */
  dataStart: number;
  dataEnd: number;
  firstSize: number;
  firstFlags: number;
  firstCompositionOffset: number;
};

const DATA_OFFSET = 0x001;
const FIRST_SAMPLE_FLAGS = 0x004;
const SAMPLE_DURATION = 0x100;
const SAMPLE_SIZE = 0x200;
const SAMPLE_FLAGS = 0x400;
const SAMPLE_COMPOSITION_OFFSET = 0x800;
/** A run without per-sample fields costs no bytes, so a hostile count has no other bound. 2 s at 1,000 fps is 2,000. */
const MAX_SAMPLES = 1_000_000;

/** `dataStart` is where the data continues if the run has no data_offset of its own. Throws CmafError. */
export function readTrackRun(
  reader: Reader,
  trun: Box,
  moofStart: number,
  dataStart: number,
  defaults: SampleDefaults,
): TrackRun {
  const { version, flags, fields } = readFullBox(reader, trun);
  const sampleCount = readUint32(reader, fields, trun.end);
  if (sampleCount > MAX_SAMPLES) {
    throw new CmafError('malformed', `${sampleCount} samples in one run`);
  }
  let offset = fields + 4;
  let start = dataStart;
  if ((flags & DATA_OFFSET) !== 0) {
    start = moofStart + (readUint32(reader, offset, trun.end) | 0);
    offset += 4;
  }
  let firstSampleFlags: number | null = null;
  if ((flags & FIRST_SAMPLE_FLAGS) !== 0) {
    firstSampleFlags = readUint32(reader, offset, trun.end);
    offset += 4;
  }
  const fieldsPerSample = [SAMPLE_DURATION, SAMPLE_SIZE, SAMPLE_FLAGS, SAMPLE_COMPOSITION_OFFSET].filter(
    (flag) => (flags & flag) !== 0,
  );
  const strideBytes = fieldsPerSample.length * 4;
  requireBytes(reader, offset, sampleCount * strideBytes, trun.end);
  const at = (sample: number, flag: number): number | null => {
    const index = fieldsPerSample.indexOf(flag);
    return index < 0 || sample >= sampleCount ? null : reader.view.getUint32(offset + sample * strideBytes + index * 4);
  };
  const sum = (flag: number, each: number): number => {
    if ((flags & flag) === 0) {
      return sampleCount * each;
    }
    let total = 0;
    for (let sample = 0; sample < sampleCount; sample++) {
      total += at(sample, flag) ?? 0;
    }
    return total;
  };
  const durationTicks = sum(SAMPLE_DURATION, defaults.duration);
  const dataBytes = sum(SAMPLE_SIZE, defaults.size);
  const compositionOffset = at(0, SAMPLE_COMPOSITION_OFFSET) ?? 0;
  return {
    version,
    sampleCount,
    durationTicks,
    dataStart: start,
    dataEnd: start + dataBytes,
    firstSize: at(0, SAMPLE_SIZE) ?? defaults.size,
    firstFlags: firstSampleFlags ?? at(0, SAMPLE_FLAGS) ?? defaults.flags,
    // Version 0 offsets are unsigned, version 1 signed.
    firstCompositionOffset: version === 0 ? compositionOffset : compositionOffset | 0,
  };
}
