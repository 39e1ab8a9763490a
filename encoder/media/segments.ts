/**
 * Reads what the packager wrote, makes the init segment and the heads of segments what they have to be, and checks all of
 * it against what was planned. Nothing is uploaded that has not passed here.
 */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CmafError } from '../../src/media/boxes/cmaf-error.ts';
import { finishSegment, SEGMENT_BRANDS } from '../../src/media/cmaf/finish-segment.ts';
import { type InitFacts, normaliseInit, readInit } from '../../src/media/cmaf/init-segment.ts';
import { readSegment, type SegmentFacts } from '../../src/media/cmaf/media-segment.ts';
import { INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { MAX_SEGMENT_BYTES, MAX_SEGMENTS_PER_TRACK } from '../../src/media/limits.ts';
import type { TrackReport } from '../../src/protocol/encode-result.ts';
import { TaskFailure } from '../failure/task-failure.ts';

/** styp and moof of 1,000 frames are 17 KB; this leaves room without reading the media. */
const SEGMENT_PREFIX_BYTES = 128 * 1024;

export type ExpectedTrack = {
  track: string;
  kind: 'video' | 'audio';
  timescale: number;
  /** Number of the first segment in the presentation. */
  firstNumber: number;
  /** Ticks: where this piece starts, and how long it and the whole track are. */
  baseDecodeTime: number;
  durationTicks: number;
  trackDurationTicks: number;
  /** Samples of this piece. */
  sampleCount: number;
  /** Video: exact length of every segment but the last, which may be shorter. */
  segmentTicks?: number;
};

/** The report of one track, and where its objects lie: `segmentPaths[k]` has number `firstNumber + k`. */
export type PackagedOutput = { report: TrackReport; initPath: string; segmentPaths: string[] };

function mismatch(track: string, message: string): TaskFailure {
  return new TaskFailure('output_mismatch', `${track}: ${message}`);
}

function check(condition: boolean, track: string, message: string): asserts condition {
  if (!condition) {
    throw mismatch(track, message);
  }
}

async function countSegments(expected: ExpectedTrack, directory: string): Promise<number> {
  const names = new Set(await readdir(directory));
  check(names.delete(INIT_FILE), expected.track, 'no init segment');
  const count = names.size;
  check(count > 0 && count <= MAX_SEGMENTS_PER_TRACK, expected.track, `${count} segments`);
  for (let ordinal = 1; ordinal <= count; ordinal++) {
    check(
      names.has(segmentFile(ordinal)),
      expected.track,
      `${segmentFile(ordinal)} is missing among ${count} segments`,
    );
  }
  return count;
}

async function prepareInit(
  expected: ExpectedTrack,
  path: string,
): Promise<{ facts: InitFacts; init: TrackReport['init'] }> {
  const bytes = normaliseInit(await readFile(path), expected.trackDurationTicks);
  const facts = readInit(bytes);
  const { track } = expected;
  check(facts.entry.kind === expected.kind, track, `the init segment describes ${facts.entry.kind}`);
  check(facts.timescale === expected.timescale, track, `timescale ${facts.timescale}, wanted ${expected.timescale}`);
  check(!facts.hasEditList, track, 'the init segment has an edit list');
  await writeFile(path, bytes);
  return { facts, init: { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

async function finish(
  path: string,
  number: number,
  init: InitFacts,
): Promise<{ facts: SegmentFacts; sizeBytes: number }> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(Math.min(size, SEGMENT_PREFIX_BYTES));
    await file.read(prefix, 0, prefix.byteLength, 0);
    const finished = finishSegment(prefix, number);
    await file.write(finished, 0, finished.byteLength, 0);
    return { facts: readSegment(finished, init.sampleDefaults), sizeBytes: size };
  } finally {
    await file.close();
  }
}

function checkSegment(
  expected: ExpectedTrack,
  name: string,
  facts: SegmentFacts,
  sizeBytes: number,
  startTicks: number,
): void {
  const { track } = expected;
  check(
    SEGMENT_BRANDS.every((brand) => facts.brands.includes(brand)),
    track,
    `${name} has the brands ${facts.brands.join(' ')}`,
  );
  check(facts.baseDecodeTime === startTicks, track, `${name} starts at ${facts.baseDecodeTime}, wanted ${startTicks}`);
  check(facts.firstCompositionOffset === 0, track, `${name}: composition offset ${facts.firstCompositionOffset}`);
  check(facts.firstSampleIsSync, track, `${name} does not start with a key frame`);
  check(facts.trafCount === 1, track, `${name}: ${facts.trafCount} track fragments`);
  check(facts.dataWithinMdat === true, track, `${name}: samples outside mdat`);
  check(facts.sizeBytes === sizeBytes, track, `${name}: ${sizeBytes} bytes, its boxes say ${facts.sizeBytes}`);
  check(sizeBytes <= MAX_SEGMENT_BYTES, track, `${name} has ${sizeBytes} bytes`);
}

function checkDurations(expected: ExpectedTrack, segments: readonly (readonly [number, number])[]): void {
  const { segmentTicks, track, durationTicks } = expected;
  const total = segments.reduce((sum, [ticks]) => sum + ticks, 0);
  check(total === durationTicks, track, `${total} ticks, wanted ${durationTicks}`);
  if (segmentTicks === undefined) {
    return;
  }
  segments.forEach(([ticks], index) => {
    const wanted = index < segments.length - 1 ? segmentTicks : durationTicks - segmentTicks * index;
    check(ticks === wanted, track, `${segmentFile(index + 1)} has ${ticks} ticks, wanted ${wanted}`);
  });
}

/**
 * Normalises and reads one track's folder. Throws TaskFailure `output_mismatch` where anything is not as expected:
 * samples, decode times without gaps (HAS 7.3), key frames (7.4), composition (CMAF 9.2.1), data (7.3.2.3).
 */
export async function readTrackFolder(directory: string, expected: ExpectedTrack): Promise<PackagedOutput> {
  const { track } = expected;
  try {
    const count = await countSegments(expected, directory);
    const initPath = join(directory, INIT_FILE);
    const { facts: init, init: initReport } = await prepareInit(expected, initPath);
    const segments: [number, number][] = [];
    const keyframeBytes: number[] = [];
    const segmentPaths: string[] = [];
    let startTicks = expected.baseDecodeTime;
    let sampleCount = 0;
    for (let ordinal = 1; ordinal <= count; ordinal++) {
      const name = segmentFile(ordinal);
      const path = join(directory, name);
      const { facts, sizeBytes } = await finish(path, expected.firstNumber + ordinal - 1, init);
      checkSegment(expected, name, facts, sizeBytes, startTicks);
      startTicks += facts.durationTicks;
      sampleCount += facts.sampleCount;
      segments.push([facts.durationTicks, sizeBytes]);
      keyframeBytes.push(facts.firstSampleBytesEnd);
      segmentPaths.push(path);
    }
    check(sampleCount === expected.sampleCount, track, `${sampleCount} samples, wanted ${expected.sampleCount}`);
    checkDurations(expected, segments);
    const report: TrackReport = {
      track,
      codec: init.entry.codec,
      timescale: init.timescale,
      init: initReport,
      firstNumber: expected.firstNumber,
      baseDecodeTime: expected.baseDecodeTime,
      segments,
      ...(expected.kind === 'video' ? { keyframeBytes } : {}),
    };
    return { report, initPath, segmentPaths };
  } catch (error) {
    if (error instanceof CmafError) {
      throw new TaskFailure('output_mismatch', `${track}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
