/** Walks the samples of CMAF segments of which only styp and moof are here, one segment after another. Pure. */
import { BoxReader, CmafError, requireBox } from '../boxes/boxes.ts';
import type { SampleDefaults } from '../cmaf/init-segment.ts';
import {
  findFragment,
  NON_SYNC_SAMPLE,
  openTrackRun,
  readTrackDefaults,
  SAMPLE_COMPOSITION_OFFSET,
  SAMPLE_DURATION,
  SAMPLE_FLAGS,
  SAMPLE_SIZE,
} from '../cmaf/media-segment.ts';

/** `{styp}{moof}{styp}{moof}…` as one piece each. Throws CmafError. */
export function* splitHeaders(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new BoxReader(bytes);
  let start = 0;
  for (let offset = 0; offset < bytes.byteLength; ) {
    const size = reader.uint32(offset, bytes.byteLength);
    const type = reader.fourCharacters(offset + 4);
    if (size < 8 || (type !== 'styp' && type !== 'moof')) {
      throw new CmafError('malformed', `a box ${JSON.stringify(type)} of ${size} bytes among headers`);
    }
    reader.requireBytes(offset, size, bytes.byteLength);
    offset += size;
    if (type === 'moof') {
      yield bytes.subarray(start, offset);
      start = offset;
    }
  }
  if (start !== bytes.byteLength) {
    throw new CmafError('truncated', 'the last header has no moof');
  }
}

/** Offsets are signed. */
export type TakeSample = (sizeBytes: number, ticks: number, compositionOffset: number, isSync: boolean) => void;

type HeaderFacts = { baseDecodeTime: number; sampleCount: number; dataStart: number; dataEnd: number };

/** Calls `take` for each sample of one segment. Its data must lie in one piece. Throws CmafError. */
export function readSamples(header: Uint8Array, trackDefaults: SampleDefaults, take: TakeSample): HeaderFacts {
  const reader = new BoxReader(header);
  const { moof, trafs } = findFragment(reader);
  const [firstTraf] = trafs;
  if (firstTraf === undefined || trafs.length > 1) {
    throw new CmafError('unsupported', `${trafs.length} track fragments, wanted one`);
  }
  const traf = reader.children(firstTraf);
  const defaults = readTrackDefaults(reader, requireBox(traf, 'tfhd'), trackDefaults);
  const facts = { sampleCount: 0, dataStart: -1, dataEnd: -1 };
  for (const trun of traf.filter(({ type }) => type === 'trun')) {
    const run = openTrackRun(reader, trun);
    const dataStart = run.dataOffset === null ? facts.dataEnd : moof.start + run.dataOffset;
    if (facts.dataEnd !== -1 && dataStart !== facts.dataEnd) {
      throw new CmafError('unsupported', 'runs with gaps between their data');
    }
    if (facts.dataEnd === -1) {
      facts.dataStart = dataStart;
    }
    facts.dataEnd = dataStart + readRun(run, defaults, take);
    facts.sampleCount += run.sampleCount;
  }
  if (facts.sampleCount === 0 || facts.dataStart < moof.end) {
    throw new CmafError('malformed', 'a header without samples, or with data inside it');
  }
  return { ...facts, baseDecodeTime: reader.time(requireBox(traf, 'tfdt')) };
}

/** Returns the bytes of the run's samples. */
function readRun(run: ReturnType<typeof openTrackRun>, defaults: SampleDefaults, take: TakeSample): number {
  const { version, sampleCount, firstSampleFlags, has, at } = run;
  const [hasSize, hasDuration, hasFlags, hasOffset] = [
    has(SAMPLE_SIZE),
    has(SAMPLE_DURATION),
    has(SAMPLE_FLAGS),
    has(SAMPLE_COMPOSITION_OFFSET),
  ];
  let bytes = 0;
  for (let sample = 0; sample < sampleCount; sample++) {
    const size = hasSize ? at(sample, SAMPLE_SIZE) : defaults.size;
    const ticks = hasDuration ? at(sample, SAMPLE_DURATION) : defaults.duration;
    const ownFlags = hasFlags ? at(sample, SAMPLE_FLAGS) : defaults.flags;
    const flags = sample === 0 && firstSampleFlags !== null ? firstSampleFlags : ownFlags;
    const offset = hasOffset ? at(sample, SAMPLE_COMPOSITION_OFFSET) : 0;
    // Version 0 offsets are unsigned; none that is so large is of a film.
    if (version === 0 && offset > 0x7fffffff) {
      throw new CmafError('unsupported', `composition offset ${offset}`);
    }
    take(size, ticks, offset | 0, (flags & NON_SYNC_SAMPLE) === 0);
    bytes += size;
  }
  return bytes;
}
